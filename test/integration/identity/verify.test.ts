/** Which tokens are taken, for how long, and what their issuer is asked for. */
import { createHmac } from "node:crypto";
import { SignJWT } from "jose";
import { test as base, describe, expect } from "vitest";
import type { TokenReader } from "../../../src/domain/token-claims.ts";
import { IssuerUnavailable, Overloaded } from "../../../src/faults.ts";
import { createTokens } from "../../../src/identity/tokens.ts";
import { startIssuer, type TestIssuer } from "../../support/issuer.ts";

const START = Date.parse("2026-11-27T12:00:00Z");
const ANNA = { name: "idp", scopes: ["manage"], user: "anna", bounds: { organizations: ["sunward"] } };

type World = { issuer: TestIssuer; clock: { seconds: number }; now: () => Date };

const test = base.extend<{ world: World }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest requires the pattern
  world: async ({}, use) => {
    const clock = { seconds: 0 };
    const now = () => new Date(START + clock.seconds * 1000);
    const issuer = await startIssuer(now);
    await use({ issuer, clock, now });
    await issuer.stop();
  },
});

const tokensOf = ({ issuer, now }: World, more: object = {}): TokenReader =>
  createTokens([issuer.configured(more)], now);

/** What a request with the token finds: as the service asks, kept ones first. */
const caller = async (tokens: TokenReader, token: string) => tokens.kept(token) ?? tokens.verify(token);
const problem = (text: string) => ({ problem: expect.stringContaining(text) });

test("a good token names its user and organization; the same with one letter changed names nobody", async ({
  world,
}) => {
  const token = await world.issuer.token();
  const tokens = tokensOf(world);
  expect(await caller(tokens, token)).toEqual(ANNA);
  const [header, body = "", signature = ""] = token.split(".");
  const other = signature.startsWith("A") ? `B${signature.slice(1)}` : `A${signature.slice(1)}`;
  expect(await caller(tokens, `${header}.${body}.${other}`)).toEqual(problem("signature"));
});

test("the keys are found by discovery, whose document must be the issuer's own", async ({ world }) => {
  const { issuer, now } = world;
  const token = await issuer.token();
  expect(await caller(tokensOf(world, { jwks_uri: undefined }), token)).toEqual(ANNA);
  expect(issuer.state.discovered).toBe(1);
  // a trailing slash makes another issuer of it
  const other = createTokens([issuer.configured({ issuer: `${issuer.url}/`, jwks_uri: undefined })], now);
  await expect(caller(other, await issuer.token({ iss: `${issuer.url}/` }))).rejects.toThrow(IssuerUnavailable);
});

describe("what is refused", () => {
  const now = Math.floor(START / 1000);
  test.for<[what: string, make: (issuer: TestIssuer) => Promise<string> | string, why: string]>([
    ["no signature", (one) => one.unsigned(), "algorithm"],
    ["another issuer", (one) => one.token({ iss: "https://evil.example" }), "issuer"],
    ["no issuer", (one) => one.token({ iss: undefined }), "issuer"],
    ["another audience", (one) => one.token({ aud: "https://other.example" }), "audience"],
    ["no audience", (one) => one.token({ aud: undefined }), "aud"],
    ["an ID token's typ", (one) => one.token({}, { typ: "JWT" }), "typ"],
    ["no typ", (one) => one.token({}, { typ: undefined }), "typ"],
    ["a past expiry", (one) => one.token({ exp: now - 11 }), "expired"],
    ["no expiry", (one) => one.token({ exp: undefined }), "lacks exp"],
    ["an expiry that is no number", (one) => one.token({ exp: "soon" }), "not valid"],
    ["a later beginning", (one) => one.token({ nbf: now + 11 }), "not valid yet"],
    ["no subject", (one) => one.token({ sub: undefined }), "lacks sub"],
    ["a subject that is null", (one) => one.token({ sub: null }), "user"],
    ["no client", (one) => one.token({ client_id: undefined }), "lacks client_id"],
    ["a subject that is no text", (one) => one.token({ sub: 7 }), "user"],
    ["no organization", (one) => one.token({ org: undefined }), "names no organization"],
    ["an organization that is no text", (one) => one.token({ org: 7 }), "cannot be read"],
    ["an organization that is no id", (one) => one.token({ org: "sun ward" }), "not known here"],
    ["a binding to a key", (one) => one.token({ cnf: { jkt: "x" } }), "plain bearer"],
    ["a binding to nothing", (one) => one.token({ cnf: null }), "plain bearer"],
    ["8193 characters", (one) => one.token({ more: "x".repeat(6000) }), "longer than"],
    ["a stranger's key by the same name", async (one) => one.token({}, {}, await one.strangersKey("one")), "signature"],
    ["a stranger's key in its header", (one) => strangers(one, "jwk"), "signature"],
    ["a URL of keys in its header", (one) => one.token({}, { jku: "https://evil.example", kid: "x" }), "key"],
    ["a URL of certificates in its header", (one) => one.token({}, { x5u: "https://evil.example", kid: "x" }), "key"],
    ["an extension that nobody knows", (one) => one.signText(JSON.stringify(one.claims()), {}).then(withCrit), "read"],
    ["an HMAC", (one) => hmac(one), "algorithm"],
    ["a claim twice", (one) => one.signText(twice(one)), "named once"],
    ["five parts", (one) => one.token().then((token) => `${token}.e30.e30`), "read"],
    ["no JSON", () => "e30.YQ.e30", "JSON"],
  ])("%s", async ([, make, why], { world }) => {
    const tokens = tokensOf(world);
    const token = await make(world.issuer);
    expect(await caller(tokens, token)).toEqual(problem(why));
    expect(tokens.kept(token)).toBeUndefined();
    expect(await caller(tokens, await world.issuer.token())).toEqual(ANNA);
  });

  const twice = (one: TestIssuer) => JSON.stringify(one.claims()).replace('"sub":', '"sub":"ben","sub":');
  const strangers = async (one: TestIssuer, member: string) => {
    const key = await one.strangersKey("one");
    return one.token({}, { [member]: key.jwk }, key);
  };
  const hmac = (one: TestIssuer) =>
    new SignJWT(one.claims()).setProtectedHeader({ alg: "HS256", kid: "one", typ: "at+jwt" }).sign(Buffer.alloc(32, 7));
  const withCrit = (token: string) => {
    const [, body = ""] = token.split(".");
    const header = { alg: "ES256", kid: "one", typ: "at+jwt", crit: ["odd"], odd: true };
    const head = Buffer.from(JSON.stringify(header)).toString("base64url");
    return `${head}.${body}.${createHmac("sha512", "x").update(body).digest("base64url")}`;
  };
});

test("an issuer whose tokens are loose may leave typ out, and sends no ID token and no other kind", async ({
  world,
}) => {
  const { issuer } = world;
  const tokens = tokensOf(world, { profile: "loose" });
  for (const typ of [undefined, "JWT", "at+jwt"])
    expect(await caller(tokens, await issuer.token({ client_id: undefined, jti: undefined }, { typ }))).toEqual(ANNA);
  for (const id of [{ nonce: "n" }, { at_hash: "h" }, { typ: "ID" }])
    expect(await caller(tokens, await issuer.token(id, { typ: "JWT" }))).toEqual(problem("ID token"));
  for (const typ of ["logout+jwt", "secevent+jwt", "dpop+jwt"])
    expect(await caller(tokens, await issuer.token({}, { typ }))).toEqual(problem("typ"));
});

test("clocks may differ by the tolerance and by no second more", async ({ world }) => {
  const { issuer } = world;
  const now = Math.floor(START / 1000);
  const tokens = tokensOf(world, { clock_tolerance_seconds: 5 });
  for (const [claims, isTaken] of [
    [{ exp: now - 4 }, true],
    [{ exp: now - 5 }, false],
    [{ nbf: now + 5 }, true],
    [{ nbf: now + 6 }, false],
  ] as const)
    expect("name" in (await caller(tokens, await issuer.token(claims))), JSON.stringify(claims)).toBe(isTaken);
});

test("a verified token is kept for a minute at most, and never beyond its expiry", async ({ world }) => {
  const { issuer, clock, now } = world;
  const tokens = tokensOf(world);
  const long = await issuer.token();
  const short = await issuer.token({ exp: Math.floor(START / 1000) + 20 });
  await caller(tokens, long);
  await caller(tokens, short);
  clock.seconds = 19;
  expect([tokens.kept(long), tokens.kept(short)]).toEqual([ANNA, { ...ANNA }]);
  clock.seconds = 20;
  expect([tokens.kept(long), tokens.kept(short)]).toEqual([ANNA, undefined]);
  // keys that were fetched again meanwhile do not make it last longer
  clock.seconds = 40;
  await caller(tokens, await issuer.token({ jti: "2" }));
  await expect.poll(() => issuer.state.fetched).toBe(2);
  clock.seconds = 59;
  expect(tokens.kept(long)).toEqual(ANNA);
  clock.seconds = 60;
  expect(tokens.kept(long)).toBeUndefined();
  expect(now().getTime()).toBe(START + 60_000);
});

test("a kept token is known by the whole of it: another token of the same person is verified", async ({ world }) => {
  const tokens = tokensOf(world);
  const token = await world.issuer.token();
  await caller(tokens, token);
  expect(tokens.kept(await world.issuer.token({ jti: "1" }))).toBeUndefined();
  expect(tokens.kept(`${token}x`)).toBeUndefined();
});

test("a new key is found as soon as the cool-down allows, beside the old one", async ({ world }) => {
  const { issuer, clock } = world;
  const tokens = tokensOf(world);
  const old = await issuer.token();
  expect(await caller(tokens, old)).toEqual(ANNA);
  await issuer.rotate("two", true);
  const next = await issuer.token({ jti: "2" });
  expect(await caller(tokens, next)).toEqual(problem("key"));
  clock.seconds = 30;
  expect(await caller(tokens, next)).toEqual(ANNA);
  expect(await caller(tokens, old)).toEqual(ANNA);
});

test("tokens by unknown keys, however many, make the issuer be asked once in thirty seconds", async ({ world }) => {
  const { issuer, clock } = world;
  const tokens = tokensOf(world);
  const key = await issuer.strangersKey("unknown");
  const storm = async () => {
    const sent = Array.from({ length: 30 }, async (_, n) =>
      caller(tokens, await issuer.token({ jti: `${n}` }, {}, key)),
    );
    for (const reply of await Promise.all(sent)) expect(reply).toEqual(problem("key"));
  };
  await storm();
  await storm();
  expect(issuer.state.fetched).toBe(1);
  clock.seconds = 30;
  await storm();
  await storm();
  expect(issuer.state.fetched).toBe(2);
});

test("a token by a key that was taken away is refused within a minute, also if it was kept", async ({ world }) => {
  const { issuer, clock } = world;
  const tokens = tokensOf(world);
  const token = await issuer.token();
  clock.seconds = 1;
  await caller(tokens, token);
  await issuer.rotate("two", false);
  clock.seconds = 29;
  expect(tokens.kept(token)).toEqual(ANNA);
  // the keys are fetched again beside a request with another token
  clock.seconds = 31;
  await caller(tokens, await issuer.token({ jti: "2" }));
  await expect.poll(() => tokens.kept(token)).toBeUndefined();
  expect(await caller(tokens, token)).toEqual(problem("key"));
});

test("a token that was verified while its key was taken away is not kept beyond that", async ({ world }) => {
  const { issuer, clock } = world;
  const tokens = tokensOf(world);
  await caller(tokens, await issuer.token());
  const late = await issuer.token({ jti: "2" });
  await issuer.rotate("two", false);
  // the keys are fetched again beside this request
  clock.seconds = 31;
  expect(await caller(tokens, late)).toEqual(ANNA);
  await expect.poll(() => tokens.kept(late)).toBeUndefined();
  expect(await caller(tokens, late)).toEqual(problem("key"));
});

test("sixty-four tokens are verified at a time, good or bad, and a further one is no refusal but a fault", async ({
  world,
}) => {
  const { issuer } = world;
  const tokens = tokensOf(world);
  const good = await issuer.token();
  const bad = await issuer.token({}, {}, await issuer.strangersKey("one"));
  const sent = Array.from({ length: 64 }, (_, n) => tokens.verify(n % 2 === 0 ? good : bad));
  await expect(tokens.verify(good)).rejects.toThrow(Overloaded);
  expect(await Promise.all(sent)).toEqual(sent.map((_, n) => (n % 2 === 0 ? ANNA : problem("signature"))));
  // a fault of the issuer frees its place too
  issuer.state.isUp = false;
  const unable = tokensOf(world);
  for (const _ of sent) await expect(unable.verify(good)).rejects.toThrow(IssuerUnavailable);
  await expect(unable.verify(good)).rejects.toThrow(IssuerUnavailable);
  expect(await tokens.verify(good)).toEqual(ANNA);
});

test("a clock that is set back prolongs no kept token", async ({ world }) => {
  const { issuer, clock } = world;
  clock.seconds = 100;
  const tokens = tokensOf(world);
  const token = await issuer.token();
  await caller(tokens, token);
  clock.seconds = 41;
  expect(tokens.kept(token)).toEqual(ANNA);
  // with keys that are fresh
  clock.seconds = 40;
  const other = await issuer.token({ jti: "2" });
  await caller(tokens, other);
  expect([tokens.kept(token), tokens.kept(other)]).toEqual([undefined, ANNA]);
});

test("an issuer that is away for a moment is not noticed: its keys are fetched again before they are too old", async ({
  world,
}) => {
  const { issuer, clock } = world;
  for (const changes of [{}, { jwks_uri: undefined }]) {
    clock.seconds = 0;
    const tokens = tokensOf(world, changes);
    const next = async (seconds: number) => {
      clock.seconds = seconds;
      return caller(tokens, await issuer.token({ jti: `${seconds}` }));
    };
    expect(await next(0)).toEqual(ANNA);
    const asked = issuer.state.fetched;
    issuer.state.isUp = false;
    expect(await next(31)).toEqual(ANNA);
    await expect.poll(() => issuer.state.fetched).toBe(asked + 1);
    // it has failed, and is not asked again yet
    expect(await next(32)).toEqual(ANNA);
    issuer.state.isUp = true;
    const askedAgain = async () => {
      expect(await next(40)).toEqual(ANNA);
      return issuer.state.fetched;
    };
    await expect.poll(askedAgain).toBe(asked + 2);
    // those from the beginning would be too old by now
    issuer.state.isUp = false;
    expect(await next(75)).toEqual(ANNA);
    issuer.state.isUp = true;
  }
});

test("a clock that is set back makes keys and kept tokens no younger", async ({ world }) => {
  const { issuer, clock } = world;
  clock.seconds = 100;
  const tokens = tokensOf(world);
  const token = await issuer.token();
  expect(await caller(tokens, token)).toEqual(ANNA);
  await issuer.rotate("two", false);
  clock.seconds = 40;
  expect(tokens.kept(token)).toBeUndefined();
  expect(await caller(tokens, token)).toEqual(problem("key"));
});

test("an issuer that is away is a fault, and verified tokens are taken for what is left of the minute", async ({
  world,
}) => {
  const { issuer, clock } = world;
  issuer.state.isUp = false;
  const tokens = tokensOf(world);
  const token = await issuer.token();
  await expect(caller(tokens, token)).rejects.toThrow(IssuerUnavailable);
  // it is not asked again at once
  await expect(caller(tokens, token)).rejects.toThrow(IssuerUnavailable);
  expect(issuer.state.fetched).toBe(1);
  clock.seconds = 5;
  issuer.state.isUp = true;
  expect(await caller(tokens, token)).toEqual(ANNA);
  issuer.state.isUp = false;
  clock.seconds = 64;
  expect(await caller(tokens, token)).toEqual(ANNA);
  clock.seconds = 65;
  await expect(caller(tokens, token)).rejects.toThrow(IssuerUnavailable);
  // what is no token of this issuer is refused all the same
  expect(await caller(tokens, await issuer.token({ iss: "https://evil.example" }))).toEqual(problem("issuer"));
});
