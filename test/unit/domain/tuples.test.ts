/**
 * State and tuples, against model.fga read as what it lets be written: both name the
 * same facts, and every change of state is a Write that leads exactly there.
 */

import { transformer } from "@openfga/syntax-transformer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tuplesOfWebhook } from "../../../src/domain/events/webhook-record.ts";
import { splitRef } from "../../../src/domain/ids.ts";
import { tuplesOfPreset } from "../../../src/domain/preset-record.ts";
import type { Cooperation, Delegation, Share } from "../../../src/domain/records.ts";
import { ENDINGS, STATUSES } from "../../../src/domain/records.ts";
import { JOB_ROLES, ORGANIZATION_ROLES, SHARED_ROLES } from "../../../src/domain/roles.ts";
import {
  sweepMark,
  tuplesOfCooperation,
  tuplesOfDelegation,
  tuplesOfEmail,
  tuplesOfJobRole,
  tuplesOfOrganization,
  tuplesOfPerson,
  tuplesOfResource,
  tuplesOfShare,
} from "../../../src/domain/state-tuples.ts";
import { difference, keyText, type Tuple } from "../../../src/domain/tuples.ts";
import { anyId } from "../../support/ids.ts";
import { MODEL } from "../../support/model.ts";

const DATES = [undefined, "2027-01-01T00:00:00Z", "2027-06-30T22:00:00Z"] as const;
const SPELLINGS = ["plain", "alt"] as const;

/** Written by plan.ts: they carry the records and the history, and no state spells them. */
const NOT_OF_STATES = ["head", "log", "due"];

const SUN = anyId("sun");
const COOPERATION: Cooperation = {
  id: anyId("c"),
  status: "active",
  initiator: SUN,
  partner: anyId("grid"),
  spelling: "plain",
  invitation: 0,
  shares: 1,
  created_at: "2026-01-01T00:00:00Z",
  created_by: "user:ann",
};
const SHARE: Share = {
  id: anyId("s"),
  cooperation: anyId("c"),
  resource: "plant:7",
  role: "viewer",
  spelling: "plain",
  created_at: "2026-01-01T00:00:00Z",
};

// mostly in force: only then there is a date to change
const cooperations = fc.record({
  status: fc.constantFrom("active", "active", "active", ...STATUSES),
  ended_as: fc.constantFrom(undefined, ...ENDINGS),
  partner: fc.constantFrom(undefined, ...["grid", "grid", "grid"].map(anyId)),
  // mostly started: only then there is something in force
  starts_at: fc.constantFrom(undefined, undefined, undefined, DATES[1]),
  expires_at: fc.constantFrom(...DATES),
  spelling: fc.constantFrom(...SPELLINGS),
});
const shares = fc.record({
  resource: fc.constantFrom("plant:7" as const, "portfolio:north" as const),
  role: fc.constantFrom(...SHARED_ROLES),
  starts_at: fc.constantFrom(undefined, undefined, undefined, DATES[1]),
  expires_at: fc.constantFrom(...DATES),
  step_down_at: fc.constantFrom(...DATES),
  spelling: fc.constantFrom(...SPELLINGS),
  removed_at: fc.constantFrom(undefined, "2026-06-01T00:00:00Z"),
});
const delegations = fc.record({
  role: fc.constantFrom(...SHARED_ROLES),
  expires_at: fc.constantFrom(...DATES),
  spelling: fc.constantFrom(...SPELLINGS),
});
const spellCooperation = (state: Partial<Cooperation>) => tuplesOfCooperation({ ...COOPERATION, ...state });
const spellShare = (state: Partial<Share>) => tuplesOfShare({ ...SHARE, ...state });
const spellDelegation = (state: Omit<Delegation, "share" | "user">) =>
  tuplesOfDelegation({ share: anyId("s"), user: anyId("ida"), ...state });

/** Everything that domain/tuples.ts can spell. */
function everyTuple(): Tuple[] {
  const dated = SPELLINGS.flatMap((spelling) => DATES.map((expires_at) => ({ spelling, expires_at })));
  const resources = ["plant:7", "portfolio:north"] as const;
  return [
    ...STATUSES.flatMap((status) => dated.flatMap((date) => spellCooperation({ status, ...date }))),
    ...resources.flatMap((resource) =>
      SHARED_ROLES.flatMap((role) => dated.flatMap((date) => spellShare({ resource, role, ...date }))),
    ),
    ...resources.flatMap((resource) => spellShare({ resource, starts_at: DATES[1] })),
    ...SHARED_ROLES.flatMap((role) => dated.flatMap((date) => spellDelegation({ role, ...date }))),
    ...tuplesOfOrganization(SUN),
    ...ORGANIZATION_ROLES.flatMap((role) => tuplesOfPerson(SUN, anyId("ann"), role)),
    ...tuplesOfPerson(SUN, anyId("ann"), "member", true),
    ...tuplesOfResource("plant:7", { owner: SUN, portfolio: anyId("north") }),
    ...tuplesOfResource("portfolio:north", { owner: SUN }),
    ...resources.flatMap((resource) => JOB_ROLES.flatMap((role) => tuplesOfJobRole(resource, anyId("ann"), role))),
    ...tuplesOfEmail("e3b0", anyId("ann")),
    ...tuplesOfWebhook("webhook:sun/hub", { receiver: "r", version: "v", organization: SUN, created_at: "" }),
    ...tuplesOfPreset("preset:sun/standard", { organization: SUN }),
    sweepMark("cooperation:c"),
    sweepMark("share:s"),
    sweepMark("organization:o"),
  ];
}

/** `plant#shared_viewer: share#viewer_alt with not_expired`, as model.fga writes the allowed user types. */
function kindOf(tuple: Tuple): string {
  const [type] = splitRef(tuple.object);
  const [userType, userId] = splitRef(tuple.user);
  const userset = userId.includes("#") ? userId.slice(userId.indexOf("#")) : "";
  return `${type}#${tuple.relation}: ${userType}${userset}${tuple.condition ? ` with ${tuple.condition.name}` : ""}`;
}

/** All that model.fga lets be written, each as `kindOf` has it. */
function writable(): { relation: string; kind: string }[] {
  return transformer.transformDSLToJSONObject(MODEL).type_definitions.flatMap(({ type, metadata }) =>
    Object.entries(metadata?.relations ?? {}).flatMap(([relation, { directly_related_user_types: users }]) =>
      (users ?? []).map((user) => {
        const userset = user.relation ? `#${user.relation}` : "";
        const condition = user.condition ? ` with ${user.condition}` : "";
        return { relation, kind: `${type}#${relation}: ${user.type}${userset}${condition}` };
      }),
    ),
  );
}

describe("model.fga and domain/tuples.ts", () => {
  it("spell no tuple that the model does not allow", () => {
    const allowed = new Set(writable().map(({ kind }) => kind));
    expect([...new Set(everyTuple().map(kindOf))].filter((kind) => !allowed.has(kind))).toEqual([]);
  });

  it("spell every tuple that the model allows, dated and undated, in both spellings", () => {
    const spelled = new Set(everyTuple().map(kindOf));
    const missing = writable().filter(({ kind }) => !spelled.has(kind));
    expect(missing.filter(({ relation }) => !NOT_OF_STATES.includes(relation))).toEqual([]);
  });

  it("leave head and log to the plan, and what is due to the scheduler", () => {
    const relations = new Set(everyTuple().map(({ relation }) => relation));
    const known = new Set(writable().map(({ relation }) => relation));
    expect(NOT_OF_STATES.filter((relation) => relations.has(relation) || !known.has(relation))).toEqual([]);
  });

  it("spell no share that leads to operator or is a permission (law 2)", () => {
    const relations = everyTuple().filter(({ user }) => user.startsWith("share:"));
    expect(relations.length).toBeGreaterThan(0);
    expect(relations.filter(({ user, relation }) => /operator|can_/.test(`${user} ${relation}`))).toEqual([]);
  });
});

describe("a state", () => {
  it("puts a cooperation in force while it is active, has a partner and has started, by one tuple", () => {
    fc.assert(
      fc.property(cooperations, (state) => {
        const inForce = spellCooperation(state).filter(({ relation }) => relation === "in_force");
        const isOpen = state.status === "active" && state.partner !== undefined && state.starts_at === undefined;
        expect(inForce.length).toBe(isOpen ? 1 : 0);
      }),
    );
  });

  it("writes on the resource the rungs of a share's role, before its start its name alone, and nothing once it is removed", () => {
    fc.assert(
      fc.property(shares, (state) => {
        const written = spellShare(state).filter(({ object }) => object === state.resource);
        const rungs = [...new Set(["viewer", state.role])].map((rung) => `shared_${rung}`);
        const relations = state.removed_at ? [] : state.starts_at ? ["upcoming"] : rungs;
        expect(written.map(({ relation }) => relation)).toEqual(relations);
      }),
    );
  });

  it("dates the rungs of a share above viewer by the earlier of its end and its step down, and viewer by its end alone", () => {
    fc.assert(
      fc.property(shares, ({ starts_at: _, ...state }) => {
        for (const { object, relation, condition } of spellShare(state)) {
          if (object !== state.resource) continue;
          const dates = relation === "shared_viewer" ? [state.expires_at] : [state.expires_at, state.step_down_at];
          const [first] = dates.filter((date) => date !== undefined).sort();
          expect(condition).toEqual(first && { name: "not_expired", context: { expires_at: first } });
        }
      }),
    );
  });

  it("dates every tuple that carries access, or none", () => {
    fc.assert(
      fc.property(delegations, (state) => {
        const expected = state.expires_at && { name: "not_expired", context: { expires_at: state.expires_at } };
        for (const tuple of spellDelegation(state)) expect(tuple.condition).toEqual(expected);
      }),
    );
  });

  it("names no key twice", () => {
    const unique = (tuples: Tuple[]) => expect(new Set(tuples.map(keyText)).size).toBe(tuples.length);
    fc.assert(
      fc.property(cooperations, shares, delegations, (cooperation, share, delegation) => {
        unique([...spellCooperation(cooperation), ...spellShare(share), ...spellDelegation(delegation)]);
      }),
    );
  });

  it("of a deleted resource has no tuples", () => {
    expect(tuplesOfResource("plant:7", { owner: SUN, portfolio: anyId("north") })).toHaveLength(2);
    expect(
      tuplesOfResource("plant:7", { owner: SUN, portfolio: anyId("north"), deleted_at: SHARE.created_at }),
    ).toEqual([]);
  });
});

/** A set of tuples after a Write, by the rules of OpenFGA's Write: what is deleted was there, what is written was not. */
function applied(before: Tuple[], { deletes, writes }: ReturnType<typeof difference>): Map<string, Tuple> {
  const store = new Map(before.map((tuple) => [keyText(tuple), tuple]));
  const keys = [...deletes, ...writes].map(keyText);
  expect(new Set(keys).size, "a key in both deletes and writes").toBe(keys.length);
  for (const key of deletes) expect(store.delete(keyText(key)), `${keyText(key)} was not there`).toBe(true);
  for (const tuple of writes) {
    expect(store.has(keyText(tuple)), `${keyText(tuple)} was there`).toBe(false);
    store.set(keyText(tuple), tuple);
  }
  return store;
}

const byKey = (tuples: Tuple[]) => new Map(tuples.map((tuple) => [keyText(tuple), tuple]));

/** Whether a key stays under another condition: what one Write cannot do. */
function redatedInPlace(before: Tuple[], after: Tuple[]): boolean {
  const next = byKey(after);
  return before.some((tuple) => {
    const same = next.get(keyText(tuple));
    return same !== undefined && JSON.stringify(same.condition) !== JSON.stringify(tuple.condition);
  });
}

describe("difference", () => {
  const kinds: [string, fc.Arbitrary<Tuple[]>][] = [
    ["cooperation", cooperations.map(spellCooperation)],
    ["share", shares.map(spellShare)],
    ["delegation", delegations.map(spellDelegation)],
  ];

  it.each(kinds)(
    "leads from any state of a %s to any other in one Write, or throws where no Write could",
    (_, states) => {
      const seen = { led: 0, threw: 0 };
      fc.assert(
        fc.property(states, states, (before, after) => {
          if (redatedInPlace(before, after)) {
            seen.threw++;
            expect(() => difference(before, after)).toThrow(/without moving its spelling/);
          } else {
            seen.led++;
            expect(applied(before, difference(before, after))).toEqual(byKey(after));
          }
        }),
        { numRuns: 300 },
      );
      expect(Math.min(seen.led, seen.threw)).toBeGreaterThan(0);
    },
  );

  it.each(kinds)("of a %s that stays as it is holds nothing", (_, states) => {
    fc.assert(
      fc.property(states, (state) => {
        expect(difference(state, state)).toEqual({ deletes: [], writes: [] });
      }),
    );
  });

  it("moves a new date to the other spelling: the old tuple is deleted and the new one written in the same Write", () => {
    const before = spellShare({ role: "technical_manager", expires_at: DATES[1] });
    const after = spellShare({ role: "technical_manager", expires_at: DATES[2], spelling: "alt" });
    const condition = { name: "not_expired", context: { expires_at: DATES[2] } };
    expect(difference(before, after)).toEqual({
      deletes: [
        { user: "share:s#viewer", relation: "shared_viewer", object: "plant:7" },
        { user: "share:s#technical_manager", relation: "shared_technical_manager", object: "plant:7" },
      ],
      writes: [
        { user: "share:s#viewer_alt", relation: "shared_viewer", object: "plant:7", condition },
        { user: "share:s#technical_manager_alt", relation: "shared_technical_manager", object: "plant:7", condition },
      ],
    });
  });

  it("refuses a new date under the old spelling, a first date and a cleared one", () => {
    const pairs = [
      [DATES[1], DATES[2]],
      [undefined, DATES[1]],
      [DATES[1], undefined],
    ] as const;
    for (const [from, to] of pairs)
      expect(() => difference(spellCooperation({ expires_at: from }), spellCooperation({ expires_at: to }))).toThrow(
        "cooperation:c in_force organization:grid",
      );
  });

  it("deletes keys without conditions, which OpenFGA refuses there", () => {
    const { deletes } = difference(spellCooperation({ expires_at: DATES[1] }), spellCooperation({ status: "paused" }));
    expect(deletes).toEqual([{ user: "organization:grid", relation: "in_force", object: "cooperation:c" }]);
  });
});
