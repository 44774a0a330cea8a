/** Suspended people: what ends, what stays, who lifts it, and that nothing they are given meanwhile counts. */
import { expect } from "vitest";
import { doctor } from "../../../src/queries/doctor.ts";
import { everything, send } from "../../support/routes.ts";
import { cooperate, createService, KEYS, type Service, seedWorld, test, withKeys } from "../../support/service.ts";

const suspension = (user: string, org = "brightfix") => `/v1/organizations/${org}/people/${user}/suspension`;
const ok = async (call: Promise<{ status: number; body: Record<string, never> }>) => {
  const { status, body } = await call;
  expect(status, JSON.stringify(body)).toBeLessThan(300);
  return body as Record<string, unknown>;
};
const codeOf = async (call: Promise<{ status: number; body: { code?: string } }>) => {
  const { status, body } = await call;
  return [status, body.code];
};

/** sunward shares plant 7 with brightfix as technical manager, and tom has all of it. */
async function shared(service: Service): Promise<{ id: string; share: string }> {
  await seedWorld(service);
  const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]);
  const [share = ""] = shares;
  await ok(service.as("ben", "PUT", `/v1/shares/${share}/delegations/tom`, { role: "technical_manager" }));
  return { id, share };
}

test("a person who is suspended has nothing through cooperations from the reply on, and all of it again when that is lifted", async ({
  service,
}) => {
  await shared(service);
  const may = () => Promise.all(["view", "manage_technical"].map((action) => service.may("tom", action, "plant:7")));
  expect(await may()).toEqual([true, true]);
  const put = await service.as("ben", "PUT", suspension("tom"), { reason: "A laptop was lost." });
  expect([put.status, put.body]).toEqual([
    201,
    { user: "tom", suspended: true, etag: expect.any(String), effective_by: expect.any(String) },
  ]);
  expect(await may()).toEqual([false, false]);
  expect(await service.may("ben", "view", "plant:7")).toBe(true);
  // it is so already
  const before = await everything(service);
  expect((await service.as("ben", "PUT", suspension("tom"), {})).status).toBe(200);
  expect(await everything(service)).toEqual(before);

  const { status, body } = await service.as("ben", "DELETE", suspension("tom"));
  expect([status, body.suspended]).toEqual([200, false]);
  expect(await may()).toEqual([true, true]);
  expect(await doctor(service.deps.tupleStore)).toEqual([]);
});

test("what is delegated to somebody who is suspended, or to whom a role is given, has no effect until it is lifted", async ({
  service,
}) => {
  const { share } = await shared(service);
  await ok(service.as("ben", "PUT", suspension("eva"), {}));
  const delegated = { role: "viewer" };
  await ok(service.as("ben", "PUT", `/v1/shares/${share}/delegations/eva`, delegated));
  expect(await service.may("eva", "view", "plant:7")).toBe(false);
  await ok(service.admin("PUT", "/v1/organizations/brightfix/people/eva", { role: "admin" }));
  expect(await service.may("eva", "view", "plant:7")).toBe(false);
  await ok(service.as("ben", "DELETE", suspension("eva")));
  expect(await service.may("eva", "view", "plant:7")).toBe(true);
});

test("an admin who is suspended acts in no cooperation of either side and sees none, and keeps what is their organization's", async ({
  service,
}) => {
  const { id, share } = await shared(service);
  await ok(service.admin("PUT", suspension("anna", "sunward"), {}));
  await ok(service.admin("PUT", suspension("ben"), {}));
  const refused = [403, "suspended"];
  for (const [user, method, path, body] of [
    ["anna", "GET", `/v1/cooperations/${id}`],
    ["anna", "GET", `/v1/cooperations/${id}/history`],
    ["anna", "POST", `/v1/cooperations/${id}/pause`],
    ["anna", "DELETE", `/v1/shares/${share}`],
    ["anna", "POST", "/v1/organizations/sunward/cooperations", { email: "x@else.example" }],
    ["anna", "GET", "/v1/organizations/sunward/cooperations"],
    ["anna", "GET", "/v1/organizations/sunward/waiting"],
    ["anna", "GET", `/v1/cooperations/${id}/people`],
    ["anna", "GET", "/v1/register?organization=sunward"],
    ["anna", "GET", "/v1/events?organization=sunward"],
    ["anna", "GET", "/v1/organizations/sunward/waiting"],
    ["anna", "GET", "/v1/organizations/sunward/webhooks"],
    ["anna", "PUT", "/v1/organizations/sunward/webhooks/mine", { url: "https://hooks.example/in" }],
    ["anna", "GET", "/v1/organizations/sunward/policy/violations"],
    ["anna", "PUT", "/v1/organizations/sunward/policy", { partners_allowed: [] }],
    ["anna", "PUT", "/v1/organizations/sunward/presets/mine", { resources: ["plant:7"], role: "viewer" }],
    ["anna", "PUT", "/v1/plants/8", { owner: "sunward", name: "Lakeside" }],
    ["ben", "POST", `/v1/cooperations/${id}/leave`],
    ["ben", "PUT", `/v1/shares/${share}/delegations/eva`, { role: "viewer" }],
    ["ben", "GET", "/v1/organizations/brightfix/incoming-shares"],
    ["ben", "PUT", "/v1/organizations/brightfix/people/tom", { role: "admin" }],
    ["ben", "DELETE", "/v1/organizations/brightfix/people/tom"],
    ["ben", "PUT", suspension("tom"), {}],
    ["ben", "DELETE", suspension("ben")],
  ] as const)
    expect(await codeOf(service.as(user, method, path, body)), `${user} ${method} ${path}`).toEqual(refused);
  const key = { key: KEYS.manage, user: "ben" };
  const rung = { user: "user:eva", relation: "delegated_viewer", object: `share:${share}` };
  const { storeId } = service.deps.engine.api;
  const raw = await send(service, "POST", `/stores/${storeId}/write`, { writes: { tuple_keys: [rung] } }, key);
  expect([raw.status, raw.body.message]).toEqual([400, expect.stringContaining("suspended")]);

  expect(await service.may("anna", "share", "plant:7")).toBe(false);
  expect(await service.may("anna", "operate", "plant:7")).toBe(true);
  await ok(service.as("anna", "PUT", "/v1/plants/7/roles/otto", { role: "viewer" }));
  await ok(service.as("anna", "PUT", "/v1/plants/7", { owner: "sunward", name: "Hill" }));
  // what colleagues have through cooperations is not theirs to see either
  expect((await service.as("ben", "GET", "/v1/organizations/brightfix/people/tom")).body).not.toHaveProperty(
    "delegations",
  );
  expect(await codeOf(service.as("otto", "GET", `/v1/cooperations/${id}`))).toEqual([403, "not_admin"]);
  const { body } = await service.as("anna", "GET", "/v1/me");
  expect(body.organizations[0].actions).not.toContain("invite");
});

test("who may suspend and lift: an admin of the organization and a service, nobody else, and never a stranger", async ({
  service,
}) => {
  await shared(service);
  const before = await everything(service);
  for (const method of ["PUT", "DELETE"]) {
    const body = method === "PUT" ? {} : undefined;
    expect(await codeOf(service.as("tom", method, suspension("eva"), body))).toEqual([403, "not_admin"]);
    expect(await codeOf(service.as("anna", method, suspension("tom"), body))).toEqual([404, "not_found"]);
    expect(await codeOf(service.as("ben", method, suspension("otto"), body))).toEqual([404, "not_found"]);
  }
  expect(await everything(service)).toEqual(before);
  await ok(service.admin("PUT", suspension("ben"), {}));
  await ok(service.admin("PUT", "/v1/organizations/brightfix/people/tom", { role: "admin" }));
  await ok(service.as("tom", "DELETE", suspension("ben")));
});

test("a key that is bound to the organization suspends its people, one bound to another does not", async ({
  service,
}) => {
  await shared(service);
  const all = { scopes: ["admin" as const] };
  const bound = withKeys(service, [
    { name: "own", key: "key-bound-to-brightfix", ...all, organizations: ["brightfix"] },
    { name: "other", key: "key-bound-to-sunward", ...all, organizations: ["sunward"] },
  ]);
  const put = (key: string) => send(bound, "PUT", suspension("tom"), { reason: "bound" }, { key });
  expect(await codeOf(put("key-bound-to-sunward"))).toEqual([403, "outside_key"]);
  expect((await put("key-bound-to-brightfix")).status).toBe(201);
});

test("the history says who suspended whom, a reason is for the organization alone, and If-Match is its head", async ({
  service,
}) => {
  await shared(service);
  const { headers } = await service.as("ben", "GET", "/v1/organizations/brightfix/people/tom");
  const etag = headers.get("ETag") ?? "";
  const match = (value: string) => ({ headers: { "If-Match": value } });
  await ok(service.as("ben", "PUT", suspension("tom"), { reason: "A laptop was lost." }, match(etag)));
  expect(await codeOf(service.as("ben", "DELETE", suspension("tom"), undefined, match(etag)))).toEqual([412, "stale"]);
  await ok(service.as("ben", "DELETE", `${suspension("tom")}?reason=found`));
  const { body } = await service.as("ben", "GET", "/v1/organizations/brightfix/history");
  expect(body.items.slice(0, 2)).toMatchObject([
    { action: "restore_person", object: "user:tom", after: { role: "member", suspended: false }, reason: "found" },
    { action: "suspend_person", object: "user:tom", actor: "user:ben", reason: "A laptop was lost." },
  ]);
  const events = await service.admin("GET", "/v1/events?types=concordat.person.suspended,concordat.person.restored");
  expect(events.body.items.map(({ type }: { type: string }) => type)).toEqual([
    "concordat.person.suspended",
    "concordat.person.restored",
  ]);
  expect(JSON.stringify(events.body)).not.toContain("laptop");
});

test("who leaves is suspended no longer, and a tuple that says so is no raw write", async ({ service }) => {
  const { share } = await shared(service);
  const { storeId } = service.deps.engine.api;
  const tuple_keys = [{ user: "user:tom", relation: "suspended", object: "organization:brightfix" }];
  for (const change of [{ writes: { tuple_keys } }, { deletes: { tuple_keys } }]) {
    const { status, body } = await send(service, "POST", `/stores/${storeId}/write`, change, { key: KEYS.admin });
    expect([status, body.message]).toEqual([
      400,
      expect.stringContaining("/v1/organizations/brightfix/people/tom/suspension"),
    ]);
  }
  await ok(service.as("ben", "PUT", suspension("tom"), {}));
  await ok(service.admin("DELETE", "/v1/organizations/brightfix/people/tom"));
  await ok(service.admin("PUT", "/v1/organizations/brightfix/people/tom", { role: "member" }));
  expect((await service.admin("GET", "/v1/organizations/brightfix/people/tom")).body.suspended).toBe(false);
  await ok(service.as("ben", "PUT", `/v1/shares/${share}/delegations/tom`, { role: "viewer" }));
  expect(await service.may("tom", "view", "plant:7")).toBe(true);
  expect(await doctor(service.deps.tupleStore)).toEqual([]);
});

test("the register shows a right of somebody who is suspended as suspended, with its beginning, also at an instant", async ({
  service,
}) => {
  await shared(service);
  const rights = async (query = "") => {
    const { body } = await service.as("anna", "GET", `/v1/register?organization=sunward${query}`);
    return body.items.map(({ user, state }: Record<string, string>) => [user, state]).sort();
  };
  const sinceOf = async () => {
    const { body } = await service.as("anna", "GET", "/v1/register?organization=sunward");
    return body.items.map(({ since }: { since: string }) => since);
  };
  const since = await sinceOf();
  const before = [
    ["ben", "active"],
    ["tom", "active"],
  ];
  expect(await rights()).toEqual(before);
  const at = `&at=${new Date().toISOString()}`;
  await new Promise((resolve) => setTimeout(resolve, 5));
  for (const user of ["tom", "ben"]) await ok(service.admin("PUT", suspension(user), {}));
  expect(await rights()).toEqual([
    ["ben", "suspended"],
    ["tom", "suspended"],
  ]);
  expect(await rights(at)).toEqual(before);
  expect(await sinceOf()).toEqual(since);
  for (const user of ["tom", "ben"]) await ok(service.admin("DELETE", suspension(user)));
  expect([await rights(), await sinceOf()]).toEqual([before, since]);
});

test("a dry run says that nobody gains or loses through a person who is suspended", async ({ service }) => {
  const { id } = await shared(service);
  const losers = async () => {
    const { body } = await service.as("anna", "POST", `/v1/cooperations/${id}/pause?dry_run=true`);
    return [...new Set(body.impact[0].loses.map(({ user }: { user: string }) => user))].sort();
  };
  expect(await losers()).toEqual(["ben", "tom"]);
  await ok(service.as("ben", "PUT", suspension("tom"), {}));
  expect(await losers()).toEqual(["ben"]);
});

test("an admin who is suspended gets no notice of an offer, and the others do", async ({ service }) => {
  await seedWorld(service);
  await ok(service.admin("PUT", "/v1/organizations/brightfix/people/tom", { role: "admin" }));
  await ok(service.admin("PUT", suspension("ben"), {}));
  const mailing = createService(service.deps);
  await ok(mailing.as("anna", "POST", "/v1/organizations/sunward/cooperations", { organization: "brightfix" }));
  await mailing.settled();
  await service.settled();
  const to = [...mailing.mails, ...service.mails].map((mail) => mail.to);
  expect(to).toEqual(["tom@brightfix.example"]);
});
