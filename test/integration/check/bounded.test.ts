/**
 * Bounded (law 18): what one organization's people do costs another no more than a
 * constant. Mails, lines in its history, the length of its lists, its queue and its
 * cached decisions.
 */
import { describe, expect } from "vitest";
import { createKeyedMutex } from "../../../src/actions/run/keyed-mutex.ts";
import { createRepeats } from "../../../src/actions/run/repeats.ts";
import type { CacheScope } from "../../../src/domain/cache-scopes.ts";
import { createMemoryCache } from "../../../src/memory/decision-cache.ts";
import type { DecisionCache, ReadFilter, TupleStore } from "../../../src/ports.ts";
import { cooperate, createService, type Service, seedWorld, test } from "../../support/service.ts";

const ORG = "/v1/organizations/sunward";
const PATH = `${ORG}/cooperations`;
const BEGIN = Date.parse("2027-03-01T12:00:00Z");
const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;

const at = (service: Service, seconds: number) => service.setNow(new Date(BEGIN + seconds * 1000));
const invite = (service: Service, body: object) => service.as("anna", "POST", PATH, body);
const remove = async (service: Service, id: string) =>
  expect((await service.as("anna", "DELETE", `/v1/cooperations/${id}`)).status).toBe(200);

/** The service with some limits of its own, as another replica on the same store. */
function limited(service: Service, limits: object, tupleStore: TupleStore = service.deps.tupleStore): Service {
  const { invitation } = service.deps;
  const changes = { invitation: { ...invitation, limits: { ...invitation.limits, ...limits } } };
  const replica = createService({ ...service.deps, tupleStore }, changes);
  return replica;
}

/** Relationships that count what is read. */
function counting(tupleStore: TupleStore): { tupleStore: TupleStore; reads: ReadFilter[] } {
  const reads: ReadFilter[] = [];
  const read: TupleStore["read"] = (filter) => {
    reads.push(filter);
    return tupleStore.read(filter);
  };
  return { tupleStore: { ...tupleStore, read }, reads };
}

describe("an invitation", () => {
  for (const between of ["cooperation:", "invitation:"])
    test(`is reported as open, and not as a pause, when another was faster (between the reads of ${between})`, async ({
      service,
      tupleStore,
      engine,
    }) => {
      await seedWorld(service);
      let open: string | undefined;
      const read: TupleStore["read"] = async (filter) => {
        const found = await tupleStore.read(filter);
        const isIt =
          filter.object.startsWith(between) && (filter.relation === "initiator" || between !== "cooperation:");
        if (isIt && open === undefined) open = (await invite(service, { organization: "brightfix" })).body.id;
        return found;
      };
      const slow = createService({ tupleStore: { ...tupleStore, read }, engine });
      const { status, body } = await invite(slow, { organization: "brightfix" });
      expect([status, body.code, body.cooperation]).toEqual([409, "already_invited", open]);
    });

  for (const [what, to] of [
    ["a known organization", { organization: "brightfix" }],
    ["an address", { email: "ida@else.example" }],
  ] as const)
    test(`of ${what} is refused on every replica right after it was removed, and made again a minute later`, async ({
      service,
    }) => {
      at(service, 0);
      await seedWorld(service);
      const first = await invite(service, to);
      await remove(service, first.body.id);
      const mails = service.mails.length;
      const replica = limited(service, {});
      at(replica, 1);
      const again = await invite(replica, to);
      expect([again.status, again.body, again.headers.get("Retry-After")]).toMatchObject([
        429,
        { code: "cool_down", retry_after_seconds: 59 },
        "59",
      ]);
      expect([replica.mails, service.mails.length]).toEqual([[], mails]);
      // somebody else may be, and so may they by another
      expect((await invite(replica, { email: "other@else.example" })).status).toBe(201);
      at(service, MINUTE);
      expect((await invite(service, to)).status).toBe(201);
    });

  test("waits longer after each unanswered one, at most a day; sending again counts, and an acceptance resets the wait", async ({
    service,
  }) => {
    await seedWorld(service);
    const waits: number[] = [];
    let now = 0;
    at(service, now);
    for (let round = 0; round < 15; round++) {
      const { body } = await invite(service, { organization: "brightfix" });
      expect(body.status, JSON.stringify(body)).toBe("pending");
      if (round % 2 === 0) await remove(service, body.id);
      const refused =
        round % 2 === 0
          ? await invite(service, { organization: "brightfix" })
          : await service.as("anna", "POST", `/v1/cooperations/${body.id}/resend`);
      expect(refused.body.code).toBe("cool_down");
      waits.push(refused.body.retry_after_seconds);
      now += refused.body.retry_after_seconds;
      at(service, now);
      if (round % 2 === 1) await remove(service, body.id);
    }
    const doubled = [1, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024].map((minutes) => minutes * MINUTE);
    expect(waits).toEqual([...doubled, DAY, DAY, DAY]);
    const { body } = await invite(service, { organization: "brightfix" });
    await service.as("ben", "POST", `/v1/cooperations/${body.id}/accept`);
    const next = await invite(service, { organization: "brightfix" });
    expect(next.status).toBe(201);
    const resent = await service.as("anna", "POST", `/v1/cooperations/${next.body.id}/resend`);
    expect(resent.body.retry_after_seconds).toBe(MINUTE);
  });

  test("that was declined is refused for the configured number of days, and made again after them", async ({
    service,
  }) => {
    at(service, 0);
    await seedWorld(service);
    const { body } = await invite(service, { organization: "brightfix" });
    expect((await service.as("ben", "POST", `/v1/cooperations/${body.id}/decline`)).status).toBe(200);
    at(service, 3 * DAY - 1);
    const again = await invite(service, { organization: "brightfix" });
    expect([again.status, again.body]).toMatchObject([429, { code: "cool_down", retry_after_seconds: 1 }]);
    // by its person's address it is the same organization
    const byAddress = { email: "tom@brightfix.example", confirm_organization: "brightfix" };
    expect((await invite(service, byAddress)).body.code).toBe("cool_down");
    at(service, 3 * DAY);
    expect((await invite(service, byAddress)).status).toBe(201);
  });

  test("is refused while too many of the organization's are unanswered, and made once one is withdrawn", async ({
    service,
  }) => {
    await seedWorld(service);
    const strict = limited(service, { openMax: 2 });
    await invite(strict, { email: "one@else.example" });
    const second = await invite(strict, { organization: "brightfix" });
    const refused = await invite(strict, { email: "three@else.example" });
    expect([refused.status, refused.body]).toMatchObject([
      429,
      { code: "too_many_invitations", kind: "open", count: 2, limit: 2 },
    ]);
    expect(refused.headers.get("Retry-After")).toBe(null);
    await service.as("ben", "POST", `/v1/cooperations/${second.body.id}/accept`);
    expect((await invite(strict, { email: "three@else.example" })).status).toBe(201);
  });

  test("is refused when the organization has sent too many today, removed or not; others may send, and it may tomorrow", async ({
    service,
  }) => {
    at(service, 0);
    await seedWorld(service);
    const strict = limited(service, { dailyMax: 2 });
    at(strict, 0);
    for (const email of ["one@else.example", "two@else.example"])
      await remove(strict, (await invite(strict, { email })).body.id);
    // what else is done to the organization leaves the count as it is
    await service.admin("PUT", ORG, { name: "Sunward & Sons" });
    const refused = await invite(strict, { email: "three@else.example" });
    expect([refused.status, refused.body, refused.headers.get("Retry-After")]).toMatchObject([
      429,
      { code: "too_many_invitations", kind: "today", count: 2, limit: 2, retry_after_seconds: DAY / 2 },
      String(DAY / 2),
    ]);
    const ofOther = await strict.as("ben", "POST", "/v1/organizations/brightfix/cooperations", {
      organization: "sunward",
    });
    expect(ofOther.status).toBe(201);
    at(strict, DAY / 2);
    expect((await invite(strict, { email: "three@else.example" })).status).toBe(201);
  });

  test("writes nothing to the invited organization before it answers: its ETag and its history are as they were", async ({
    service,
  }) => {
    await seedWorld(service);
    const state = async () => {
      const { body } = await service.as("ben", "GET", "/v1/organizations/brightfix/history");
      const { headers } = await service.as("ben", "GET", "/v1/organizations/brightfix");
      return { etag: headers.get("ETag") ?? "", lines: body.items.length };
    };
    const before = await state();
    const { body } = await invite(service, { organization: "brightfix" });
    await service.as("anna", "PATCH", `/v1/cooperations/${body.id}`, { expires_at: "2090-01-01T00:00:00Z" });
    expect(await state()).toEqual(before);
    const edit = (etag: string) =>
      service.as(
        "ben",
        "PUT",
        "/v1/organizations/brightfix/people/tom",
        { role: "moderator" },
        { headers: { "If-Match": etag } },
      );
    expect((await edit(before.etag)).status).toBe(200);
    const edited = await state();
    await service.as("ben", "POST", `/v1/cooperations/${body.id}/accept`);
    expect((await state()).lines).toBe(edited.lines + 1);
  });
});

test("what has ended is not read by lists, by inviting, or when somebody steps down", async ({
  service,
  tupleStore,
}) => {
  await seedWorld(service);
  await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
  const counted = counting(tupleStore);
  const replica = limited(service, {}, counted.tupleStore);
  const looks: [user: string, method: string, path: string, body?: object][] = [
    ["anna", "GET", PATH],
    ["ben", "GET", "/v1/organizations/brightfix/cooperations"],
    ["ben", "GET", "/v1/organizations/brightfix/incoming-shares"],
    ["anna", "POST", `${PATH}?dry_run=true`, { email: "new@else.example" }],
    ["ben", "PUT", "/v1/organizations/brightfix/people/ben", { role: "member" }],
    ["anna", "PUT", "/v1/organizations/sunward/people/anna", { role: "member" }],
  ];
  const costs = async () => {
    const all: Record<string, number> = {};
    for (const [user, method, path, body] of looks) {
      counted.reads.length = 0;
      await replica.as(user, method, path, body);
      all[`${method} ${path}`] = counted.reads.length;
    }
    return all;
  };
  const before = await costs();
  for (let round = 0; round < 12; round++) {
    const { id } = await cooperate(service, []);
    await (round % 2 === 0 ? remove(service, id) : service.as("ben", "POST", `/v1/cooperations/${id}/leave`));
    const { body } = await invite(service, { email: `${round}@else.example` });
    await remove(service, body.id);
  }
  await service.settled();
  expect(await costs()).toEqual(before);
  expect((await service.as("anna", "GET", `${PATH}?status=ended`)).body.items).toHaveLength(24);
});

/** A cache that records which scopes were invalidated. */
function watching(): { cache: DecisionCache; invalidated: CacheScope[] } {
  const inner = createMemoryCache({ entriesMax: 1000 });
  const invalidated: CacheScope[] = [];
  const lease: DecisionCache["lease"] = async (writer, scopes) => {
    invalidated.push(...scopes);
    await inner.lease(writer, scopes);
  };
  const release: DecisionCache["release"] = async (writer, scopes) => {
    invalidated.push(...scopes);
    return inner.release(writer, scopes);
  };
  return { cache: { ...inner, lease, release }, invalidated };
}

describe("an action that is repeated without effect", () => {
  test("invalidates the owner's decisions once for what was read, and not a second time", async ({
    tupleStore,
    engine,
  }) => {
    const { cache, invalidated } = watching();
    const service = createService({ tupleStore, engine }, { cache });
    await seedWorld(service);
    const { id } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
    const repeat = async () => {
      expect((await service.as("ben", "POST", `/v1/cooperations/${id}/accept`)).status).toBe(200);
      expect((await service.as("ben", "POST", `/v1/cooperations/${id}/decline`)).body.code).toBe("wrong_status");
    };
    invalidated.length = 0;
    for (let round = 0; round < 3; round++) await repeat();
    expect(invalidated).toEqual(["organization:sunward"]);
    // what somebody else did since may have lost its end
    const rival = createService({ tupleStore, engine });
    await rival.as("anna", "POST", `/v1/cooperations/${id}/pause`);
    await repeat();
    await repeat();
    expect(invalidated).toEqual(["organization:sunward", "organization:sunward"]);
  });

  test("invalidates again as long as nothing was acknowledged", async ({ tupleStore, engine }) => {
    const { cache, invalidated } = watching();
    const deaf: DecisionCache = {
      ...cache,
      release: async (writer, scopes) => void (await cache.release(writer, scopes)) === null,
    };
    const service = createService({ tupleStore, engine }, { cache: deaf, repeats: createRepeats(0) });
    await seedWorld(service);
    const { id } = await cooperate(service, []);
    invalidated.length = 0;
    for (let round = 0; round < 3; round++) await service.as("ben", "POST", `/v1/cooperations/${id}/accept`);
    expect(invalidated).toHaveLength(3);
  });

  test("invalidates nothing as a dry run", async ({ tupleStore, engine }) => {
    const { cache, invalidated } = watching();
    const service = createService({ tupleStore, engine }, { cache });
    await seedWorld(service);
    const { id } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
    invalidated.length = 0;
    for (const step of ["accept", "decline", "leave"])
      await service.as("ben", "POST", `/v1/cooperations/${id}/${step}?dry_run=true`);
    await service.as("anna", "POST", `/v1/cooperations/${id}/resend?dry_run=true`);
    expect(invalidated).toEqual([]);
  });

  test("is answered behind an invalidation that comes after the reading, and many at once share one", async () => {
    const repeats = createRepeats(400);
    const SUNWARD: CacheScope = "organization:sunward";
    let ends = 0;
    const end = async () => {
      ends++;
      return { at: new Date(), acknowledged: true };
    };
    const report = (n: number) => repeats.invalidate({ heads: [`cooperation:a ${n}`], by: "ben" }, [SUNWARD], end);
    await report(1);
    // different readings, as between other changes: each is answered after an invalidation of its own or a later one
    const all = await Promise.all([2, 3, 4, 5, 6].map(report));
    expect(all.every((ended) => ended !== "before")).toBe(true);
    expect(ends).toBe(2);
    expect(await report(6)).toBe("before");
    // somebody else and a service do not wait for them
    await repeats.invalidate({ heads: ["cooperation:a 7"], by: "tom" }, [SUNWARD], end);
    await repeats.invalidate({ heads: ["cooperation:a 7"], by: undefined }, [SUNWARD, "user:x"], end);
    expect(ends).toBe(4);
  });
});

test("an action that is refused or repeated does not wait in the queue; an action that changes something does", async ({
  service,
  tupleStore,
  engine,
}) => {
  await seedWorld(service);
  const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
  const waiting: string[] = [];
  const stuck = createService(
    { tupleStore, engine },
    {
      mutex: (object) => {
        waiting.push(object);
        return new Promise(() => {});
      },
    },
  );
  const replies: [user: string, method: string, path: string, body: object | undefined, code: string | undefined][] = [
    ["zoe", "PUT", `${ORG}/people/x`, { role: "member" }, "not_found"],
    ["zoe", "DELETE", `${ORG}/people/anna`, undefined, "not_found"],
    ["otto", "PUT", `${ORG}/people/anna`, { role: "member" }, "not_admin"],
    ["zoe", "POST", PATH, { organization: "brightfix" }, "not_found"],
    ["zoe", "POST", `/v1/cooperations/${id}/pause`, {}, "not_found"],
    ["ben", "POST", `/v1/cooperations/${id}/pause`, {}, "wrong_side"],
    ["zoe", "DELETE", `/v1/shares/${shares[0]}`, undefined, "not_found"],
    ["zoe", "PUT", `/v1/shares/${shares[0]}/delegations/tom`, { role: "viewer" }, "not_found"],
    ["zoe", "PUT", "/v1/plants/7", { owner: "sunward", name: "Mine" }, "not_found"],
    ["zoe", "PUT", "/v1/plants/7/roles/zoe", { role: "viewer" }, "not_found"],
    ["ben", "POST", `/v1/cooperations/${id}/accept`, {}, undefined],
    ["ben", "POST", `/v1/cooperations/${id}/decline`, {}, "wrong_status"],
    ["ben", "POST", `/v1/cooperations/${id}/leave?dry_run=true`, {}, undefined],
  ];
  for (const [user, method, path, body, code] of replies)
    expect((await stuck.as(user, method, path, body)).body.code, `${user} ${method} ${path}`).toBe(code);
  expect(waiting).toEqual([]);
  void stuck.as("anna", "POST", `/v1/cooperations/${id}/pause`);
  await expect.poll(() => waiting).toEqual([`cooperation:${id}`]);
});

test("an action that finds in the queue that nothing is left to do leaves the queue before it waits", async ({
  tupleStore,
  engine,
}) => {
  const inner = createKeyedMutex();
  const both = Promise.withResolvers<void>();
  const held: string[] = [];
  const service = createService(
    { tupleStore, engine },
    {
      mutex: async (object, act) => {
        if (held.length < 2) {
          held.push(object);
          if (held.length === 2) both.resolve();
          await both.promise;
        }
        return inner(object, act);
      },
      // a pace that never lets go
      repeats: { invalidate: () => new Promise(() => {}) },
    },
  );
  const seeding = createService({ tupleStore, engine });
  await seedWorld(seeding);
  const { id, shares } = await cooperate(seeding, [{ resource: "plant:7", role: "viewer" }]);
  const delegate = () => service.as("ben", "PUT", `/v1/shares/${shares[0]}/delegations/tom`, { role: "viewer" });
  // both decide to write, and the second finds it written
  expect((await Promise.race([delegate(), delegate()])).status).toBe(201);
  expect(held).toEqual([`cooperation:${id}`, `cooperation:${id}`]);
  expect((await service.as("anna", "POST", `/v1/cooperations/${id}/pause`)).status).toBe(200);
});

describe("with disclosure off", () => {
  test("a known and an unknown address cost the same reads, by invitation and by confirmation", async ({
    service,
    tupleStore,
  }) => {
    await seedWorld(service);
    // its first invitation counts those that are open
    await remove(service, (await invite(service, { email: "first@else.example" })).body.id);
    const { tupleStore: counted, reads } = counting(tupleStore);
    const closed = createService({ ...service.deps, tupleStore: counted }, { discloseOrganizations: false });
    /** What is read, without whom it is about. */
    const readsOf = async (path: string, body: object) => {
      reads.length = 0;
      const { body: invited } = await invite(
        { ...closed, as: (user, method, _, sent) => closed.as(user, method, path, sent) },
        body,
      );
      const counted = [...reads];
      if (invited.id !== undefined) await remove(service, invited.id);
      return {
        code: invited.code,
        reads: counted.map(({ object, relation, user }) => [object.split(":")[0], relation, user?.split(":")[0]]),
      };
    };
    for (const confirmed of [{}, { confirm_organization: "brightfix" }])
      for (const query of ["?dry_run=true", ""]) {
        const known = await readsOf(`${PATH}${query}`, { email: "ben@brightfix.example", ...confirmed });
        const unknown = await readsOf(`${PATH}${query}`, { email: "nobody@else.example", ...confirmed });
        expect(known.reads.length).toBeGreaterThan(3);
        expect(unknown).toEqual(known);
      }
    expect((await service.as("anna", "GET", PATH)).body.items).toEqual([]);
  });
});
