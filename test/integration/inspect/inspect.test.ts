/** The tuples of an object: all of them, each with a sentence, dates as of now and records decoded; nothing for callers without the scope. */
import { expect } from "vitest";
import { keyText } from "../../../src/domain/tuples.ts";
import { TUPLES_MAX } from "../../../src/queries/views/inspect.ts";
import { fewAtOnce } from "../../support/few-at-once.ts";
import { everything, seedRoutes } from "../../support/routes.ts";
import { cooperate, type Reply, type Service, seedWorld, test } from "../../support/service.ts";

const NOW = new Date("2027-03-01T12:00:00.000Z");
const IN_AN_HOUR = "2027-03-01T13:00:00Z";

type Described = { tuple: { user: string; relation: string; object: string }; says: string; record?: object };

async function inspected(service: Service, object: string): Promise<Reply["body"]> {
  const reply = await service.admin("GET", `/v1/inspect/${encodeURIComponent(object)}`);
  expect(reply.status, JSON.stringify(reply.body)).toBe(200);
  return reply.body;
}

const saying = (described: Described[]) => described.map(({ says }) => says);

test("every tuple of the store is shown from both its ends, except histories, which have their own route", async ({
  service,
}) => {
  await seedRoutes(service);
  await service.as("ben", "PUT", "/v1/organizations/brightfix/people/tom", { role: "external" });
  const all = await service.deps.tupleStore.readAll();
  const isHistory = ({ relation }: { relation: string }) => relation === "log";
  const userOf = ({ user }: { user: string }) => user.split("#")[0] ?? "";
  const objects = new Set(all.flatMap((tuple) => [userOf(tuple), ...(isHistory(tuple) ? [] : [tuple.object])]));
  const keys = (described: Described[]) => new Set(described.map(({ tuple }) => keyText(tuple)));
  const found = await fewAtOnce([...objects], async (object) => {
    const body = await inspected(service, object);
    expect([body.object, body.cut]).toEqual([object, []]);
    return [object, { as_object: keys(body.as_object), as_user: keys(body.as_user) }] as const;
  });
  const seen = new Map(found);
  for (const tuple of all) {
    expect(seen.get(userOf(tuple))?.as_user, keyText(tuple)).toContain(keyText(tuple));
    if (!isHistory(tuple)) expect(seen.get(tuple.object)?.as_object, keyText(tuple)).toContain(keyText(tuple));
  }
  const described = [...seen.values()].reduce((sum, { as_object, as_user }) => sum + as_object.size + as_user.size, 0);
  const histories = all.filter(isHistory).length;
  expect(described).toBe(2 * all.length - histories);
});

test("a share is shown with its current dates and its decoded record", async ({ service }) => {
  service.setNow(NOW);
  await seedWorld(service);
  const shared = { resource: "plant:7", role: "technical_manager", expires_at: IN_AN_HOUR };
  const {
    id,
    shares: [share],
  } = await cooperate(service, [shared]);
  await service.as("ben", "PUT", `/v1/shares/${share}/delegations/tom`, { role: "viewer" });
  const before = await inspected(service, `share:${share}`);
  expect(saying(before.as_object)).toEqual([
    `share ${share} belongs to cooperation ${id}`,
    `the newest entry of share ${share} is number 2`,
    `tom is delegated viewer on share ${share}`,
  ]);
  expect(before.as_object[1].record).toMatchObject({ ...shared, id: share, cooperation: id });
  expect(saying(before.as_user)).toEqual([
    `the technical_managers of share ${share} are technical_managers of plant:7, until ${IN_AN_HOUR}`,
    `the viewers of share ${share} are viewers of plant:7, until ${IN_AN_HOUR}`,
  ]);
  expect(before.as_user[0]).toMatchObject({ expires_at: IN_AN_HOUR, expired: false });
  service.setNow(new Date(IN_AN_HOUR));
  const after = await inspected(service, `share:${share}`);
  expect(after.as_user[0]).toMatchObject({ expires_at: IN_AN_HOUR, expired: true });
  expect(after.as_user[0].says).toContain(`ended at ${IN_AN_HOUR}`);
  const cooperation = await inspected(service, `cooperation:${id}`);
  expect(cooperation.history).toBe(`/v1/cooperations/${id}/history`);
  const [head] = cooperation.as_object.filter(({ record }: Described) => record);
  expect(head.record).toMatchObject({ id, status: "active", shares: 1, partner: "brightfix" });
});

test("a share that has not started is shown as what it is at its resource", async ({ service }) => {
  service.setNow(NOW);
  await seedWorld(service);
  const { id } = await cooperate(service, []);
  const later = { resource: "plant:7", role: "viewer", starts_at: IN_AN_HOUR };
  const { body } = await service.as("anna", "POST", `/v1/cooperations/${id}/shares`, later);
  const { as_object, as_user } = await inspected(service, `share:${body.id}`);
  expect(saying(as_user)).toEqual([`share ${body.id} is of plant:7 and has not started`]);
  const [head] = as_object.filter(({ record }: Described) => record);
  expect(head.record).toMatchObject(later);
});

test("a tuple written directly to OpenFGA is shown as it is", async ({ service }) => {
  await seedWorld(service);
  const odd = {
    user: "entry:plant.odd.1",
    relation: "head",
    object: "plant:odd",
    condition: { name: "record" as const, context: { fields: { colour: "blue" } } },
  };
  expect(await service.deps.tupleStore.write({ deletes: [], writes: [odd] })).toBe("committed");
  expect((await inspected(service, "plant:odd")).as_object[0].record).toEqual({ colour: "blue" });
});

test("more than 100 tuples of a kind are cut off, and the reply says which", async ({ service }) => {
  await seedWorld(service);
  const people = Array.from({ length: TUPLES_MAX }, (_, n) => {
    return { user: `user:p${n}`, relation: "external", object: "organization:sunward" };
  });
  const { tupleStore } = service.deps;
  expect(await tupleStore.write({ deletes: [], writes: people })).toBe("committed");
  expect((await inspected(service, "organization:sunward")).cut).toEqual([]);
  const last = { user: "user:last", relation: "external", object: "organization:sunward" };
  expect(await tupleStore.write({ deletes: [], writes: [last] })).toBe("committed");
  const body = await inspected(service, "organization:sunward");
  expect(body.cut).toEqual([{ object: "organization:sunward", relation: "external" }]);
  const externals = body.as_object.filter(({ tuple }: Described) => tuple.relation === "external");
  expect(externals).toHaveLength(TUPLES_MAX);
});

test("inspection is for services, and a missing object is not found", async ({ service }) => {
  await seedWorld(service);
  for (const user of ["anna", "tom", "nobody"]) {
    const reply = await service.as(user, "GET", "/v1/inspect/plant%3A7");
    expect([reply.status, reply.body.code]).toEqual([403, "insufficient_scope"]);
  }
  for (const object of ["plant:none", "user:none", "cooperation:none", "entry:plant.none.1"]) {
    const reply = await service.admin("GET", `/v1/inspect/${object}`);
    expect([reply.status, reply.body.code], object).toEqual([404, "not_found"]);
  }
});

const HOSTILE = [
  ["plant", 400],
  ["plant%3A", 400],
  ["%3A7", 400],
  ["moon%3A7", 400],
  ["__proto__%3A7", 400],
  ["constructor%3A7", 400],
  ["plant%3A*", 400],
  ["plant%3A7%23viewer", 400],
  ["plant%3Aa%20b", 400],
  ["plant%3A%00", 400],
  ["plant%3A%ED%A0%80", 400],
  ["%zz", 400],
  [`plant%3A${"x".repeat(201)}`, 400],
  [`plant%3A${"x".repeat(2000)}`, 400],
  ["plant%3A__proto__", 404],
  ["email%3Aconstructor", 404],
  [`plant%3A${"x".repeat(200)}`, 404],
  ["plant%3Aa%2Fb", 404],
  ["user%3A%F0%9F%91%8D", 404],
] as const;

test.for(HOSTILE)("asked for %s it answers %i", async ([path, status], { service }) => {
  const before = await everything(service);
  expect((await service.admin("GET", `/v1/inspect/${path}`)).status).toBe(status);
  const [type = "", ...rest] = path.split("%3A");
  const id = rest.join("%3A");
  const names = status === 400 ? [type, id, "7"] : [];
  for (const one of names) {
    const question = {
      subject: { type: one, id },
      action: { name: one },
      resource: { type: "plant", id: one },
    };
    const reply = await service.admin("POST", "/v1/explain", question);
    expect([reply.status, reply.body.decision]).toEqual([200, false]);
  }
  expect(await everything(service)).toEqual(before);
});
