/**
 * Which raw tuples are let through and what they mean: every relation of the model is
 * admitted or refused by name, every request is sorted tuple by tuple, and whatever
 * exists and whatever is asked, a change becomes what its tuples say or a refusal.
 */

import { transformer } from "@openfga/syntax-transformer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Caller } from "../../../../src/domain/caller.ts";
import { type Asked, admit, type Leniency } from "../../../../src/domain/raw-write/admit.ts";
import { personBecomes, resourceBecomes } from "../../../../src/domain/raw-write/raw-change.ts";
import { delegationBecomes, jobRoleBecomes } from "../../../../src/domain/raw-write/raw-rungs.ts";
import { type RawTuple, type ReadTuple, readTuple } from "../../../../src/domain/raw-write/raw-tuple.ts";
import type { Delegation } from "../../../../src/domain/records.ts";
import { RELATIONS } from "../../../../src/domain/relations.ts";
import { JOB_ROLES, ORGANIZATION_ROLES, RUNGS, SHARED_ROLES } from "../../../../src/domain/roles.ts";
import { tuplesOfDelegation } from "../../../../src/domain/state-tuples.ts";
import { problemText } from "../../../../src/http/stores/write-answer.ts";
import { anyId } from "../../../support/ids.ts";
import { MODEL } from "../../../support/model.ts";

const SERVICE: Caller = { key: "back-office", scopes: ["admin"] };
const BEN: Caller = { key: "manager", scopes: ["manage"], user: anyId("ben") };
const at = (user: string, relation: string, object: string): RawTuple => ({ user, relation, object });

test("every relation that can have tuples in the model is admitted or refused by name, and no other", () => {
  const { type_definitions } = transformer.transformDSLToJSONObject(MODEL);
  const direct = type_definitions.map(({ type, metadata }) => [
    type,
    Object.entries(metadata?.relations ?? {})
      .filter(([, { directly_related_user_types: types = [] }]) => types.length > 0)
      .map(([relation]) => relation)
      .sort(),
  ]);
  const known = Object.entries(RELATIONS).map(([type, relations]) => [type, Object.keys(relations).sort()]);
  expect(Object.fromEntries(known)).toEqual(Object.fromEntries(direct));
});

describe("a tuple", () => {
  const dated = (context: object, name = "not_expired"): RawTuple => ({
    ...at("user:tom", "delegated_viewer", "share:s"),
    condition: { name, context: { ...context } },
  });
  test.for<[RawTuple, RegExp]>([
    [at("user:x", "viewer", "plant"), /invalid 'object' field format/],
    [at("user:x", "viewer", "plant:"), /invalid 'object' field format/],
    [at("user:x", "viewer", ":7"), /invalid 'object' field format/],
    [at("user:x", "viewer", "plant:a b"), /the id in 'object' must not contain/],
    [at("user:x", "viewer", "plant:*"), /the id in 'object' must not contain/],
    [at("user:x", "viewer", `plant:${"x".repeat(201)}`), /at most 200 bytes/],
    [at("user:x", "viewer", "car:7"), /type 'car' not found/],
    [at("user:x", "viewer", "constructor:7"), /type 'constructor' not found/],
    [at("user:x", "viewer", "__proto__:7"), /type '__proto__' not found/],
    [at("user:x", "driver", "plant:7"), /no tuple is written in relation 'plant#driver'/],
    [at("user:x", "toString", "plant:7"), /no tuple is written in relation 'plant#toString'/],
    [at("user:x", "", "plant:7"), /no tuple is written in relation 'plant#'/],
    [at("x", "viewer", "plant:7"), /the 'user' field must be an object/],
    [at("user:", "viewer", "plant:7"), /the 'user' field must be an object/],
    [at("user:a:b", "viewer", "plant:7"), /the id in 'user' must not contain/],
    [at("user:\ud800", "viewer", "plant:7"), /the id in 'user' must be well-formed/],
    [at("user:*", "viewer", "plant:7"), /the typed wildcard 'user:\*' is not an allowed/],
    [at("share:s#viewer", "viewer", "plant:7"), /'share#viewer' is not an allowed type restriction for 'plant#viewer'/],
    [at("organization:o", "admin", "organization:o"), /type 'organization' is not an allowed/],
    [at("user:x", "owner", "plant:7"), /type 'user' is not an allowed type restriction for 'plant#owner'/],
    [at("portfolio:p", "portfolio", "portfolio:q"), /no tuple is written in relation 'portfolio#portfolio'/],
    [at("cooperation:\ud800", "cooperation", "share:\ud800"), /use POST \/v1\/cooperations\/%EF%BF%BD\/shares/],
    [at("share:a/b", "pending", "sweep:all"), /use DELETE \/v1\/shares\/a%2Fb$/],
    [
      { ...at("user:x", "viewer", "plant:7"), condition: { name: "not_expired" } },
      /invalid condition for type restriction/,
    ],
    [{ ...at("user:x", "viewer", "plant:7"), condition: { name: "nope" } }, /undefined condition/],
    [dated({}), /expires_at/],
    [dated({ expires_at: "tomorrow" }), /expires_at must be an RFC 3339 date-time/],
    [dated({ expires_at: "2030-01-01T00:00:00" }), /expires_at must be an RFC 3339 date-time/],
    [
      dated({ expires_at: "2030-01-01T00:00:00Z", current_time: "2020-01-01T00:00:00Z" }),
      /current_time belongs to the question/,
    ],
    [dated({ expires_at: "2030-01-01T00:00:00Z", more: 1 }), /found invalid context parameter: more/],
    [dated({ fields: {} }, "record"), /invalid condition for type restriction/],
    [dated({ x: "true" }, "$expression"), /undefined condition/],
  ])("that cannot be parsed gets the reason: %j", ([tuple, why]) => {
    const read = readTuple(tuple);
    expect("kind" in read ? problemText({ operation: "write", tuple, ...read }) : "it was read").toMatch(why);
  });

  test("has its date in UTC and whole seconds", () => {
    const read = readTuple(dated({ expires_at: "2030-01-01T01:00:00.9+01:00" }));
    expect(read).toMatchObject({ tuple: { expires_at: "2030-01-01T00:00:00Z" }, meaning: { of: "delegation" } });
  });
});

describe("a request", () => {
  test("is sorted into one change for each object, deletions before writes", () => {
    const admission = admit(
      [
        at("user:a", "operator", "plant:1"),
        at("organization:o", "owner", "plant:1"),
        at("organization:o", "owner", "portfolio:p"),
        at("portfolio:p", "portfolio", "plant:1"),
        at("user:a", "person", "organization:o"),
        at("user:a", "member", "organization:o"),
        at("user:c", "admin", "organization:o"),
      ],
      [
        at("user:b", "admin", "organization:o"),
        at("organization:o", "owner", "portfolio:old"),
        at("user:b", "viewer", "plant:2"),
      ],
      SERVICE,
    );
    if (admission.kind !== "admitted") throw new Error(JSON.stringify(admission));
    const text = admission.changes.map(({ asked, ...change }) => {
      const { of, user = "", organization = "", ref = "" } = change as Record<string, string>;
      return `${of} ${user}${organization}${ref} +${asked.writes.length} -${asked.deletes.length}`;
    });
    expect(text).toEqual([
      "job_role bplant:2 +0 -1",
      "person co +1 -0",
      "person ao +2 -0",
      "person bo +0 -1",
      "resource portfolio:p +1 -0",
      "resource plant:1 +2 -0",
      "resource portfolio:old +0 -1",
      "job_role aplant:1 +1 -0",
    ]);
  });

  test("may not repeat a key, whatever its condition", () => {
    const tuple = at("user:tom", "delegated_viewer", "share:s");
    const dated = { ...tuple, condition: { name: "not_expired", context: { expires_at: "2030-01-01T00:00:00Z" } } };
    expect(admit([tuple, dated], [], BEN)).toMatchObject({ kind: "twice" });
    expect(admit([tuple], [tuple], BEN)).toMatchObject({ kind: "twice" });
  });

  test("is refused with every problem, also that the caller may not ask", () => {
    const delegation = at("user:tom", "delegated_viewer", "share:s");
    const role = at("user:tom", "member", "organization:o");
    const refusedFor = (caller: Caller, ...tuples: RawTuple[]) => {
      const admission = admit(tuples, [], caller);
      return admission.kind === "refused"
        ? admission.problems.map((problem) => problemText(problem).split(": ")[1])
        : [];
    };
    const needsPerson = "send `Acting-User";
    const needsService = "needs a key with scope admin, and no Acting-User";
    expect(refusedFor(SERVICE, delegation, role)).toEqual([needsPerson]);
    expect(refusedFor(BEN, delegation, role)).toEqual([needsService]);
    expect(refusedFor({ ...BEN, scopes: ["manage", "admin"] }, role)).toEqual([needsService]);
    expect(refusedFor({ key: "k", scopes: ["manage"] }, delegation, role)).toEqual([needsPerson, needsService]);
    expect(refusedFor(SERVICE, delegation, at("user:x", "can_view", "plant:7"))).toHaveLength(2);
  });
});

const LENIENCIES: Leniency[] = (["error", "ignore"] as const).flatMap((onDuplicate) =>
  (["error", "ignore"] as const).map((onMissing) => ({ onDuplicate, onMissing })),
);

/** Every choice of some of these relations to write and some of the others to delete. */
function* everyAsked(relations: readonly string[], tuple: (relation: string) => ReadTuple): Generator<Asked> {
  for (let code = 1; code < 3 ** relations.length; code++) {
    const digit = (n: number) => Math.floor(code / 3 ** n) % 3;
    yield {
      writes: relations.filter((_, n) => digit(n) === 1).map(tuple),
      deletes: relations.filter((_, n) => digit(n) === 2).map(tuple),
    };
  }
}

const names = (tuples: readonly ReadTuple[]) => tuples.map(({ relation }) => relation);
const subset = (a: readonly string[], b: readonly string[]) => a.every((one) => b.includes(one));

describe("for every state and request", () => {
  test("a person gets the one role written, leaves when it is deleted, or nothing changes", () => {
    const seen = new Map<string, number>();
    for (const held of [undefined, ...ORGANIZATION_ROLES])
      for (const asked of everyAsked([...ORGANIZATION_ROLES, "person"], (relation) => ({
        ...at("user:x", relation, "organization:o"),
      })))
        for (const lenient of LENIENCIES) {
          const change = personBecomes(asked, held, lenient);
          const [writes, deletes] = [names(asked.writes), names(asked.deletes)];
          const present = held === undefined ? [] : [held, "person"];
          const idle = { exists: writes.some((one) => present.includes(one)), missing: !subset(deletes, present) };
          seen.set(change.kind, (seen.get(change.kind) ?? 0) + 1);
          if (lenient.onMissing === "error" && idle.missing) expect(change.kind).toBe("missing");
          if (change.kind === "exists") expect([lenient.onDuplicate, idle.exists]).toEqual(["error", true]);
          if (change.kind === "nothing") {
            expect(subset(writes, present)).toBe(true);
            expect(deletes.some((one) => present.includes(one))).toBe(false);
          }
          if (change.kind !== "become") continue;
          const after = change.to === undefined ? [] : [change.to, "person"];
          expect(after).not.toEqual(present);
          expect(subset(writes, after)).toBe(true);
          expect(after.some((one) => deletes.includes(one))).toBe(false);
          // tuples that the request does not name stay: the old role is named when it is deleted
          if (held !== undefined) expect(deletes).toContain(held);
        }
    expect([...seen.keys()].sort()).toEqual(["become", "exists", "missing", "nothing", "refused"]);
  });

  test("a job role becomes the least role that has the written rungs, added to those that were left", () => {
    for (const held of [undefined, ...JOB_ROLES])
      for (const asked of everyAsked(JOB_ROLES, (relation) => ({ ...at("user:x", relation, "plant:7") })))
        for (const lenient of LENIENCIES) {
          const change = jobRoleBecomes(asked, held, lenient);
          const [writes, deletes] = [names(asked.writes), names(asked.deletes)];
          const present: readonly string[] = held === undefined ? [] : RUNGS[held];
          const idle = !subset(deletes, present);
          if (lenient.onMissing === "error" && idle) expect(change.kind).toBe("missing");
          if (change.kind === "nothing") expect(subset(writes, present)).toBe(true);
          if (change.kind === "nothing" || change.kind === "exists")
            expect(deletes.some((one) => one === held)).toBe(false);
          if (change.kind !== "become") continue;
          const after: readonly string[] = change.to === undefined ? [] : RUNGS[change.to];
          expect(change.to).not.toBe(held);
          expect(subset(writes, after)).toBe(true);
          const kept = deletes.some((one) => one === held) ? [] : present;
          const least = JOB_ROLES.filter((role) => subset([...writes, ...kept], RUNGS[role])).at(-1);
          expect(change.to).toBe([...writes, ...kept].length === 0 ? undefined : least);
          if (change.to === undefined) expect(deletes).toContain(held);
        }
  });

  test("a delegation becomes one role with one date, and its date changes only with its own tuple", () => {
    const dates = [undefined, "2030-01-01T00:00:00Z", "2031-01-01T00:00:00Z"];
    const relations = SHARED_ROLES.flatMap((role) => [`delegated_${role}`, `delegated_${role}_alt`]);
    const held = fc.option(
      fc.record<Delegation>({
        share: fc.constant(anyId("s")),
        user: fc.constant(anyId("x")),
        role: fc.constantFrom(...SHARED_ROLES),
        expires_at: fc.constantFrom(...dates),
        spelling: fc.constantFrom("plain", "alt"),
      }),
      { nil: undefined },
    );
    const tuples = fc.array(
      fc.record({ relation: fc.constantFrom(...relations), date: fc.constantFrom(...dates), write: fc.boolean() }),
      {
        minLength: 1,
        maxLength: 4,
      },
    );
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(held, tuples, fc.constantFrom(...LENIENCIES), (before, drawn, lenient) => {
        const unique = [...new Map(drawn.map((one) => [one.relation, one])).values()];
        const read = (one: (typeof drawn)[number], dated: boolean): ReadTuple => ({
          ...at("user:x", one.relation, "share:s"),
          ...(dated && one.date !== undefined && { expires_at: one.date }),
        });
        const asked: Asked = {
          writes: unique.filter(({ write }) => write).map((one) => read(one, true)),
          deletes: unique.filter(({ write }) => !write).map((one) => read(one, false)),
        };
        const change = delegationBecomes(asked, before, lenient);
        seen.set(change.kind, (seen.get(change.kind) ?? 0) + 1);
        const written = before === undefined ? [] : tuplesOfDelegation(before);
        const own = written.at(-1)?.relation;
        const rung = (relation: string) => relation.replace(/^delegated_|_alt$/g, "");
        if (change.kind === "nothing") {
          expect(subset(names(asked.writes).map(rung), names(written).map(rung))).toBe(true);
          for (const tuple of asked.writes) expect(tuple.expires_at).toBe(before?.expires_at);
          expect(names(asked.deletes)).not.toContain(own);
        }
        if (change.kind === "conflict") expect(lenient.onDuplicate).toBe("ignore");
        if (change.kind !== "become") return;
        const taken = own !== undefined && names(asked.deletes).includes(own);
        if (change.to === undefined) {
          expect([taken, asked.writes]).toEqual([true, []]);
          return;
        }
        expect(subset(names(asked.writes).map(rung), RUNGS[change.to.role])).toBe(true);
        for (const tuple of asked.writes) expect(tuple.expires_at).toBe(change.to.expires_at);
        if (before !== undefined && !taken) {
          expect(change.to.expires_at).toBe(before.expires_at);
          expect(subset(RUNGS[before.role], RUNGS[change.to.role])).toBe(true);
        }
      }),
      { numRuns: 20_000 },
    );
    expect([...seen.keys()].sort()).toEqual(["become", "conflict", "exists", "missing", "nothing", "refused"]);
  });

  test("a resource keeps its owner as long as it exists, and is in one portfolio", () => {
    const own = ["organization:o", "organization:n"].map((user) => at(user, "owner", "plant:7"));
    const lies = ["portfolio:p", "portfolio:q"].map((user) => at(user, "portfolio", "plant:7"));
    const all = [...own, ...lies];
    for (const held of [undefined, { owner: anyId("o") }, { owner: anyId("o"), portfolio: anyId("p") }])
      for (const { writes, deletes } of everyAsked(["0", "1", "2", "3"], (relation) => at("", relation, "")))
        for (const lenient of LENIENCIES) {
          const pick = (tuples: readonly ReadTuple[]) => tuples.flatMap(({ relation }) => all[Number(relation)] ?? []);
          const asked = { writes: pick(writes), deletes: pick(deletes) };
          const change = resourceBecomes(asked, held, lenient);
          const text = (to: { owner: string; portfolio?: string | undefined } | undefined) =>
            to === undefined
              ? []
              : [`organization:${to.owner}`, ...(to.portfolio ? [`portfolio:${to.portfolio}`] : [])];
          const [present, users] = [text(held), (tuples: ReadTuple[]) => tuples.map(({ user }) => user)];
          if (change.kind === "nothing") {
            expect(subset(users(asked.writes), present)).toBe(true);
            expect(users(asked.deletes).some((user) => present.includes(user))).toBe(false);
          }
          if (change.kind !== "become") continue;
          const after = text(change.to);
          expect(after).not.toEqual(present);
          expect(subset(users(asked.writes), after)).toBe(true);
          expect(after.some((user) => users(asked.deletes).includes(user))).toBe(false);
          if (held !== undefined && change.to !== undefined) expect(change.to.owner).toBe(held.owner);
        }
  });
});
