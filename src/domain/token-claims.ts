/**
 * Who calls with a token, by its verified claims. Pure. A token only ever takes away from what the store grants: it names
 * one person, or a service that the operator listed, and binds them to the organizations that it names. A reason never
 * repeats what the token holds: it is sent in a header, and logged by others.
 */
import type { Bounds, KeyScope, Presented } from "./caller.ts";
import { OrganizationId, UserId } from "./ids.ts";
import { type Issuer, PEOPLE } from "./issuers.ts";
import { isObject } from "./json.ts";

export type Claims = Readonly<Record<string, unknown>>;

/** Why a token is refused, as the end of the sentence "The token …". In ASCII without quotes. */
export type Refused = { problem: string };

/** More than any token of a person names. */
const ORGANIZATIONS_MAX = 100;

/** What ID tokens hold and access tokens do not: they say who signed in, and permit nothing. */
const OF_ID_TOKENS = ["nonce", "at_hash", "c_hash"];

/** What makes a token unfit as a plain bearer, whoever it names. */
export function unfit({ profile }: Issuer, claims: Claims): string | undefined {
  // bound to a key that a plain bearer does not prove to have (RFC 7800, 8705, 9449)
  if (claims.cnf !== undefined) return "is bound to a key by cnf and must not be sent as a plain bearer";
  if (typeof claims.exp !== "number") return "has no expiry";
  if (profile === "rfc9068") return undefined;
  const isOfId = OF_ID_TOKENS.some((name) => claims[name] !== undefined) || claims.typ === "ID";
  return isOfId ? "is an ID token and no access token" : undefined;
}

/** The caller that verified claims name, or why there is none. */
export function presentedBy(issuer: Issuer, claims: Claims): Presented | Refused {
  const problem = unfit(issuer, claims);
  if (problem !== undefined) return { problem };
  // what its issuer gave it: a person's token may name any client, and people may choose their other claims
  const service = typeof claims.sub === "string" ? issuer.services.get(claims.sub) : undefined;
  const scopes = scopesOf(issuer, claims);
  if (service !== undefined) {
    const bounds = boundsOf(issuer, claims, service);
    return "problem" in bounds ? bounds : { name: service, scopes, ...bounds };
  }
  const person = claimedPerson(issuer, claims);
  if ("problem" in person) return person;
  // a person is never a service: what a service asks and keeps is about everybody
  return { name: issuer.name, scopes: scopes.filter((scope) => scope === "manage"), ...person };
}

/** Which claims of an issuer are the person and the organization, by the same rules in its access tokens and its ID tokens. */
export type PersonRules = Pick<Issuer, "userClaim" | "userPrefix" | "organizationClaim" | "organizations" | "unbound">;

/** The person that verified claims name, bound to the organizations that they name, or why there is none. */
export function claimedPerson(rules: PersonRules, claims: Claims): { user: UserId; bounds?: Bounds } | Refused {
  const bounds = boundsOf(rules, claims, PEOPLE);
  if ("problem" in bounds) return bounds;
  const named = claimAt(claims, rules.userClaim);
  if (typeof named !== "string") return { problem: "names no user, and no service that ISSUERS lists" };
  const user = UserId.safeParse(rules.userPrefix + named);
  return user.success && named !== ""
    ? { user: user.data, ...bounds }
    : { problem: "names a user whose id is not valid here" };
}

/** Whether a claim is a value, or a text or list that has it among others. */
export function claimHas(claims: Claims, name: string, value: string): boolean {
  const found = claimAt(claims, name);
  return typeof found === "string" ? found.split(" ").includes(value) : Array.isArray(found) && found.includes(value);
}

function boundsOf(issuer: PersonRules, claims: Claims, whose: string): { bounds?: Bounds } | Refused {
  const named = issuer.organizationClaim === undefined ? [] : namesIn(claimAt(claims, issuer.organizationClaim));
  if (named === undefined || named.length > ORGANIZATIONS_MAX)
    return { problem: "has an organization claim that cannot be read" };
  if (named.length === 0) return issuer.unbound.includes(whose) ? {} : { problem: "names no organization" };
  const organizations: string[] = [];
  for (const name of named) {
    const known =
      issuer.organizations === undefined ? OrganizationId.safeParse(name).data : issuer.organizations.get(name);
    if (known !== undefined) organizations.push(known);
  }
  return organizations.length === 0
    ? { problem: "names an organization that is not known here" }
    : { bounds: { organizations } };
}

/** Organizations in the forms that issuers use: one, a list, or an object whose members they name. Undefined for another form. */
function namesIn(value: unknown): string[] | undefined {
  if (value === undefined || value === null || value === "") return [];
  if (typeof value === "string") return [value];
  const names = Array.isArray(value) ? value : isObject(value) ? Object.keys(value) : [undefined];
  return names.every((name) => typeof name === "string" && name !== "") ? names : undefined;
}

function scopesOf({ scopeClaims, scopes }: Issuer, claims: Claims): KeyScope[] {
  const given = scopeClaims.flatMap((name): unknown => {
    const value = claimAt(claims, name);
    return typeof value === "string" ? value.split(" ") : value;
  });
  return [...new Set(given.flatMap((one) => (typeof one === "string" ? (scopes.get(one) ?? []) : [])))];
}

/** A claim by its name, or by a JSON Pointer to it (RFC 6901). */
function claimAt(claims: Claims, name: string): unknown {
  const path = name.startsWith("/") ? name.slice(1).split("/").map(unescaped) : [name];
  let value: unknown = claims;
  for (const part of path) {
    if (!isObject(value) || !Object.hasOwn(value, part)) return undefined;
    value = value[part];
  }
  return value;
}

const unescaped = (part: string) => part.replaceAll("~1", "/").replaceAll("~0", "~");

/** Tokens as callers: one that was verified a moment ago, and one that is verified now. */
export type TokenReader = {
  issuers: readonly Issuer[];
  kept: (token: string) => Presented | undefined;
  /** Throws IssuerUnavailable, Overloaded. */
  verify: (token: string) => Promise<Presented | Refused>;
};
