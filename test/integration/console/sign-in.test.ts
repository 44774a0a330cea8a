/** Signing in by a real OpenID provider: who is then who, and that no other answer than the one that was asked for counts. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished } from "vitest";
import { createTextSeal } from "../../../src/domain/seal.ts";
import { readProviders } from "../../../src/domain/sign-in-providers.ts";
import { createSignInProvider } from "../../../src/identity/sign-in-provider.ts";
import { leadsTo, PUBLIC_URL, withConsole } from "../../support/console-service.ts";
import type { Browse } from "../../support/cookie-jar.ts";
import { startProvider } from "../../support/oidc-provider.ts";
import { type Service, seedWorld, test } from "../../support/service.ts";

const redirectUri = `${PUBLIC_URL}/console/callback`;

/** The console with a provider, and with a second one where the first is called `idp` and the other `other`. */
async function consoleWith({ deps }: Pick<Service, "deps">, { two = false, more = {} } = {}) {
  const refused: unknown[] = [];
  const logged: unknown[] = [];
  const deliver = async (request: Request) => opened.service.app.request(request);
  const console = { url: PUBLIC_URL, deliver };
  const idp = await startProvider(console);
  const other = two ? await startProvider(console) : undefined;
  onTestFinished(async () => {
    await idp.stop();
    await other?.stop();
  });
  const configs = [
    idp.configured(more),
    ...(other ? [other.configured({ name: "other", user_prefix: "other-" })] : []),
  ];
  const options = { redirectUri, isOneOfMany: two, clock: () => new Date() };
  const providers = configs.map((config) => createSignInProvider(config, options));
  const seal = createTextSeal("a secret for the tests alone, 32+", "sign-ins");
  const opened = withConsole(deps, {
    signIn: { providers, seal },
    log: (_, event, facts) => {
      if (event === "signed_in") logged.push(facts);
      if (event === "sign_in_refused") refused.push((facts as { problem: string }).problem);
    },
  });
  return { ...opened, idp, other: other as NonNullable<typeof other>, refused, logged };
}

/** Begins a sign-in, and returns where the browser is sent. */
async function begin(browse: Browse, provider = "idp", wanted = ""): Promise<URL> {
  const reply = await browse(`/console/sign-in/${provider}${wanted}`);
  expect(reply.status).toBe(303);
  return new URL(reply.headers.get("Location") ?? "");
}

const pathOf = ({ pathname, search }: URL) => pathname + search;
const me = async (browse: Browse) => {
  const reply = await browse("/console?choose=1");
  return reply.status === 200 ? await reply.text() : leadsTo(reply);
};

test("who signs in at the provider is that person at the console, and comes to the page that was asked for", async ({
  service,
}) => {
  await seedWorld(service);
  const { browser, idp } = await consoleWith(service);
  const browse = browser();
  expect(leadsTo(await browse("/console/organizations/sunward/x?y=1"))).toBe(
    "303 /console/sign-in?to=%2Fconsole%2Forganizations%2Fsunward%2Fx%3Fy%3D1",
  );
  const address = await begin(browse, "idp", "?to=/console/organizations/sunward/x?y=1");
  expect(address.origin).toBe(idp.issuer);
  expect(Object.fromEntries(address.searchParams)).toMatchObject({
    ...{ response_type: "code", redirect_uri: redirectUri, code_challenge_method: "S256", scope: "openid profile" },
    ...{ state: expect.stringMatching(/^[\w-]{43}$/), nonce: expect.stringMatching(/^[\w-]{43}$/) },
  });
  const back = await idp.signIn(address.href, "anna");
  const reply = await browse(pathOf(back));
  expect(leadsTo(reply)).toBe("303 /console/organizations/sunward/x?y=1");
  const page = await me(browse);
  expect(page).toContain("Signed in as anna of the provider");
  expect(page).toContain("Sunward Energy");
  expect(page).not.toContain("/console/inspector");
});

test("a session's id is new at each sign-in, its cookie is for this host alone, and nothing of the provider is in it", async ({
  service,
}) => {
  await seedWorld(service);
  const { browser, idp, service: served } = await consoleWith(service);
  const browse = browser();
  const ids: (string | undefined)[] = [];
  for (const account of ["anna", "ben"]) {
    const address = await begin(browse);
    const reply = await browse(pathOf(await idp.signIn(address.href, account)));
    const [line = ""] = reply.headers.getSetCookie().filter((one) => one.startsWith("__Host-concordat="));
    expect(line).toMatch(/^__Host-concordat=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
    expect([...browse.cookies.keys()]).toEqual(["__Host-concordat"]);
    ids.push(browse.cookies.get("__Host-concordat"));
  }
  expect(new Set(ids).size).toBe(2);
  // the one of before has ended
  const before = await served.app.request(`${PUBLIC_URL}/console`, {
    headers: { Cookie: `__Host-concordat=${ids[0]}` },
  });
  expect(leadsTo(before)).toBe("303 /console/sign-in?to=%2Fconsole");
});

test("an operator is who has the configured value in the configured claim, and nobody else", async ({ service }) => {
  await seedWorld(service);
  const { browser, idp } = await consoleWith(service, { more: { admin: { claim: "roles", value: "otto" } } });
  const pages: string[] = [];
  for (const account of ["otto", "anna"]) {
    const browse = browser();
    await browse(pathOf(await idp.signIn((await begin(browse)).href, account)));
    pages.push(await me(browse));
  }
  expect(pages.map((page) => page.includes('href="/console/inspector"'))).toEqual([true, false]);
});

test("a person has the id that the same claims give them in a token", async ({ service }) => {
  await service.admin("PUT", "/v1/organizations/sunward", { name: "Sunward Energy" });
  await service.admin("PUT", "/v1/organizations/sunward/people/idp-anna", { role: "admin" });
  const { browser, idp } = await consoleWith(service, { more: { user_prefix: "idp-" } });
  const browse = browser();
  await browse(pathOf(await idp.signIn((await begin(browse)).href, "anna")));
  expect(await me(browse)).toContain("Sunward Energy");
});

test("nothing is kept of an answer that signs nobody in, and who signed in is in the log without a name", async ({
  service,
}) => {
  const { browser, idp, service: served, logged } = await consoleWith(service);
  const { sessions } = served.deps.console as NonNullable<typeof served.deps.console>;
  const kept: string[] = [];
  const { once } = sessions;
  sessions.once = (name, milliseconds) => {
    kept.push(name);
    return once(name, milliseconds);
  };
  const stranger = browser();
  const state = (await begin(stranger)).searchParams.get("state");
  expect((await stranger(`/console/callback?code=x&state=${state}`)).status).toBe(403);
  expect([kept, logged]).toEqual([[], []]);
  const browse = browser();
  await browse(pathOf(await idp.signIn((await begin(browse)).href, "anna")));
  expect(kept).toHaveLength(1);
  const line = { request_id: expect.any(String), provider: "idp", scopes: ["manage"] };
  expect(logged).toEqual([{ ...line, session: expect.stringMatching(/^[\w-]{8}$/) }]);
});

test("an answer counts once, whether it was good or not", async ({ service }) => {
  const { browser, idp, refused } = await consoleWith(service);
  const browse = browser();
  const back = pathOf(await idp.signIn((await begin(browse)).href, "anna"));
  const kept = new Map(browse.cookies);
  expect((await browse(back)).status).toBe(303);
  // as a browser would that kept what it was to forget
  const again = browser();
  for (const [name, value] of kept) again.cookies.set(name, value);
  expect((await again(back)).status).toBe(403);
  expect(refused).toEqual(["The answer was used before."]);
  expect([...again.cookies.keys()]).toEqual([]);
});

test("a code that was used is refused by its provider, also in another sign-in", async ({ service }) => {
  const { browser, idp, refused } = await consoleWith(service);
  const first = browser();
  const used = await idp.signIn((await begin(first)).href, "anna");
  expect((await first(pathOf(used))).status).toBe(303);
  const second = browser();
  const address = await begin(second);
  used.searchParams.set("state", address.searchParams.get("state") ?? "");
  expect((await second(pathOf(used))).status).toBe(403);
  expect(refused).toEqual(["The answer has a code that is refused: invalid_grant."]);
});

test("an answer counts in the browser that asked alone", async ({ service }) => {
  const { browser, idp, refused } = await consoleWith(service);
  const asked = browser();
  const back = pathOf(await idp.signIn((await begin(asked)).href, "anna"));
  expect((await browser()(back)).status).toBe(403);
  // one that began a sign-in of its own is no better
  const other = browser();
  await begin(other);
  expect((await other(back)).status).toBe(403);
  expect(refused).toEqual([
    "The answer is of no sign-in that was begun here.",
    "The answer is not valid: OAUTH_INVALID_RESPONSE.",
  ]);
  expect((await asked(back)).status).toBe(303);
});

test("an ID token with another nonce signs nobody in", async ({ service }) => {
  const { browser, idp, refused } = await consoleWith(service);
  const browse = browser();
  const address = await begin(browse);
  address.searchParams.set("nonce", "another");
  expect((await browse(pathOf(await idp.signIn(address.href, "anna")))).status).toBe(403);
  expect(refused).toEqual(["The answer is not valid: OAUTH_JWT_CLAIM_COMPARISON_FAILED."]);
  expect(browse.cookies.size).toBe(0);
});

test("an answer of one provider never passes for another's, and its code is sent to neither", async ({ service }) => {
  const { browser, idp, other, refused } = await consoleWith(service, { two: true });
  /** The browser begins at `other`, and is led to `idp` instead. */
  async function mixUp(change: (back: URL) => void) {
    const browse = browser();
    const address = await begin(browse, "other");
    const back = await idp.signIn(`${idp.issuer}/auth${address.search}`, "anna");
    change(back);
    return browse(pathOf(back));
  }
  await begin(browser(), "other");
  const before = other.asked.length;
  expect((await mixUp(() => {})).status).toBe(403);
  expect((await mixUp((back) => back.searchParams.delete("iss"))).status).toBe(403);
  expect(refused).toEqual(["The answer is not valid: OAUTH_INVALID_RESPONSE.", "The answer does not say whose it is."]);
  expect(other.asked.length).toBe(before);
  expect(idp.asked).not.toContain("/token");
  // and each alone is taken
  for (const [name, provider] of Object.entries({ idp, other })) {
    const browse = browser();
    const back = await provider.signIn((await begin(browse, name)).href, "anna");
    expect(leadsTo(await browse(pathOf(back)))).toBe("303 /console");
  }
});

test("who declines at the provider is not signed in, and is offered to try again", async ({ service }) => {
  const { browser, idp, refused } = await consoleWith(service);
  const browse = browser();
  const reply = await browse(pathOf(await idp.signIn((await begin(browse)).href, "nobody")));
  expect(reply.status).toBe(403);
  expect(await reply.text()).toContain('href="/console/sign-in"');
  expect(refused).toEqual(["The answer says access_denied."]);
});

test("while the provider is away a sign-in is 503, and nobody is signed in", async ({ service }) => {
  const { browser, idp } = await consoleWith(service);
  await idp.stop();
  const browse = browser();
  const reply = await browse("/console/sign-in/idp");
  expect([reply.status, reply.headers.get("Retry-After")]).toEqual([503, "1"]);
  expect(browse.cookies.size).toBe(0);
});

test("a logout at the provider ends that session here at once, and no other one", async ({ service }) => {
  await seedWorld(service);
  const { browser, idp, service: served } = await consoleWith(service);
  const [here, elsewhere, ben] = [browser(), browser(), browser()];
  const sids: string[] = [];
  const { sessions } = served.deps.console as NonNullable<typeof served.deps.console>;
  const { open } = sessions;
  sessions.open = (digest, session, milliseconds) => {
    sids.push(session.by?.sid ?? "");
    return open(digest, session, milliseconds);
  };
  for (const [browse, account] of [
    [here, "anna"],
    [elsewhere, "anna"],
    [ben, "ben"],
  ] as const)
    await browse(pathOf(await idp.signIn((await begin(browse)).href, account)));
  expect(new Set(sids).size).toBe(3);
  await idp.logout("anna", sids[0]);
  expect(await me(here)).toBe("303 /console/sign-in?to=%2Fconsole%3Fchoose%3D1");
  for (const browse of [elsewhere, ben]) expect(await me(browse)).toContain("Signed in as");
});

test("few answers wait for a provider that hangs, and further ones are refused at once", async () => {
  const server = createServer(() => {});
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const read = readProviders(JSON.stringify({ name: "slow", issuer, client_id: "console" }), []);
  const [config] = "problem" in read ? [] : read.providers;
  if (config === undefined) throw new Error("no provider");
  const provider = createSignInProvider(config, { redirectUri, isOneOfMany: false, clock: () => new Date() });
  const pending = { provider: "slow", state: "s", nonce: "n", verifier: "v" };
  const query = new URLSearchParams({ code: "c", state: "s" });
  const finish = () => provider.finish(query, pending).catch(({ code }: { code: string }) => code);
  const waiting = Array.from({ length: 32 }, finish);
  expect(await finish()).toBe("overloaded");
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(["issuer_unavailable"]));
  // their places are free again
  expect(await finish()).toBe("issuer_unavailable");
});
