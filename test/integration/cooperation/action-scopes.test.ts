/**
 * What actions do to the cache: each invalidates whatever its Write reaches, checks after its
 * reply are answered from after it, and an action that was not committed leaves no lease
 * behind.
 */
import { describe, expect } from "vitest";
import { resumeDue, startCooperation, startShare, stepDown } from "../../../src/actions/due.ts";
import type { Action } from "../../../src/actions/run/action.ts";
import { perform } from "../../../src/actions/run/perform.ts";
import { resolveScopes } from "../../../src/check/resolve-scopes.ts";
import type { CacheScope } from "../../../src/domain/cache-scopes.ts";
import { SCHEDULER } from "../../../src/domain/caller.ts";
import { createTupleStore } from "../../../src/openfga/tuple-store.ts";
import type { DecisionCache, TupleStore } from "../../../src/ports.ts";
import { ask, test as cacheTest } from "../../support/cache.ts";
import { type FaultyNetwork, startFaultyNetwork } from "../../support/faulty-network.ts";
import {
  cooperate,
  createService,
  forgetInvitations,
  type Reply,
  type Service,
  seedWorld,
} from "../../support/service.ts";

const NOON = new Date("2030-01-01T12:00:00Z");
const YEAR = new Date().getFullYear() + 1;

type Fixtures = {
  network: FaultyNetwork;
  /** A writer on the same store that reaches no Redis: what it commits invalidates nothing, as if it died before its end. */
  died: Service;
  world: { cooperation: string; share: string };
};

const test = cacheTest.extend<Fixtures>({
  network: async ({ store }, use) => {
    const network = await startFaultyNetwork(store.apiUrl, 3000);
    await use(network);
    network.fate = () => "pass";
    await network.close();
  },
  died: async ({ tupleStore, engine, store, connectCache }, use) => {
    const cache = connectCache({ ...store, url: "redis://127.0.0.1:1" });
    await use(createService({ tupleStore, engine }, { cache, inBackground: () => {} }));
  },
  world: async ({ cached }, use) => {
    await seedWorld(cached);
    const { id, shares } = await cooperate(cached, [{ resource: "plant:7", role: "technical_manager" }]);
    cached.setNow(NOON);
    await use({ cooperation: `/v1/cooperations/${id}`, share: `/v1/shares/${shares[0]}` });
  },
});

type Step = [who: string | undefined, method: string, path: string, body?: object];
const play = (service: Service, [who, method, path, body]: Step) =>
  who === undefined ? service.admin(method, path, body) : service.as(who, method, path, body);

test("every action leases all the scopes that its Write reaches, before the Write", async ({
  cached,
  tupleStore,
  engine,
}) => {
  const { cache } = cached.deps;
  let begun: CacheScope[] = [];
  let writes: { reached: CacheScope[] | "all"; begun: CacheScope[] }[] = [];
  const recording: DecisionCache = {
    ...cache,
    lease: async (writer, scopes) => {
      begun.push(...scopes);
      await cache.lease(writer, scopes);
    },
  };
  const write: TupleStore["write"] = async (one) => {
    // what is deleted is resolved while it is there, what is written once it is
    const before = await resolveScopes(tupleStore, one.deletes);
    const outcome = await tupleStore.write(one);
    const after = await resolveScopes(tupleStore, one.writes);
    writes.push({ reached: before === "all" || after === "all" ? "all" : [...before, ...after], begun: [...begun] });
    return outcome;
  };
  const service = createService({ tupleStore: { ...tupleStore, write }, engine }, { cache: recording });
  let invalidating = 0;
  const written = (what: string) => {
    expect(writes, what).toHaveLength(1);
    for (const { reached, begun } of writes) {
      expect(reached, what).not.toBe("all");
      expect(begun, what).toEqual(expect.arrayContaining(reached as CacheScope[]));
      if (reached.length > 0) invalidating++;
    }
  };
  const act = async (...step: Step): Promise<Reply["body"]> => {
    begun = [];
    writes = [];
    const { status, body } = await play(service, step);
    expect(status, `${step.join(" ")} ${JSON.stringify(body)}`).toBeLessThan(300);
    written(step.join(" "));
    return body;
  };
  /** What the service does when the date has come. */
  const due = async (what: string, action: Action<unknown, unknown>) => {
    begun = [];
    writes = [];
    service.setNow(new Date(`${YEAR + 1}-01-01T00:00:00Z`));
    const receipt = await perform(service.deps, { caller: SCHEDULER, requestId: "due" }, action);
    service.setNow(undefined);
    expect(receipt, what).toMatchObject({ outcome: "done" });
    written(what);
  };
  await act(undefined, "PUT", "/v1/organizations/sunward", { name: "Sunward" });
  await act(undefined, "PUT", "/v1/organizations/brief", { name: "Brief" });
  await act(undefined, "PUT", "/v1/organizations/sunward/people/anna", { role: "admin" });
  await act(undefined, "PUT", "/v1/organizations/sunward/people/otto", { role: "member" });
  await act("anna", "PUT", "/v1/organizations/sunward/people/otto", { role: "moderator" });
  await act(undefined, "PUT", "/v1/organizations/brief/people/lena", { role: "admin", email: "lena@brief.example" });
  await act(undefined, "PUT", "/v1/organizations/brief/people/max", { role: "member" });
  await act(undefined, "PUT", "/v1/portfolios/north", { owner: "sunward", name: "North" });
  await act(undefined, "PUT", "/v1/plants/7", { owner: "sunward", name: "Hillside" });
  await act("anna", "PUT", "/v1/plants/7", { owner: "sunward", portfolio: "north" });
  await act("anna", "PUT", "/v1/plants/7", { owner: "sunward" });
  await act("anna", "PUT", "/v1/plants/7/roles/otto", { role: "operator" });
  await act("anna", "PUT", "/v1/portfolios/north/roles/otto", { role: "viewer" });
  await act("anna", "DELETE", "/v1/portfolios/north/roles/otto");

  const shares = [{ resource: "plant:7", role: "technical_manager" }];
  const invite = (body: object) => act("anna", "POST", "/v1/organizations/sunward/cooperations", body);
  const declined = await invite({ organization: "brief", shares });
  await act("lena", "POST", `/v1/cooperations/${declined.id}/decline`, {});
  await forgetInvitations(service);
  const removed = await invite({ email: "ida@else.example", shares });
  await act("anna", "DELETE", `/v1/cooperations/${removed.id}`);
  const invited = await invite({ organization: "brief", shares });
  const path = `/v1/cooperations/${invited.id}`;
  await act("anna", "PATCH", path, { starts_at: `${YEAR}-05-01T00:00:00Z` });
  await act("lena", "POST", `${path}/accept`, {});
  await due("start", startCooperation({ cooperation: invited.id }));
  const made = await act("anna", "POST", `${path}/shares`, { resource: "portfolio:north", role: "asset_manager" });
  const share = `/v1/shares/${made.id}`;
  const until = (month: number) => ({ expires_at: `${YEAR}-0${month}-01T00:00:00Z` });
  await act("lena", "PUT", `${share}/delegations/max`, { role: "asset_manager" });
  await act("lena", "PUT", `${share}/delegations/max`, { role: "viewer", ...until(2) });
  await act("anna", "PATCH", share, { role: "viewer" });
  await act("anna", "PATCH", share, until(3));
  await act("anna", "PATCH", path, until(4));
  await act("anna", "POST", `${path}/pause`, {});
  await act("anna", "POST", `${path}/resume`, {});
  await act("anna", "PATCH", share, { expires_at: null });
  await act("anna", "PATCH", path, { expires_at: null });
  await act("anna", "PATCH", path, { review_by: `${YEAR}-05-01T00:00:00Z` });
  await act("anna", "POST", `${path}/review`, { note: "Still needed.", review_by: null });
  await act("anna", "POST", `${path}/pause`, { resume_at: `${YEAR}-05-01T00:00:00Z` });
  await due("resume", resumeDue({ cooperation: invited.id }));
  await act("anna", "PATCH", share, { role: "asset_manager", step_down_at: `${YEAR}-05-01T00:00:00Z` });
  await due("step down", stepDown({ share: made.id }));
  await act(undefined, "PUT", "/v1/plants/8", { owner: "sunward" });
  const starts = { resource: "plant:8", role: "viewer", starts_at: `${YEAR}-05-01T00:00:00Z` };
  const later = await act("anna", "POST", `${path}/shares`, starts);
  await due("start a share", startShare({ share: later.id }));
  await act("lena", "DELETE", `${share}/delegations/max`);
  await act("lena", "PUT", `${share}/delegations/max`, { role: "viewer" });
  await act(undefined, "DELETE", "/v1/organizations/brief/people/max");
  await act("anna", "DELETE", share);
  await act("lena", "POST", `${path}/leave`, {});
  await act(undefined, "DELETE", "/v1/organizations/sunward/people/otto");
  await service.settled();
  await act(undefined, "DELETE", "/v1/plants/7");
  await act(undefined, "PUT", "/v1/plants/7", { owner: "brief" });
  await act(undefined, "DELETE", "/v1/portfolios/north");
  // what makes names, or offers what nobody has accepted, need not invalidate; most do
  expect(invalidating).toBeGreaterThan(25);
});

describe("a caller that an action reported done to gets answers from after it, also when the writer died before its lease ended", () => {
  type Case = {
    name: string;
    /** Whose answer changes, on what. */
    user: string;
    resource?: string;
    lost: (world: Fixtures["world"]) => Step;
    again?: (world: Fixtures["world"]) => Step;
    headers?: Record<string, string>;
    answered: [status: number, code: string | undefined];
    before: boolean;
  };
  const pause = ({ cooperation }: Fixtures["world"]): Step => ["anna", "POST", `${cooperation}/pause`, {}];
  const shareLake =
    (role: string) =>
    ({ cooperation }: Fixtures["world"]): Step => [
      "anna",
      "POST",
      `${cooperation}/shares`,
      { resource: "plant:8", role },
    ];
  const remove = ({ cooperation }: Fixtures["world"]): Step => ["anna", "DELETE", cooperation];
  const unshare = ({ share }: Fixtures["world"]): Step => ["anna", "DELETE", share];
  const cases: Case[] = [
    { name: "the same again", user: "ben", lost: pause, answered: [200, undefined], before: true },
    {
      name: "another step that the status no longer allows",
      user: "ben",
      lost: remove,
      again: ({ cooperation }) => ["anna", "POST", `${cooperation}/resume`, {}],
      answered: [409, "wrong_status"],
      before: true,
    },
    {
      name: "a delegation that the status no longer allows",
      user: "ben",
      lost: pause,
      again: ({ share }) => ["ben", "PUT", `${share}/delegations/tom`, { role: "viewer" }],
      answered: [409, "wrong_status"],
      before: true,
    },
    {
      name: "an invitation that can no longer be sent again",
      user: "ben",
      lost: remove,
      again: ({ cooperation }) => ["anna", "POST", `${cooperation}/resend`, {}],
      answered: [409, "wrong_status"],
      before: true,
    },
    {
      name: "a share that is there already",
      user: "ben",
      resource: "plant:8",
      lost: shareLake("viewer"),
      again: shareLake("asset_manager"),
      answered: [409, "already_shared"],
      before: false,
    },
    { name: "a share that was removed", user: "ben", lost: unshare, answered: [404, "not_found"], before: true },
    {
      name: "an If-Match of before",
      user: "ben",
      lost: pause,
      again: ({ cooperation }) => ["anna", "PATCH", cooperation, { expires_at: "2031-01-01T00:00:00Z" }],
      headers: { "If-Match": '"1"' },
      answered: [412, "stale"],
      before: true,
    },
  ];
  for (const { name, user, resource, lost, again = lost, headers = {}, answered, before } of cases)
    test(name, async ({ cached, died, world }) => {
      died.setNow(NOON);
      await ask(cached, user, resource);
      expect(await ask(cached, user, resource)).toMatchObject({ decision: before, context: { source: "hit" } });
      const wrote = await play(died, lost(world));
      expect(wrote.status, JSON.stringify(wrote.body)).toBeLessThan(300);
      // this replica answered nobody; the action's own reply says when it is effective
      expect(new Date(wrote.body.effective_by).getTime()).toBe(NOON.getTime() + 10_000);
      expect((await ask(cached, user, resource)).context.source).toBe("hit");
      const [who = "", method, path, body] = again(world);
      const reply = await cached.as(who, method, path, body, { headers });
      expect([reply.status, reply.body.code]).toEqual(answered);
      if (reply.status === 200) expect(reply.body.effective_by).toBe(NOON.toISOString());
      // a share moved the head of its resource: the first check finds that, and its answer is not cached
      const answer = await ask(cached, user, resource);
      expect(answer.decision).toBe(!before);
      expect(answer.context.source).not.toBe("hit");
    });

  test("a stranger learns nothing and invalidates nothing", async ({ cached, world }) => {
    await ask(cached, "ben");
    const refusals: [who: string, method: string, path: string, code: string][] = [
      ["tom", "POST", `${world.cooperation}/leave`, "not_admin"],
      ["ben", "POST", `${world.cooperation}/pause`, "wrong_side"],
      ["zoe", "POST", `${world.cooperation}/pause`, "not_found"],
      ["zoe", "DELETE", world.share, "not_found"],
    ];
    for (const [who, method, path, code] of refusals) {
      expect((await cached.as(who, method, path, method === "POST" ? {} : undefined)).body.code).toBe(code);
      expect((await ask(cached, "ben")).context.source).toBe("hit");
    }
  });

  test("a dry run invalidates nothing", async ({ cached, world }) => {
    await ask(cached, "ben");
    for (const step of ["pause", "resume"])
      expect((await cached.as("anna", "POST", `${world.cooperation}/${step}?dry_run=true`, {})).status).toBe(200);
    expect((await ask(cached, "ben")).context.source).toBe("hit");
  });
});

describe("the lease of an action's scopes", () => {
  const SUNWARD: CacheScope = "organization:sunward";

  test("is kept while the outcome is unknown, and the reply has no effective_by; repeating the action gives a known outcome", async ({
    cached,
    world,
    network,
    store,
    engine,
    redis,
  }) => {
    const { cache } = cached.deps;
    const tupleStore = createTupleStore({ ...store, apiUrl: network.apiUrl, timeoutMilliseconds: 1000 });
    const far = createService({ tupleStore, engine }, { cache, patienceMilliseconds: 300 });
    network.fate = ({ isWrite }) => (isWrite ? "lose_request" : "pass");
    const { status, body } = await far.as("anna", "POST", `${world.cooperation}/pause`, {});
    expect([status, body.code, body.effective_by]).toEqual([504, "outcome_unknown", undefined]);
    expect(await cache.take("user:ben", SUNWARD)).toEqual({ kind: "leased" });
    expect(await ask(cached, "ben")).toEqual({ decision: true, context: { source: "engine" } });
    network.fate = () => "pass";
    const again = await far.as("anna", "POST", `${world.cooperation}/pause`, {});
    expect([again.status, again.body.effective_by]).toEqual([200, expect.any(String)]);
    expect((await ask(cached, "ben")).decision).toBe(false);
    // the first Write may still arrive: only its own lease is kept
    const [lease = ""] = await redis.client.keys("l:*");
    expect(await redis.client.zcard(lease)).toBe(1);
  });

  test("has ended after a change, a refusal, contention, and a Write that the engine refused", async ({
    cached,
    world,
    tupleStore,
    network,
    store,
    engine,
    redis,
  }) => {
    const { cache } = cached.deps;
    const leases = () => redis.client.keys("l:*");
    const dated = (month: number) => ({ expires_at: `2031-0${month}-01T00:00:00Z` });
    let begun = 0;
    const counting: DecisionCache = {
      ...cache,
      lease: async (writer, scopes) => {
        begun++;
        await cache.lease(writer, scopes);
        expect(await leases()).toHaveLength(1);
      },
    };
    const changed = createService({ tupleStore, engine }, { cache: counting });
    expect((await changed.as("anna", "PATCH", world.cooperation, dated(1))).status).toBe(200);
    expect([begun, await leases()]).toEqual([1, []]);
    const body = { resource: "plant:7", role: "viewer" };
    expect((await changed.as("anna", "POST", `${world.cooperation}/shares`, body)).body.code).toBe("already_shared");
    expect(await leases()).toEqual([]);

    // a rival is always first
    let turn = 0;
    const write: TupleStore["write"] = async (one) => {
      turn++;
      expect((await cached.as("anna", "PATCH", world.cooperation, dated(1 + (turn % 2)))).status).toBe(200);
      return tupleStore.write(one);
    };
    const changes = { cache: counting, patienceMilliseconds: 200 };
    const slow = createService({ tupleStore: { ...tupleStore, write }, engine }, changes);
    const contended = await slow.as("anna", "PATCH", world.cooperation, dated(5));
    expect([contended.status, contended.body.code]).toEqual([503, "contended"]);
    expect(begun).toBeGreaterThan(1);
    expect(await leases()).toEqual([]);

    begun = 0;
    const far = createTupleStore({ ...store, apiUrl: network.apiUrl, timeoutMilliseconds: 1000 });
    network.fate = ({ isWrite }) => (isWrite ? "turn_away" : "pass");
    const turned = createService({ tupleStore: far, engine }, { cache: counting });
    const refused = await turned.as("anna", "PATCH", world.cooperation, dated(6));
    expect([refused.status, refused.body.code]).toEqual([503, "engine_unavailable"]);
    expect([begun, await leases()]).toEqual([1, []]);
    expect(await cache.take("user:ben", SUNWARD)).not.toEqual({ kind: "leased" });
  });
});
