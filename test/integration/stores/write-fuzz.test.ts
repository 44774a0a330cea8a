/**
 * Anything at all as the body of OpenFGA's Write: bodies near and far from right, keys
 * of every kind of text. Never a fault of ours, never a changed tuple where it is
 * refused, and whatever was written is what a doctor finds nothing in.
 *
 * FC_SEED and FC_RUNS choose the bodies; the seed is printed.
 */
import fc from "fast-check";
import { expect } from "vitest";
import { RELATIONS } from "../../../src/domain/relations.ts";
import { doctor } from "../../../src/queries/doctor.ts";
import { everything, send } from "../../support/routes.ts";
import { cooperate, KEYS, seedWorld, test } from "../../support/service.ts";

const RUNS = Number(process.env.FC_RUNS ?? 400);
const SEED = Number(process.env.FC_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** The codes of openfga.v1 that a Write is refused with. */
const CODES = [
  "validation_error",
  "write_failed_due_to_invalid_input",
  "invalid_write_input",
  "cannot_allow_duplicate_tuples_in_one_request",
  "exceeded_entity_limit",
  "authorization_model_not_found",
  "Aborted",
];

const nasty = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.constantFrom(
    "",
    ":",
    "#",
    "*",
    "user:*",
    "\u0000",
    "\ud800",
    "a\tb",
    "\u007f",
    "\u0085",
    "O\u0092B",
    "an\u200bna",
    "\u202eanna",
    "e\u0301",
    "__proto__",
    "constructor",
    "toString",
    "user:\udfff",
    "a b",
    "%",
    "/",
  ),
  fc.string({ minLength: 250, maxLength: 600 }),
);
const ids = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("sunward", "brightfix", "anna", "otto", "ben", "7", "8", "north", "all") },
  { weight: 1, arbitrary: nasty },
);
const types = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...Object.keys(RELATIONS)) },
  { weight: 1, arbitrary: nasty },
);
const relations = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...new Set(Object.values(RELATIONS).flatMap(Object.keys))) },
  { weight: 1, arbitrary: nasty },
);
const object = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(types, ids).map((parts) => parts.join(":")) },
  { weight: 1, arbitrary: nasty },
);
const user = fc.oneof(
  { weight: 8, arbitrary: object },
  { weight: 1, arbitrary: fc.tuple(object, relations).map((parts) => parts.join("#")) },
);
const context = fc.oneof(
  fc.record({ expires_at: fc.oneof(fc.constant("2040-01-01T00:00:00Z"), nasty, fc.integer(), fc.constant(null)) }),
  fc.record({ current_time: fc.constant("2020-01-01T00:00:00Z"), expires_at: fc.constant("2040-01-01T00:00:00Z") }),
  fc.record({ fields: fc.dictionary(nasty, nasty) }),
  fc.object(),
);
const condition = fc.oneof(
  { weight: 5, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.record({ name: fc.oneof(fc.constantFrom("not_expired", "record"), nasty), context }) },
  { weight: 1, arbitrary: fc.anything() },
);
/** What would be written, for the most part. */
const sensible = fc
  .constantFrom(
    "user:otto viewer plant:8",
    "user:otto operator plant:8",
    "user:otto technical_manager portfolio:north",
    "user:zoe member organization:sunward",
    "user:zoe person organization:sunward",
    "user:eva external organization:brightfix",
    "organization:sunward owner plant:9",
    "portfolio:north portfolio plant:7",
    "portfolio:north portfolio plant:9",
  )
  .map((text) => {
    const [user, relation, object] = text.split(" ");
    return { user, relation, object };
  });
const key = fc.oneof(
  { weight: 12, arbitrary: sensible },
  { weight: 12, arbitrary: fc.record({ user, relation: relations, object, condition }) },
  { weight: 1, arbitrary: fc.record({ user: fc.anything(), relation: fc.anything(), object: fc.anything() }) },
  { weight: 1, arbitrary: fc.anything() },
);
const part = (option: string) =>
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        tuple_keys: fc.array(key, { maxLength: 4 }),
        [option]: fc.constantFrom(undefined, "error", "ignore", "nope"),
      }),
    },
    { weight: 1, arbitrary: fc.anything() },
  );
const list = fc.array(sensible, { minLength: 1, maxLength: 3 });
const near = fc
  .record({ writes: list, deletes: list, lenient: fc.boolean(), only: fc.constantFrom("writes", "deletes", "both") })
  .map(({ writes, deletes, lenient, only }) => ({
    ...(only !== "deletes" && { writes: { tuple_keys: writes, ...(lenient && { on_duplicate: "ignore" }) } }),
    ...(only !== "writes" && { deletes: { tuple_keys: deletes, ...(lenient && { on_missing: "ignore" }) } }),
  }));
const bodies = fc.oneof(
  { weight: 6, arbitrary: near },
  {
    weight: 12,
    arbitrary: fc.record({ writes: part("on_duplicate"), deletes: part("on_missing") }, { requiredKeys: [] }),
  },
  { weight: 1, arbitrary: fc.anything() },
);

/** JSON for whatever it is: what JSON has no words for is left out of it. */
function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value, (_, one) => (typeof one === "bigint" ? String(one) : one)) ?? "";
  } catch {
    return "";
  }
}

test("random bodies never cause an internal error, and refused ones change nothing", async ({
  service,
  tupleStore,
}) => {
  console.log(`FC_SEED=${SEED} FC_RUNS=${RUNS}`);
  await seedWorld(service);
  await cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]);
  const path = `/stores/${service.deps.engine.api.storeId}/write`;
  const statuses = new Map<number, number>();
  let before = await everything(service);
  const callers = fc.constantFrom({ key: KEYS.admin }, { key: KEYS.admin }, { key: KEYS.manage, user: "ben" });
  const twin = fc.oneof(
    { weight: 7, arbitrary: fc.constant(undefined) },
    {
      weight: 1,
      arbitrary: fc.constantFrom("writes", "deletes", "user", "relation", "object", "tuple_keys", "condition"),
    },
  );
  await fc.assert(
    fc.asyncProperty(bodies, callers, twin, async (body, caller, named) => {
      const whole = jsonOf(body);
      // one of the members is named once more, with nothing: at the end or within
      const text = named === undefined ? whole : whole.replace(/\}(?=[\]}]*$)/, `,"${named}":null}`);
      const reply = await send(service, "POST", path, text, {
        ...caller,
        headers: { "Content-Type": "application/json" },
      });
      statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1);
      const after = await everything(service);
      if (reply.status === 200) {
        expect(reply.body).toEqual({});
        before = after;
        return;
      }
      expect([400, 409], `${text} ${reply.text}`).toContain(reply.status);
      expect(Object.keys(reply.body)).toEqual(["code", "message"]);
      expect(CODES).toContain(reply.body.code);
      expect(reply.body.message.length).toBeGreaterThan(0);
      expect(after, text).toEqual(before);
    }),
    { seed: SEED, numRuns: RUNS },
  );
  console.log(JSON.stringify([...statuses]));
  if (RUNS >= 400) expect(statuses.get(200) ?? 0, "bodies that were written").toBeGreaterThan(10);
  expect(await doctor(tupleStore)).toEqual([]);
});
