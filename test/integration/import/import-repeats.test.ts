/**
 * Import against the same PUTs one by one: whatever a file says twice, of policies, people, roles, addresses, plants,
 * portfolios and job roles, both leave the same facts and the same histories behind, and a doctor finds nothing.
 *
 * FC_SEED and FC_FILES choose the files; a failure prints the seed.
 */
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { describe, expect } from "vitest";
import { entryFrom } from "../../../src/domain/history.ts";
import { fieldsOf } from "../../../src/domain/records.ts";
import type { ImportLine } from "../../../src/domain/registry/import-line.ts";
import { JOB_ROLES, ORGANIZATION_ROLES } from "../../../src/domain/roles.ts";
import type { Tuple } from "../../../src/domain/tuples.ts";
import { createClient } from "../../../src/openfga/client.ts";
import { createEngine } from "../../../src/openfga/engine.ts";
import { openStore } from "../../../src/openfga/open-store.ts";
import { createTupleStore } from "../../../src/openfga/tuple-store.ts";
import { doctor } from "../../../src/queries/doctor.ts";
import { importAll, linesFrom } from "../../support/bulk.ts";
import { connection } from "../../support/engine.ts";
import { MODEL } from "../../support/model.ts";
import { createService, type Service, test } from "../../support/service.ts";

const FILES = Number(process.env.FC_FILES ?? 3);
const SEED = process.env.FC_SEED;
// a file that fails is made smaller only for who asks by its seed: each try takes two stores
const chance = { numRuns: FILES, ...(SEED === undefined ? { endOnFailure: true } : { seed: Number(SEED) }) };

const one = <T>(...values: T[]) => fc.constantFrom(...values);
const ORGANIZATIONS = ["sun", "moon"];
const USERS = ["uma", "ugo", "ute"];
const resource = one("plant:7", "plant:8", "portfolio:n", "portfolio:s");
const optional = (members: Record<string, fc.Arbitrary<unknown>>) => fc.record(members, { requiredKeys: [] });

/** A line of a file whose few names come again and again. */
const line = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.record({ kind: one("organization"), id: one(...ORGANIZATIONS), name: one("A", "B", "C") }),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.record({ kind: one("policy"), organization: one(...ORGANIZATIONS) }),
        optional({ share_days_max: one(30, 90), partners_denied: one(["organization:moon"], []) }),
      )
      .map(([policy, more]) => ({ ...policy, ...more })),
  },
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        fc.record({
          kind: one("person"),
          organization: one(...ORGANIZATIONS),
          user: one(...USERS),
          role: one(...ORGANIZATION_ROLES, "admin", "member"),
        }),
        optional({
          email: one("a@x.example", "b@x.example", "c@x.example", null),
          name: one("Uma", "Ugo", null),
          language: one("de", "en", null),
        }),
      )
      .map(([person, more]) => ({ ...person, ...more })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.record({ kind: one("portfolio"), id: one("n", "s"), owner: one(...ORGANIZATIONS, "sun") }),
        optional({ name: one("N", "S") }),
      )
      .map(([portfolio, more]) => ({ ...portfolio, ...more })),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.record({ kind: one("plant"), id: one("7", "8"), owner: one(...ORGANIZATIONS, "sun") }),
        optional({ name: one("P", "Q"), portfolio: one("n", "s") }),
      )
      .map(([plant, more]) => ({ ...plant, ...more })),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: one("job_role"), resource, user: one(...USERS), role: one(...JOB_ROLES) }),
  },
) as fc.Arbitrary<ImportLine>;

const BEGINNING = ORGANIZATIONS.map((id) => ({ kind: "organization", id, name: id })) as ImportLine[];
// longer than what an import reads ahead: the lines behind it find people and resources that exist already
const file = fc.array(line, { minLength: 90, maxLength: 150 }).map((lines) => [...BEGINNING, ...lines]);

/** The PUT that a line is. */
function put({ admin }: Service, line: ImportLine) {
  if (line.kind === "policy") {
    const { kind: _, organization, ...policy } = line;
    return admin("PUT", `/v1/organizations/${organization}/policy`, policy);
  }
  const { kind, ...says } = line;
  if ("organization" in says) {
    const { organization, user, ...body } = says;
    return admin("PUT", `/v1/organizations/${organization}/people/${user}`, body);
  }
  if ("resource" in says) {
    const { resource: ref, user, role } = says;
    return admin("PUT", `/v1/${ref.replace(":", "s/")}/roles/${user}`, { role });
  }
  const { id, ...body } = says;
  return admin("PUT", `/v1/${kind}s/${id}`, body);
}

/** What a tuple says, without times, ids and nonces. A head of what has no history counts Writes, so its number is none. */
function fact(tuple: Tuple, logged: ReadonlySet<string>): string {
  const { user, relation, object } = tuple;
  if (relation === "log") {
    const { common, initiator_only, partner_only } = entryFrom(tuple);
    const { id: _, at: __, request_id: ___, ...lasting } = common;
    return JSON.stringify([object, user, lasting, initiator_only?.reason, partner_only?.reason]);
  }
  const { hash: _, ...record } = fieldsOf(tuple);
  const isUncounted = relation === "head" && !logged.has(object);
  return JSON.stringify([object, relation, isUncounted ? "" : user, record]);
}

async function factsOf({ deps }: Service): Promise<string[]> {
  const tuples = await deps.tupleStore.readAll();
  const logged = new Set(tuples.filter(({ relation }) => relation === "log").map(({ object }) => object));
  return tuples.map((tuple) => fact(tuple, logged)).sort();
}

/** Does something with a service on a new store. */
async function onNewStore<T>(act: (service: Service) => Promise<T>): Promise<T> {
  const opened = await openStore({ ...connection(), store: `repeats ${randomUUID()}`, model: MODEL, allowPush: false });
  const engine = createEngine({ ...opened, ...connection(), timeoutMilliseconds: 10_000, connections: 10 });
  try {
    return await act(createService({ tupleStore: createTupleStore({ ...opened, ...connection() }), engine }));
  } finally {
    await engine.close();
    await createClient(connection()).deleteStore({ storeId: opened.storeId });
  }
}

test("a file gives the same result as its PUTs one by one: tuples, histories and refusals", {
  timeout: 900_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(file, async (lines) => {
      const imported = await onNewStore(async (service) => {
        const { end, refused } = await importAll(service, linesFrom(lines));
        expect(end).toMatchObject({ event: "end", read: lines.length });
        expect(await doctor(service.deps.tupleStore)).toEqual([]);
        return { facts: await factsOf(service), refused: refused.map(({ line: n, code }) => [n, code]) };
      });
      const onePut = await onNewStore(async (service) => {
        const refused: unknown[] = [];
        for (const [index, says] of lines.entries()) {
          const { status, body } = await put(service, says);
          if (status >= 400) refused.push([index + 1, body.code]);
        }
        expect(await doctor(service.deps.tupleStore)).toEqual([]);
        return { facts: await factsOf(service), refused };
      });
      expect(imported).toEqual(onePut);
    }),
    chance,
  );
});

describe("a person who is twice in a file has the role of the last line, and nothing of the line before", () => {
  const person = (user: string, role: string, more: object = {}) => ({
    kind: "person",
    organization: "o",
    user,
    role,
    ...more,
  });
  const others = (count: number) => Array.from({ length: count }, (_, n) => person(`p${n}`, "member"));
  const seed = async (service: Service, role: string, more: object = {}) => {
    const lines = [
      { kind: "organization", id: "o", name: "O" },
      person("boss", "admin"),
      person("uma", role, more),
      { kind: "plant", id: "7", owner: "o" },
    ];
    expect((await importAll(service, linesFrom(lines))).end).toMatchObject({ done: 4 });
  };
  const roleOf = async ({ admin }: Service) => (await admin("GET", "/v1/organizations/o/people/uma")).body.role;

  test("an admin, who is made a member and 33 others later an admin again", async ({ service }) => {
    await seed(service, "admin");
    const lines = [person("uma", "member"), ...others(33), person("uma", "admin")];
    expect((await importAll(service, linesFrom(lines))).end).toMatchObject({ event: "end", done: 35, same: 0 });
    expect(await roleOf(service)).toBe("admin");
    expect(await service.may("uma", "view", "plant:7")).toBe(true);
    expect(await doctor(service.deps.tupleStore)).toEqual([]);
  });

  test("a member, who is made an admin and 40 others later a member again", async ({ service }) => {
    await seed(service, "member");
    const lines = [person("uma", "admin"), ...others(40), person("uma", "member")];
    expect((await importAll(service, linesFrom(lines))).end).toMatchObject({ event: "end", done: 42, same: 0 });
    expect(await roleOf(service)).toBe("member");
    expect(await service.may("uma", "view", "plant:7")).toBe(false);
    expect(await doctor(service.deps.tupleStore)).toEqual([]);
  });

  test("an admin with an address, who loses both and gets both back in two lines", async ({ service }) => {
    await seed(service, "admin", { email: "u@x.example" });
    const lines = [person("uma", "member", { email: null }), person("uma", "admin", { email: "u@x.example" })];
    expect((await importAll(service, linesFrom(lines))).end).toMatchObject({ event: "end", done: 2, same: 0 });
    expect(await roleOf(service)).toBe("admin");
    expect(await doctor(service.deps.tupleStore)).toEqual([]);
  });

  test("a member with an address, who is made an admin without it and a member with it", async ({ service }) => {
    await seed(service, "member", { email: "u@x.example" });
    const lines = [person("uma", "admin", { email: null }), person("uma", "member", { email: "u@x.example" })];
    expect((await importAll(service, linesFrom(lines))).end).toMatchObject({ event: "end", done: 2, same: 0 });
    expect(await roleOf(service)).toBe("member");
    expect(await service.may("uma", "view", "plant:7")).toBe(false);
    expect(await doctor(service.deps.tupleStore)).toEqual([]);
  });
});
