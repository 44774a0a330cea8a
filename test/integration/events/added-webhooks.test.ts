/** Endpoints that are added, changed and removed by API while the relay runs: no restart, no event too many or too few. */
import { setTimeout as sleep } from "node:timers/promises";
import { Webhook } from "standardwebhooks";
import { expect, vi } from "vitest";
import { createEndpointSeal } from "../../../src/domain/events/endpoint-seal.ts";
import { StoreDamaged } from "../../../src/faults.ts";
import { urlProblemBy } from "../../../src/webhooks/added-webhooks.ts";
import { ALL_ALLOWED, startAddedRelay } from "../../support/added-webhooks.ts";
import { type Received, startReceiver } from "../../support/receiver.ts";
import { createService, type Service, test } from "../../support/service.ts";

// several waits, each of which is long on a busy machine
vi.setConfig({ testTimeout: 240_000 });

const AT = "/v1/webhooks/hub";

const act = async ({ admin }: Service, organization: string, plants = 3) => {
  await admin("PUT", `/v1/organizations/${organization}`, { name: organization });
  for (let n = 1; n < plants; n++) await admin("PUT", `/v1/plants/${organization}-${n}`, { owner: organization });
};
const ofOrganization = (received: readonly Received[], organization: string) =>
  [...new Set(received.map(({ id }) => id))].filter((id) => id.startsWith(`organization:${organization}/`));
const expectAll = (received: readonly Received[], organization: string, count = 3) =>
  expect
    .poll(() => ofOrganization(received, organization))
    .toEqual(Array.from({ length: count }, (_, n) => `organization:${organization}/${n + 1}`));
const verifies = (secret: string, { body, headers }: Received) => {
  try {
    return new Webhook(secret).verify(body, headers as Record<string, string>) !== undefined;
  } catch {
    return false;
  }
};

test("an endpoint gets what happens from its adding on, signed with the secret that was shown once, until it is removed", async ({
  service,
}) => {
  const receiver = await startReceiver();
  await act(service, "before");
  // clocks agree within a second
  await sleep(2000);
  const { ended } = startAddedRelay(service);
  const added = await service.admin("PUT", AT, { url: receiver.url });
  expect(added.status).toBe(201);
  expect(added.body).toMatchObject({ name: "hub", url: receiver.url, types: null, state: "ok", etag: '"1"' });
  expect(added.body.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  await act(service, "sunward");
  await expectAll(receiver.taken, "sunward");
  expect(ofOrganization(receiver.received, "before")).toEqual([]);
  for (const one of receiver.received) expect(verifies(added.body.secret, one)).toBe(true);

  for (const reply of [await service.admin("GET", AT), await service.admin("PUT", AT, { url: receiver.url })]) {
    expect(reply.status).toBe(200);
    expect(JSON.stringify(reply.body)).not.toContain("whsec_");
  }
  expect((await service.admin("DELETE", AT)).status).toBe(200);
  const { length } = receiver.received;
  await act(service, "brightfix");
  // the relay has been at it until now; how far behind it was is nobody's to know any more
  await expect.poll(() => ended).toEqual(["added.hub"]);
  expect(receiver.received).toHaveLength(length);
  expect((await service.admin("GET", AT)).status).toBe(404);
  // nothing of it is left to be read or sent: no secret, and no place
  const tuples = await service.deps.tupleStore.readAll();
  expect(tuples.filter(({ object }) => object.startsWith("receiver:") || object === "webhook:all")).toEqual([]);
  expect(JSON.stringify(tuples)).not.toContain("sealed");

  // one that is added again begins anew, with another secret and another ETag
  const again = await service.admin("PUT", AT, { url: receiver.url });
  expect([again.status, again.body.etag]).toEqual([201, '"3"']);
  await act(service, "lumen");
  await expectAll(receiver.taken, "lumen");
  expect(ofOrganization(receiver.received, "brightfix")).toEqual([]);
  const last = receiver.received.at(-1) as Received;
  expect([verifies(again.body.secret, last), verifies(added.body.secret, last)]).toEqual([true, false]);
});

test("an endpoint with another URL or other types continues there, without a restart", async ({ service }) => {
  const [old, other] = [await startReceiver(() => ({ status: 500 })), await startReceiver()];
  startAddedRelay(service);
  await service.admin("PUT", AT, { url: old.url });
  await act(service, "sunward");
  await expect.poll(() => old.received.length).toBeGreaterThan(0);
  const types = ["concordat.organization.created"];
  const changed = await service.admin("PUT", AT, { url: other.url, types }, { headers: { "If-Match": '"1"' } });
  expect([changed.status, changed.body.etag, changed.body.types]).toEqual([200, '"2"', types]);
  const stale = await service.admin("PUT", AT, { url: old.url }, { headers: { "If-Match": '"1"' } });
  expect([stale.status, stale.body.code]).toEqual([412, "stale"]);
  await expect.poll(() => other.taken.map(({ id }) => id)).toEqual(["organization:sunward/1"]);
  const { length } = old.received;
  await act(service, "brightfix");
  await expect.poll(() => other.taken.map(({ type }) => type)).toEqual([...types, ...types]);
  expect(old.received).toHaveLength(length);
});

test("a secret that was exchanged signs beside the new one for its time, and not longer", async ({ service }) => {
  const receiver = await startReceiver();
  startAddedRelay(service);
  const { body: added } = await service.admin("PUT", AT, { url: receiver.url });
  const rotated = await service.admin("POST", `${AT}/rotate`, { keep_seconds: 60 });
  expect(rotated.status).toBe(200);
  expect(rotated.body.secret).not.toBe(added.secret);
  expect(Date.parse(rotated.body.previous_secret_until)).toBeGreaterThan(Date.now());
  const lastTo = async (organization: string) => {
    await act(service, organization, 1);
    await expectAll(receiver.taken, organization, 1);
    return receiver.taken.find(({ id }) => id === `organization:${organization}/1`) as Received;
  };
  // nothing is sent by the version before, from the reply on
  const during = await lastTo("sunward");
  expect([verifies(added.secret, during), verifies(rotated.body.secret, during)]).toEqual([true, true]);
  const once = await service.admin("POST", `${AT}/rotate`, { keep_seconds: 0 });
  const after = await lastTo("brightfix");
  const secrets = [added.secret, rotated.body.secret, once.body.secret];
  expect(secrets.map((secret) => verifies(secret, after))).toEqual([false, false, true]);
  expect((await service.admin("GET", AT)).body.previous_secret_until).toBeNull();
});

test("an endpoint that was disabled is shown, and continues where it was, or replays from a date", async ({
  service,
}) => {
  let isGone = true;
  const receiver = await startReceiver(() => ({ status: isGone ? 410 : 204 }));
  startAddedRelay(service);
  await service.admin("PUT", AT, { url: receiver.url });
  const began = new Date().toISOString();
  await act(service, "sunward");
  const state = async () => (await service.admin("GET", AT)).body;
  await expect.poll(async () => (await state()).state).toBe("disabled");
  expect(await state()).toMatchObject({ why: "it answered 410", deliveries: [{ outcome: "ended" }] });
  isGone = false;
  expect((await service.admin("POST", `${AT}/resume`)).body).toMatchObject({ state: "ok", disabled_at: null });
  await expectAll(receiver.taken, "sunward");
  const { length } = receiver.taken;
  await expect
    .poll(async () => (await service.admin("POST", `${AT}/resume?after=${encodeURIComponent(began)}`)).status)
    .toBe(200);
  await expect.poll(() => receiver.taken.length).toBeGreaterThanOrEqual(2 * length);
  for (const after of ["nonsense", new Date(Date.now() + 3_600_000).toISOString()]) {
    const reply = await service.admin("POST", `${AT}/resume?after=${encodeURIComponent(after)}`);
    expect([reply.status, reply.body.code], after).toEqual([400, "invalid_request"]);
  }
});

test("what is no endpoint is refused with its place, and changes nothing", async ({ service }) => {
  const strict = createService(service.deps, {
    addedWebhooks: { seal: createEndpointSeal("x".repeat(32)), byOrganizations: true, urlProblem: urlProblemBy([]) },
  });
  const url = "https://hub.example/";
  const wrong: [path: string, body: object, pointer: string][] = [
    [AT, { url: "http://hub.example/" }, "/url"],
    [AT, { url: "https://hub.example:8443/" }, "/url"],
    [AT, { url: "https://anna:secret@hub.example/" }, "/url"],
    [AT, { url: "https://hub.example/#here" }, "/url"],
    [AT, { url: "ftp://hub.example/" }, "/url"],
    [AT, { url: "https://10.0.0.1/" }, "/url"],
    [AT, { url: "https://[::1]/" }, "/url"],
    [AT, { url: "https://0x7f.1/" }, "/url"],
    [AT, { url: "hub.example" }, "/url"],
    [AT, { url: `https://hub.example/${"x".repeat(2000)}` }, "/url"],
    [AT, { url, types: ["concordat.nothing.happened"] }, "/types/0"],
    [AT, { url, types: [] }, "/types"],
    [AT, { url, secret: "whsec_mine" }, "/secret"],
    ["/v1/webhooks/Hub", { url }, "param: name"],
    ["/v1/webhooks/a%2Fb", { url }, "param: name"],
    ["/v1/webhooks/erp", { url }, "param: name"],
  ];
  for (const [path, body, pointer] of wrong) {
    const reply = await strict.admin("PUT", path, body);
    expect([reply.status, reply.body.code, reply.body.errors?.[0]?.pointer], `${path} ${JSON.stringify(body)}`).toEqual(
      [400, "invalid_request", pointer],
    );
  }
  expect((await strict.admin("GET", "/v1/webhooks")).body.items).toHaveLength(1);
  expect((await strict.admin("PUT", AT, { url })).status).toBe(201);
  for (const [method, path] of [
    ["DELETE", "/v1/webhooks/none"],
    ["POST", "/v1/webhooks/none/rotate"],
    ["POST", "/v1/webhooks/none/resume"],
    ["DELETE", "/v1/webhooks/erp"],
  ] as const)
    expect((await strict.admin(method, path)).status, `${method} ${path}`).toBe(404);
});

test("without WEBHOOKS_SECRET none is added, and without WEBHOOKS_BY_ORGANIZATIONS none of an organization", async ({
  service,
}) => {
  await act(service, "sunward", 1);
  const body = { url: "https://hub.example/" };
  const own = "/v1/organizations/sunward/webhooks/hub";
  const { addedWebhooks } = service.deps;
  const off = createService(service.deps, { addedWebhooks: undefined });
  const servicesOnly = createService(service.deps, {
    addedWebhooks: addedWebhooks && { ...addedWebhooks, byOrganizations: false },
  });
  for (const [where, path] of [
    [off, AT],
    [off, own],
    [servicesOnly, own],
  ] as const) {
    const reply = await where.admin("PUT", path, body);
    expect([reply.status, reply.body.code]).toEqual([403, "webhooks_off"]);
  }
  expect((await servicesOnly.admin("PUT", AT, body)).status).toBe(201);
  expect((await service.admin("PUT", own, body)).status).toBe(201);
  // what was added before it was switched off can be seen and removed, and is not delivered to
  expect((await off.admin("GET", own)).body).toMatchObject({ state: "sealed", url: null });
  expect((await off.admin("DELETE", own)).status).toBe(200);
});

test("what was sealed under another secret is not delivered to until it is put again, and then has a new secret", async ({
  service,
}) => {
  const receiver = await startReceiver();
  const first = await service.admin("PUT", AT, { url: receiver.url });
  const seal = createEndpointSeal("another secret, with 32 characters");
  const other = createService(service.deps, {
    addedWebhooks: { seal, byOrganizations: true, urlProblem: urlProblemBy(ALL_ALLOWED) },
  });
  const { warnings } = startAddedRelay(other);
  await expect.poll(() => warnings.map(({ code }) => code)).toContain("sealed_under_another_secret");
  expect((await other.admin("GET", AT)).body.state).toBe("sealed");
  const rotated = await other.admin("POST", `${AT}/rotate`);
  expect([rotated.status, rotated.body.code]).toEqual([409, "webhook_sealed"]);
  const again = await other.admin("PUT", AT, { url: receiver.url });
  expect(again.status).toBe(200);
  expect(again.body.secret).toMatch(/^whsec_/);
  await act(service, "sunward");
  await expectAll(receiver.taken, "sunward");
  const last = receiver.taken.at(-1) as Received;
  expect([verifies(again.body.secret, last), verifies(first.body.secret, last)]).toEqual([true, false]);
});

test("only the process that leads delivers to what was added", async ({ service }) => {
  const receiver = await startReceiver();
  let asked = 0;
  const leads = async () => {
    asked += 1;
    return false;
  };
  const idle = startAddedRelay(service, { leads });
  await service.admin("PUT", AT, { url: receiver.url });
  await act(service, "sunward");
  const before = asked;
  await expect.poll(() => asked).toBeGreaterThan(before + 1);
  expect(receiver.received).toEqual([]);
  startAddedRelay(service);
  await expectAll(receiver.taken, "sunward");
  expect(idle.counted).toEqual([]);
});

test("an endpoint that cannot be read keeps no other from its events, and is tried again", async ({ service }) => {
  const [good, bad] = [await startReceiver(), await startReceiver()];
  let isDamaged = true;
  const beforeRead = (object: string) => {
    if (isDamaged && object === "webhook:/bad") throw new StoreDamaged(object, "its record cannot be read");
  };
  const { warnings } = startAddedRelay(service, { beforeRead });
  await service.admin("PUT", "/v1/webhooks/bad", { url: bad.url });
  await service.admin("PUT", "/v1/webhooks/good", { url: good.url });
  await act(service, "sunward");
  await expectAll(good.taken, "sunward");
  expect(bad.received).toEqual([]);
  expect(warnings.map(({ receiver }) => receiver)).toContain("webhook:/bad");
  expect(warnings.map(({ receiver }) => receiver)).not.toContain("webhook:/good");
  isDamaged = false;
  await expectAll(bad.taken, "sunward");
});

test("an endpoint whose URL is not allowed any more is shown as off, and so is an organization's where none is offered", async ({
  service,
}) => {
  await act(service, "sunward", 1);
  const own = "/v1/organizations/sunward/webhooks/hub";
  for (const path of [AT, own]) await service.admin("PUT", path, { url: "https://10.0.0.1/" });
  const stateBy = async (more: { byOrganizations?: boolean; urlProblem?: ReturnType<typeof urlProblemBy> }) => {
    const { addedWebhooks } = service.deps;
    const other = createService(service.deps, { addedWebhooks: addedWebhooks && { ...addedWebhooks, ...more } });
    return Promise.all([AT, own].map(async (path) => (await other.admin("GET", path)).body.state));
  };
  expect(await stateBy({})).toEqual(["ok", "ok"]);
  expect(await stateBy({ byOrganizations: false })).toEqual(["ok", "off"]);
  expect(await stateBy({ urlProblem: urlProblemBy(["private"]) })).toEqual(["ok", "off"]);
  expect(await stateBy({ urlProblem: urlProblemBy([]) })).toEqual(["off", "off"]);
});
