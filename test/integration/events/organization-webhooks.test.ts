/** Endpoints of organizations: what they get, who may have them, and that nothing of them is read where it should not be. */
import { expect, vi } from "vitest";
import { fieldsOf } from "../../../src/domain/records.ts";
import { urlProblemBy } from "../../../src/webhooks/added-webhooks.ts";
import { startAddedRelay } from "../../support/added-webhooks.ts";
import { startReceiver } from "../../support/receiver.ts";
import { send } from "../../support/routes.ts";
import { cooperate, createService, KEYS, type Service, seedWorld, test } from "../../support/service.ts";

// several waits, each of which is long on a busy machine
vi.setConfig({ testTimeout: 240_000 });

const SUNWARD = "/v1/organizations/sunward/webhooks";
const BRIGHTFIX = "/v1/organizations/brightfix/webhooks";
const URL_OF_HUB = "https://hub.example/token-in-the-path";

const historyOf = async ({ as }: Service) =>
  (await as("anna", "GET", "/v1/organizations/sunward/history?limit=50")).body.items as {
    action: string;
    actor: string;
    object: string;
    after?: Record<string, unknown>;
  }[];

test("an endpoint gets exactly what its organization's admins read, with its own reasons and nobody else's", async ({
  service,
}) => {
  await seedWorld(service);
  const [ofSunward, ofBrightfix] = [await startReceiver(), await startReceiver()];
  const { counted } = startAddedRelay(service);
  for (const [user, path, { url }] of [
    ["anna", `${SUNWARD}/hub`, ofSunward],
    ["ben", `${BRIGHTFIX}/hub`, ofBrightfix],
  ] as const)
    expect((await service.as(user, "PUT", path, { url })).status).toBe(201);
  const since = new Date(Date.now() - 60_000).toISOString();
  await service.admin("PUT", "/v1/organizations/lumen", { name: "Lumen" });
  const { id } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
  // what the partner could not see when it happened: an invitation to somebody else
  await service.as("anna", "POST", "/v1/organizations/sunward/cooperations", { email: "ida@else.example" });
  await service.as("anna", "POST", `/v1/cooperations/${id}/pause`, { reason: "of sunward alone" });
  await service.as("anna", "POST", `/v1/cooperations/${id}/resume`);
  await service.as("ben", "POST", `/v1/cooperations/${id}/leave`, { reason: "of brightfix alone" });

  async function read(user: string, organization: string): Promise<{ id: string; data: { action: string } }[]> {
    const path = `/v1/events?organization=${organization}&limit=200&after=${encodeURIComponent(since)}`;
    const { items } = (await service.as(user, "GET", path)).body;
    const from = items.findIndex((one: { data: { action: string } }) => one.data.action === "add_webhook");
    return items.slice(from);
  }
  for (const [user, organization, { taken }, own, other] of [
    ["anna", "sunward", ofSunward, "of sunward alone", "of brightfix alone"],
    ["ben", "brightfix", ofBrightfix, "of brightfix alone", "of sunward alone"],
  ] as const) {
    const wanted = (await read(user, organization)).map((one) => one.id).sort();
    expect(wanted.length).toBeGreaterThan(4);
    // an event or two from the second before it was added may be among them
    await expect.poll(() => wanted.filter((one) => !taken.some((event) => event.id === one))).toEqual([]);
    const bodies = taken.map(({ body }) => body).join("\n");
    expect(bodies).toContain(own);
    expect(bodies).not.toContain(other);
    expect(bodies).not.toContain("lumen");
    for (const { history } of taken.filter((one) => one.history.startsWith("organization:")))
      expect(history).toBe(`organization:${organization}`);
  }
  expect(ofBrightfix.taken.map(({ body }) => body).join()).not.toContain("ida@else.example");
  // whoever adds endpoints makes no series in the metrics
  expect([...new Set(counted)]).toEqual(["added_by_organizations"]);
});

test("only admins of the organization and services have its endpoints, five of them", async ({ service }) => {
  await seedWorld(service);
  const body = { url: URL_OF_HUB };
  for (const [method, path] of [
    ["GET", SUNWARD],
    ["GET", `${SUNWARD}/hub`],
    ["PUT", `${SUNWARD}/hub`],
    ["POST", `${SUNWARD}/hub/rotate`],
    ["POST", `${SUNWARD}/hub/resume`],
    ["DELETE", `${SUNWARD}/hub`],
  ] as const) {
    const sent = method === "PUT" ? body : undefined;
    expect((await service.as("otto", method, path, sent)).body.code, `${method} ${path}`).toBe("not_admin");
    expect((await service.as("ben", method, path, sent)).status, `${method} ${path}`).toBe(404);
  }
  expect((await service.as("anna", "PUT", "/v1/webhooks/hub", body)).status).toBe(403);
  for (let n = 1; n <= 5; n++) expect((await service.as("anna", "PUT", `${SUNWARD}/hub-${n}`, body)).status).toBe(201);
  const sixth = await service.as("anna", "PUT", `${SUNWARD}/hub-6`, body);
  expect([sixth.status, sixth.body.code, sixth.body.limit]).toEqual([409, "too_many_webhooks", 5]);
  // those that are there can be changed, another organization has its own, and a removed one makes room
  expect((await service.as("anna", "PUT", `${SUNWARD}/hub-1`, { url: "https://hub.example/" })).status).toBe(200);
  expect((await service.as("ben", "PUT", `${BRIGHTFIX}/hub-6`, body)).status).toBe(201);
  expect((await service.as("anna", "DELETE", `${SUNWARD}/hub-2`)).status).toBe(200);
  expect((await service.as("anna", "PUT", `${SUNWARD}/hub-6`, body)).status).toBe(201);
  const { items } = (await service.as("anna", "GET", SUNWARD)).body;
  expect(items.map(({ name }: { name: string }) => name)).toEqual(["hub-1", "hub-3", "hub-4", "hub-5", "hub-6"]);
  expect((await service.admin("GET", SUNWARD)).body.items).toHaveLength(5);
  expect((await service.admin("GET", "/v1/webhooks")).body.items.map(({ name }: { name: string }) => name)).toEqual([
    "erp",
  ]);
});

test("an organization whose id is the beginning of another's, with a slash, reads and changes nothing of that one", async ({
  service,
}) => {
  await seedWorld(service);
  const other = `/v1/organizations/${encodeURIComponent("sunward/a")}`;
  await service.admin("PUT", other, { name: "Another" });
  expect((await service.admin("PUT", `${other}/webhooks/hub`, { url: URL_OF_HUB })).status).toBe(201);
  for (const [method, path] of [
    ["GET", `${SUNWARD}/a%2Fhub`],
    ["DELETE", `${SUNWARD}/a%2Fhub`],
    ["POST", `${SUNWARD}/a%2Fhub/rotate`],
    ["POST", `${SUNWARD}/a%2Fhub/resume`],
  ] as const)
    expect((await service.as("anna", method, path)).status, `${method} ${path}`).toBe(400);
  expect((await service.as("anna", "GET", SUNWARD)).body.items).toEqual([]);
  expect((await service.admin("GET", `${other}/webhooks`)).body.items).toHaveLength(1);
});

test("the same name added by many at once is one endpoint, and the limit holds", async ({ service }) => {
  await seedWorld(service);
  const put = (name: string) => service.as("anna", "PUT", `${SUNWARD}/${name}`, { url: URL_OF_HUB });
  const same = await Promise.all(Array.from({ length: 4 }, () => put("hub")));
  expect(same.map(({ status }) => status).sort()).toEqual([200, 200, 200, 201]);
  expect(same.filter(({ body }) => body.secret !== undefined)).toHaveLength(1);
  const many = await Promise.all(Array.from({ length: 8 }, (_, n) => put(`more-${n}`)));
  expect(many.filter(({ status }) => status === 201)).toHaveLength(4);
});

test("neither URL nor secret of an endpoint is read anywhere but by its owner", async ({ service }) => {
  await seedWorld(service);
  const { secret } = (await service.as("anna", "PUT", `${SUNWARD}/hub`, { url: URL_OF_HUB })).body;
  await service.as("anna", "POST", `${SUNWARD}/hub/rotate`);
  const object = "webhook:sunward/hub";
  const [tuple] = await service.deps.tupleStore.read({ object, relation: "head" });
  const { sealed = "" } = tuple === undefined ? {} : fieldsOf(tuple);
  expect(sealed.length).toBeGreaterThan(100);
  const stores = `/stores/${service.deps.engine.api.storeId}`;
  const found: [string, string, object?][] = [
    ["POST", `${stores}/read`, { tuple_key: { object, relation: "head" } }],
    ["POST", `${stores}/read`, {}],
    ["GET", `${stores}/changes?page_size=100`],
    ["GET", `/v1/inspect/${encodeURIComponent(object)}`],
    ["GET", "/v1/inspect/webhook%3Aall"],
    ["GET", "/v1/events?limit=200"],
    ["GET", "/v1/organizations/sunward/history"],
    ["GET", "/v1/export"],
    ["GET", "/v1/webhooks"],
  ];
  for (const [method, path, body] of found) {
    const reply = await send(service, method, path, body, { key: KEYS.admin });
    expect(reply.status, path).toBe(200);
    for (const hidden of [secret, sealed, "token-in-the-path"])
      expect(reply.text.includes(hidden), `${method} ${path}`).toBe(false);
  }
  expect((await service.as("anna", "GET", `${SUNWARD}/hub`)).body.url).toBe(URL_OF_HUB);
});

test("no raw Write makes, changes or removes an endpoint, its version or a receiver", async ({ service }) => {
  await seedWorld(service);
  await service.as("anna", "PUT", `${SUNWARD}/hub`, { url: URL_OF_HUB });
  const before = JSON.stringify(await service.deps.tupleStore.readAll());
  const all = await service.deps.tupleStore.readAll();
  const own = all.filter(({ object }) => /^(webhook|receiver):/.test(object));
  expect(own.length).toBe(4);
  const record = { name: "record", context: { fields: { place: "x" } } };
  const writes = [
    { user: "organization:brightfix", relation: "organization", object: "webhook:sunward/hub" },
    { user: "entry:webhook.sunward/hub.9", relation: "version", object: "webhook:all" },
    { user: "entry:receiver.erp.1", relation: "head", object: "receiver:erp", condition: record },
    { user: "entry:webhook./erp.1", relation: "head", object: "webhook:/erp", condition: record },
  ];
  const path = `/stores/${service.deps.engine.api.storeId}/write`;
  for (const body of [
    ...writes.map((tuple) => ({ writes: { tuple_keys: [tuple] } })),
    ...own.map(({ user, relation, object }) => ({ deletes: { tuple_keys: [{ user, relation, object }] } })),
  ]) {
    const reply = await send(service, "POST", path, body, { key: KEYS.admin });
    expect(reply.status, JSON.stringify(body)).toBe(400);
    expect(reply.body.message, JSON.stringify(body)).toContain("/v1/webhooks");
  }
  expect(JSON.stringify(await service.deps.tupleStore.readAll())).toBe(before);
});

test("who did what with an endpoint is in the history of its organization, and so is that it was disabled, once", async ({
  service,
}) => {
  await seedWorld(service);
  let isGone = true;
  const receiver = await startReceiver(() => ({ status: isGone ? 410 : 204 }));
  startAddedRelay(service);
  startAddedRelay(service);
  await service.as("anna", "PUT", `${SUNWARD}/hub`, { url: receiver.url });
  await service.admin("PUT", "/v1/plants/9", { owner: "sunward" });
  const state = async () => (await service.as("anna", "GET", `${SUNWARD}/hub`)).body.state;
  await expect.poll(state).toBe("disabled");
  isGone = false;
  await service.as("anna", "POST", `${SUNWARD}/hub/resume`);
  await expect.poll(() => receiver.taken.map(({ type }) => type)).toContain("concordat.webhook.disabled");
  await service.as("anna", "PUT", `${SUNWARD}/hub`, { url: receiver.url, types: ["concordat.webhook.added"] });
  await service.as("anna", "POST", `${SUNWARD}/hub/rotate`);
  await service.admin("DELETE", `${SUNWARD}/hub`);
  const entries = (await historyOf(service)).filter(({ action }) => action.includes("webhook")).reverse();
  expect(entries.map(({ action, actor }) => [action, actor])).toEqual([
    ["add_webhook", "user:anna"],
    ["disable_webhook", "service:concordat"],
    ["resume_webhook", "user:anna"],
    ["change_webhook", "user:anna"],
    ["rotate_webhook_secret", "user:anna"],
    ["remove_webhook", "service:back-office"],
  ]);
  expect(entries.map(({ object }) => object)).toEqual(entries.map(() => "webhook:sunward/hub"));
  expect(entries[1]?.after).toEqual({ name: "hub", types: "all", why: "it answered 410" });
  expect((await service.admin("GET", "/v1/doctor")).body.findings).toEqual([]);
});

test("an organization that is deleted has no endpoint any more, and one under its id begins without", async ({
  service,
}) => {
  const receiver = await startReceiver();
  startAddedRelay(service);
  const of = "/v1/organizations/lumen";
  await service.admin("PUT", of, { name: "Lumen" });
  for (const name of ["hub", "other"]) await service.admin("PUT", `${of}/webhooks/${name}`, { url: receiver.url });
  await expect.poll(() => receiver.taken.length).toBeGreaterThan(0);
  expect((await service.admin("DELETE", of)).status).toBe(200);
  expect((await service.admin("GET", `${of}/webhooks`)).status).toBe(404);
  const left = (await service.deps.tupleStore.readAll()).filter(({ object }) => /^(webhook|receiver):/.test(object));
  expect(left.map(({ relation }) => relation)).toEqual(["head", "head"]);
  expect(JSON.stringify(left)).not.toContain("sealed");
  await service.settled();
  expect((await service.admin("GET", "/v1/doctor")).body.findings).toEqual([]);
  await service.admin("PUT", of, { name: "Another Lumen" });
  expect((await service.admin("GET", `${of}/webhooks`)).body.items).toEqual([]);
  expect((await service.admin("GET", `${of}/webhooks/hub`)).status).toBe(404);
  expect((await service.admin("PUT", `${of}/webhooks/hub`, { url: receiver.url })).status).toBe(201);
});

test("an organization's endpoint has no address that is not public, though the services' may", async ({ service }) => {
  await seedWorld(service);
  const allowed = ["http", "ports", "private"] as const;
  const { addedWebhooks } = service.deps;
  const strict = createService(service.deps, {
    addedWebhooks: addedWebhooks && { ...addedWebhooks, urlProblem: urlProblemBy(allowed) },
  });
  const receiver = await startReceiver();
  const { port } = new URL(receiver.url);
  const refused = await strict.as("anna", "PUT", `${SUNWARD}/hub`, { url: receiver.url });
  expect([refused.status, refused.body.errors]).toEqual([
    400,
    [{ pointer: "/url", detail: "must begin with https://, or WEBHOOKS_ALLOW have http" }],
  ]);
  expect((await strict.admin("PUT", "/v1/webhooks/hub", { url: receiver.url })).status).toBe(201);
  startAddedRelay(strict, { allowed });
  // a name is looked up when something is delivered
  await strict.as("anna", "PUT", `${SUNWARD}/hub`, { url: "https://localhost/" });
  await strict.admin("PUT", "/v1/plants/9", { owner: "sunward" });
  const state = async () => (await strict.as("anna", "GET", `${SUNWARD}/hub`)).body;
  await expect.poll(async () => (await state()).why).toBe("its address is not public");
  expect((await state()).state).toBe("disabled");
  await expect.poll(() => receiver.taken.length).toBeGreaterThan(0);
  expect(receiver.received.every(({ headers }) => headers.host === `127.0.0.1:${port}`)).toBe(true);
});

test("an endpoint that a service put gets what its organization's admins read, and no private reason", async ({
  service,
}) => {
  await seedWorld(service);
  const [ofAdmin, ofService] = [await startReceiver(), await startReceiver()];
  startAddedRelay(service);
  expect((await service.as("anna", "PUT", `${SUNWARD}/hub`, { url: ofAdmin.url })).status).toBe(201);
  expect((await service.admin("PUT", `${SUNWARD}/other`, { url: ofService.url })).status).toBe(201);
  const { id } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
  await service.as("anna", "POST", `/v1/cooperations/${id}/pause`, { reason: "of sunward alone" });
  for (const { taken } of [ofAdmin, ofService])
    await expect.poll(() => taken.map(({ type }) => type)).toContain("concordat.cooperation.paused");
  const bodies = ({ taken }: typeof ofAdmin) => taken.map(({ body }) => body).join();
  expect(bodies(ofAdmin)).toContain("of sunward alone");
  expect(bodies(ofService)).not.toContain("of sunward alone");
  expect(bodies(ofService)).not.toContain("nonce");
});

test("what is recorded under the id of a deleted organization is not sent to its predecessor's endpoint", async ({
  service,
}) => {
  const [gone, next] = [await startReceiver(), await startReceiver()];
  startAddedRelay(service);
  const of = "/v1/organizations/lumen";
  await service.admin("PUT", of, { name: "Lumen" });
  await service.admin("PUT", `${of}/webhooks/hub`, { url: gone.url });
  await expect.poll(() => gone.taken.length).toBeGreaterThan(0);
  expect((await service.admin("DELETE", of)).status).toBe(200);
  await service.admin("PUT", of, { name: "Another Lumen" });
  await service.admin("PUT", "/v1/plants/9", { owner: "lumen" });
  // under the same name: it gets events only once nothing is delivered for the one before any more
  expect((await service.admin("PUT", `${of}/webhooks/hub`, { url: next.url })).status).toBe(201);
  await service.admin("PUT", "/v1/plants/10", { owner: "lumen" });
  const bodies = ({ received }: typeof gone) => received.map(({ body }) => body).join();
  await expect.poll(() => bodies(next)).toContain("plant:10");
  for (const plant of ["plant:9", "plant:10"]) expect(bodies(gone)).not.toContain(plant);
});

test("an endpoint that is made to replay the log gets nothing from before it was added, once in ten minutes", async ({
  service,
}) => {
  // by more than clocks may differ
  await seedWorld(createService(service.deps, { clock: () => new Date(Date.now() - 60_000) }));
  const [early, replayed] = [new Date(Date.now() - 3_600_000).toISOString(), await startReceiver()];
  startAddedRelay(service);
  await service.as("anna", "PUT", `${SUNWARD}/hub`, { url: replayed.url });
  const resume = () => service.as("anna", "POST", `${SUNWARD}/hub/resume?after=${encodeURIComponent(early)}`);
  expect((await resume()).status).toBe(200);
  const again = await resume();
  expect([again.status, again.body.code]).toEqual([429, "resumed_recently"]);
  await service.admin("PUT", "/v1/plants/9", { owner: "sunward" });
  await expect.poll(() => replayed.taken.map(({ type }) => type)).toContain("concordat.resource.registered");
  expect(replayed.taken[0]?.type).toBe("concordat.webhook.added");
});
