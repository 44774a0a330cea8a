/**
 * The worlds that the permission matrix is measured in: one for each situation, made of records and turned into tuples by
 * the product's own functions. A situation is a list of states; the first is written whole, each next as the difference
 * to the one before, as the actions do it. Every id carries its situation's number, so that one store holds them all.
 */
import type { IdOf, IdType } from "../../src/domain/ids.ts";
import type { Cooperation, Delegation, Resource, Share } from "../../src/domain/records.ts";
import { JOB_ROLES, type JobRole, ORGANIZATION_ROLES, type OrganizationRole, RUNGS } from "../../src/domain/roles.ts";
import {
  tuplesOfCooperation,
  tuplesOfDelegation,
  tuplesOfJobRole,
  tuplesOfOrganization,
  tuplesOfPerson,
  tuplesOfResource,
  tuplesOfShare,
} from "../../src/domain/state-tuples.ts";
import type { Tuple } from "../../src/domain/tuples.ts";

/** The instant of every question. */
export const AT = new Date("2027-03-01T12:00:00Z");
/** A date that has passed by as little as a date can: it is the instant of the question. */
export const PASSED = "2027-03-01T12:00:00Z";
/** A date to come, by as little as a date can. */
export const TO_COME = "2027-03-01T12:00:01Z";

/** One state of a cooperation and what hangs on it. What is left out is undated, spelled plain, and active. */
export type State = {
  cooperations?: Record<string, Partial<Cooperation>>;
  shares?: Record<string, ShareState>;
  delegations?: Pick<Delegation, "expires_at"> & Partial<Pick<Delegation, "spelling">>;
  /** Whether the plant of `takesOut` still lies in the portfolio; whether all of the partner's people are suspended. */
  takenOut?: boolean;
  suspended?: boolean;
};
export type ShareState = Pick<Share, "role"> & { of: "plant" | "portfolio"; in?: string } & Partial<Share>;

/** What is written about a situation by hand. */
export type Situation = {
  title: string;
  states: [State, ...State[]];
  /** The shares that carry access in the last state. */
  live: string[];
  /** What was delegated on each share; without it everything that its first role carries. */
  delegated?: Record<string, Share["role"][]>;
  /** People of this situation alone, with what they are on both sides. */
  people?: Record<
    string,
    { owner?: OrganizationRole; job?: JobRole; partner?: OrganizationRole; delegated?: Share["role"] }
  >;
  /** A second plant that lay in the portfolio from the start. */
  takesOut?: true;
};

/** Somebody to ask about. `granted` names what was delegated to them, whether it still counts or not. */
export type Actor = {
  label: string;
  user: string;
  side: "owner" | "partner" | "both" | "other partner" | "stranger";
  role?: OrganizationRole;
  granted: { share: string; role: Share["role"]; counts: boolean }[];
  former?: true;
};

/** Something to ask about. `like` names the object of the first situation that the owner's people know it as. */
export type Target = { label: string; ref: string; like: string };

/** A situation with its ids: who and what is asked about, and the tuples of each state in turn. */
export type World = { situation: Situation; actors: Actor[]; targets: Target[]; states: Tuple[][] };

type Held = { user: IdOf<IdType>; share: string; role: Share["role"]; own?: Partial<Delegation> };

/** The people of a situation, and the tuples and delegations they come with. Users are given by id. */
function peopleOf(situation: Situation, id: (name: string) => IdOf<IdType>) {
  const actors: Actor[] = [];
  const base: Tuple[] = [];
  const held: Held[] = [];
  const add = (
    actor: Omit<Actor, "user" | "granted"> & Partial<Actor>,
    organization?: string,
    own?: Partial<Delegation>,
  ) => {
    const user = id(actor.label);
    const whole: Actor = { granted: [], ...actor, user: `user:${user}` };
    actors.push(whole);
    // without a role of interest an external, the weakest people there are
    if (organization) base.push(...tuplesOfPerson(id(organization), user, actor.role ?? "external"));
    for (const { share, role } of whole.granted) held.push({ user, share, role, ...(own && { own }) });
  };

  for (const role of ORGANIZATION_ROLES) add({ label: `owner: ${role}`, side: "owner", role }, "sun");
  for (const type of ["plant", "portfolio"] as const)
    for (const role of JOB_ROLES) {
      const label = `owner: ${role} of the ${type}`;
      add({ label, side: "owner" }, "sun");
      base.push(...tuplesOfJobRole(`${type}:${id(type)}`, id(label), role));
    }
  for (const role of ORGANIZATION_ROLES) add({ label: `partner: ${role}`, side: "partner", role }, "grid");

  // each share at the role it first had
  const shares = new Map(situation.states.toReversed().flatMap((state) => Object.entries(state.shares ?? {})));
  const counts = situation.states.at(-1)?.delegations?.expires_at !== PASSED;
  const delegated = [...shares]
    .map(([share, { role }]) => ({ share, roles: situation.delegated?.[share] ?? RUNGS[role] }))
    .sort((a, b) => (a.share < b.share ? 1 : -1));
  for (const { share, roles } of delegated)
    for (const role of roles) {
      const label = `delegate: ${role}${share === "share" ? "" : ` on the ${share}`}`;
      add({ label, side: "partner", granted: [{ share, role, counts }] }, "grid");
    }
  const highest = delegated.map(({ share, roles }) => ({ share, role: roles.at(-1) ?? "viewer", counts }));
  if (highest.length > 1) {
    const label = `delegate: ${highest.map(({ role }) => role).join(" and ")}`;
    add({ label, side: "partner", granted: highest }, "grid");
  }
  const lost = highest.slice(0, 1).map((grant) => ({ ...grant, counts: false }));
  if (lost.length > 0)
    for (const spelling of ["plain", "alt"] as const)
      add({ label: `expired delegate, ${spelling}`, side: "partner", granted: lost }, "grid", {
        spelling,
        expires_at: PASSED,
      });
  // a person of nothing any more, for whom a delegation was left behind
  add({ label: "former person of the partner", side: "partner", former: true, granted: lost }, undefined, {});

  for (const [label, { owner, job, partner, delegated: role }] of Object.entries(situation.people ?? {})) {
    add({ label, side: "both", granted: role ? [{ share: "share", role, counts }] : [] });
    if (owner) base.push(...tuplesOfPerson(id("sun"), id(label), owner));
    if (partner) base.push(...tuplesOfPerson(id("grid"), id(label), partner));
    if (job) base.push(...tuplesOfJobRole(`plant:${id("plant")}`, id(label), job));
  }
  add({ label: "other partner: admin", side: "other partner", role: "admin" }, "wind");
  add({ label: "other partner: delegate", side: "other partner" }, "wind");
  add({ label: "stranger", side: "stranger" });
  return { actors, base, held };
}

/** A tuple as it is while all people of an organization are suspended. */
const suspendedOf = (organization: string) => (tuple: Tuple) =>
  tuple.object === organization && tuple.relation === "person" ? { ...tuple, relation: "suspended" } : tuple;

/** Spells a situation out. `key` is what its ids begin with. */
export function worldOf(situation: Situation, key: string): World {
  const id = (name: string) => `${key}-${name.replace(/\W+/g, "-")}` as IdOf<IdType>;
  const last = situation.states.at(-1) ?? situation.states[0];
  const { actors, base, held } = peopleOf(situation, id);

  const cooperation = (name: string, change: Partial<Cooperation>): Cooperation => ({
    id: id(name),
    status: "active",
    initiator: id("sun"),
    partner: id("grid"),
    spelling: "plain",
    invitation: 0,
    shares: 0,
    created_at: "2026-01-01T00:00:00Z",
    created_by: id("owner: admin"),
    ...change,
  });
  const share = (name: string, { of, in: within, ...change }: ShareState): Share => ({
    id: id(name),
    cooperation: id(within ?? "cooperation"),
    resource: `${of}:${id(of)}`,
    spelling: "plain",
    created_at: "2026-01-01T00:00:00Z",
    ...change,
  });
  const resources = (state: State): Tuple[] => {
    const owned: Resource = { owner: id("sun") };
    const inside: Resource = { ...owned, portfolio: id("portfolio") };
    return [
      ...tuplesOfResource(`plant:${id("plant")}`, inside),
      ...tuplesOfResource(`plant:${id("other plant")}`, owned),
      ...tuplesOfResource(`portfolio:${id("portfolio")}`, owned),
      ...(situation.takesOut ? tuplesOfResource(`plant:${id("taken out")}`, state.takenOut ? owned : inside) : []),
    ];
  };
  const other = [
    ...tuplesOfCooperation({ ...cooperation("others", {}), partner: id("wind") }),
    ...tuplesOfShare({
      ...share("others", { of: "plant", in: "others", role: "technical_manager" }),
      resource: `plant:${id("other plant")}`,
    }),
    ...tuplesOfDelegation({
      share: id("others"),
      user: id("other partner: delegate"),
      role: "technical_manager",
      spelling: "plain",
    }),
  ];
  const tuplesOfState = (state: State): Tuple[] => [
    ...["sun", "grid", "wind"].flatMap((name) => tuplesOfOrganization(id(name))),
    ...(state.suspended ? base.map(suspendedOf(`organization:${id("grid")}`)) : base),
    ...other,
    ...resources(state),
    ...Object.entries(state.cooperations ?? { cooperation: {} }).flatMap(([name, change]) =>
      tuplesOfCooperation(cooperation(name, change)),
    ),
    ...Object.entries(state.shares ?? {}).flatMap(([name, change]) => tuplesOfShare(share(name, change))),
    ...held.flatMap(({ user, share: on, role, own }) =>
      tuplesOfDelegation({ share: id(on), user, role, spelling: "plain", ...(own ?? state.delegations) }),
    ),
  ];

  const named = (names: string[], type: string, base: string): Target[] =>
    [...new Set([base, ...names])].map((name) => ({ label: name, ref: `${type}:${id(name)}`, like: base }));
  const target = (label: string, type: string, like = label): Target => ({ label, ref: `${type}:${id(label)}`, like });
  const targets = [
    target("plant", "plant"),
    target("portfolio", "portfolio"),
    target("other plant", "plant"),
    ...(situation.takesOut ? [target("taken out", "plant", "other plant")] : []),
    ...named(Object.keys(last.shares ?? {}), "share", "share"),
    ...named(Object.keys(last.cooperations ?? {}), "cooperation", "cooperation"),
    { label: "owner", ref: `organization:${id("sun")}`, like: "owner" },
    { label: "partner", ref: `organization:${id("grid")}`, like: "partner" },
  ];
  return { situation, actors, targets, states: situation.states.map(tuplesOfState) };
}
