/** Security events that issuers push: whose are taken, what follows from them, and that nothing is ever given by one. */
import { createHash } from "node:crypto";
import { describe, expect } from "vitest";
import { entryRef } from "../../../src/domain/records.ts";
import type { SessionStore } from "../../../src/domain/sessions.ts";
import type { SignalLog } from "../../../src/domain/signal-log.ts";
import { createEventTokens } from "../../../src/identity/event-tokens.ts";
import { createTokens } from "../../../src/identity/tokens.ts";
import { createMemorySessions } from "../../../src/memory/sessions.ts";
import { createMemorySignalLog } from "../../../src/memory/signal-log.ts";
import { AUDIENCE, EVENTS, EVENTS_AUDIENCE, startIssuer, type TestIssuer } from "../../support/issuer.ts";
import { everything, send } from "../../support/routes.ts";
import { cooperate, createService, type Service, seedWorld, test as serviceTest } from "../../support/service.ts";

const SIGNALS = { audience: EVENTS_AUDIENCE, organizations: ["brightfix"] };

type Line = { outcome?: string; type?: string; why?: string; organizations?: number; failed?: string[] };
type World = {
  service: Service;
  issuer: TestIssuer;
  sessions: SessionStore;
  lines: Line[];
  push: (event: string, headers?: Record<string, string>) => ReturnType<typeof send>;
};

const test = serviceTest.extend<{ world: World }>({
  world: async ({ service: plain }, use) => {
    const issuer = await startIssuer();
    const world = served(plain, issuer);
    await seedWorld(world.service);
    await use(world);
    await issuer.stop();
  },
});

/** A service that takes the issuer's tokens and events. */
function served({ deps }: Service, issuer: TestIssuer, more: object = {}, own: Partial<SignalLog> = {}): World {
  const { clock } = deps;
  const configured = [issuer.configured({ signals: SIGNALS, ...more })];
  const signals = { ...createMemorySignalLog(clock, 2), ...own };
  const sessions = createMemorySessions(clock);
  const lines: Line[] = [];
  const service = createService(deps, {
    tokens: createTokens(configured, clock, signals),
    readEvent: createEventTokens(configured, clock),
    signals,
    console: { ...({} as NonNullable<Service["deps"]["console"]>), sessions, frameAncestors: [] },
    log: (_, event, facts) => void (event === "security_event" && lines.push(facts)),
  });
  const push: World["push"] = (event, headers = {}) =>
    send(service, "POST", "/ssf/events", event, {
      headers: { "Content-Type": "application/secevent+jwt", ...headers },
    });
  return { service, issuer, sessions, lines, push };
}

const about = (issuer: TestIssuer, sub: string) => ({ sub_id: { format: "iss_sub", iss: issuer.url, sub } });
const seconds = () => Math.floor(Date.now() / 1000);
const me = async ({ service }: World, key: string) => (await send(service, "GET", "/v1/me", undefined, { key })).status;
const session = (user: string) => ({ user, name: user, scopes: ["manage"], openedAt: Date.now(), seenAt: Date.now() });

test("a session that is revoked ends tokens that were issued before, kept or not, and the person's sessions, and none of others", async ({
  world,
}) => {
  const { issuer, push, sessions } = world;
  const [kept, unseen] = [await issuer.token(), await issuer.token({ jti: "2" })];
  const bens = await issuer.token({ sub: "ben", org: "brightfix" });
  expect([await me(world, kept), await me(world, bens)]).toEqual([200, 200]);
  for (const user of ["anna", "ben"]) await sessions.open(user, session(user) as never, 60_000);

  expect(await push(await issuer.event(EVENTS.revoked))).toMatchObject({ status: 202, text: "" });
  expect([await me(world, kept), await me(world, unseen)]).toEqual([401, 401]);
  expect(await me(world, await issuer.token({ iat: undefined, jti: "3" }))).toBe(401);
  expect(await me(world, bens)).toBe(200);
  expect([await sessions.find("anna"), await sessions.find("ben")]).toEqual([undefined, expect.anything()]);
  // who signs in again has a newer token
  expect(await me(world, await issuer.token({ iat: seconds() + 2 }))).toBe(200);
});

test("a revocation counts from when it happened: a token that was issued between then and its delivery is good", async ({
  world,
}) => {
  const { issuer, push } = world;
  const events = { [EVENTS.revoked]: { event_timestamp: seconds() - 60 } };
  expect((await push(await issuer.event(EVENTS.revoked, { events }))).status).toBe(202);
  expect(await me(world, await issuer.token({ iat: seconds() - 30 }))).toBe(200);
  expect(await me(world, await issuer.token({ iat: seconds() - 61 }))).toBe(401);
});

test("an account that is disabled suspends the person in the issuer's organizations, and in no other", async ({
  world,
}) => {
  const { service, issuer, push, lines } = world;
  const { shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
  await service.as("ben", "PUT", `/v1/shares/${shares[0]}/delegations/tom`, { role: "viewer" });
  await service.admin("PUT", "/v1/organizations/sunward/people/tom", { role: "admin" });
  expect([await service.may("tom", "view", "plant:7"), await service.may("tom", "share", "plant:7")]).toEqual([
    true,
    true,
  ]);
  const tokens = await issuer.token({ sub: "tom", org: "sunward" });

  expect((await push(await issuer.event(EVENTS.disabled, about(issuer, "tom")))).status).toBe(202);
  const person = async (org: string) => (await service.admin("GET", `/v1/organizations/${org}/people/tom`)).body;
  expect((await person("brightfix")).suspended).toBe(true);
  expect((await person("sunward")).suspended).toBe(false);
  expect(lines.at(-1)).toMatchObject({ outcome: "suspended", organizations: 1 });
  expect(await me(world, tokens)).toBe(401);
  // the owner's own admin still shares
  expect(await service.may("tom", "share", "plant:7")).toBe(true);
  const history = await service.admin("GET", "/v1/organizations/brightfix/history");
  expect(history.body.items[0]).toMatchObject({
    action: "suspend_person",
    actor: "service:idp",
    object: "user:tom",
    after: { role: "member", suspended: true, event: EVENTS.disabled },
  });
});

test("nothing is given by an event: an account that is enabled again stays suspended, and the log says who lifts it", async ({
  world,
}) => {
  const { service, issuer, push, lines } = world;
  await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
  expect(await service.may("ben", "view", "plant:7")).toBe(true);
  await push(await issuer.event(EVENTS.purged, about(issuer, "ben")));
  expect(await service.may("ben", "view", "plant:7")).toBe(false);
  const before = await everything(service);
  expect((await push(await issuer.event(EVENTS.enabled, about(issuer, "ben")))).status).toBe(202);
  expect(lines.at(-1)).toMatchObject({ outcome: "ignored", why: expect.stringContaining("an admin lifts") });
  expect(await everything(service)).toEqual(before);
  expect(await service.may("ben", "view", "plant:7")).toBe(false);
});

test("an event that comes again does nothing: who was restored meanwhile stays so, and a new event suspends them", async ({
  world,
}) => {
  const { service, issuer, push, lines } = world;
  await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
  const event = await issuer.event(EVENTS.disabled, about(issuer, "ben"));
  expect((await push(event)).status).toBe(202);
  await service.admin("DELETE", "/v1/organizations/brightfix/people/ben/suspension");
  expect((await push(event)).status).toBe(202);
  expect(lines.at(-1)).toMatchObject({ outcome: "ignored", why: "it was taken before" });
  expect(await service.may("ben", "view", "plant:7")).toBe(true);
  await push(await issuer.event(EVENTS.disabled, about(issuer, "ben")));
  expect(await service.may("ben", "view", "plant:7")).toBe(false);
});

describe("refused with RFC 8935's error, and without an effect, is", () => {
  type Make = (issuer: TestIssuer) => Promise<string> | string;
  const of = (more: object, header: object = {}) => {
    const make: Make = (one) => one.event(EVENTS.disabled, { ...about(one, "ben"), ...more }, header);
    return make;
  };
  test.for<[what: string, make: Make, err: string]>([
    ["a SET of another issuer", of({ iss: "https://evil.example" }), "invalid_issuer"],
    ["a SET without an issuer", of({ iss: undefined }), "invalid_issuer"],
    ["a SET for another audience", of({ aud: "https://other.example" }), "invalid_audience"],
    ["a SET for the audience of access tokens", of({ aud: AUDIENCE }), "invalid_audience"],
    ["a SET without jti", of({ jti: undefined }), "invalid_request"],
    ["a SET without iat", of({ iat: undefined }), "invalid_request"],
    ["a SET from the future", of({ iat: seconds() + 60 }), "invalid_request"],
    ["a SET that is eight days old", of({ iat: seconds() - 8 * 86_400 }), "invalid_request"],
    ["a SET that has expired", of({ exp: seconds() - 60 }), "invalid_request"],
    ["a SET without events", of({ events: {} }), "invalid_request"],
    ["a SET whose event is a text", of({ events: { [EVENTS.disabled]: "ben" } }), "invalid_request"],
    ["a JWT of another typ", of({}, { typ: "JWT" }), "invalid_request"],
    ["an access token", (one) => one.token(), "invalid_request"],
    [
      "a SET by a stranger's key of the same name",
      async (one) => one.event(EVENTS.disabled, about(one, "ben"), {}, await one.strangersKey("one")),
      "authentication_failed",
    ],
    [
      "a SET by a key that the issuer does not have",
      async (one) => one.event(EVENTS.disabled, about(one, "ben"), { kid: "two" }, await one.strangersKey("two")),
      "invalid_key",
    ],
    ["a SET without a signature", (one) => one.unsigned({ ...about(one, "ben"), aud: EVENTS_AUDIENCE }), "invalid_key"],
    ["no JWT", () => "ben", "invalid_issuer"],
    ["a member twice", async (one) => one.signText(`{"iss":"${one.url}","iss":"x"}`), "invalid_issuer"],
  ])("%s", async ([, make, err], { world }) => {
    const { service, issuer, push } = world;
    const before = await everything(service);
    const reply = await push(await make(issuer));
    expect([reply.status, reply.body]).toEqual([400, { err, description: expect.any(String) }]);
    expect(reply.headers.get("Content-Type")).toBe("application/json");
    expect(await everything(service)).toEqual(before);
    expect(await me(world, await issuer.token())).toBe(200);
  });

  test("what is sent as another type, or is too large", async ({ world }) => {
    const { issuer, push } = world;
    const event = await issuer.event(EVENTS.revoked);
    for (const type of ["application/json", "application/jwt"])
      expect((await push(event, { "Content-Type": type })).body).toMatchObject({ err: "invalid_request" });
    const more = { events: { [EVENTS.revoked]: { reason: "x".repeat(20_000) } } };
    expect((await push(await issuer.event(EVENTS.revoked, more))).body).toMatchObject({ err: "invalid_request" });
    expect(await me(world, await issuer.token())).toBe(200);
  });

  test("an event without the bearer that is configured", async ({ world }) => {
    const bearer_sha256 = createHash("sha256").update("the transmitter's own").digest("hex");
    const other = served(world.service, world.issuer, { signals: { ...SIGNALS, bearer_sha256 } });
    const event = await world.issuer.event(EVENTS.revoked);
    for (const headers of [{}, { Authorization: "Bearer another" }])
      expect((await other.push(event, headers)).body).toMatchObject({ err: "authentication_failed" });
    expect((await other.push(event, { Authorization: "Bearer the transmitter's own" })).status).toBe(400);
    expect(await me(other, await world.issuer.token())).toBe(200);
  });

  test("any event where no issuer's are configured", async ({ world }) => {
    const other = served(world.service, world.issuer, { signals: undefined });
    const reply = await other.push(await world.issuer.event(EVENTS.revoked));
    expect(reply.body).toMatchObject({ err: "invalid_issuer" });
  });
});

test("an event with the bearer that is configured is taken", async ({ world }) => {
  const bearer_sha256 = createHash("sha256").update("of-the-transmitter").digest("hex");
  const other = served(world.service, world.issuer, { signals: { ...SIGNALS, bearer_sha256 } });
  const headers = { Authorization: "Bearer of-the-transmitter" };
  expect((await other.push(await world.issuer.event(EVENTS.revoked), headers)).status).toBe(202);
  expect(await me(other, await world.issuer.token())).toBe(401);
});

describe("taken, and without an effect, is an event", () => {
  test.for<[what: string, more: (issuer: TestIssuer) => Record<string, unknown>, type: string]>([
    ["of a type that nobody knows", () => ({}), "https://example.com/event"],
    ["that means nothing here", () => ({}), EVENTS.changed],
    ["that verifies the stream", () => ({ sub_id: { format: "opaque", id: "stream" } }), EVENTS.verification],
    ["about nobody", () => ({ sub_id: undefined }), EVENTS.disabled],
    [
      "about another issuer's person",
      () => about({ url: "https://other.example" } as TestIssuer, "ben"),
      EVENTS.disabled,
    ],
    [
      "about an address that nobody has",
      () => ({ sub_id: { format: "email", email: "x@y.example" } }),
      EVENTS.disabled,
    ],
    [
      "about the address of a person of an organization that is not the issuer's",
      () => ({ sub_id: { format: "email", email: "anna@sunward.example" } }),
      EVENTS.revoked,
    ],
    ["about a phone number", () => ({ sub_id: { format: "phone_number", phone_number: "+1" } }), EVENTS.disabled],
    ["about a person of another organization", (one) => about(one, "otto"), EVENTS.disabled],
    ["about an id that is none", (one) => about(one, "a b"), EVENTS.disabled],
  ])("%s", async ([, more, type], { world }) => {
    const { service, issuer, push } = world;
    const before = await everything(service);
    expect((await push(await issuer.event(type, more(issuer)))).status).toBe(202);
    expect(await everything(service)).toEqual(before);
    expect(await me(world, await issuer.token())).toBe(200);
  });
});

describe("a person is named", () => {
  test.for<[how: string, more: (issuer: TestIssuer) => Record<string, unknown>]>([
    ["by issuer and subject", (one) => about(one, "ben")],
    ["by the id that tokens have", () => ({ sub_id: { format: "opaque", id: "ben" } })],
    ["by an address", () => ({ sub_id: { format: "email", email: "Ben@brightfix.example" } })],
    [
      "as the user of a complex subject",
      (one) => ({ sub_id: { format: "complex", user: { format: "iss_sub", iss: one.url, sub: "ben" } } }),
    ],
    [
      "in the event",
      () => ({ sub_id: undefined, events: { [EVENTS.disabled]: { subject: { format: "opaque", id: "ben" } } } }),
    ],
  ])("%s", async ([, more], { world }) => {
    const { service, issuer, push } = world;
    expect((await push(await issuer.event(EVENTS.disabled, more(issuer)))).status).toBe(202);
    const { body } = await service.admin("GET", "/v1/organizations/brightfix/people/ben");
    expect(body.suspended).toBe(true);
  });
});

test("where people's ids are another claim, a subject by sub is nobody", async ({ world }) => {
  const other = served(world.service, world.issuer, { user_claim: "oid" });
  const { issuer } = world;
  await other.push(await issuer.event(EVENTS.disabled, about(issuer, "ben")));
  const suspended = async () =>
    (await world.service.admin("GET", "/v1/organizations/brightfix/people/ben")).body.suspended;
  expect(await suspended()).toBe(false);
  await other.push(await issuer.event(EVENTS.disabled, { sub_id: { format: "opaque", id: "ben" } }));
  expect(await suspended()).toBe(true);
});

test("while Redis does not answer all of an event is done here, and it is answered with 503 until others know of it", async ({
  world,
}) => {
  const { service, issuer } = world;
  const signals = createMemorySignalLog(service.deps.clock);
  let isAway = true;
  const { push, sessions, ...away } = served(
    service,
    issuer,
    {},
    {
      ...signals,
      has: async (of) => (isAway ? undefined : signals.has(of)),
      keep: async (of) => !isAway && signals.keep(of),
      revoke: async (of) => (await signals.revoke(of)) && !isAway,
    },
  );
  const token = await issuer.token({ sub: "ben", org: "brightfix" });
  await sessions.open("ben", session("ben") as never, 60_000);
  const event = await issuer.event(EVENTS.disabled, about(issuer, "ben"));
  const first = await push(event);
  expect([first.status, first.headers.get("Retry-After")]).toEqual([503, "1"]);
  const { body } = await service.admin("GET", "/v1/organizations/brightfix/people/ben");
  expect([body.suspended, await sessions.find("ben")]).toEqual([true, undefined]);
  expect(await me({ ...away, push, sessions }, token)).toBe(401);
  isAway = false;
  expect((await push(event)).status).toBe(202);
  expect((await push(event)).status).toBe(202);
  expect(away.lines.at(-1)).toMatchObject({ outcome: "ignored", why: "it was taken before" });
});

test("an organization that is damaged keeps nothing else of an event from being done, and it is to be sent again", async ({
  world,
}) => {
  const { service, issuer } = world;
  const signals = { ...SIGNALS, organizations: ["brightfix", "sunward"] };
  const { push, lines, ...other } = served(service, issuer, { signals });
  await service.admin("PUT", "/v1/organizations/sunward/people/tom", { role: "member" });
  const [head] = await service.deps.tupleStore.read({ object: "organization:brightfix", relation: "head" });
  if (head === undefined) throw new Error("it has no head");
  const second = { ...head, user: entryRef(head.object, 99) };
  await service.deps.tupleStore.write({ deletes: [], writes: [second] });
  const token = await issuer.token({ sub: "tom", org: "sunward" });
  expect((await push(await issuer.event(EVENTS.disabled, about(issuer, "tom")))).status).toBe(503);
  expect(lines.at(-1)).toMatchObject({ organizations: 1, failed: ["StoreDamaged of brightfix"] });
  expect(await me({ ...other, push, lines }, token)).toBe(401);
  expect((await service.admin("GET", "/v1/organizations/sunward/people/tom")).body.suspended).toBe(true);
});

test("events about people who are not known here take no place, and those about people who are do", async ({
  world,
}) => {
  const { service, issuer, push } = world;
  for (const sub of ["x1", "x2", "x3"])
    expect((await push(await issuer.event(EVENTS.revoked, about(issuer, sub)))).status).toBe(202);
  // the issuer has two places
  for (const [sub, status] of [
    ["anna", 202],
    ["ben", 202],
    ["eva", 503],
  ] as const)
    expect((await push(await issuer.event(EVENTS.revoked, about(issuer, sub)))).status).toBe(status);
  expect(await me(world, await issuer.token())).toBe(401);
  expect((await service.admin("GET", "/v1/organizations/brightfix/people/ben")).body.suspended).toBe(false);
});

test("an event that was sent before an admin lifted the suspension suspends nobody again, whatever its id", async ({
  world,
}) => {
  const { service, issuer, push } = world;
  const suspension = "/v1/organizations/brightfix/people/ben/suspension";
  const suspended = async () =>
    (await service.admin("GET", "/v1/organizations/brightfix/people/ben")).body.suspended as boolean;
  await service.admin("PUT", suspension, {});
  await service.admin("DELETE", suspension);
  const old = { ...about(issuer, "ben"), iat: seconds() - 60 };
  expect((await push(await issuer.event(EVENTS.disabled, old))).status).toBe(202);
  expect(await suspended()).toBe(false);
  // nobody lifted tom's
  await push(await issuer.event(EVENTS.disabled, { ...about(issuer, "tom"), iat: seconds() - 60 }));
  expect((await service.admin("GET", "/v1/organizations/brightfix/people/tom")).body.suspended).toBe(true);
  // by clocks that differ it may have been after
  await push(await issuer.event(EVENTS.disabled, { ...about(issuer, "ben"), iat: seconds() - 5 }));
  expect(await suspended()).toBe(true);
});

test("an issuer whose clock is ahead revokes what it issued before by that clock, and nothing behind", async ({
  world,
}) => {
  const { issuer, push } = world;
  const events = { [EVENTS.revoked]: { event_timestamp: seconds() + 7 } };
  expect((await push(await issuer.event(EVENTS.revoked, { events }))).status).toBe(202);
  expect(await me(world, await issuer.token({ iat: seconds() + 5 }))).toBe(401);
  expect(await me(world, await issuer.token({ iat: seconds() + 9 }))).toBe(200);
});

test("while it is not known what was revoked no person's token of an issuer that revokes is taken, and others are", async ({
  world: { service, issuer },
}) => {
  let isCurrent = true;
  const own = { isCurrent: () => isCurrent };
  const services = { robot: "robot" };
  const revoking = served(service, issuer, { services, unbound: ["robot"] }, own);
  const plain = served(service, issuer, { signals: undefined }, own);
  const [kept, robots] = [await issuer.token(), await issuer.token({ sub: "robot", scope: "concordat:admin" })];
  expect([await me(revoking, kept), await me(plain, kept)]).toEqual([200, 200]);
  isCurrent = false;
  const organizations = () => send(revoking.service, "GET", "/v1/organizations/sunward", undefined, { key: robots });
  expect([await me(revoking, kept), await me(plain, kept), (await organizations()).status]).toEqual([503, 200, 200]);
  expect(await me(revoking, await issuer.token({ jti: "2" }))).toBe(503);
  isCurrent = true;
  expect(await me(revoking, kept)).toBe(200);
});

test("a token that is older than what is remembered of revocations is refused where its issuer revokes, and there alone", async ({
  world,
}) => {
  const { service, issuer } = world;
  for (const [iat, status] of [
    [seconds() - 86_390, 200],
    [seconds() - 86_410, 401],
    [undefined, 401],
  ] as const) {
    const profile = iat === undefined ? { profile: "loose" } : {};
    const token = await issuer.token({ iat });
    expect(await me(served(service, issuer, profile), token)).toBe(status);
    expect(await me(served(service, issuer, { ...profile, signals: undefined }), token)).toBe(200);
  }
});
