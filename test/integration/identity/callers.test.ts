/** What callers with tokens may do: a person what the store grants them, within the organization of the token; a service as with a key. */
import { expect } from "vitest";
import type { Issuer } from "../../../src/domain/issuers.ts";
import { createTokens } from "../../../src/identity/tokens.ts";
import { AUDIENCE, startIssuer, type TestIssuer } from "../../support/issuer.ts";
import { listen } from "../../support/listening.ts";
import { everything, send } from "../../support/routes.ts";
import { cooperate, createService, KEYS, type Service, seedWorld, test as serviceTest } from "../../support/service.ts";

const test = serviceTest.extend<{ issuer: TestIssuer }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest requires the pattern
  issuer: async ({}, use) => {
    const issuer = await startIssuer();
    await use(issuer);
    await issuer.stop();
  },
});

/** The service with this issuer, in the usual world. */
async function withIssuer(service: Service, issuer: Issuer): Promise<Service> {
  await seedWorld(service);
  return createService(service.deps, { tokens: createTokens([issuer], service.deps.clock) });
}

const SERVICES = { services: { billing: "billing-job" }, unbound: ["billing-job"] };
const question = {
  subject: { type: "user", id: "anna" },
  action: { name: "view" },
  resource: { type: "plant", id: "7" },
};

test("a person's token acts for that person, and a header may name nobody else", async ({ service, issuer }) => {
  const served = await withIssuer(service, issuer.configured());
  const key = await issuer.token();
  const me = await send(served, "GET", "/v1/me", undefined, { key });
  expect([me.status, me.body.user]).toEqual([200, "anna"]);
  expect((await send(served, "GET", "/v1/me", undefined, { key, user: "anna" })).status).toBe(200);
  const other = await send(served, "GET", "/v1/me", undefined, { key, user: "otto" });
  expect([other.status, other.body.code]).toEqual([403, "insufficient_scope"]);
  expect(other.body.needs).toContain("acts for nobody else");
  const renamed = await send(served, "PUT", "/v1/plants/7", { owner: "sunward", name: "Ours" }, { key });
  expect(renamed.status).toBe(200);
  const { body } = await served.as("anna", "GET", "/v1/organizations/sunward/history");
  expect(body.items[0].actor).toBe("user:anna");
});

test("the organization of a token is not membership: who is no person of it in the store gets nothing", async ({
  service,
  issuer,
}) => {
  const served = await withIssuer(service, issuer.configured());
  const before = await everything(served);
  for (const claims of [{ sub: "ben" }, { sub: "nobody" }, { org: "brightfix" }, { org: "elsewhere" }]) {
    const key = await issuer.token(claims);
    for (const path of ["/v1/me", "/v1/organizations/sunward", "/v1/plants/7", "/v1/organizations/brightfix"]) {
      const { status, body } = await send(served, "GET", path, undefined, { key });
      expect([status, body.code], `${JSON.stringify(claims)} ${path}`).toEqual([403, "outside_key"]);
    }
  }
  expect(await everything(served)).toEqual(before);
});

test("who belongs to two organizations acts only in the one that the token names", async ({ service, issuer }) => {
  const served = await withIssuer(service, issuer.configured());
  await served.admin("PUT", "/v1/organizations/brightfix/people/anna", { role: "admin" });
  const get = async (path: string, org: unknown) =>
    (await send(served, "GET", path, undefined, { key: await issuer.token({ org }) })).status;
  expect(await get("/v1/organizations/sunward/people", "sunward")).toBe(200);
  expect(await get("/v1/organizations/brightfix/people", "sunward")).toBe(403);
  expect(await get("/v1/organizations/sunward/people", "brightfix")).toBe(403);
  expect(await get("/v1/organizations/brightfix/people", "brightfix")).toBe(200);
  // as Keycloak names several
  for (const both of [["sunward", "brightfix"], { sunward: {}, brightfix: { id: "7" } }])
    expect(await get("/v1/organizations/brightfix/people", both)).toBe(200);
});

test("a membership that ends cuts a kept token off at once", async ({ service, issuer }) => {
  const served = await withIssuer(service, issuer.configured());
  const key = await issuer.token({ sub: "otto" });
  const mine = async () => (await send(served, "GET", "/v1/organizations/sunward", undefined, { key })).status;
  expect(await mine()).toBe(200);
  expect((await served.admin("DELETE", "/v1/organizations/sunward/people/otto")).status).toBe(200);
  expect(served.deps.tokens?.kept(key)).toMatchObject({ user: "otto" });
  expect(await mine()).toBe(403);
});

test("a person's token is no service's, whatever scopes it has", async ({ service, issuer }) => {
  const served = await withIssuer(service, issuer.configured({ unbound: ["people"] }));
  const before = await everything(served);
  const { storeId } = served.deps.engine.api;
  const all = "concordat:check concordat:manage concordat:admin";
  for (const org of ["sunward", undefined]) {
    const key = await issuer.token({ scope: all, org });
    const refused = async (method: string, path: string, body?: object) => {
      const reply = await send(served, method, path, body, { key });
      expect([reply.status, path]).toEqual([403, path]);
    };
    await refused("GET", "/v1/doctor");
    await refused("PUT", "/v1/organizations/new", { name: "New" });
    await refused("POST", "/access/v1/evaluation", question);
    await refused("POST", "/access/v1/search/subject", question);
    await refused("GET", "/stores");
    await refused("GET", `/stores/${storeId}/changes`);
    await refused("POST", `/stores/${storeId}/read`, {});
    // as OpenFGA's clients know a tuple that is refused
    const owner = { user: "organization:sunward", relation: "owner", object: "plant:99" };
    const written = await send(
      served,
      "POST",
      `/stores/${storeId}/write`,
      { writes: { tuple_keys: [owner] } },
      { key },
    );
    expect([written.status, written.body.message]).toEqual([400, expect.stringContaining("scope admin")]);
  }
  const nothing = await send(served, "GET", "/v1/me", undefined, { key: await issuer.token({ scope: "openid" }) });
  expect([nothing.status, nothing.body.code]).toEqual([403, "insufficient_scope"]);
  expect(await everything(served)).toEqual(before);
});

test("a raw Write with a person's token is that person's, and with another's name in the header refused", async ({
  service,
  issuer,
}) => {
  const served = await withIssuer(service, issuer.configured({ unbound: ["people"] }));
  const { id, shares } = await cooperate(served, [{ resource: "plant:7", role: "viewer" }]);
  expect(id).not.toBe("");
  const tuple = { user: "user:tom", relation: "delegated_viewer", object: `share:${shares[0]}` };
  const path = `/stores/${served.deps.engine.api.storeId}/write`;
  const write = async (sub: string, user?: string) => {
    const key = await issuer.token({ sub, org: "brightfix" });
    return (await send(served, "POST", path, { writes: { tuple_keys: [tuple] } }, { key, user })).status;
  };
  expect(await write("tom")).toBe(400);
  expect(await write("tom", "ben")).toBe(403);
  expect(await served.may("tom", "view", "plant:7")).toBe(false);
  expect(await write("ben")).toBe(200);
  expect(await served.may("tom", "view", "plant:7")).toBe(true);
});

test("a service that the issuer's configuration lists is like a key with the token's scopes, and no other is", async ({
  service,
  issuer,
}) => {
  const served = await withIssuer(service, issuer.configured(SERVICES));
  const job = (scope: string, more: object = {}) =>
    issuer.token({ sub: "billing", client_id: "billing", org: undefined, scope, ...more });
  const check = async (key: string) => send(served, "POST", "/access/v1/evaluation", question, { key });
  expect((await check(await job("concordat:check"))).body).toEqual({ decision: true });
  expect((await check(await job("concordat:manage"))).status).toBe(403);
  expect((await check(await job("openid concordat:checks constructor"))).status).toBe(403);
  expect((await check(await job("concordat:check", { sub: "other", client_id: "billing" }))).status).toBe(401);
  const admin = await job("concordat:admin");
  expect((await send(served, "GET", "/v1/doctor", undefined, { key: admin })).status).toBe(200);
  const made = await send(served, "PUT", "/v1/organizations/new", { name: "New" }, { key: admin });
  expect(made.status).toBe(201);
  const { body } = await served.admin("GET", "/v1/organizations/new/history");
  expect(body.items[0].actor).toBe("service:billing-job");
  const forAnna = { key: await job("concordat:manage"), user: "anna" };
  expect((await send(served, "GET", "/v1/me", undefined, forAnna)).body.user).toBe("anna");
  // with an organization it is bound to it, as a key with `organizations`
  const bound = await job("concordat:admin", { org: "brightfix" });
  expect((await send(served, "GET", "/v1/doctor", undefined, { key: bound })).body.code).toBe("outside_key");
  expect((await send(served, "GET", "/v1/organizations/brightfix", undefined, { key: bound })).status).toBe(200);
  expect((await send(served, "GET", "/v1/organizations/sunward", undefined, { key: bound })).status).toBe(403);
});

test.for([
  ["auth0|7", 200],
  ["a/b?c&d=%", 200],
  ["jürgen", 200],
  ["日本", 200],
  ["x".repeat(200), 200],
  ["x".repeat(201), 401],
  ["", 401],
  ["*", 401],
  ["..", 401],
  ["a:b", 401],
  ["group:a#member", 401],
  ["a b", 401],
  ["a\u0000b", 401],
  ["a\u2028b", 401],
  ["\ud800", 401],
] as const)("the user %j has the id %s is answered for everywhere", async ([sub, status], { service, issuer }) => {
  const served = await withIssuer(service, issuer.configured({ unbound: ["people"] }));
  const key = await issuer.token({ sub, org: undefined });
  const reply = await send(served, "GET", "/v1/me", undefined, { key });
  expect(reply.status).toBe(status);
  if (status === 200) expect(reply.body.user).toBe(sub);
});

test("users of an issuer with a prefix are other people than those without", async ({ service, issuer }) => {
  const served = await withIssuer(service, issuer.configured({ user_prefix: "acme|", unbound: ["people"] }));
  const reply = await send(served, "GET", "/v1/me", undefined, { key: await issuer.token({ org: undefined }) });
  expect(reply.body).toMatchObject({ user: "acme|anna", organizations: [] });
});

test("a refusal says why, and where callers learn which issuers are trusted", async ({ service, issuer }) => {
  const served = await withIssuer(service, issuer.configured());
  const metadata = `${AUDIENCE}/.well-known/oauth-protected-resource`;
  const bad = await send(served, "GET", "/v1/me", undefined, { key: await issuer.token({ cnf: { jkt: "x" } }) });
  expect([bad.status, bad.body.code]).toEqual([401, "unauthorized"]);
  expect(bad.body.detail).toBe("The token is bound to a key by cnf and must not be sent as a plain bearer.");
  expect(bad.headers.get("WWW-Authenticate")).toBe(
    `Bearer realm="concordat", error="invalid_token", error_description="${bad.body.detail}", resource_metadata="${metadata}"`,
  );
  const none = await send(served, "GET", "/v1/me", undefined, {});
  expect(none.headers.get("WWW-Authenticate")).toBe(`Bearer realm="concordat", resource_metadata="${metadata}"`);
  const openFga = await send(served, "GET", "/stores", undefined, { key: issuer.unsigned() });
  expect([openFga.status, openFga.body.code]).toEqual([401, "unauthenticated"]);
  expect(openFga.headers.get("WWW-Authenticate")).toContain('error_description="The token is signed by an algorithm');
  const { body } = await send(served, "GET", new URL(metadata).pathname, undefined, {});
  expect(body).toEqual({
    resource: AUDIENCE,
    authorization_servers: [issuer.url],
    scopes_supported: ["concordat:check", "concordat:manage", "concordat:admin"],
    bearer_methods_supported: ["header"],
  });
  const below = createService(served.deps, { publicUrl: "https://concordat.example/tenant" });
  for (const path of [new URL(metadata).pathname, `${new URL(metadata).pathname}/tenant`])
    expect((await send(below, "GET", path, undefined, {})).body.resource).toBe("https://concordat.example/tenant");
});

test("without issuers nothing changes: a token is an unknown key, and there is no metadata", async ({
  service,
  issuer,
}) => {
  const reply = await send(service, "GET", "/v1/me", undefined, { key: await issuer.token() });
  expect(reply.headers.get("WWW-Authenticate")).toBe('Bearer realm="concordat", error="invalid_token"');
  expect(reply.body.detail).toBeUndefined();
  expect((await send(service, "GET", "/.well-known/oauth-protected-resource", undefined, {})).status).toBe(404);
  expect(issuer.state.fetched).toBe(0);
});

test("keys are taken beside tokens, also one that looks like a token", async ({ service, issuer }) => {
  const served = await withIssuer(service, issuer.configured());
  expect((await send(served, "GET", "/v1/me", undefined, { key: KEYS.manage, user: "anna" })).status).toBe(200);
  const key = "e30.e30.a-key-of-the-tests";
  const found = { name: "odd", scopes: ["admin" as const], digest: Buffer.alloc(32) };
  const findKey = (presented: string) => (presented === key ? found : undefined);
  const odd = createService(served.deps, { findKey });
  expect((await send(odd, "GET", "/v1/doctor", undefined, { key })).status).toBe(200);
  expect((await send(odd, "GET", "/v1/doctor", undefined, { key: `${key}x` })).status).toBe(401);
});

test("an issuer that is away is a 503 on every path, and no 401", async ({ service, issuer }) => {
  const served = await withIssuer(service, issuer.configured());
  issuer.state.isUp = false;
  const key = await issuer.token();
  const reply = await send(served, "GET", "/v1/me", undefined, { key });
  expect([reply.status, reply.body.code]).toEqual([503, "issuer_unavailable"]);
  const openFga = await send(served, "GET", "/stores", undefined, { key });
  expect([openFga.status, openFga.body.code]).toEqual([503, "unavailable"]);
  expect(issuer.state.fetched).toBe(1);
});

test("a check with a kept token is answered before the app, once the app has verified it", async ({
  service,
  issuer,
}) => {
  const base = await withIssuer(service, issuer.configured(SERVICES));
  const logged: string[] = [];
  const served = createService(base.deps, { log: (_, event) => logged.push(event) });
  const { url, close } = await listen(served);
  const key = await issuer.token({ sub: "billing", org: undefined, scope: "concordat:check" });
  const ask = async (bearer: string) => {
    const reply = await fetch(`${url}/access/v1/evaluation`, {
      method: "POST",
      headers: { Authorization: `Bearer ${bearer}`, "Content-Type": "application/json" },
      body: JSON.stringify(question),
    });
    return [reply.status, ((await reply.json()) as { decision?: boolean }).decision];
  };
  // a plain evaluation that is answered before the app is counted and not logged
  expect([await ask(key), logged]).toEqual([[200, true], ["request"]]);
  expect([await ask(key), logged]).toEqual([[200, true], ["request"]]);
  expect((await ask(await issuer.token({ sub: "anna", scope: "concordat:check" })))[0]).toBe(403);
  await close();
});
