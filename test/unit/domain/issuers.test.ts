/** What ISSUERS may say, and what the documents say it may. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readIssuers } from "../../../src/domain/issuers.ts";
import { type Claims, presentedBy } from "../../../src/domain/token-claims.ts";

const ENTRY = {
  name: "idp",
  issuer: "https://id.example",
  audience: "https://concordat.example",
  algorithms: ["ES256"],
  organization_claim: "org_id",
};
const read = (...entries: object[]) => readIssuers(JSON.stringify(entries));
const JOBS = { services: { job: "billing", tenant: "tenants" } };
const CLAIMS = { sub: "anna", exp: 1, org_id: "sunward", scope: "concordat:manage concordat:admin other" };

function presented(more: object, claims: Claims) {
  const found = read({ ...ENTRY, ...more });
  if ("problem" in found || found.issuers[0] === undefined) throw new Error(JSON.stringify(found));
  return presentedBy(found.issuers[0], claims);
}

test("an issuer needs its name, issuer, audience, algorithms and what binds its tokens; the rest has defaults", () => {
  expect(read(ENTRY)).toMatchObject({ issuers: [{ profile: "rfc9068", userClaim: "sub", unbound: [] }] });
  for (const name of Object.keys(ENTRY)) {
    const without = Object.fromEntries(Object.entries(ENTRY).filter(([one]) => one !== name));
    expect(read(without), name).toHaveProperty("problem");
  }
});

describe("refused is", () => {
  test.for<[what: string, entries: object[], why: string]>([
    ["an HMAC", [{ ...ENTRY, algorithms: ["ES256", "HS256"] }], "entry 0.algorithms.1"],
    ["no signature", [{ ...ENTRY, algorithms: ["none"] }], "entry 0.algorithms.0"],
    ["no algorithm", [{ ...ENTRY, algorithms: [] }], "entry 0.algorithms"],
    ["no audience", [{ ...ENTRY, audience: [] }], "entry 0.audience"],
    ["http on another machine", [{ ...ENTRY, issuer: "http://id.example" }], "entry 0.issuer"],
    ["keys over http", [{ ...ENTRY, jwks_uri: "http://id.example/keys" }], "entry 0.jwks_uri"],
    ["keys in a file", [{ ...ENTRY, jwks_uri: "file:///etc/keys" }], "entry 0.jwks_uri"],
    ["a password in the URL", [{ ...ENTRY, issuer: "https://a:b@id.example" }], "entry 0.issuer"],
    ["a member that nobody knows", [{ ...ENTRY, audiences: ["x"] }], "entry 0"],
    ["a service's name that is ours", [{ ...ENTRY, services: { job: "scheduler" } }], "entry 0.services.job"],
    ["a service called people", [{ ...ENTRY, services: { job: "people" } }], "entry 0.services.job"],
    ["all services unbound at once", [{ ...ENTRY, ...JOBS, unbound: ["services"] }], "unbound names services"],
    ["a service unbound by its sub", [{ ...ENTRY, ...JOBS, unbound: ["people", "job"] }], "unbound names job"],
    ["a tolerance of an hour", [{ ...ENTRY, clock_tolerance_seconds: 3600 }], "entry 0.clock_tolerance_seconds"],
    ["a prefix that no id has", [{ ...ENTRY, user_prefix: "a:" }], "entry 0.user_prefix"],
    ["the same issuer twice", [ENTRY, { ...ENTRY, name: "other", user_prefix: "o|" }], "twice"],
    ["the same name twice", [ENTRY, { ...ENTRY, issuer: "https://other.example" }], "twice"],
    [
      "people of two issuers with the same ids",
      [ENTRY, { ...ENTRY, name: "b", issuer: "https://b.example" }],
      "user_prefix",
    ],
    [
      "a prefix that begins with another",
      [
        { ...ENTRY, user_prefix: "a" },
        { ...ENTRY, name: "b", issuer: "https://b.example", user_prefix: "ab" },
      ],
      "user_prefix",
    ],
    [
      "names of organizations without a claim",
      [{ ...ENTRY, organization_claim: undefined, unbound: ["people"], organizations: {} }],
      "organization_claim",
    ],
    ["signals without an audience", [{ ...ENTRY, signals: {} }], "entry 0.signals.audience"],
    [
      "a bearer of signals as it is",
      [{ ...ENTRY, signals: { audience: "x", bearer_sha256: "secret" } }],
      "entry 0.signals.bearer_sha256",
    ],
    [
      "signals of somebody else without their keys",
      [{ ...ENTRY, signals: { audience: "x", issuer: "https://other.example" } }],
      "jwks_uri",
    ],
    [
      "two with the same signals",
      [
        { ...ENTRY, user_prefix: "a|", signals: { audience: "x" } },
        {
          ...ENTRY,
          ...{ name: "b", issuer: "https://b.example", user_prefix: "b|" },
          signals: { audience: "x", issuer: ENTRY.issuer, jwks_uri: "https://b.example/keys" },
        },
      ],
      "signals of the same issuer",
    ],
    ["no list", [], "at least one"],
  ])("%s", ([, entries, why]) => {
    expect(read(...entries)).toEqual({ problem: expect.stringContaining(why) });
  });

  test("text that is no JSON", () => {
    expect(readIssuers("idp")).toEqual({ problem: expect.stringContaining("JSON") });
  });
});

test("two issuers with a prefix each are taken", () => {
  const other = { ...ENTRY, name: "b", issuer: "https://b.example", user_prefix: "b|" };
  expect(read({ ...ENTRY, user_prefix: "a|" }, other)).toHaveProperty("issuers");
});

test("a person keeps of their scopes manage alone, and a service all that are known", () => {
  expect(presented({}, CLAIMS)).toMatchObject({ user: "anna", scopes: ["manage"] });
  expect(presented({ services: { anna: "job" } }, CLAIMS)).toEqual({
    name: "job",
    scopes: ["manage", "admin"],
    bounds: { organizations: ["sunward"] },
  });
});

test("a service is known by its sub alone, whatever client a token names", () => {
  const client = { client_id: "job", azp: "job" };
  expect(presented(JOBS, { ...CLAIMS, sub: "job" })).toMatchObject({ name: "billing" });
  expect(presented(JOBS, { ...CLAIMS, ...client })).toMatchObject({ name: "idp", user: "anna" });
  for (const sub of [undefined, null, 7, ["job"]]) {
    const claims = { ...CLAIMS, ...client, sub };
    expect(presented(JOBS, claims)).toEqual({ problem: expect.stringContaining("no user") });
    expect(presented({ ...JOBS, user_claim: "oid" }, { ...claims, oid: "anna" })).toMatchObject({ user: "anna" });
  }
  // nor by a name that a person may have chosen
  const chosen = presented({ ...JOBS, user_claim: "preferred_username" }, { ...CLAIMS, preferred_username: "job" });
  expect(chosen).toMatchObject({ name: "idp", user: "job" });
});

test("a token without an organization is taken from those alone whom unbound names", () => {
  const none = { problem: "names no organization" };
  const found = (unbound: string[]) =>
    ["job", "tenant", "anna"].map((sub) => presented({ ...JOBS, unbound }, { ...CLAIMS, sub, org_id: undefined }));
  const job = { name: "billing", scopes: ["manage", "admin"] };
  const anna = { name: "idp", scopes: ["manage"], user: "anna" };
  expect(found([])).toEqual([none, none, none]);
  expect(found(["billing"])).toEqual([job, none, none]);
  expect(found(["people"])).toEqual([none, none, anna]);
  expect(found(["people", "billing"])).toEqual([job, none, anna]);
  // who may be without one is still bound by the one that the token names
  const named = presented({ ...JOBS, unbound: ["billing"] }, { ...CLAIMS, sub: "job" });
  expect(named).toEqual({ ...job, bounds: { organizations: ["sunward"] } });
});

test("events suspend people in the organizations of their issuer, or in those that signals name, and otherwise in none", () => {
  const of = (more: object) => {
    const found = read({ ...ENTRY, ...more });
    return "issuers" in found ? found.issuers[0]?.signals?.organizations : found;
  };
  const signals = { audience: "x" };
  expect(of({ signals })).toEqual([]);
  expect(of({ signals, organizations: { org_1: "sunward" } })).toEqual(["sunward"]);
  expect(of({ signals: { ...signals, organizations: [] }, organizations: { org_1: "sunward" } })).toEqual([]);
  expect(of({})).toBeUndefined();
});

test("organizations have the names of here, and one that has none is unknown", () => {
  const named = { organizations: { org_1: "sunward" } };
  const of = (org_id: unknown) => presented(named, { ...CLAIMS, org_id });
  expect(of("org_1")).toMatchObject({ bounds: { organizations: ["sunward"] } });
  for (const other of ["sunward", "org_2", "constructor", "__proto__"]) expect(of(other)).toHaveProperty("problem");
  expect(of(["org_1", "org_2"])).toMatchObject({ bounds: { organizations: ["sunward"] } });
});

test("a claim may lie deeper, and what only looks like one is none", () => {
  const deep = { organization_claim: "/active~1one/id" };
  expect(presented(deep, { ...CLAIMS, "active/one": { id: "sunward" } })).toMatchObject({
    bounds: { organizations: ["sunward"] },
  });
  expect(presented(deep, { ...CLAIMS, "active/one": "sunward" })).toEqual({ problem: "names no organization" });
  expect(presented({ user_claim: "constructor" }, CLAIMS)).toHaveProperty("problem");
});

describe("the examples in docs/identity.md", () => {
  const text = readFileSync(new URL("../../../docs/identity.md", import.meta.url), "utf8");
  const examples = [...text.matchAll(/```json\n(.*?)```/gs)].map(([, json = ""]) => JSON.parse(json));
  const EXP = { exp: 1 };
  /** What each provider's tokens hold, and whom they name. */
  const TOKENS: Record<string, [claims: Claims, found: object][]> = {
    auth0: [
      [{ ...EXP, sub: "auth0|7", org_id: "org_x1", scope: "openid concordat:manage" }, { user: "auth0|7" }],
      [{ ...EXP, sub: "k9dJ2@clients", scope: "concordat:check", gty: "client-credentials" }, { name: "billing" }],
    ],
    workos: [[{ ...EXP, sub: "user_1", org_id: "sunward", permissions: ["concordat:manage"] }, { user: "user_1" }]],
    keycloak: [
      [{ ...EXP, sub: "f1", organization: ["sunward"], scope: "concordat:manage", typ: "Bearer" }, { user: "f1" }],
      [{ ...EXP, sub: "f1", organization: { sunward: { id: "4" } }, scope: "concordat:manage" }, { user: "f1" }],
    ],
    "entra-acme": [
      [
        { ...EXP, sub: "x", oid: "o1", tid: "11111111-2222-3333-4444-555555555555", scp: "access_as_user" },
        { user: "o1", bounds: { organizations: ["sunward"] } },
      ],
      [
        {
          ...EXP,
          sub: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
          oid: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
          tid: "11111111-2222-3333-4444-555555555555",
          roles: ["Checks.Ask"],
        },
        { name: "billing", scopes: ["check"] },
      ],
    ],
    "okta-acme": [
      [
        { ...EXP, sub: "00u1", org: "acme", scope: "concordat:manage" },
        { user: "00u1", bounds: { organizations: ["sunward"] } },
      ],
    ],
  };

  test("say whose events are taken, and in which organizations these suspend people", () => {
    const example = examples.find(({ name }) => name === "okta-acme");
    expect(read(example)).toMatchObject({
      issuers: [{ signals: { issuer: "https://acme.okta.com", organizations: ["sunward"], bearerSha256: undefined } }],
    });
  });

  test("are taken, each with the tokens of its provider", () => {
    expect(examples.map(({ name }) => name)).toEqual(Object.keys(TOKENS));
    for (const example of examples) {
      const found = read(example);
      if ("problem" in found || found.issuers[0] === undefined) throw new Error(JSON.stringify(found));
      for (const [claims, whom] of TOKENS[example.name] ?? [])
        expect(presentedBy(found.issuers[0], claims), example.name).toMatchObject(whom);
    }
  });
});
