/** Where sessions are kept, in memory and in Redis alike: how they end, and that they are one on all replicas. */
import { describe, expect, onTestFinished, test as plainTest } from "vitest";
import { UserId } from "../../../src/domain/ids.ts";
import { createTextSeal } from "../../../src/domain/seal.ts";
import { SESSIONS_MAX, type Session, type SessionStore } from "../../../src/domain/sessions.ts";
import { createMemorySessions } from "../../../src/memory/sessions.ts";
import { createRedisSessions } from "../../../src/redis/sessions.ts";
import {
  LIMITS,
  LOCAL_URL,
  leadsTo,
  SAMPLE_LINK,
  sampleOf,
  submit,
  withConsole,
} from "../../support/console-service.ts";
import { type OwnRedis, startRedis } from "../../support/redis.ts";
import { seedWorld, test } from "../../support/service.ts";

const SECRET = "a secret for the tests alone, 32+";
const STORE = "01JQZZZZZZZZZZZZZZZZZZZZZZ";
const MINUTE = 60_000;

async function ownRedis(): Promise<OwnRedis> {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  return redis;
}

/** The store of sessions of one replica, connected. */
async function replica({ url }: OwnRedis, secret = SECRET): Promise<SessionStore> {
  const seal = createTextSeal(secret, "sessions");
  const { absoluteMilliseconds } = LIMITS;
  const options = { url, storeId: STORE, timeoutMilliseconds: 9000, absoluteMilliseconds, seal, failed: () => {} };
  const sessions = createRedisSessions(options);
  onTestFinished(() => sessions.close());
  await expect.poll(() => sessions.find("nothing").catch(() => "away")).toBeUndefined();
  return sessions;
}

const sessionOf = (user: string, more: Partial<Session> = {}): Session => ({
  ...{ user: UserId.parse(user), scopes: ["manage"], name: user, openedAt: Date.now(), seenAt: Date.now() },
  ...more,
});

const STORES: [string, () => Promise<SessionStore>][] = [
  ["in memory", async () => createMemorySessions(() => new Date())],
  ["in Redis", async () => replica(await ownRedis())],
];

describe.each(STORES)("sessions %s", (_, make) => {
  plainTest("a session is found as it was kept until it ends, and nothing brings it back", async () => {
    const sessions = await make();
    const session = sessionOf("anna", { by: { iss: "https://idp.example", sub: "anna", sid: "1" } });
    await sessions.open("a", session, MINUTE);
    expect(await sessions.find("a")).toEqual(session);
    expect(await sessions.find("b")).toBeUndefined();
    const seen = { ...session, seenAt: session.seenAt + 1 };
    await sessions.keep("a", seen, MINUTE);
    expect(await sessions.find("a")).toEqual(seen);
    await sessions.end("a");
    await sessions.keep("a", seen, MINUTE);
    expect(await sessions.find("a")).toBeUndefined();
  });

  plainTest("a session is not found after its time", async () => {
    const sessions = await make();
    await sessions.open("a", sessionOf("anna"), 20);
    await sessions.open("b", sessionOf("anna"), MINUTE);
    await expect.poll(() => sessions.find("a")).toBeUndefined();
    expect(await sessions.find("b")).toBeDefined();
  });

  plainTest(
    "all sessions of a person end together, or those of a provider's subject or session; no others",
    async () => {
      const sessions = await make();
      const by = (iss: string, sub: string, sid?: string) => ({ by: { iss, sub, sid } });
      const open = async () => {
        await sessions.open("a1", sessionOf("anna", by("x", "anna", "1")), MINUTE);
        await sessions.open("a2", sessionOf("anna", by("x", "anna", "2")), MINUTE);
        await sessions.open("a3", sessionOf("anna", by("y", "anna", "1")), MINUTE);
        await sessions.open("b", sessionOf("ben", by("x", "ben", "3")), MINUTE);
        await sessions.open("e", { scopes: ["check", "admin"], name: "E", openedAt: 1, seenAt: 1 }, MINUTE);
      };
      const left = async () => {
        const all = ["a1", "a2", "a3", "b", "e"];
        const found = await Promise.all(all.map((one) => sessions.find(one)));
        return all.filter((_, n) => found[n] !== undefined).join(" ");
      };
      await open();
      expect([await sessions.endSessions({ user: UserId.parse("anna") }), await left()]).toEqual([3, "b e"]);
      await open();
      const ofProvider = { user: UserId.parse("anna"), iss: "x" };
      expect([await sessions.endSessions(ofProvider), await left()]).toEqual([2, "a3 b e"]);
      await open();
      expect([await sessions.endSessions({ iss: "x", sub: "anna" }), await left()]).toEqual([2, "a3 b e"]);
      await open();
      expect([await sessions.endSessions({ iss: "x", sid: "1" }), await left()]).toEqual([1, "a2 a3 b e"]);
      expect([await sessions.endSessions({ iss: "x", sid: "3", sub: "anna" }), await left()]).toEqual([0, "a2 a3 b e"]);
      expect([await sessions.endSessions({ user: UserId.parse("nobody") }), await left()]).toEqual([0, "a2 a3 b e"]);
    },
  );

  plainTest("of too many sessions of one person the oldest end, and no other person's", async () => {
    const sessions = await make();
    await sessions.open("ben", sessionOf("ben", { openedAt: 1 }), MINUTE);
    const begun = Date.now();
    for (let n = 0; n <= SESSIONS_MAX; n++)
      await sessions.open(`a${n}`, sessionOf("anna", { openedAt: begun + n }), MINUTE);
    expect(await sessions.find("a0")).toBeUndefined();
    for (const digest of ["a1", `a${SESSIONS_MAX}`, "ben"]) expect(await sessions.find(digest)).toBeDefined();
  });

  plainTest("what may be used once is used once", async () => {
    const sessions = await make();
    expect(await sessions.wasUsed("x")).toBe(false);
    expect(await Promise.all([1, 2, 3].map(() => sessions.once("x", MINUTE)))).toEqual([true, false, false]);
    expect(await sessions.wasUsed("x")).toBe(true);
    expect(await sessions.once("y", 20)).toBe(true);
    await expect.poll(() => sessions.once("y", MINUTE)).toBe(true);
  });
});

describe("sessions in Redis", () => {
  plainTest("what is opened, used or ended on one replica is so on the other at once", async () => {
    const redis = await ownRedis();
    const [one, other] = [await replica(redis), await replica(redis)];
    await one.open("a", sessionOf("anna"), MINUTE);
    expect(await other.find("a")).toBeDefined();
    expect([await one.once("x", MINUTE), await other.once("x", MINUTE)]).toEqual([true, false]);
    expect(await other.endSessions({ user: UserId.parse("anna") })).toBe(1);
    expect(await one.find("a")).toBeUndefined();
  });

  plainTest("nobody who reads or writes Redis learns an id or a person, or makes or moves a session", async () => {
    const redis = await ownRedis();
    const sessions = await replica(redis);
    await sessions.open("digest-of-anna", sessionOf("anna"), MINUTE);
    const key = "c:{ZZZZZZZZZZZZ}:digest-of-anna";
    const record = (await redis.client.get(key)) ?? "";
    expect(record).toMatch(/^[\w-]+$/);
    expect(Buffer.from(record, "base64url").toString("latin1")).not.toContain("anna");
    await redis.client.set("c:{ZZZZZZZZZZZZ}:mine", record);
    await redis.client.set("c:{ZZZZZZZZZZZZ}:forged", JSON.stringify(sessionOf("anna")));
    for (const digest of ["mine", "forged"]) expect(await sessions.find(digest)).toBeUndefined();
    // with another secret nothing is a session
    expect(await (await replica(redis, `${SECRET} another`)).find("digest-of-anna")).toBeUndefined();
    expect(await sessions.find("digest-of-anna")).toBeDefined();
    expect(await redis.client.pttl(key)).toBeGreaterThan(0);
  });

  plainTest("sessions whose index Redis took away are found again by it, once they were used", async () => {
    const redis = await ownRedis();
    const sessions = await replica(redis);
    const anna = sessionOf("anna", { by: { iss: "x", sub: "anna", sid: "1" } });
    await sessions.open("a", anna, MINUTE);
    for (const of of [{ user: UserId.parse("anna") }, { iss: "x", sub: "anna" }, { iss: "x", sid: "1" }]) {
      await sessions.open("a", anna, MINUTE);
      const indexes = await redis.client.keys("i:*");
      expect(indexes).toHaveLength(3);
      await redis.client.del(indexes);
      await sessions.keep("a", anna, MINUTE);
      expect(await sessions.endSessions(of)).toBe(1);
      expect(await sessions.find("a")).toBeUndefined();
    }
  });

  plainTest("while Redis is away nothing is answered, and nothing is taken for ended or begun", async () => {
    const redis = await ownRedis();
    const sessions = await replica(redis);
    await redis.kill();
    const asked = [
      () => sessions.find("a"),
      () => sessions.open("a", sessionOf("anna"), MINUTE),
      () => sessions.end("a"),
      () => sessions.endSessions({ user: UserId.parse("anna") }),
      () => sessions.once("x", MINUTE),
    ];
    for (const ask of asked) await expect(ask()).rejects.toMatchObject({ code: "sessions_unavailable" });
  });
});

describe("a session at the console", () => {
  const tryAs = sampleOf([{ user: "anna", name: "Anna", organization: "Sunward" }]);

  test("it ends when it was idle for too long, at last after its whole time, and at the sign-out", async ({
    service,
  }) => {
    await seedWorld(service);
    const { service: served, browser } = withConsole(service.deps, { publicUrl: LOCAL_URL, tryAs });
    const begun = Date.now();
    const at = (minutes: number) => served.setNow(new Date(begun + minutes * MINUTE));
    const signIn = async () => {
      const browse = browser();
      await browse(SAMPLE_LINK);
      expect(leadsTo(await submit(browse, "/console/try-as", { person: "anna" }))).toBe("303 /console");
      return browse;
    };
    const ended = "303 /console/sign-in?to=%2Fconsole%3Fchoose%3D1";
    const isSignedIn = async (browse: Awaited<ReturnType<typeof signIn>>) => {
      const reply = await browse("/console?choose=1");
      if (reply.status !== 200) expect(leadsTo(reply)).toBe(ended);
      return reply.status === 200;
    };
    at(0);
    const [idle, busy, out] = [await signIn(), await signIn(), await signIn()];
    for (let minute = 29; minute < 8 * 60; minute += 29) {
      at(minute);
      expect(await isSignedIn(busy)).toBe(true);
    }
    expect(await isSignedIn(idle)).toBe(false);
    at(8 * 60);
    expect(await isSignedIn(busy)).toBe(false);
    at(0);
    expect(await isSignedIn(out)).toBe(true);
    const kept = out.cookies.get("concordat-3999") ?? "";
    expect(leadsTo(await submit(out, "/console/sign-out"))).toBe("303 /console/sign-in");
    expect(out.cookies.has("concordat-3999")).toBe(false);
    out.cookies.set("concordat-3999", kept);
    expect(await isSignedIn(out)).toBe(false);
  });

  test("of an engineer it ends after an hour, and of a person once they are erased", async ({ service }) => {
    await seedWorld(service);
    const all = sampleOf([{ user: "ben", name: "Ben" }, { name: "Engineer" }]);
    const { service: served, browser } = withConsole(service.deps, { publicUrl: LOCAL_URL, tryAs: all });
    const [ben, engineer] = [browser(), browser()];
    const begun = Date.now();
    served.setNow(new Date(begun));
    for (const [browse, person] of [
      [ben, "ben"],
      [engineer, "an engineer"],
    ] as const) {
      await browse(SAMPLE_LINK);
      await submit(browse, "/console/try-as", { person });
    }
    for (const minutes of [29, 58, 60]) {
      served.setNow(new Date(begun + minutes * MINUTE));
      expect((await engineer("/console/inspector")).status).toBe(minutes < 60 ? 200 : 303);
      expect((await ben("/console?choose=1")).status).toBe(200);
    }
    const erase = () => served.admin("DELETE", "/v1/people/ben");
    expect((await erase()).status).toBe(409);
    expect((await ben("/console?choose=1")).status).toBe(200);
    await served.admin("PUT", "/v1/organizations/brightfix/people/bea", { role: "admin" });
    await served.admin("DELETE", "/v1/organizations/brightfix/people/ben");
    expect((await erase()).status).toBe(200);
    expect((await ben("/console?choose=1")).status).toBe(303);
  });

  test("it is one on two replicas over one Redis, and a form without it changes nothing", async ({ service }) => {
    await seedWorld(service);
    const redis = await ownRedis();
    const browserOf = async () => {
      const sessions = await replica(redis);
      return withConsole(service.deps, { publicUrl: LOCAL_URL, tryAs, sessions }).browser();
    };
    const [here, there] = [await browserOf(), await browserOf()];
    await here(SAMPLE_LINK);
    await submit(here, "/console/try-as", { person: "anna" });
    there.cookies.set("concordat-3999", here.cookies.get("concordat-3999") ?? "");
    expect((await there("/console?choose=1")).status).toBe(200);
    await submit(there, "/console/sign-out");
    expect((await here("/console?choose=1")).status).toBe(303);
    expect((await submit(here, "/console/cooperations/x/pause")).status).toBe(401);
    await redis.kill();
    expect((await here("/console?choose=1")).status).toBe(503);
  });
});
