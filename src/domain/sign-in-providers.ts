/**
 * The OpenID providers that people sign in to the console by (`CONSOLE_OIDC`), as the operator lists them. Whose ID tokens
 * are a person's whose access tokens are taken too, is the same person: the rules for both are the issuer's in `ISSUERS`.
 */
import { z } from "zod";
import { OrganizationId } from "./ids.ts";
import { type Issuer, isIssuerUrl, PEOPLE, prefixConflict } from "./issuers.ts";
import type { EndedSessions, Session } from "./sessions.ts";
import { type Claims, claimedPerson, claimHas, type PersonRules, type Refused } from "./token-claims.ts";

const Claim = z.string().min(1).max(200);

const ProviderInput = z.strictObject({
  name: z.string().regex(/^[\w-]{1,64}$/, "must be 1 to 64 letters, digits, _ or -"),
  label: z.string().min(1).max(100).optional(),
  issuer: z.string().refine(isIssuerUrl, "must be an https URL, or http on localhost"),
  client_id: z.string().min(1),
  client_secret: z.string().min(1).optional(),
  scopes: z.array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/)).default(["openid", "profile"]),
  algorithm: z
    .enum(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"])
    .default("RS256"),
  name_claim: Claim.default("name"),
  user_claim: Claim.optional(),
  user_prefix: z.string().optional(),
  organization_claim: Claim.optional(),
  organizations: z.record(z.string(), OrganizationId).optional(),
  unbound: z.boolean().optional(),
  admin: z.strictObject({ claim: Claim, value: z.string().min(1) }).optional(),
});
type ProviderInput = z.output<typeof ProviderInput>;

/** One provider as it is configured. */
export type ProviderConfig = {
  /** In the address of its sign-in. */
  name: string;
  /** As people read it. */
  label: string;
  issuer: string;
  clientId: string;
  /** Without it the client is a public one, whose codes PKCE protects. */
  clientSecret?: string | undefined;
  scopes: readonly string[];
  algorithm: string;
  nameClaim: string;
  rules: PersonRules;
  /** Whose claim has that value is an engineer, with scopes `check` and `admin`. */
  admin?: { claim: string; value: string } | undefined;
};

/** What says who is whom; where ISSUERS has the issuer, that says it. */
const RULES = ["user_claim", "user_prefix", "organization_claim", "organizations", "unbound"] as const;

function rulesOf(input: ProviderInput): PersonRules {
  return {
    userClaim: input.user_claim ?? "sub",
    userPrefix: input.user_prefix ?? "",
    organizationClaim: input.organization_claim,
    organizations: input.organizations && new Map(Object.entries(input.organizations)),
    unbound: input.unbound || input.organization_claim === undefined ? [PEOPLE] : [],
  };
}

function toProvider(input: ProviderInput, issuers: readonly Issuer[]): ProviderConfig {
  return {
    name: input.name,
    label: input.label ?? input.name,
    issuer: input.issuer,
    clientId: input.client_id,
    clientSecret: input.client_secret,
    scopes: [...new Set(["openid", ...input.scopes])],
    algorithm: input.algorithm,
    nameClaim: input.name_claim,
    rules: issuers.find(({ issuer }) => issuer === input.issuer) ?? rulesOf(input),
    admin: input.admin,
  };
}

/** What a provider may not be beside the issuers and the other providers. */
function mistakes(inputs: readonly ProviderInput[], issuers: readonly Issuer[]): string[] {
  const problems: string[] = [];
  const people = issuers.map(({ name, issuer, userPrefix }) => ({ name, issuer, userPrefix }));
  const names = new Set<string>();
  const seen = new Set<string>();
  for (const input of inputs) {
    const { name, issuer } = input;
    if (names.has(name)) problems.push(`names ${name} twice`);
    names.add(name);
    // one client for each: of two it would not be clear whose rules hold, and which of them a logout is for
    if (seen.has(issuer)) problems.push(`${name}: an earlier provider has the same issuer`);
    seen.add(issuer);
    const same = people.find((one) => one.issuer === issuer);
    const repeated = same && RULES.find((rule) => input[rule] !== undefined);
    if (repeated !== undefined)
      problems.push(`${name}: ${repeated} is said by ${same?.name}, which has the same issuer`);
    const own = { name, issuer, userPrefix: input.user_prefix ?? "" };
    const conflict = same ? undefined : people.map((one) => prefixConflict(one, own)).find((one) => one !== undefined);
    if (conflict !== undefined) problems.push(conflict);
    if (same === undefined) people.push(own);
  }
  return problems;
}

/** The providers that a text lists, one or several, beside these issuers; or what is wrong with it. */
export function readProviders(
  text: string,
  issuers: readonly Issuer[],
): { providers: readonly ProviderConfig[] } | { problem: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { problem: "must be JSON: a provider or a list of them, see docs/console.md" };
  }
  const parsed = z
    .array(ProviderInput)
    .min(1)
    .safeParse(Array.isArray(json) ? json : [json]);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { problem: `entry ${issue?.path.join(".")}: ${issue?.message}` };
  }
  const [problem] = mistakes(parsed.data, issuers);
  return problem === undefined ? { providers: parsed.data.map((one) => toProvider(one, issuers)) } : { problem };
}

/** What the browser that began a sign-in is to bring back, sealed. */
export type PendingSignIn = { provider: string; state: string; nonce: string; verifier: string };

/** Who signed in, as a session has them. */
export type SignedInPerson = Pick<Session, "user" | "scopes" | "bounds" | "name" | "by">;

/** One provider, to sign in by. All throw IssuerUnavailable and Overloaded. */
export type SignInProvider = Pick<ProviderConfig, "name" | "label" | "issuer"> & {
  /** Where the browser is sent, and what it is to bring back. */
  start(): Promise<{ url: string; pending: PendingSignIn }>;
  /** Who came back with this query. */
  finish(query: URLSearchParams, pending: PendingSignIn): Promise<SignedInPerson | Refused>;
  /** Whom a logout token of the provider's server ends the sessions of. `id`: no other token of it has the same. */
  readLogout(token: string): Promise<{ of: EndedSessions; id: string } | Refused>;
};

const NAME_CHARACTERS_MAX = 200;

/** A logout token that is longer is not read. */
export const TOKEN_CHARACTERS_MAX = 8192;

/** Who signed in, by the claims of a verified ID token. */
export function signedInBy(config: ProviderConfig, claims: Claims): SignedInPerson | Refused {
  const person = claimedPerson(config.rules, claims);
  if ("problem" in person) return person;
  const { sub, sid } = claims;
  if (typeof sub !== "string") return { problem: "names no subject" };
  const { admin, nameClaim } = config;
  // an engineer reads everything: that is nobody's who is bound to some organizations
  const isUnbound = person.bounds === undefined;
  const isEngineer = admin !== undefined && isUnbound && claimHas(claims, admin.claim, admin.value);
  const named = claims[nameClaim];
  const name = typeof named === "string" && named.trim() !== "" ? named.trim() : person.user;
  return {
    ...person,
    scopes: ["manage", ...(isEngineer ? (["check", "admin"] as const) : [])],
    name: name.slice(0, NAME_CHARACTERS_MAX).toWellFormed(),
    by: { iss: config.issuer, sub, ...(typeof sid === "string" && { sid }) },
  };
}
