/**
 * Who owns a resource is asked beside a question only where that is not known already: it was confirmed under a token of
 * the owner that is still current, and the changes since then are watched.
 */
import { beforeEach, describe, expect } from "vitest";
import type { DecisionCache } from "../../../src/ports.ts";
import { answering, ask, test as cacheTest, engineCalls, questionOf } from "../../support/cache.ts";
import { createService, type Service, seedWorld } from "../../support/service.ts";

const OWNER = "organization:sunward";
/** Longer than the bound. */
const TTL_MILLISECONDS = 60_000;

const test = cacheTest.extend<{ kept: DecisionCache; service: Service }>({
  kept: async ({ connectCache, store }, use) => {
    const cache = connectCache({ ...store, ttlMilliseconds: TTL_MILLISECONDS });
    await answering(cache);
    await use(cache);
  },
  service: async ({ tupleStore, engine, kept }, use) => {
    const service = createService({ tupleStore, engine }, { cache: kept, ttlMilliseconds: TTL_MILLISECONDS });
    await seedWorld(service);
    await use(service);
    await service.settled();
  },
});

/** As the follower does that has read all changes since the beginning. */
async function watch(cache: DecisionCache): Promise<void> {
  const lead = await cache.lead("r", undefined);
  if (lead === undefined) throw new Error("away");
  await cache.watched(lead.at, 0);
}

/** How often the engine was asked for a head and an owner beside a question. */
async function confirmations(service: Service, act: () => Promise<unknown>): Promise<number> {
  const before = await engineCalls(service, "batch_check");
  await act();
  return (await engineCalls(service, "batch_check")) - before;
}

const filledAt = async (cache: DecisionCache, user: string) =>
  (await cache.lookup(questionOf(user), OWNER))?.entry?.filledAt;

describe("a miss", () => {
  beforeEach<{ service: Service; kept: DecisionCache }>(async ({ service, kept }) => {
    await watch(kept);
    expect(await confirmations(service, () => ask(service, "anna"))).toBe(1);
    await expect.poll(() => filledAt(kept, "anna")).toBeDefined();
  });

  test("asks nothing beside its question while the owner is known, and its entry is as old as that knowledge", async ({
    service,
    kept,
  }) => {
    await watch(kept);
    expect(await confirmations(service, () => ask(service, "eva"))).toBe(0);
    await expect.poll(() => filledAt(kept, "eva")).toBeDefined();
    expect(await filledAt(kept, "eva")).toBe(await filledAt(kept, "anna"));
    expect(await ask(service, "eva")).toMatchObject({ decision: false, context: { source: "hit" } });
  });

  test("asks again for the owner of another resource", async ({ service, kept }) => {
    await watch(kept);
    expect(await confirmations(service, () => ask(service, "anna", "plant:8"))).toBe(1);
  });

  test("asks again while nobody watches the changes", async ({ service, kept, redis }) => {
    await redis.client.del(...(await redis.client.keys("w:*")));
    expect(await confirmations(service, () => ask(service, "eva"))).toBe(1);
    await expect.poll(() => filledAt(kept, "eva")).toBeGreaterThan((await filledAt(kept, "anna")) ?? Infinity);
  });

  test("asks again when the watch began after the owner was confirmed", async ({ service, kept }) => {
    const lead = await kept.lead("r", undefined);
    await kept.watched(lead?.at ?? { epoch: "", connection: 0, now: 0 }, lead?.at.now ?? 0);
    expect(await confirmations(service, () => ask(service, "eva"))).toBe(1);
  });

  test("asks again after an action of the owner, and not when it is another organization's", async ({
    service,
    kept,
  }) => {
    await service.admin("PUT", "/v1/organizations/brightfix/people/nora", { role: "member" });
    await watch(kept);
    expect(await confirmations(service, () => ask(service, "eva"))).toBe(0);
    await service.admin("PUT", "/v1/plants/9", { owner: "sunward" });
    await watch(kept);
    expect(await confirmations(service, () => ask(service, "tom"))).toBe(1);
  });
});

test("a resource that gets another owner is asked about anew, and its answers follow the new owner's actions", async ({
  service,
  kept,
}) => {
  await watch(kept);
  await ask(service, "anna", "plant:8");
  expect((await service.admin("DELETE", "/v1/plants/8")).status).toBe(200);
  expect((await service.admin("PUT", "/v1/plants/8", { owner: "brightfix" })).status).toBe(201);
  await watch(kept);
  expect(await confirmations(service, () => ask(service, "ben", "plant:8"))).toBe(1);
  await expect.poll(async () => (await ask(service, "ben", "plant:8")).context.source).toBe("hit");
  expect(await ask(service, "anna", "plant:8")).toMatchObject({ decision: false });
  await service.admin("PUT", "/v1/organizations/brightfix/people/ben", { role: "member" });
  await watch(kept);
  expect(await ask(service, "ben", "plant:8")).toMatchObject({ decision: false, context: { source: "miss" } });
});

cacheTest(
  "asks again at each miss where entries live no longer than the bound",
  async ({ tupleStore, engine, connectCache, store }) => {
    const cache = connectCache(store);
    await answering(cache);
    const service = createService({ tupleStore, engine }, { cache });
    await seedWorld(service);
    await watch(cache);
    expect(await confirmations(service, () => ask(service, "anna"))).toBe(1);
    await watch(cache);
    expect(await confirmations(service, () => ask(service, "eva"))).toBe(1);
  },
);
