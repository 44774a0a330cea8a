/** The providers as an operator lists them, and who somebody is by the claims of an ID token. */
import { describe, expect, test } from "vitest";
import { readIssuers } from "../../../src/domain/issuers.ts";
import { readProviders, signedInBy } from "../../../src/domain/sign-in-providers.ts";

const ISSUER = {
  ...{ name: "api", issuer: "https://id.example", audience: "https://concordat.example", algorithms: ["RS256"] },
  ...{ user_claim: "oid", user_prefix: "id-", organization_claim: "org", organizations: { o1: "sunward" } },
};
const PROVIDER = { name: "idp", issuer: "https://id.example", client_id: "console" };

const issuersOf = (...inputs: object[]) => {
  const read = readIssuers(JSON.stringify(inputs));
  if ("problem" in read) throw new Error(read.problem);
  return read.issuers;
};
const read = (json: unknown, ...issuers: object[]) =>
  readProviders(JSON.stringify(json), issuers.length === 0 ? [] : issuersOf(...issuers));
const one = (json: unknown, ...issuers: object[]) => {
  const found = read(json, ...issuers);
  if ("problem" in found || found.providers[0] === undefined) throw new Error(JSON.stringify(found));
  return found.providers[0];
};
const problemOf = (json: unknown, ...issuers: object[]) => {
  const found = read(json, ...issuers);
  return "problem" in found ? found.problem : "none";
};

describe("providers", () => {
  test("one or several are read, each with what is not said as documented", () => {
    expect(one(PROVIDER)).toMatchObject({ label: "idp", scopes: ["openid", "profile"], algorithm: "RS256" });
    expect(one(PROVIDER).rules).toMatchObject({ userClaim: "sub", userPrefix: "", unbound: ["people"] });
    expect(one({ ...PROVIDER, scopes: ["email"] }).scopes).toEqual(["openid", "email"]);
    const two = read([
      { ...PROVIDER, user_prefix: "a-" },
      { name: "b", issuer: "https://b.example", client_id: "c", user_prefix: "b-" },
    ]);
    expect("providers" in two && two.providers.map(({ name }) => name)).toEqual(["idp", "b"]);
  });

  test.each([
    ["no JSON of a provider", 1],
    ["none", []],
    ["without a client", { ...PROVIDER, client_id: undefined }],
    ["with an address as name", { ...PROVIDER, name: "a/b" }],
    ["not over TLS", { ...PROVIDER, issuer: "http://id.example" }],
    ["with a member that is not known", { ...PROVIDER, secret: "x" }],
    ["signed by an HMAC", { ...PROVIDER, algorithm: "HS256" }],
    ["of one name twice", [PROVIDER, { ...PROVIDER, issuer: "https://b.example" }]],
    ["of one issuer twice", [PROVIDER, { ...PROVIDER, name: "b", user_prefix: "b-", client_id: "another" }]],
    ["of one issuer twice, alike", [PROVIDER, { ...PROVIDER, name: "b" }]],
    ["whose people could share an id", [PROVIDER, { ...PROVIDER, name: "b", issuer: "https://b.example" }]],
  ])("%s is refused", (_, json) => {
    expect(problemOf(json)).not.toBe("none");
  });

  test("no problem repeats a secret", () => {
    expect(problemOf({ ...PROVIDER, client_secret: "geheim", issuer: "geheim" })).not.toContain("geheim");
    expect(readProviders('{"client_secret":"geheim"', [])).toEqual({ problem: expect.not.stringContaining("geheim") });
  });

  test("an issuer of access tokens keeps its rules here, and has no others", () => {
    const { rules } = one(PROVIDER, ISSUER);
    expect(rules).toMatchObject({ userClaim: "oid", userPrefix: "id-", organizationClaim: "org" });
    expect(problemOf({ ...PROVIDER, user_claim: "sub" }, ISSUER)).toContain("user_claim");
    expect(problemOf({ ...PROVIDER, issuer: "https://other.example" }, ISSUER)).toContain("user_prefix");
    expect(problemOf({ ...PROVIDER, issuer: "https://other.example", user_prefix: "x-" }, ISSUER)).toBe("none");
  });
});

describe("who signed in", () => {
  const claims = { iss: "https://id.example", sub: "s", oid: "anna", org: "o1", name: " Anna ", sid: "1" };

  test("is the person of the same claims in a token, bound to the same organizations", () => {
    expect(signedInBy(one(PROVIDER, ISSUER), claims)).toEqual({
      ...{ user: "id-anna", bounds: { organizations: ["sunward"] }, scopes: ["manage"], name: "Anna" },
      by: { iss: "https://id.example", sub: "s", sid: "1" },
    });
  });

  test.each([
    ["without a user", { ...claims, oid: undefined }],
    ["with a user that is no id", { ...claims, oid: "a b" }],
    ["with a user that is no text", { ...claims, oid: ["anna"] }],
    ["without an organization", { ...claims, org: undefined }],
    ["of an organization that is not known", { ...claims, org: "o2" }],
    ["without a subject", { ...claims, sub: undefined }],
  ])("%s is nobody", (_, changed) => {
    expect(signedInBy(one(PROVIDER, ISSUER), changed)).toEqual({ problem: expect.any(String) });
  });

  const admin = { claim: "/realm/roles", value: "operator" };
  test.each([
    [true, { realm: { roles: ["x", "operator"] } }],
    [true, { realm: { roles: "x operator" } }],
    [false, { realm: { roles: ["operators", ["operator"]] } }],
    [false, { realm: { roles: "operators" } }],
    [false, { realm: { roles: { operator: true } } }],
    [false, { roles: ["operator"] }],
    [false, {}],
  ])("is an engineer by the configured claim alone: %s for %j", (isEngineer, more) => {
    const found = signedInBy(one({ ...PROVIDER, admin }), { ...claims, ...more });
    const scopes = isEngineer ? ["manage", "check", "admin"] : ["manage"];
    expect(found).toMatchObject({ user: "s", scopes });
    // without the configuration nobody is
    expect(signedInBy(one(PROVIDER), { ...claims, ...more })).toMatchObject({ scopes: ["manage"] });
  });

  test("is no engineer who is bound to an organization, whatever the claim says", () => {
    const own = { ...PROVIDER, organization_claim: "org", unbound: true, admin };
    const engineer = { realm: { roles: "operator" } };
    const scopesOf = (more: object) => signedInBy(one(own), { ...claims, ...engineer, ...more });
    expect(scopesOf({ org: undefined })).toMatchObject({ scopes: ["manage", "check", "admin"] });
    expect(scopesOf({ org: "sunward" })).toMatchObject({ scopes: ["manage"], bounds: expect.anything() });
  });

  test("has their id for a name where the claim has none, and no name that is endless", () => {
    expect(signedInBy(one(PROVIDER), { sub: "s" })).toMatchObject({ name: "s" });
    expect(signedInBy(one(PROVIDER), { sub: "s", name: "n".repeat(1000) })).toMatchObject({ name: "n".repeat(200) });
  });
});
