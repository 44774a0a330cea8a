/** What each scope may ask follows from what is learnt: the same question has the same answer to it on every path. */
import { expect } from "vitest";
import { type NEEDS, suffices } from "../../../src/domain/key-scopes.ts";
import { emailHash } from "../../../src/domain/registry/decide-person.ts";
import { seedRoutes, send, storesRoutes } from "../../support/routes.ts";
import { KEYS, type Reply, type Service, test } from "../../support/service.ts";

type Need = keyof typeof NEEDS;
type Asked = { user: string; relation: string; object: string };

const entity = (ref: string) => ({ type: ref.split(":")[0] ?? "", id: ref.slice(ref.indexOf(":") + 1) });

/** Endpoints of OpenFGA's API that ask for a relation of a user on an object. */
const STORES: Record<string, (asked: Asked) => object> = {
  check: (tuple_key) => ({ tuple_key }),
  "batch-check": (tuple_key) => ({
    checks: [
      { tuple_key: { user: "user:anna", relation: "can_view", object: "plant:7" }, correlation_id: "a" },
      { tuple_key, correlation_id: "b" },
    ],
  }),
  "list-objects": ({ user, relation, object }) => ({ user, relation, type: entity(object).type }),
  "streamed-list-objects": ({ user, relation, object }) => ({ user, relation, type: entity(object).type }),
  "list-users": ({ user, relation, object }) => ({
    object: entity(object),
    relation,
    user_filters: [{ type: entity(user).type, ...(user.includes("#") && { relation: user.split("#")[1] }) }],
  }),
};

const ask = (service: Service, path: string, body: object, key: string): Promise<Reply> =>
  send(service, "POST", `/stores/${service.deps.engine.api.storeId}/${path}`, body, { key });

const BEN = emailHash("ben@brightfix.example");

/** Questions that reveal more than whether a person has a permission. */
const BEYOND: Asked[] = [
  { user: "user:ben", relation: "holder", object: `email:${BEN}` },
  { user: "user:ben", relation: "person", object: "organization:brightfix" },
  { user: "user:ben", relation: "admin", object: "organization:brightfix" },
  { user: "organization:brightfix", relation: "partner", object: "cooperation:x" },
  { user: "entry:plant.7.1", relation: "head", object: "plant:7" },
  { user: "user:otto", relation: "viewer", object: "plant:7" },
  { user: "organization:sunward", relation: "can_view", object: "plant:7" },
  { user: "share:x#viewer", relation: "can_view", object: "plant:7" },
];

test("scope check may only ask for permissions of people, in every API", async ({ service }) => {
  const { active } = await seedRoutes(service);
  for (const [path, bodyOf] of Object.entries(STORES))
    for (const beyond of BEYOND) {
      const asked = { ...beyond, object: beyond.object.replace(":x", `:${active}`) };
      const what = `${path} ${JSON.stringify(asked)}`;
      const reply = await ask(service, path, bodyOf(asked), KEYS.check);
      expect([reply.status, reply.body.code], what).toEqual([403, "forbidden"]);
      expect(reply.headers.get("WWW-Authenticate"), what).toMatch(/insufficient_scope/);
      const byAdmin = await ask(service, path, bodyOf(asked), KEYS.admin);
      expect([200, 400], `${what} ${JSON.stringify(byAdmin.body)}`).toContain(byAdmin.status);
    }
});

test("scope check gets the same answer about a permission in every API", async ({ service }) => {
  await seedRoutes(service);
  const answers = async (key: string) => {
    const asked = { user: "user:otto", relation: "can_view", object: "plant:7" };
    const bodies = await Promise.all(
      Object.entries(STORES).map(([path, bodyOf]) => ask(service, path, bodyOf(asked), key)),
    );
    const [subject, action, resource] = [entity(asked.user), { name: "view" }, entity(asked.object)];
    const access = async (path: string, body: object) =>
      (await send(service, "POST", `/access/v1/${path}`, body, { key })).body;
    return {
      check: bodies[0]?.body.allowed,
      batch: bodies[1]?.body.result.b.allowed,
      objects: bodies[2]?.body.objects,
      streamed: bodies[3]?.status,
      users: bodies[4]?.body.users.length,
      evaluation: (await access("evaluation", { subject, action, resource })).decision,
      resources: (await access("search/resource", { subject, action, resource: { type: "plant" } })).results,
      subjects: (await access("search/subject", { subject: { type: "user" }, action, resource })).results.length,
    };
  };
  const byChecker = await answers(KEYS.check);
  expect(byChecker).toMatchObject({ check: true, batch: true, objects: ["plant:7"], streamed: 200, evaluation: true });
  expect(byChecker.resources).toEqual([{ type: "plant", id: "7" }]);
  expect(byChecker.users).toBe(byChecker.subjects);
  expect(await answers(KEYS.admin)).toEqual(byChecker);
});

test("scope check may not send a time or contextual tuples, in any API", async ({ service }) => {
  await seedRoutes(service);
  const asked = { user: "user:otto", relation: "can_view", object: "plant:7" };
  const tuples = [{ user: "user:eva", relation: "viewer", object: "plant:7" }];
  for (const [path, bodyOf] of Object.entries(STORES)) {
    const contextual_tuples = path === "list-users" ? tuples : { tuple_keys: tuples };
    for (const more of [{ context: { current_time: "2020-01-01T00:00:00Z" } }, { contextual_tuples }]) {
      const body = bodyOf(asked) as { checks?: object[] };
      const supposing = body.checks
        ? { checks: body.checks.map((item) => ({ ...item, ...more })) }
        : { ...body, ...more };
      expect((await ask(service, path, supposing, KEYS.check)).status, `${path} ${JSON.stringify(more)}`).toBe(403);
      expect((await ask(service, path, supposing, KEYS.admin)).status, `${path} ${JSON.stringify(more)}`).toBe(200);
    }
  }
  expect(
    (await ask(service, "list-users", { ...STORES["list-users"]?.(asked), contextual_tuples: [] }, KEYS.check)).status,
  ).toBe(200);
});

/** What each route of OpenFGA's API needs; AuthZEN's all ask for permissions. */
const needOf = (name: string): Need => {
  if (/(check|list-objects|list-users)$/.test(name)) return "permission";
  if (/^GET \/stores(\/\{store_id\})?$/.test(name)) return "store";
  return name.endsWith("/write") ? "tuples" : "inside";
};

test("each API accepts the scopes of the table and no other", async ({ service }) => {
  await seedRoutes(service);
  const question = {
    subject: { type: "user", id: "anna" },
    action: { name: "view" },
    resource: { type: "plant", id: "7" },
  };
  const access = ["evaluation", "evaluations", "search/subject", "search/resource", "search/action"];
  const endpoints = [
    ...Object.entries(storesRoutes(service)).map(([name, route]) => ({ name, need: needOf(name), ...route })),
    ...access.map((path) => ({
      name: `POST /access/v1/${path}`,
      need: "permission" as Need,
      path: `/access/v1/${path}`,
      body: question,
      isOffered: undefined,
    })),
  ];
  for (const { name, need, path, body, isOffered } of endpoints)
    for (const scope of ["check", "manage", "admin"] as const) {
      const { status } = await send(service, name.split(" ")[0] ?? "", path, body, { key: KEYS[scope] });
      // without a person to act for, a Write is a service's
      const isOpen = need === "tuples" ? scope === "admin" : suffices([scope], need);
      expect(status, `${name} with ${scope}`).toBe(isOpen ? (isOffered === false ? 501 : 200) : 403);
    }
});
