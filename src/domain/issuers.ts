/**
 * The issuers whose JWTs are taken (`ISSUERS`), as the operator lists them. What a token may be is said per issuer and
 * nowhere guessed: its algorithms, its audience, its form, which claim is the person, which the organization. The people
 * of two issuers never share an id.
 */
import { z } from "zod";
import { isOwnService, type KeyScope, SCOPES } from "./caller.ts";
import { idProblem, OrganizationId } from "./ids.ts";

/** Asymmetric ones alone: with an HMAC whoever verifies could also sign. */
const ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
] as const;

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/** Whether an issuer may be there: over TLS, or on this machine. */
export function isIssuerUrl(text: string): boolean {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return false;
  const { protocol, hostname, username, password, hash } = new URL(text);
  const isPrivate = username !== "" || password !== "" || hash !== "";
  return !isPrivate && (protocol === "https:" || LOOPBACK.includes(hostname));
}

const IssuerUrl = z
  .string()
  .refine(isIssuerUrl, "must be an https URL, or http on localhost, without user, password and fragment");
const Name = z
  .string()
  .regex(/^[\w.-]{1,64}$/, "must be 1 to 64 letters, digits, _ . or -")
  .refine((name) => !isOwnService(name), "is the name of a service of Concordat's own");
/** Everybody who is no service, in `unbound`. */
export const PEOPLE = "people";

const ServiceName = Name.refine((name) => name !== PEOPLE, `must not be ${PEOPLE}, which unbound means otherwise`);
const Claim = z.string().min(1).max(200);
const Audience = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

const SignalsInput = z.strictObject({
  issuer: IssuerUrl.optional(),
  audience: Audience,
  jwks_uri: IssuerUrl.optional(),
  bearer_sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "must be a SHA-256 in 64 small hexadecimal digits")
    .optional(),
  organizations: z.array(OrganizationId).optional(),
});

const IssuerInput = z.strictObject({
  name: Name,
  issuer: IssuerUrl,
  audience: Audience,
  algorithms: z.array(z.enum(ALGORITHMS, `must be some of ${ALGORITHMS.join(", ")}`)).min(1),
  jwks_uri: IssuerUrl.optional(),
  profile: z.enum(["rfc9068", "loose"]).default("rfc9068"),
  clock_tolerance_seconds: z.int().min(0).max(60).default(10),
  user_claim: Claim.default("sub"),
  user_prefix: z
    .string()
    .refine((prefix) => prefix === "" || idProblem(prefix) === undefined, "must be the beginning of an id")
    .default(""),
  organization_claim: Claim.optional(),
  organizations: z.record(z.string(), OrganizationId).optional(),
  unbound: z.array(Name).default([]),
  services: z.record(z.string().min(1), ServiceName).default({}),
  scope_claim: z.union([Claim, z.array(Claim).min(1)]).default("scope"),
  scopes: z.record(z.string().min(1), z.enum(SCOPES)).optional(),
  signals: SignalsInput.optional(),
});

/** One issuer. What a token names is looked up in maps: no name of it is ever a member of an object of ours. */
export type Issuer = {
  name: string;
  issuer: string;
  audience: string | string[];
  algorithms: string[];
  /** Where its keys are; without it its discovery document says so. */
  jwksUri?: string | undefined;
  profile: "rfc9068" | "loose";
  toleranceSeconds: number;
  userClaim: string;
  userPrefix: string;
  organizationClaim?: string | undefined;
  /** What the organizations are called here; without it as there. */
  organizations?: ReadonlyMap<string, OrganizationId> | undefined;
  /** Whose tokens may name no organization: names of services, or PEOPLE. */
  unbound: readonly string[];
  /** The names of services, by the `sub` of their tokens. */
  services: ReadonlyMap<string, string>;
  scopeClaims: readonly string[];
  scopes: ReadonlyMap<string, KeyScope>;
  /** Whose security events are taken; without it nobody's. */
  signals?: SignalSource | undefined;
};

/** Who signs an issuer's security events, and the organizations whose people they may suspend. */
export type SignalSource = Pick<Issuer, "issuer" | "audience" | "jwksUri"> & {
  /** Of the bearer that a transmitter sends besides. */
  bearerSha256?: string | undefined;
  organizations: readonly OrganizationId[];
};

const defaultScopes = (): [string, KeyScope][] => SCOPES.map((scope) => [`concordat:${scope}`, scope]);

function toIssuer(input: z.output<typeof IssuerInput>): Issuer {
  return {
    name: input.name,
    issuer: input.issuer,
    audience: input.audience,
    algorithms: input.algorithms,
    jwksUri: input.jwks_uri,
    profile: input.profile,
    toleranceSeconds: input.clock_tolerance_seconds,
    userClaim: input.user_claim,
    userPrefix: input.user_prefix,
    organizationClaim: input.organization_claim,
    organizations: input.organizations && new Map(Object.entries(input.organizations)),
    unbound: input.unbound,
    services: new Map(Object.entries(input.services)),
    scopeClaims: [input.scope_claim].flat(),
    scopes: new Map(input.scopes === undefined ? defaultScopes() : Object.entries(input.scopes)),
    signals: input.signals && signalSource(input, input.signals),
  };
}

/** Its keys are the issuer's own, unless somebody else signs. */
function signalSource(
  { issuer, jwks_uri, organizations = {} }: z.output<typeof IssuerInput>,
  signals: z.output<typeof SignalsInput>,
): SignalSource {
  const isOwn = (signals.issuer ?? issuer) === issuer;
  return {
    issuer: signals.issuer ?? issuer,
    audience: signals.audience,
    jwksUri: signals.jwks_uri ?? (isOwn ? jwks_uri : undefined),
    bearerSha256: signals.bearer_sha256,
    organizations: signals.organizations ?? Object.values(organizations),
  };
}

const pairs = <T>(list: readonly T[]): [T, T][] =>
  list.flatMap((one, n) => list.slice(n + 1).map((other): [T, T] => [one, other]));

type Prefixed = Pick<Issuer, "name" | "userPrefix">;

/** What two issuers may not be beside each other. */
function conflict([one, other]: [Issuer, Issuer]): string | undefined {
  if (one.name === other.name) return `names ${one.name} twice`;
  if (one.issuer === other.issuer) return `has the issuer of ${one.name} twice`;
  if (one.signals !== undefined && one.signals.issuer === other.signals?.issuer)
    return `${one.name} and ${other.name} have signals of the same issuer`;
  return prefixConflict(one, other);
}

/** Why the people of two issuers could share an id, or undefined. */
export function prefixConflict(one: Prefixed, other: Prefixed): string | undefined {
  const isShared = one.userPrefix.startsWith(other.userPrefix) || other.userPrefix.startsWith(one.userPrefix);
  return isShared
    ? `${one.name} and ${other.name}: give both a user_prefix, of which none begins with the other, or a person of one could have the id of a person of the other`
    : undefined;
}

/** What an issuer may not be by itself. */
function mistake(issuer: Issuer): string | undefined {
  if (issuer.organizationClaim === undefined && issuer.unbound.length === 0)
    return `${issuer.name}: names no organization_claim, so unbound must say whose tokens need none`;
  if (issuer.organizationClaim === undefined && issuer.organizations !== undefined)
    return `${issuer.name}: organizations needs organization_claim`;
  if (issuer.signals !== undefined && issuer.signals.issuer !== issuer.issuer && issuer.signals.jwksUri === undefined)
    return `${issuer.name}: signals of another issuer need their jwks_uri`;
  const known = [PEOPLE, ...issuer.services.values()];
  const stranger = issuer.unbound.find((name) => !known.includes(name));
  return stranger === undefined
    ? undefined
    : `${issuer.name}: unbound names ${stranger}, which is neither ${PEOPLE} nor the name of one of its services`;
}

/** The issuers that a text lists, or what is wrong with it. */
export function readIssuers(text: string): { issuers: readonly Issuer[] } | { problem: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { problem: "must be a JSON list of issuers, see docs/identity.md" };
  }
  const parsed = z.array(IssuerInput).min(1).safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    if (!issue?.path.length) return { problem: "must be a JSON list with at least one issuer" };
    return { problem: `entry ${issue.path.join(".")}: ${issue.message}` };
  }
  const issuers = parsed.data.map(toIssuer);
  const problems = [...issuers.map(mistake), ...pairs(issuers).map(conflict)];
  const problem = problems.find((one) => one !== undefined);
  return problem === undefined ? { issuers } : { problem };
}
