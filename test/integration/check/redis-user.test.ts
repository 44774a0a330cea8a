/** The ACL user that docs/cache.md shows may do all that the service does in Redis, and nothing that it can do without. */
import { describe, expect, onTestFinished } from "vitest";
import { createTextSeal } from "../../../src/domain/seal.ts";
import { TAKEN_MILLISECONDS } from "../../../src/domain/signal-log.ts";
import type { DecisionCache, Question } from "../../../src/ports.ts";
import { createRedisCache } from "../../../src/redis/decision-cache.ts";
import { createRateLimiter } from "../../../src/redis/rate-limiter.ts";
import { createRedisSessions } from "../../../src/redis/sessions.ts";
import { createRedisSignalLog } from "../../../src/redis/signal-log.ts";
import { progressOf, test } from "../../support/cache.ts";
import { anyId } from "../../support/ids.ts";
import { textOf } from "../../support/pages.ts";
import type { OwnRedis } from "../../support/redis.ts";

const RULES = /^ACL SETUSER concordat (.*)$/m.exec(textOf("docs/cache.md"))?.[1]?.split(" ") ?? [];
const PERMISSIONS = RULES.filter((rule) => /^[+~]/.test(rule));

const QUESTION: Question = { user: "user:anna", relation: "can_view", object: "plant:7" };
const OWNER = "organization:sunward";

/** Leads, and says that the changes are watched. False when it could not. */
async function watch(cache: DecisionCache): Promise<boolean> {
  const follower = await cache.lead("r", undefined);
  if (follower === undefined) return false;
  const { at } = follower;
  await cache.watched(at, 0);
  return (await cache.lead("r", progressOf(at)))?.progress?.at.now === at.now;
}

/** Every operation on the console's sessions, once. False when one failed. */
async function playSessions(url: string, failed: string[]): Promise<boolean> {
  const limits = { idleMilliseconds: 10_000, absoluteMilliseconds: 10_000, timeoutMilliseconds: 10_000 };
  const seal = createTextSeal("a secret of the tests that seals sessions", "sessions");
  const sessions = createRedisSessions({ ...limits, url, storeId: "store", seal, failed: (name) => failed.push(name) });
  onTestFinished(() => sessions.close());
  const session = { name: "Anna", user: anyId("anna"), scopes: ["manage" as const], openedAt: 1, seenAt: 1 };
  try {
    await expect.poll(() => sessions.find("a").catch(() => "away"), { timeout: 2000 }).not.toBe("away");
    await sessions.open("a", session, 10_000);
    await sessions.keep("a", session, 10_000);
    const isKept =
      (await sessions.find("a")) !== undefined && (await sessions.endSessions({ user: session.user })) === 1;
    await sessions.end("a");
    return isKept && (await sessions.once("used", 10_000)) && (await sessions.wasUsed("used"));
  } catch {
    return false;
  }
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
  let passed = 0;
  const clock = () => new Date(Date.now() + passed);
  const signals = createRedisSignalLog(
    { url, storeId: "store", issuers: ["idp"], timeoutMilliseconds: 10_000, clock, max: 1 },
    meter,
  );
  onTestFinished(async () => {
    await signals.close();
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
  const anna = { issuer: "idp", user: anyId("anna") };
  const event = (id: string) => ({ issuer: "idp", id });
  await soon(async () => failed.length > 0 || (await signals.has(event("e"))) === false);
  await signals.poll();
  // the second has a place because the first counts no more
  for (const id of ["e", "f"]) {
    if (!(await signals.revoke({ ...anna, before: 1 })) || !(await signals.keep(event(id)))) return false;
    passed += TAKEN_MILLISECONDS;
  }
  if (!(await playSessions(url, failed))) return false;
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
