/** A provider's logout tokens: which sessions they end, and that nothing else that is sent there ends any. */
import { expect, onTestFinished } from "vitest";
import { UserId } from "../../../src/domain/ids.ts";
import { createTextSeal } from "../../../src/domain/seal.ts";
import { readProviders } from "../../../src/domain/sign-in-providers.ts";
import { createSignInProvider } from "../../../src/identity/sign-in-provider.ts";
import { LIMITS, withConsole } from "../../support/console-service.ts";
import { startIssuer, type TestIssuer } from "../../support/issuer.ts";
import { type Service, test } from "../../support/service.ts";

const EVENTS = { "http://schemas.openid.net/event/backchannel-logout": {} };
const CLIENT = "concordat-console";

/** The console with a provider whose keys the test has, and three sessions of it. */
async function consoleOf({ deps }: Pick<Service, "deps">) {
  const idp = await startIssuer();
  onTestFinished(() => idp.stop());
  const read = readProviders(
    JSON.stringify({ name: "idp", issuer: idp.url, client_id: CLIENT, algorithm: "ES256" }),
    [],
  );
  if ("problem" in read) throw new Error(read.problem);
  let ahead = 0;
  const clock = () => new Date(Date.now() + ahead);
  const options = { redirectUri: "https://concordat.example/", isOneOfMany: false, clock };
  const providers = read.providers.map((config) => createSignInProvider(config, options));
  const signIn = { providers, seal: createTextSeal("a secret for the tests alone, 32+", "sign-ins") };
  const { service } = withConsole(deps, { signIn });
  const { sessions } = service.deps.console as NonNullable<typeof service.deps.console>;
  const open = async (digest: string, by: { iss: string; sub: string; sid: string }) => {
    const now = Date.now();
    const who = { user: UserId.parse(by.sub), scopes: ["manage" as const], name: by.sub, by };
    await sessions.open(digest, { ...who, openedAt: now, seenAt: now }, LIMITS.idleMilliseconds);
  };
  await open("anna-1", { iss: idp.url, sub: "anna", sid: "1" });
  await open("anna-2", { iss: idp.url, sub: "anna", sid: "2" });
  await open("ben", { iss: idp.url, sub: "ben", sid: "3" });
  await open("another issuer's anna", { iss: "https://other.example", sub: "anna", sid: "1" });
  const all = ["anna-1", "anna-2", "ben", "another issuer's anna"];
  return {
    idp,
    open,
    setAhead: (milliseconds: number) => {
      ahead = milliseconds;
    },
    /** The status and body of a logout token. */
    async send(token: string | undefined) {
      const body = new URLSearchParams(token === undefined ? {} : { logout_token: token });
      const reply = await service.app.request("/console/backchannel-logout", { method: "POST", body });
      expect(reply.headers.get("Cache-Control")).toBe("no-store");
      const isJson = /json/.test(reply.headers.get("Content-Type") ?? "");
      return { status: reply.status, ...(isJson && ((await reply.json()) as object)) };
    },
    /** Which sessions there are. */
    async left() {
      const found = await Promise.all(all.map((digest) => sessions.find(digest)));
      return all.filter((_, n) => found[n] !== undefined);
    },
  };
}

/** A good token about anna's session, but for what is changed. */
const logout = (idp: TestIssuer, more: object = {}, header: object = {}) => {
  const bare = { org: undefined, scope: undefined, client_id: undefined };
  const own = { ...bare, aud: CLIENT, jti: crypto.randomUUID(), events: EVENTS, sid: "1" };
  return idp.token({ ...own, ...more }, { typ: "logout+jwt", ...header });
};

test("a token with a session of the provider ends that one, one with a subject all of its sessions there", async ({
  service,
}) => {
  const { idp, send, left } = await consoleOf(service);
  expect(await send(await logout(idp))).toEqual({ status: 200 });
  expect(await left()).toEqual(["anna-2", "ben", "another issuer's anna"]);
  expect(await send(await logout(idp, { sid: undefined }))).toEqual({ status: 200 });
  expect(await left()).toEqual(["ben", "another issuer's anna"]);
  // a subject that is not the session's
  expect(await send(await logout(idp, { sid: "3" }))).toEqual({ status: 200 });
  expect(await left()).toEqual(["ben", "another issuer's anna"]);
});

test("a token that is sent again ends nothing that began since; another one does", async ({ service }) => {
  const { idp, open, send, left } = await consoleOf(service);
  const token = await logout(idp, { sid: undefined });
  expect(await send(token)).toEqual({ status: 200 });
  await open("anna-1", { iss: idp.url, sub: "anna", sid: "4" });
  expect(await send(token)).toEqual({ status: 200 });
  expect(await left()).toContain("anna-1");
  expect(await send(await logout(idp, { sid: undefined }))).toEqual({ status: 200 });
  expect(await left()).not.toContain("anna-1");
});

const now = () => Math.floor(Date.now() / 1000);

/** What is no logout token of this provider for this client. */
const BAD: Record<string, (idp: TestIssuer) => Promise<string> | string | undefined> = {
  "no token": () => undefined,
  "no JWT": () => "logout",
  "too long": async (idp) => logout(idp, { padding: "x".repeat(8192) }),
  "another issuer": (idp) => logout(idp, { iss: "https://other.example" }),
  "another client": (idp) => logout(idp, { aud: "another" }),
  "a stranger's key": async (idp) => {
    const claims = { aud: CLIENT, jti: "x", events: EVENTS, sid: "1" };
    return idp.token(claims, { typ: "logout+jwt" }, await idp.strangersKey("one"));
  },
  "no signature": (idp) => idp.unsigned({ aud: CLIENT, events: EVENTS, sid: "1" }),
  "an access token": (idp) => logout(idp, {}, { typ: "at+jwt" }),
  "an ID token": (idp) => logout(idp, { nonce: "n" }),
  "about something else": (idp) => logout(idp, { events: { "https://other.example/event": {} } }),
  "about nothing": (idp) => logout(idp, { events: undefined }),
  "nobody's": (idp) => logout(idp, { sub: undefined, sid: undefined }),
  "a session that is no text": (idp) => logout(idp, { sid: 1 }),
  "without an id": (idp) => logout(idp, { jti: undefined }),
  "without a time": (idp) => logout(idp, { iat: undefined }),
  "too old": (idp) => logout(idp, { iat: now() - 3600, exp: now() + 300 }),
  expired: (idp) => logout(idp, { exp: now() - 60 }),
  "a member twice": (idp) => {
    const claims = idp.claims({ aud: CLIENT, jti: "x", events: EVENTS, sid: "1" });
    return idp.signText(`${JSON.stringify(claims).slice(0, -1)},"sid":"3"}`, { typ: "logout+jwt" });
  },
};

test.for(Object.entries(BAD))("%s ends no session", async ([, make], { service }) => {
  const { idp, send, left } = await consoleOf(service);
  expect(await send(await make(idp))).toMatchObject({ status: 400, error: "invalid_request" });
  expect(await left()).toHaveLength(4);
});

test("while the provider's keys cannot be fetched it is 503, and the same token counts when they can", async ({
  service,
}) => {
  const { idp, send, left, setAhead } = await consoleOf(service);
  idp.state.isUp = false;
  const token = await logout(idp);
  expect(await send(token)).toMatchObject({ status: 503, code: "issuer_unavailable" });
  expect(await left()).toHaveLength(4);
  idp.state.isUp = true;
  setAhead(6_000);
  expect(await send(token)).toEqual({ status: 200 });
  expect(await left()).toHaveLength(3);
});
