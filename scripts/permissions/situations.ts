/**
 * Every situation that a cooperation can be in, as the permission matrix shows them.
 * First those in which something reaches the partner, then those in which nothing may.
 */
import { SHARED_ROLES, type SharedRole } from "../../src/domain/roles.ts";
import { STEPPING, UNSTARTED } from "./later-dates.ts";
import { PASSED, type ShareState, type Situation, type State, TO_COME } from "./worlds.ts";

const plant = (role: SharedRole, change: Partial<ShareState> = {}): ShareState => ({ of: "plant", role, ...change });
const portfolio = (role: SharedRole, change: Partial<ShareState> = {}): ShareState => ({
  of: "portfolio",
  role,
  ...change,
});
const manager: State = { shares: { share: plant("technical_manager") } };
const SPELLINGS = ["plain", "alt"] as const;
const REMOVED = { removed_at: "2027-01-01T00:00:00Z" };
const ENDINGS = ["declined", "removed", "left"] as const;

const DATED = ["cooperation", "share", "delegations"] as const;

/** A share at technical_manager that has each of the three dates; `passed` says which ones have passed. */
function dated(spelling: "plain" | "alt", ...passed: (typeof DATED)[number][]): State {
  const date = (of: (typeof DATED)[number]) => ({ spelling, expires_at: passed.includes(of) ? PASSED : TO_COME });
  return {
    cooperations: { cooperation: date("cooperation") },
    shares: { share: plant("technical_manager", date("share")) },
    delegations: date("delegations"),
  };
}

/** The plant at one role through one share, and the other role through the other. */
function twice(
  first: ShareState,
  second: ShareState,
  cooperations: State["cooperations"] = { cooperation: {} },
): State {
  return { cooperations, shares: { share: first, "second share": second } };
}

const inTwo = (first: NonNullable<State["cooperations"]>[string]) =>
  twice(plant("technical_manager"), plant("asset_manager", { in: "second cooperation" }), {
    cooperation: first,
    "second cooperation": {},
  });

const REACHING: Situation[] = [
  { title: "in force, nothing shared", states: [{}], live: [] },
  ...SHARED_ROLES.map((role): Situation => {
    return { title: `plant shared at ${role}`, states: [{ shares: { share: plant(role) } }], live: ["share"] };
  }),
  {
    title: "plant shared at technical_manager, delegated at viewer only",
    states: [manager],
    live: ["share"],
    delegated: { share: ["viewer"] },
  },
  {
    title: "plant shared at technical_manager, then lowered to viewer",
    states: [manager, { shares: { share: plant("viewer") } }],
    live: ["share"],
  },
  {
    title: "plant shared at technical_manager, then at asset_manager (delegated at all three in turn)",
    states: [manager, { shares: { share: plant("asset_manager") } }],
    live: ["share"],
    delegated: { share: [...SHARED_ROLES] },
  },
  {
    title: "plant shared at technical_manager, then at asset_manager, then at technical_manager again",
    states: [manager, { shares: { share: plant("asset_manager") } }, manager],
    live: ["share"],
    delegated: { share: [...SHARED_ROLES] },
  },
  ...SHARED_ROLES.map((role): Situation => {
    return { title: `portfolio shared at ${role}`, states: [{ shares: { share: portfolio(role) } }], live: ["share"] };
  }),
  {
    title: "portfolio shared at technical_manager, a plant taken out of it",
    states: [
      { shares: { share: portfolio("technical_manager") } },
      { shares: { share: portfolio("technical_manager") }, takenOut: true },
    ],
    live: ["share"],
    takesOut: true,
  },
  {
    title: "plant shared at technical_manager and its portfolio at asset_manager",
    states: [twice(plant("technical_manager"), portfolio("asset_manager"))],
    live: ["share", "second share"],
  },
  {
    title: "plant shared at technical_manager and its portfolio at asset_manager, then the plant's share removed",
    states: [
      twice(plant("technical_manager"), portfolio("asset_manager")),
      twice(plant("technical_manager", REMOVED), portfolio("asset_manager")),
    ],
    live: ["second share"],
  },
  {
    title: "plant shared at technical_manager and its portfolio at asset_manager, then the portfolio's share removed",
    states: [
      twice(plant("technical_manager"), portfolio("asset_manager")),
      twice(plant("technical_manager"), portfolio("asset_manager", REMOVED)),
    ],
    live: ["share"],
  },
  {
    title: "two cooperations at once: plant shared at technical_manager in one, at asset_manager in the other",
    states: [inTwo({})],
    live: ["share", "second share"],
  },
  {
    title: "two cooperations at once, the first paused",
    states: [inTwo({}), inTwo({ status: "paused" })],
    live: ["second share"],
  },
  {
    title: "two cooperations at once, the first expired",
    states: [inTwo({ expires_at: PASSED })],
    live: ["second share"],
  },
  {
    title: "two cooperations at once, the first removed",
    states: [inTwo({}), inTwo({ status: "ended", ended_as: "removed" })],
    live: ["second share"],
  },
  ...SPELLINGS.map((spelling): Situation => {
    const title = `plant shared at technical_manager, all three dates to come, ${spelling}`;
    return { title, states: [dated(spelling)], live: ["share"] };
  }),
  ...SPELLINGS.map((spelling): Situation => {
    const title = `expired on the delegations, ${spelling}`;
    return { title, states: [dated(spelling, "delegations")], live: ["share"] };
  }),
  ...STEPPING,
  {
    title: "expired on all three dates, then each moved to one to come",
    states: [dated("plain", ...DATED), dated("alt")],
    live: ["share"],
  },
  {
    title: "paused, then resumed",
    states: [manager, { ...manager, cooperations: { cooperation: { status: "paused" } } }, manager],
    live: ["share"],
  },
  {
    title: "the partner's people suspended, then no longer",
    states: [manager, { ...manager, suspended: true }, manager],
    live: ["share"],
  },
  {
    title: "share removed, then the plant shared again and delegated at viewer",
    states: [
      manager,
      { shares: { share: plant("technical_manager", REMOVED), "second share": plant("technical_manager") } },
    ],
    live: ["second share"],
    delegated: { "second share": ["viewer"] },
  },
  {
    title: "plant shared at viewer, people of both sides",
    states: [{ shares: { share: plant("viewer") } }],
    live: ["share"],
    people: {
      "owner's member, partner's admin": { owner: "member", partner: "admin" },
      "owner's admin, partner's member": { owner: "admin", partner: "member" },
      "asset_manager of the plant, delegate: viewer": {
        owner: "member",
        job: "asset_manager",
        partner: "member",
        delegated: "viewer",
      },
    },
  },
];

const NOT_REACHING: Situation[] = [
  {
    title: "before acceptance: invited, the partner unknown",
    states: [{ ...manager, cooperations: { cooperation: { status: "invited", partner: undefined } } }],
    live: [],
  },
  {
    title: "before acceptance: pending",
    states: [{ ...manager, cooperations: { cooperation: { status: "pending" } } }],
    live: [],
  },
  {
    title: "paused",
    states: [manager, { ...manager, cooperations: { cooperation: { status: "paused" } } }],
    live: [],
  },
  {
    title: "the partner's people suspended",
    states: [manager, { ...manager, suspended: true }],
    live: [],
  },
  ...(["cooperation", "share"] as const).flatMap((on) =>
    SPELLINGS.map((spelling): Situation => {
      return { title: `expired on the ${on}, ${spelling}`, states: [dated(spelling, on)], live: [] };
    }),
  ),
  ...ENDINGS.map((ended_as): Situation => {
    const before: State =
      ended_as === "declined" ? { ...manager, cooperations: { cooperation: { status: "pending" } } } : manager;
    const after: State = { ...manager, cooperations: { cooperation: { status: "ended", ended_as } } };
    return { title: `ended: ${ended_as}, before the sweep`, states: [before, after], live: [] };
  }),
  ...UNSTARTED,
  {
    title: "share removed, before the sweep",
    states: [manager, { shares: { share: plant("technical_manager", REMOVED) } }],
    live: [],
  },
];

/** All of them, in the order of the file. */
export const SITUATIONS: readonly Situation[] = [...REACHING, ...NOT_REACHING];
