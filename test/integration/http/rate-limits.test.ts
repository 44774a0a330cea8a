/** Rate limits: whom they count, what replies say of them, and that they block nobody else. */
import { describe, expect, onTestFinished } from "vitest";
import { KINDS, type RateLimits, readLimits } from "../../../src/domain/rate-limits.ts";
import type { RateLimiting } from "../../../src/http/rate-limit.ts";
import { createMemoryRateLimiter } from "../../../src/memory/rate-limiter.ts";
import { createRateLimiter } from "../../../src/redis/rate-limiter.ts";
import { test as cacheTest } from "../../support/cache.ts";
import { ask, everything, ROUTES, seedRoutes, send, storesRoutes } from "../../support/routes.ts";
import { createService, KEYS, type Reply, type Service, seedWorld, test, withKeys } from "../../support/service.ts";

const ORG = "/v1/organizations/sunward";
/** A key that is bound to another organization. */
const OTHER = "key-of-another-organization";

/** Limits of these kinds, the others off. */
const limitsOf = (texts: Partial<Record<keyof RateLimits, string>>): RateLimits =>
  Object.fromEntries(KINDS.map((kind) => [kind, readLimits(texts[kind] ?? "off") ?? {}])) as RateLimits;

/** The service with limits, counting in its memory or in Redis. */
function limited(service: Service, texts: Partial<Record<keyof RateLimits, string>>, redisUrl?: string) {
  const limits = limitsOf(texts);
  // a busy machine is not a Redis that is away: then each replica would count by itself
  const settings = { REDIS_URL: redisUrl, REDIS_TIMEOUT_MILLISECONDS: 9000, rateLimits: limits };
  const limiter = createRateLimiter(settings, service.deps.engine.api.storeId, { cacheFailed: () => {} });
  onTestFinished(() => limiter.close());
  const reached: string[] = [];
  const rate: RateLimiting = { limits, limiter, limited: (policy) => void reached.push(policy) };
  return { service: createService(service.deps, { rate }), limiter, reached };
}

const rename = (service: Service, user: string, dryRun = false) =>
  service.as(user, "PUT", `/v1/plants/7${dryRun ? "?dry_run=true" : ""}`, { owner: "sunward", name: "Hill" });

function expectLimited(reply: Reply, limit: string) {
  expect([reply.status, reply.body.code, reply.body.limit]).toEqual([429, "rate_limited", limit]);
  const seconds = Number(reply.headers.get("Retry-After"));
  expect(reply.body.retry_after_seconds).toBe(seconds);
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(60);
  expect(reply.headers.get("RateLimit")).toContain(`"${limit}";r=0;t=${seconds}`);
}

describe("a rate limit", () => {
  test("accepts the requests below it, reports what is left, and refuses the next; a dry run counts", async ({
    service,
  }) => {
    await seedWorld(service);
    const { service: by, reached } = limited(service, { writes: "user=3,key=100" });
    for (const [n, dryRun] of [false, true, false].entries()) {
      const reply = await rename(by, "anna", dryRun);
      expect(reply.status).toBe(200);
      expect(reply.headers.get("RateLimit-Policy")).toBe('"writes-user";q=3;w=60, "writes-key";q=100;w=60');
      expect(reply.headers.get("RateLimit")).toMatch(
        new RegExp(`^"writes-user";r=${2 - n};t=\\d+, "writes-key";r=${99 - n};t=\\d+$`),
      );
    }
    const before = await everything(service);
    for (const dryRun of [false, true]) expectLimited(await rename(by, "anna", dryRun), "writes-user");
    expectLimited(await by.as("anna", "POST", `${ORG}/cooperations`, { email: "x@else.example" }), "writes-user");
    expect(await everything(service)).toEqual(before);
    expect(reached).toEqual(["writes-user", "writes-user", "writes-user"]);
    // what is no write has no limit here
    const read = await by.as("anna", "GET", ORG);
    expect([read.status, read.headers.get("RateLimit")]).toEqual([200, null]);
  });

  test("is reset with its window", async () => {
    const limiter = createMemoryRateLimiter([{ name: "writes-user", limit: 1 }], 1);
    expect(await limiter.take("writes-user", "anna")).toMatchObject({ allowed: true, remaining: 0 });
    expect(await limiter.take("writes-user", "anna")).toMatchObject({ allowed: false });
    await expect.poll(() => limiter.take("writes-user", "anna")).toMatchObject({ allowed: true });
  });

  test("counts refusals and errors too", async ({ service }) => {
    await seedWorld(service);
    const { service: by } = limited(service, { writes: "user=9", searches: "key=9" });
    for (const reply of [
      await by.as("otto", "PUT", "/v1/plants/7", { owner: "sunward" }),
      await by.as("anna", "PUT", "/v1/plants/7", { misspelled: 1 }),
      await by.as("anna", "DELETE", "/v1/nothing"),
      await by.admin("POST", "/access/v1/search/subject", {}, { key: KEYS.check }),
    ]) {
      expect(reply.status).toBeGreaterThanOrEqual(400);
      expect(reply.headers.get("RateLimit"), JSON.stringify(reply.body)).toMatch(
        /^"(writes-user|searches-key)";r=\d;t=\d+$/,
      );
    }
  });

  test("is refused under /stores as OpenFGA does", async ({ service }) => {
    await seedWorld(service);
    const { service: by } = limited(service, { writes: "1", checks: "1", searches: "1" });
    for (const name of ["check", "list-objects", "write"]) {
      const { path, body } = Object.entries(storesRoutes(by)).find(([route]) => route.endsWith(`/${name}`))?.[1] ?? {
        path: "",
      };
      const replies = [];
      for (let n = 0; n < 2; n++) replies.push(await send(by, "POST", path, body, { key: KEYS.admin }));
      const [first, second] = replies;
      expect([first?.status, second?.status], name).toEqual([name === "write" ? expect.any(Number) : 200, 429]);
      expect(second?.body).toEqual({ code: "resource_exhausted", message: expect.stringMatching(/-key is reached/) });
      expect(second?.headers.get("Retry-After")).toMatch(/^\d+$/);
    }
  });
});

describe("a caller at its rate limit", () => {
  test("blocks neither others of its organization, nor others with the same key", async ({ service }) => {
    await seedWorld(service);
    const { service: by } = limited(service, { writes: "user=2,organization=4,key=6" });
    const write = (user: string, org: string) =>
      by.as(user, "PUT", `/v1/organizations/${org}/people/${user}`, { role: "admin" });
    for (let n = 0; n < 2; n++) expect((await write("anna", "sunward")).status).toBe(200);
    // refused for herself, she uses up nothing of the others'
    for (let n = 0; n < 10; n++) expectLimited(await write("anna", "sunward"), "writes-user");
    const other = await write("ben", "brightfix");
    expect(other.status).toBe(200);
    expect(other.headers.get("RateLimit")).toMatch(/"writes-user";r=1;.*"writes-organization";r=3;.*"writes-key";r=3;/);
    const service_ = await by.admin("PUT", `${ORG}/people/otto`, { role: "member" });
    expect(service_.headers.get("RateLimit")).toMatch(/^"writes-organization";r=1;t=\d+, "writes-key";r=5;t=\d+$/);
  });

  test("counts for the organization in the path only as one of its people", async ({ service }) => {
    await seedWorld(service);
    const { service: by } = limited(service, { writes: "organization=3" });
    const write = (user: string) => by.as(user, "PUT", `${ORG}/people/otto`, { role: "member" });
    for (let n = 0; n < 8; n++) expect((await write("ben")).status).toBe(404);
    for (let n = 0; n < 3; n++) expect((await write("anna")).status).toBe(200);
    expectLimited(await write("anna"), "writes-organization");
  });

  test("uses up nothing of an organization's limit by refused requests, however many at once", async ({ service }) => {
    await seedWorld(service);
    const { service: by } = limited(service, { writes: "organization=3" });
    const bound = withKeys(by, [{ name: "other", scopes: ["admin"], key: OTHER, organizations: ["brightfix"] }], {
      rate: by.deps.rate,
    });
    const write = (user: string, body: object = { role: "member" }) =>
      bound.as(user, "PUT", `${ORG}/people/otto`, body);
    // refused before anybody looked who it is
    for (let n = 0; n < 4; n++) expect((await write("ben", { role: "no role" })).status).toBe(400);
    // refused for the key
    for (let n = 0; n < 4; n++)
      expect((await bound.admin("PUT", `${ORG}/people/otto`, { role: "member" }, { key: OTHER })).status).toBe(403);
    const flood = await Promise.all(Array.from({ length: 9 }, () => write("ben")));
    expect(new Set(flood.map(({ status }) => status))).toEqual(new Set([404, 429]));
    for (let n = 0; n < 3; n++) expect((await write("anna")).status).toBe(200);
    expectLimited(await write("anna"), "writes-organization");
  });

  test("of invitations may still send other requests", async ({ service }) => {
    await seedWorld(service);
    const { service: by } = limited(service, { invitations: "user=2" });
    const invite = (n: number, query = "") =>
      by.as("anna", "POST", `${ORG}/cooperations${query}`, { email: `guest-${n}@else.example` });
    expect([(await invite(1)).status, (await invite(2, "?dry_run=true")).status]).toEqual([201, 200]);
    expectLimited(await invite(3), "invitations-user");
    expect((await rename(by, "anna")).status).toBe(200);
  });
});

test("every route counts as its own kind of request", async ({ service }) => {
  const world = await seedRoutes(service);
  const every = "1000000";
  const { service: by } = limited(service, {
    checks: every,
    searches: every,
    reads: every,
    writes: every,
    invitations: every,
  });
  const kindsOf = (reply: Reply) =>
    [
      ...new Set([...(reply.headers.get("RateLimit-Policy") ?? "").matchAll(/"(\w+)-/g)].map(([, kind]) => kind)),
    ].join();
  const found: Record<string, string> = {};
  for (const name of Object.keys(ROUTES)) found[name] = kindsOf(await ask(by, world, name));
  for (const [name, { path, body }] of Object.entries(storesRoutes(by)))
    found[name] = kindsOf(await send(by, name.split(" ")[0] ?? "", path, body, { key: KEYS.all }));
  const expected = (name: string) => {
    if (/evaluations?$|check$/.test(name)) return "checks";
    if (/search\/|list-|expand|explain/.test(name)) return "searches";
    if (name.includes("/stores")) return name.endsWith("/write") ? "writes" : "reads";
    if (name.startsWith("GET") || name.endsWith("preview")) return "reads";
    return /POST .*(\{org\}\/cooperations|resend)$/.test(name) ? "invitations,writes" : "writes";
  };
  expect(found).toEqual(Object.fromEntries(Object.keys(found).map((name) => [name, expected(name)])));
});

test("without limits nothing is counted, and checks skip the counters", async ({ service }) => {
  await seedWorld(service);
  const { service: by } = limited(service, {});
  for (const reply of [await rename(by, "anna"), await by.as("anna", "GET", ORG)])
    expect([reply.headers.get("RateLimit"), reply.headers.get("RateLimit-Policy")]).toEqual([null, null]);
  const question = {
    subject: { type: "user", id: "anna" },
    action: { name: "view" },
    resource: { type: "plant", id: "7" },
  };
  const logged = async (one: Service) => {
    const length = { "Content-Length": String(JSON.stringify(question).length) };
    const reply = await send(one, "POST", "/access/v1/evaluation", question, { key: KEYS.check, headers: length });
    expect(reply.body).toEqual({ decision: true });
    return reply.headers.get("RateLimit");
  };
  expect(await logged(by)).toBe(null);
  expect(await logged(limited(service, { checks: "key=5" }).service)).toMatch(/^"checks-key";r=4;/);
});

describe("with Redis", () => {
  const RENAMES = 3;

  /** Two replicas on one Redis, connected. */
  async function replicas(service: Service, url: string) {
    const both = [1, 2].map(() => limited(service, { writes: `user=${RENAMES}`, reads: "user=1000" }, url));
    for (const { limiter } of both) {
      // counts in Redis are seen by who did not make them; those in memory are not
      await expect
        .poll(async () => {
          const subject = `probe-${Math.random()}`;
          const first = await limiter.take("reads-user", subject);
          return [
            first?.remaining,
            await both[0]?.limiter.take("reads-user", subject).then((taken) => taken?.remaining),
          ];
        })
        .toEqual([999, 998]);
    }
    return both.map(({ service: one }) => one) as [Service, Service];
  }

  cacheTest("two replicas count together", async ({ cached, redis }) => {
    await seedWorld(cached);
    const [one, other] = await replicas(cached, redis.url);
    const statuses = [];
    for (const by of [one, other, one]) statuses.push((await rename(by, "anna")).status);
    expect(statuses).toEqual([200, 200, 200]);
    for (const by of [one, other]) expectLimited(await rename(by, "anna"), "writes-user");
    // and go on refusing, whoever counted them
    for (let n = 0; n < 3; n++) for (const by of [one, other]) expectLimited(await rename(by, "anna"), "writes-user");
    expect(await redis.client.keys("r:*:writes-user:anna")).toHaveLength(1);
    expect(await redis.client.ttl((await redis.client.keys("r:*:writes-user:anna"))[0] ?? "")).toBeGreaterThan(0);
  });

  for (const [how, away] of [
    ["gone", (redis: { kill(): Promise<void> }) => redis.kill()],
    ["silent", async (redis: { pause(): void }) => redis.pause()],
  ] as const)
    cacheTest(`a Redis that is ${how} blocks nobody: each replica counts by itself`, async ({ cached, redis }) => {
      await seedWorld(cached);
      const [one, other] = await replicas(cached, redis.url);
      expect((await rename(one, "anna")).status).toBe(200);
      await away(redis);
      if (how === "silent") onTestFinished(() => redis.resume());
      for (const by of [one, other]) {
        for (let n = 0; n < RENAMES; n++) expect((await rename(by, "anna")).status).toBe(200);
        expectLimited(await rename(by, "anna"), "writes-user");
        expect((await rename(by, "anna", true)).status).toBe(429);
      }
    });
});
