/** The ACL user that docs/cache.md shows may do all that the service does in Redis, and nothing that it can do without. */
import { describe, expect, onTestFinished } from "vitest";
import type { DecisionCache, Question } from "../../../src/ports.ts";
import { createRedisCache } from "../../../src/redis/decision-cache.ts";
import { createRateLimiter } from "../../../src/redis/rate-limiter.ts";
import { test } from "../../support/cache.ts";
import { textOf } from "../../support/pages.ts";
import type { OwnRedis } from "../../support/redis.ts";

const RULES = /^ACL SETUSER concordat (.*)$/m.exec(textOf("docs/cache.md"))?.[1]?.split(" ") ?? [];
const PERMISSIONS = RULES.filter((rule) => /^[+~]/.test(rule));

const QUESTION: Question = { user: "user:anna", relation: "can_view", object: "plant:7" };
const OWNER = "organization:sunward";

/** Leads, and says that the changes are watched. False when it could not. */
async function watch(cache: DecisionCache): Promise<boolean> {
  const follower = await cache.lead("r", 1);
  if (follower !== undefined) await cache.watched(follower.at);
  return follower !== undefined;
}

/** Every operation on Redis, once, as that user. False when one failed, or none was answered in that time. */
async function playAll(redis: OwnRedis, timeout: number): Promise<boolean> {
  const failed: string[] = [];
  const meter = { cacheFailed: (name: string) => void failed.push(name), cacheForged: () => {} };
  const url = `redis://concordat:PASSWORD@127.0.0.1:${redis.port}`;
  const cache = createRedisCache({
    ...{ url, storeId: "store", modelId: "model", timeoutMilliseconds: 10_000, ttlMilliseconds: 10_000 },
    secret: "a secret of the tests that seals entries",
    meter,
    warn: () => {},
  });
  const none = { checks: {}, searches: {}, reads: {}, invitations: {} };
  const limits = { REDIS_URL: url, REDIS_TIMEOUT_MILLISECONDS: 10_000, rateLimits: { ...none, writes: { key: 9 } } };
  const limiter = createRateLimiter(limits, "store", meter);
  onTestFinished(async () => {
    await cache.close();
    await limiter.close();
  });
  // it either answers in time or is refused for good
  const soon = (look: () => Promise<boolean>) =>
    expect
      .poll(look, { timeout })
      .toBe(true)
      .catch(() => {});
  await soon(async () => (await cache.lookup(QUESTION, OWNER)) !== undefined);
  const probe = await cache.probe();
  const tokens = await cache.take("user:anna", OWNER);
  if (probe.kind === "away" || tokens?.kind !== "tokens") return false;
  const { userToken, ownerToken, now } = tokens;
  cache.store(
    QUESTION,
    { allowed: true, owner: OWNER, userToken, ownerToken, validUntil: 1, filledAt: now },
    now + 10_000,
  );
  await cache.lease("w", ["user:otto"]);
  const done = [
    await cache.release("w", ["user:otto"]),
    await cache.invalidate(["user:otto"]),
    await watch(cache),
    (await cache.time()) !== undefined,
  ];
  const found = await cache.lookup(QUESTION, OWNER);
  // it deletes tokens only where there are some: of the ones that were taken
  if (done.includes(false) || found?.entry === undefined || !(await cache.invalidate("all"))) return false;
  // what is not counted there is counted in the process
  await soon(async () => {
    await limiter.take("writes-key", "tests");
    return failed.length > 0 || (await redis.client.exists("r:{store}:writes-key:tests")) === 1;
  });
  limiter.giveBack("writes-key", "tests");
  const taken = await limiter.take("writes-key", "tests");
  return failed.length === 0 && taken !== undefined && (await redis.client.exists("r:{store}:writes-key:tests")) === 1;
}

describe("the documented Redis user", () => {
  test("may do everything that the service does in Redis, and read and write nothing else", async ({ redis }) => {
    await redis.client.acl("SETUSER", "concordat", ...RULES);
    expect(await playAll(redis, 30_000)).toBe(true);
    const may = async (...command: string[]) => redis.client.call("ACL", "DRYRUN", "concordat", ...command);
    expect(await may("get", "t:{store}:user:anna")).toBe("OK");
    for (const command of [["get", "session:1"], ["flushall"], ["config", "get", "*"], ["keys", "*"], ["acl", "list"]])
      expect(await may(...command)).not.toBe("OK");
  });

  test("needs every one of its permissions", async ({ redis }) => {
    expect(PERMISSIONS.length).toBeGreaterThan(10);
    for (const permission of PERMISSIONS) {
      await redis.client.acl("SETUSER", "concordat", ...RULES.filter((rule) => rule !== permission));
      // scripts that are there already need no EVAL
      await redis.client.script("FLUSH");
      await redis.client.flushall();
      expect(await playAll(redis, 2000), permission).toBe(false);
    }
  });
});
