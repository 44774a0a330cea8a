/** A check through the cache: what is stored, what is not, and what a reply says of it. */
import { describe, expect } from "vitest";
import { answering, ask, counted, engineCalls, evaluationOf, test } from "../../support/cache.ts";
import type { Reply } from "../../support/service.ts";
import { cooperate, createService, KEYS, type Service, seedWorld } from "../../support/service.ts";

const NOON = new Date("2030-01-01T12:00:00Z");

/** A batch through AuthZEN: its evaluations. */
async function askAll(service: Service, evaluations: object[]) {
  const reply = await service.admin("POST", "/access/v1/evaluations", { evaluations }, { key: KEYS.check });
  expect(reply.status).toBe(200);
  return reply.body.evaluations;
}

const sources = (evaluations: Reply["body"][]) => evaluations.map(({ context }) => context.source);

test("the second question is a hit, and a revocation is seen by the next", async ({ cached }) => {
  await seedWorld(cached);
  const { shares } = await cooperate(cached, [{ resource: "plant:7", role: "technical_manager" }]);
  const path = `/v1/shares/${shares[0]}/delegations/tom`;
  expect((await cached.as("ben", "PUT", path, { role: "viewer" })).status).toBe(201);
  expect(await ask(cached, "tom")).toMatchObject({ decision: true, context: { source: "miss" } });
  expect(await ask(cached, "tom")).toMatchObject({ decision: true, context: { source: "hit" } });
  expect((await cached.as("ben", "DELETE", path)).status).toBe(200);
  expect(await ask(cached, "tom")).toMatchObject({ decision: false, context: { source: "miss" } });
  expect(await ask(cached, "tom")).toMatchObject({ decision: false, context: { source: "hit" } });
});

describe("what is cached", () => {
  test("permissions of a person on a plant or portfolio, whether allowed or denied", async ({ cached }) => {
    await seedWorld(cached);
    for (const resource of ["plant:7", "plant:8", "portfolio:north"])
      for (const action of ["view", "manage_technical", "manage_commercial", "operate", "share"])
        for (const [user, decision] of [["anna", true] as const, ["ben", false] as const]) {
          expect(await ask(cached, user, resource, action)).toMatchObject({ decision, context: { source: "miss" } });
          expect(await ask(cached, user, resource, action)).toMatchObject({ decision, context: { source: "hit" } });
        }
  });

  test("nothing else: questions about organizations, cooperations, shares and subjects that are no person reach the engine", async ({
    cached,
    redis,
  }) => {
    await seedWorld(cached);
    const { id, shares } = await cooperate(cached, [{ resource: "plant:7", role: "viewer" }]);
    const asked: [user: string, resource: string, action: string][] = [
      ["anna", "organization:sunward", "manage"],
      ["anna", `cooperation:${id}`, "view"],
      ["ben", `share:${shares[0]}`, "delegate"],
    ];
    for (const [user, resource, action] of asked)
      for (let n = 0; n < 2; n++)
        expect(await ask(cached, user, resource, action), resource).toEqual({
          decision: true,
          context: { source: "engine" },
        });
    const organization = { ...evaluationOf("anna"), subject: { type: "organization", id: "sunward" } };
    for (let n = 0; n < 2; n++)
      expect(await askAll(cached, [organization])).toEqual([{ decision: false, context: { source: "engine" } }]);
    expect(await redis.client.keys("e:*")).toEqual([]);
    await ask(cached, "anna");
    await expect.poll(() => redis.client.keys("e:*")).toHaveLength(1);
  });

  test("a resource without an owner is asked about every time and never stored", async ({ cached, redis }) => {
    await seedWorld(cached);
    for (let n = 0; n < 2; n++)
      expect(await ask(cached, "anna", "plant:none")).toEqual({ decision: false, context: { source: "engine" } });
    await ask(cached, "anna", "plant:7");
    await expect.poll(() => redis.client.keys("e:*")).toHaveLength(1);
    expect(await redis.client.keys("e:*plant:none*")).toEqual([]);
    expect(await counted(cached, 'concordat_check_unstored_total{reason="no_owner"}')).toBe(2);
  });
});

describe("a trace", () => {
  test("says where the answer came from, until when it is valid, and the access path once it is known", async ({
    cached,
  }) => {
    await seedWorld(cached);
    const { id, shares } = await cooperate(cached, [{ resource: "plant:7", role: "viewer" }]);
    cached.setNow(NOON);
    const valid_until = "2030-01-01T12:00:10.000Z";
    for (const [user, accessPath] of [
      ["anna", "own"],
      ["ben", { cooperation: id, share: shares[0] }],
    ] as const) {
      expect(await ask(cached, user)).toEqual({ decision: true, context: { source: "miss", valid_until } });
      const knowing = { decision: true, context: { source: "hit", valid_until, via: accessPath } };
      await expect.poll(() => ask(cached, user)).toEqual(knowing);
      expect(await askAll(cached, [evaluationOf(user)])).toEqual([knowing]);
    }
    await ask(cached, "eva");
    expect(await ask(cached, "eva")).toEqual({ decision: false, context: { source: "hit", valid_until } });
  });

  test("names the access path at once while nothing was written since it was found; not where a date may have changed it", async ({
    cached,
  }) => {
    await seedWorld(cached);
    cached.setNow(NOON);
    const { id, shares } = await cooperate(cached, [{ resource: "plant:7", role: "viewer" }]);
    const path = `/v1/shares/${shares[0]}/delegations`;
    await cached.as("ben", "PUT", `${path}/tom`, { role: "viewer" });
    await cached.as("ben", "PUT", `${path}/eva`, { role: "viewer", expires_at: "2031-01-01T00:00:00Z" });
    const accessPath = { cooperation: id, share: shares[0] };
    for (const user of ["anna", "tom", "eva"])
      await expect
        .poll(async () => (await ask(cached, user)).context.via)
        .toEqual(user === "anna" ? "own" : accessPath);
    const later = (seconds: number) => cached.setNow(new Date(NOON.getTime() + seconds * 1000));
    later(11);
    expect((await ask(cached, "anna")).context).toMatchObject({ source: "miss", via: "own" });
    expect((await ask(cached, "tom")).context).toMatchObject({ source: "miss", via: accessPath });
    const dated = await ask(cached, "eva");
    expect([dated.context.source, dated.context.via]).toEqual(["miss", undefined]);

    // tom is one of the owner's own people from here on; no earlier answer is given
    await cached.admin("PUT", "/v1/organizations/sunward/people/tom", { role: "admin" });
    const invalidated = await ask(cached, "tom");
    expect([invalidated.context.source, invalidated.context.via]).toEqual(["miss", undefined]);
    await expect.poll(async () => (await ask(cached, "tom")).context.via).toBe("own");
  });

  test("is returned only to a caller that asks for it", async ({ cached }) => {
    await seedWorld(cached);
    for (const context of [undefined, {}, { trace: false }, { trace: "true" }]) {
      const question = { ...evaluationOf("anna"), context };
      const { body } = await cached.admin("POST", "/access/v1/evaluation", question, { key: KEYS.check });
      expect(body).toEqual({ decision: true });
      expect(await askAll(cached, [question])).toEqual([{ decision: true }]);
    }
    const [traced, plain] = await askAll(cached, [evaluationOf("anna"), { ...evaluationOf("anna"), context: {} }]);
    expect(traced).toMatchObject({ decision: true, context: { source: "hit" } });
    expect(plain).toEqual({ decision: true });
  });
});

describe("a denied answer", () => {
  test("costs one engine call where the same was denied before at that owner's, and a later permission is answered as allowed", async ({
    cached,
  }) => {
    await seedWorld(cached);
    await ask(cached, "anna", "plant:8");
    const calls = async () => [await engineCalls(cached, "batch_check"), await engineCalls(cached, "check")];
    const [batches = 0, checks = 0] = await calls();
    const path = "/v1/organizations/sunward/people/eva";
    expect(await ask(cached, "eva")).toMatchObject({ decision: false, context: { source: "miss" } });
    expect(await calls()).toEqual([batches + 1, checks + 1]);
    expect(await ask(cached, "eva", "plant:8")).toMatchObject({ decision: false, context: { source: "miss" } });
    expect(await calls()).toEqual([batches + 2, checks + 1]);

    await cached.admin("PUT", path, { role: "admin" });
    // the first is asked as of now, and behind the answer as of the end; for the second a yes is likely again
    for (const resource of ["plant:7", "plant:8"])
      expect(await ask(cached, "eva", resource)).toMatchObject({ decision: true, context: { source: "miss" } });
    await expect.poll(calls).toEqual([batches + 4, checks + 2]);
    await expect.poll(() => ask(cached, "eva")).toMatchObject({ decision: true, context: { source: "hit" } });
    await cached.admin("PUT", path, { role: "member" });
    expect(await ask(cached, "eva")).toMatchObject({ decision: false, context: { source: "miss" } });
  });

  test("costs one engine call for somebody new where those before were mostly denied the same, and an allowed one is still answered as such", async ({
    cached,
  }) => {
    await seedWorld(cached);
    const { shares } = await cooperate(cached, [{ resource: "plant:7", role: "viewer" }]);
    await cached.as("ben", "PUT", `/v1/shares/${shares[0]}/delegations/tom`, { role: "viewer" });
    const calls = async () => [await engineCalls(cached, "batch_check"), await engineCalls(cached, "check")];
    expect(await ask(cached, "stranger-1")).toMatchObject({ decision: false, context: { source: "miss" } });
    const [batches = 0, checks = 0] = await calls();
    for (const user of ["stranger-2", "stranger-3"])
      expect(await ask(cached, user)).toMatchObject({ decision: false, context: { source: "miss" } });
    expect(await calls()).toEqual([batches + 2, checks]);
    expect(await ask(cached, "tom")).toMatchObject({ decision: true, context: { source: "miss" } });
    await expect.poll(calls).toEqual([batches + 3, checks + 1]);
    // another permission has its own tendency
    expect(await ask(cached, "anna", "plant:7", "operate")).toMatchObject({ decision: true });
    expect(await calls()).toEqual([batches + 4, checks + 1]);
  });

  test("costs one engine call at an owner of whom nobody asked before, where the same was mostly denied at others", async ({
    cached,
  }) => {
    await seedWorld(cached);
    await cached.admin("PUT", "/v1/plants/9", { owner: "brightfix", name: "Workshop" });
    for (const user of ["stranger-1", "stranger-2"]) await ask(cached, user);
    await ask(cached, "tom", "plant:9", "operate");
    const calls = async () => [await engineCalls(cached, "batch_check"), await engineCalls(cached, "check")];
    const [batches = 0, checks = 0] = await calls();
    expect(await ask(cached, "stranger-3", "plant:9")).toMatchObject({ decision: false, context: { source: "miss" } });
    expect(await calls()).toEqual([batches + 1, checks]);
  });

  test("that was expected and is an allowed answer with a date within the TTL is returned and not cached", async ({
    cached,
  }) => {
    await seedWorld(cached);
    const { shares } = await cooperate(cached, [{ resource: "plant:7", role: "viewer" }]);
    cached.setNow(NOON);
    expect((await ask(cached, "tom")).decision).toBe(false);
    const dated = { role: "viewer", expires_at: "2030-01-01T12:00:05Z" };
    await cached.as("ben", "PUT", `/v1/shares/${shares[0]}/delegations/tom`, dated);
    for (let n = 0; n < 2; n++) {
      const { decision, context } = await ask(cached, "tom");
      expect([decision, context.source === "hit"]).toEqual([true, false]);
    }
    cached.setNow(new Date("2030-01-01T12:00:05Z"));
    expect((await ask(cached, "tom")).decision).toBe(false);
  });
});

describe("a batch", () => {
  test("is looked up in one round trip, and only what is missing is asked of the engine, together", async ({
    cached,
    redis,
  }) => {
    await seedWorld(cached);
    const stranger = ["plant:7", "plant:8", "portfolio:north"].map((resource) => evaluationOf("eva", resource));
    const admin = ["plant:7", "plant:8", "portfolio:north"].map((resource) =>
      evaluationOf("anna", resource, "operate"),
    );
    await askAll(cached, stranger);
    const lookups = async () => Number(/cmdstat_mget:calls=(\d+)/.exec(await redis.client.info("commandstats"))?.[1]);
    const count = async () => ({
      lookups: await lookups(),
      checks: await engineCalls(cached, "check"),
      batches: await engineCalls(cached, "batch_check"),
      expands: await engineCalls(cached, "expand"),
    });
    const before = await count();
    const hits = await askAll(cached, stranger);
    expect(sources(hits)).toEqual(["hit", "hit", "hit"]);
    expect(await count()).toEqual({ ...before, lookups: before.lookups + 1 });

    const mixed = await askAll(cached, [...stranger, ...admin, ...admin]);
    expect(sources(mixed)).toEqual([...Array(3).fill("hit"), ...Array(6).fill("miss")]);
    expect(mixed.map(({ decision }: { decision: boolean }) => decision)).toEqual([
      ...Array(3).fill(false),
      ...Array(6).fill(true),
    ]);
    // the yes at the end of the TTL is enough, and the three heads and owners are asked for with it; one call, or two
    // where Redis's replies with the tokens came in two pieces: three questions alone would be three
    const { batches, ...others } = await count();
    expect(others).toEqual({ lookups: before.lookups + 2, checks: before.checks, expands: before.expands });
    expect(batches - before.batches).toBeGreaterThan(0);
    expect(batches - before.batches).toBeLessThan(3);
  });

  test("of questions about several owners, cached or not, is answered in the order of its questions", async ({
    cached,
  }) => {
    await seedWorld(cached);
    await cached.admin("PUT", "/v1/plants/9", { owner: "brightfix", name: "Ours" });
    const { id } = await cooperate(cached, [{ resource: "plant:7", role: "viewer" }]);
    const asked: [string, string, string, boolean][] = [
      ["anna", "plant:7", "view", true],
      ["ben", "plant:8", "view", false],
      ["ben", "plant:9", "view", true],
      ["anna", `cooperation:${id}`, "view", true],
      ["anna", "plant:9", "view", false],
      ["anna", "plant:none", "view", false],
      ["ben", "plant:7", "operate", false],
      ["ben", "plant:7", "view", true],
    ];
    for (let n = 0; n < 3; n++) {
      const answers = await askAll(
        cached,
        asked.map(([user, resource, action]) => evaluationOf(user, resource, action)),
      );
      expect(answers.map(({ decision }: { decision: boolean }) => decision)).toEqual(asked.map((one) => one[3]));
    }
  });
});

describe("a resource whose owner changed", () => {
  test("is answered correctly at every check on every replica", async ({
    cached,
    connectCache,
    tupleStore,
    engine,
    store,
  }) => {
    const cache = connectCache(store);
    await answering(cache);
    const other = createService({ tupleStore, engine }, { cache });
    await seedWorld(cached);
    const owners = async () => {
      for (let n = 0; n < 2; n++)
        for (const service of [cached, other])
          for (const [user, of] of [
            ["anna", "sunward"],
            ["ben", "brightfix"],
          ] as const)
            expect((await ask(service, user, "plant:8")).decision, `${user} ${owner}`).toBe(of === owner);
    };
    let owner: string | undefined = "sunward";
    await owners();
    for (const next of ["brightfix", "sunward"]) {
      expect((await cached.admin("DELETE", "/v1/plants/8")).status).toBe(200);
      owner = undefined;
      // one replica does not see the plant while it is nobody's
      expect((await ask(cached, "anna", "plant:8")).decision).toBe(false);
      expect((await cached.admin("PUT", "/v1/plants/8", { owner: next })).status).toBe(201);
      owner = next;
      await owners();
      expect(sources([await ask(other, "anna", "plant:8"), await ask(cached, "ben", "plant:8")])).toEqual([
        "hit",
        "hit",
      ]);
    }
  });

  test("past the service is answered under its new owner, whose changes are then seen, though its head stayed", async ({
    cached,
    connectCache,
    store,
    tupleStore,
  }) => {
    await seedWorld(cached);
    expect(await ask(cached, "anna", "plant:8")).toMatchObject({ decision: true, context: { source: "miss" } });
    const owner = (organization: string) =>
      ({ user: `organization:${organization}`, relation: "owner", object: "plant:8" }) as const;
    await tupleStore.write({ deletes: [owner("sunward")], writes: [owner("brightfix")] });
    const follower = connectCache(store);
    await answering(follower);
    expect(await follower.invalidate(["organization:sunward", "organization:brightfix"])).toBe(true);

    expect(await ask(cached, "anna", "plant:8")).toMatchObject({ decision: false, context: { source: "engine" } });
    expect(await ask(cached, "anna", "plant:8")).toMatchObject({ decision: false, context: { source: "miss" } });
    expect(await follower.invalidate(["organization:sunward"])).toBe(true);
    expect(await ask(cached, "anna", "plant:8")).toMatchObject({ decision: false, context: { source: "hit" } });
    expect(await follower.invalidate(["organization:brightfix"])).toBe(true);
    expect(await ask(cached, "anna", "plant:8")).toMatchObject({ decision: false, context: { source: "miss" } });
  });
});
