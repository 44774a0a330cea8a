/** The ACL user that the README shows may do all that the service does in Redis, and nothing that it can do without. */
import { readFileSync } from "node:fs";
import type { Redis } from "ioredis";
import { describe, expect } from "vitest";
import type { DecisionCache, Question } from "../../src/ports.ts";
import type { RedisCacheOptions } from "../../src/redis/decision-cache.ts";
import { createRateLimiter } from "../../src/redis/rate-limiter.ts";
import { test } from "../cache.ts";

const README = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const RULES = /^ACL SETUSER concordat (.*)$/m.exec(README)?.[1]?.split(" ") ?? [];
const PERMISSIONS = RULES.filter((rule) => /^[+~]/.test(rule));

const QUESTION: Question = { user: "user:anna", relation: "can_view", object: "plant:7" };
const OWNER = "organization:sunward";

/** Everything that is done in Redis, once. False when anything came to nothing. */
async function playAll(cache: DecisionCache): Promise<boolean> {
  // it either answers soon or is refused for good
  await expect
    .poll(() => cache.lookup(QUESTION, OWNER), { timeout: 2000 })
    .not.toBe("away")
    .catch(() => {});
  const probe = await cache.probe();
  const tokens = await cache.take("user:anna", OWNER);
  if ("away" in probe || typeof tokens === "string") return false;
  const { userToken, ownerToken, now } = tokens;
  cache.store(QUESTION, { allowed: true, owner: OWNER, userToken, ownerToken, validUntil: 1 }, now + 10_000);
  await cache.begin("w", ["user:otto"]);
  const done = [
    await cache.end("w", ["user:otto"]),
    await cache.raise(["user:otto"]),
    (await cache.lead("r", 1)) !== "away",
    (await cache.time()) !== "away",
  ];
  const found = await cache.lookup(QUESTION, OWNER);
  // it deletes tokens only where there are some: of the ones that were taken
  return !done.includes(false) && found !== "away" && found.entry !== undefined && (await cache.raise("all"));
}

/** Counts a request for a rate limit. False when it was not counted in Redis, or not without a failure. */
async function countOne(client: Redis, url: string): Promise<boolean> {
  const rateLimits = { checks: {}, searches: {}, reads: {}, writes: { user: 9 }, invitations: {} };
  let isFailed = false;
  const cacheFailed = () => {
    isFailed = true;
  };
  const settings = { REDIS_URL: url, REDIS_TIMEOUT_MILLISECONDS: 2000, rateLimits };
  const limiter = createRateLimiter(settings, "01M8CV6XSP9AWRQTH0XQS7HAN3", { cacheFailed });
  const isCounted = async () => {
    await limiter.take("writes-user", "anna");
    return isFailed || (await client.keys("r:*")).length > 0;
  };
  // until it is connected it counts in memory
  await expect
    .poll(isCounted, { timeout: 2000 })
    .toBe(true)
    .catch(() => {});
  await limiter.close();
  return !isFailed && (await client.keys("r:*")).length > 0;
}

describe("the user of the README", () => {
  const userUrl = (port: number) => `redis://concordat:PASSWORD@127.0.0.1:${port}`;
  const options = (port: number): Partial<RedisCacheOptions> => ({
    url: userUrl(port),
    secret: "a secret of the tests that seals entries",
    timeoutMilliseconds: 2000,
  });

  test("may do all that the service does there, and read and write nothing else", async ({ redis, connectCache }) => {
    await redis.client.acl("SETUSER", "concordat", ...RULES);
    expect(await playAll(connectCache(options(redis.port)))).toBe(true);
    expect(await countOne(redis.client, userUrl(redis.port))).toBe(true);
    const may = async (...command: string[]) => redis.client.call("ACL", "DRYRUN", "concordat", ...command);
    expect(await may("get", "t:store:user:anna")).toBe("OK");
    for (const command of [["get", "session:1"], ["flushall"], ["config", "get", "*"], ["keys", "*"], ["acl", "list"]])
      expect(await may(...command)).not.toBe("OK");
  });

  test("needs every one of its permissions", async ({ redis, connectCache }) => {
    expect(PERMISSIONS.length).toBeGreaterThan(10);
    for (const permission of PERMISSIONS) {
      await redis.client.acl("SETUSER", "concordat", ...RULES.filter((rule) => rule !== permission));
      // scripts that are there already need no EVAL
      await redis.client.script("FLUSH");
      await redis.client.flushall();
      const failed: string[] = [];
      const meter = { cacheFailed: (name: string) => void failed.push(name), cacheForged: () => {} };
      const whole = await playAll(connectCache({ ...options(redis.port), meter }));
      const isCounted = whole && (await countOne(redis.client, userUrl(redis.port)));
      expect(isCounted && failed.length === 0, permission).toBe(false);
    }
  });
});
