/**
 * What one organization's people can do to another, tried on two replicas of the real
 * process over HTTP, with one Redis between them: laws 15 and 18 as their callers see them.
 */
import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import { createClient } from "../../../src/openfga/client.ts";
import { connection, environmentOf } from "../../support/engine.ts";
import { ownFolder } from "../../support/own-folder.ts";
import { listening, startMain } from "../../support/process.ts";
import { type OwnRedis, startRedis } from "../../support/redis.ts";
import { cooperate, seedWorld, test as serviceTest } from "../../support/service.ts";

const KEY = randomBytes(16).toString("hex");

// tests read what they expect to be there; what is not fails the test
// biome-ignore lint/suspicious/noExplicitAny: see above
type Reply = { status: number; body: any; retryAfter: string | null };
type Call = (replica: number, user: string, method: string, path: string, body?: object) => Promise<Reply>;
type Fixtures = { redis: OwnRedis; call: Call };

const test = serviceTest.extend<Fixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the dependencies from the parameter
  redis: async ({}, use) => {
    const redis = await startRedis();
    await use(redis);
    await redis.stop();
  },
  call: async ({ store, redis, service }, use) => {
    await seedWorld(service);
    const { name = "" } = await createClient(connection()).getStore({ storeId: store.storeId });
    const env = {
      ...environmentOf(connection()),
      OPENFGA_STORE: name,
      REDIS_URL: redis.url,
      // a busy machine is not a Redis that is away: what a late one did not acknowledge is not invalidated yet
      REDIS_TIMEOUT_MILLISECONDS: "9000",
      CONCORDAT_FOLDER: ownFolder(),
      LOG_LEVEL: "silent",
      SERVICE_KEYS: JSON.stringify([{ name: "test", scopes: ["check", "manage"], key: KEY }]),
      INVITATION_SECRET: KEY,
      INVITATIONS_DAILY_MAX: "3",
      NO_PROXY: "127.0.0.1",
    };
    const replicas = [startMain(env), startMain(env)];
    const urls = await Promise.all(replicas.map(listening));
    await use(async (replica, user, method, path, body) => {
      const reply = await fetch(`${urls[replica]}${path}`, {
        method,
        headers: {
          Authorization: `Bearer ${KEY}`,
          "Content-Type": "application/json",
          ...(user !== "" && { "Acting-User": `user:${user}` }),
        },
        ...(body && { body: JSON.stringify(body) }),
      });
      return { status: reply.status, body: await reply.json(), retryAfter: reply.headers.get("Retry-After") };
    });
    for (const { child, ended } of replicas) {
      child.kill("SIGTERM");
      await ended;
    }
  },
});

const PATH = "/v1/organizations/sunward/cooperations";

test("inviting, removing and inviting again is refused by every replica, and so is more than the day's number", async ({
  call,
}) => {
  const first = await call(0, "anna", "POST", PATH, { organization: "brightfix" });
  expect(first.status).toBe(201);
  expect((await call(0, "anna", "DELETE", `/v1/cooperations/${first.body.id}`)).status).toBe(200);
  for (const replica of [0, 1]) {
    const again = await call(replica, "anna", "POST", PATH, { organization: "brightfix" });
    expect([again.status, again.body.code]).toEqual([429, "cool_down"]);
    expect(again.retryAfter).toBe(String(again.body.retry_after_seconds));
  }
  for (const email of ["one@else.example", "two@else.example"])
    expect((await call(1, "anna", "POST", PATH, { email })).status).toBe(201);
  const refused = await call(0, "anna", "POST", PATH, { email: "three@else.example" });
  expect([refused.status, refused.body]).toMatchObject([
    429,
    { code: "too_many_invitations", kind: "today", count: 3, limit: 3 },
  ]);
  // it is the organization's number: another's people go on
  const ofOther = await call(0, "ben", "POST", "/v1/organizations/brightfix/cooperations", { organization: "sunward" });
  expect(ofOther.status).toBe(201);
});

test("a partner's admin who repeats an action leaves the owner's cached decisions valid, and a change is answered correctly all the same", async ({
  call,
  redis,
  service,
}) => {
  const { id } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
  const path = `/v1/cooperations/${id}`;
  const question = {
    subject: { type: "user", id: "ben" },
    action: { name: "view" },
    resource: { type: "plant", id: "7" },
  };
  const may = async () => (await call(0, "", "POST", "/access/v1/evaluation", question)).body.decision;
  const token = async () => {
    const [key] = await redis.client.keys("t:*organization:sunward");
    return key === undefined ? undefined : redis.client.get(key);
  };
  const repeat = async (replica: number) => [
    (await call(replica, "ben", "POST", `${path}/accept`, {})).status,
    (await call(replica, "ben", "POST", `${path}/decline`, {})).body.code,
    (await call(replica, "ben", "POST", `${path}/leave?dry_run=true`, {})).status,
    (await call(replica, "zoe", "POST", `${path}/leave`, {})).body.code,
  ];
  const replies = [200, "wrong_status", 200, "not_found"];
  // each replica makes sure once, in case the one who accepted died
  for (const replica of [0, 1]) expect(await repeat(replica)).toEqual(replies);
  // until the follower has read what was written before, it may delete the token once more; a repetition would each time
  let before: unknown;
  const isLeftAlone = async () => {
    expect(await may()).toBe(true);
    before = await token();
    for (const replica of [0, 1, 0, 1]) expect(await repeat(replica)).toEqual(replies);
    return before !== undefined && (await token()) === before;
  };
  await expect.poll(isLeftAlone).toBe(true);
  // one that is written and never invalidated, as by a writer that died: the repetition is answered correctly, and so is the next check
  await service.as("anna", "POST", `${path}/pause`);
  expect((await call(1, "anna", "POST", `${path}/pause`, {})).status).toBe(200);
  expect(await token()).not.toBe(before);
  expect(await may()).toBe(false);
});

test("a side that has left reads nothing of the other side", async ({ call, service }) => {
  const { id } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
  const path = `/v1/cooperations/${id}`;
  expect((await call(0, "ben", "GET", path)).body.contacts.initiator).toHaveLength(1);
  const left = await call(0, "ben", "POST", `${path}/leave`, {});
  expect([left.status, left.body.contacts]).toEqual([200, { initiator: [], partner: [] }]);
  await service.admin("PUT", "/v1/organizations/sunward", { name: "Renamed" });
  await service.admin("PUT", "/v1/organizations/sunward/people/nina", {
    role: "admin",
    email: "nina.new@sunward.example",
  });
  for (const replica of [0, 1]) {
    const { body } = await call(replica, "ben", "GET", path);
    expect(body.initiator.name).toBe("Sunward Energy");
    expect(JSON.stringify(body)).not.toMatch(/nina|Renamed/);
  }
  expect((await call(1, "anna", "GET", path)).body).toMatchObject({
    status: "ended",
    shared_at_end: [{ name: "Hillside" }],
  });
});
