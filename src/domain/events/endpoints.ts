/**
 * The endpoints that the configuration names, read. What is wrong is said by the endpoint's name and never with a
 * secret or a URL, which may hold one.
 */
import { z } from "zod";
import type { EndpointSeal } from "./endpoint-seal.ts";
import { EVENT_TYPES } from "./event-types.ts";
import { readSecret } from "./signature.ts";

/** While a secret is exchanged an endpoint has the new one and the old one. */
const SECRETS_MAX = 2;

const TYPES: readonly string[] = EVENT_TYPES.map(({ type }) => type);

/** What an endpoint may be called. */
export const EndpointName = z.string().regex(/^[a-z0-9-]{1,40}$/, "must be 1 to 40 small letters, digits or -");

/** Which events an endpoint gets. */
export const EventTypes = z
  .array(z.string().refine((type) => TYPES.includes(type), "is no type of event"))
  .min(1)
  .max(TYPES.length);

const EndpointInput = z.strictObject({
  name: EndpointName,
  url: z.string().refine((text) => URL.canParse(text), "must be a URL"),
  secrets: z.array(z.string()).max(SECRETS_MAX, "must be at most two").default([]),
  types: EventTypes.optional(),
});

/** `previous`: secrets before, each good until then. */
export type Endpoint = {
  name: string;
  url: URL;
  secrets: readonly Buffer[];
  previous?: readonly { secret: Buffer; until: Date }[] | undefined;
  types?: readonly string[] | undefined;
};

/**
 * `http`: endpoints without TLS, `ports`: others than 443, `private`: addresses that are not public;
 * `organizations-private`: the same for those that organizations add, to which nothing else of this applies.
 */
export const ALLOWANCES = ["http", "ports", "private", "organizations-private"] as const;
export type Allowance = (typeof ALLOWANCES)[number];

/** What is permitted to an endpoint: to an organization's nothing, unless the operator has said that it may be theirs. */
export const allowedFor = (allowed: readonly Allowance[], isOrganizations: boolean): readonly Allowance[] =>
  isOrganizations && !allowed.includes("organizations-private") ? [] : allowed;

/** What adding endpoints by API needs. `urlProblem`: what is wrong with a URL, of an organization's endpoint or of the services'. */
export type AddedWebhooks = {
  seal: EndpointSeal;
  byOrganizations: boolean;
  urlProblem: (url: URL, isOrganizations: boolean) => string | undefined;
};

/** Where events are delivered to: the configured endpoints, and with what others are added; without it none can be. */
export type WebhookDeps = {
  webhooks?: readonly Endpoint[] | undefined;
  addedWebhooks?: AddedWebhooks | undefined;
};

/** The receiver as which an endpoint's place is kept. */
export const nameOfReceiver = (endpoint: string): string => `webhook.${endpoint}`;

/** The endpoints that a text lists, or what is wrong with it. */
export function readEndpoints(text: string): { endpoints: readonly Endpoint[] } | { problem: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { problem: "must be a JSON list of {name, url, secrets, types}" };
  }
  const parsed = z.array(EndpointInput).min(1).safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    if (!issue?.path.length) return { problem: "must be a JSON list with at least one endpoint" };
    return { problem: `entry ${issue.path.join(".")}: ${issue.message}` };
  }
  const endpoints = parsed.data.map(({ name, url, secrets, types }) => ({
    name,
    url: new URL(url),
    secrets: secrets.flatMap((secret) => readSecret(secret) ?? []),
    types,
    given: secrets.length,
  }));
  for (const { name, url, secrets, given } of endpoints) {
    if (secrets.length < given) return { problem: `${name}: a secret must be whsec_ and 24 to 64 bytes in base64` };
    const problem = urlFormProblem(url);
    if (problem !== undefined) return { problem: `${name}: the URL ${problem}` };
  }
  const twice = endpoints.find((one, at) => endpoints.findIndex(({ name }) => name === one.name) < at);
  if (twice !== undefined) return { problem: `names ${twice.name} twice` };
  return { endpoints: endpoints.map(({ given: _, ...endpoint }) => endpoint) };
}

/** What is wrong with the form of a URL that events are to be sent to; undefined where nothing is. */
export function urlFormProblem(url: URL): string | undefined {
  if (!["https:", "http:"].includes(url.protocol)) return "must begin with https://";
  return url.username !== "" || url.password !== "" ? "must hold no user and no password" : undefined;
}

/** Why it may not be sent to by these rules, each. */
export const urlRuleProblems = ({ protocol, port }: URL, allowed: readonly Allowance[]): string[] => [
  ...(protocol === "http:" && !allowed.includes("http")
    ? ["must begin with https://, or WEBHOOKS_ALLOW have http"]
    : []),
  ...(port !== "" && !allowed.includes("ports") ? ["must have no port, or WEBHOOKS_ALLOW have ports"] : []),
];

/** Why endpoints are not delivered to, a line each: how they are reached, that nothing signs what they get, and what is allowed in vain. */
export function endpointProblems(
  endpoints: readonly Endpoint[],
  allowed: readonly Allowance[],
  hasKey: boolean,
): string[] {
  const isVain = allowed.includes("organizations-private") && !allowed.includes("private");
  const vain = "WEBHOOKS_ALLOW: organizations-private permits to organizations what private permits: add private too";
  const problems = endpoints.flatMap(({ name, url, secrets }) => [
    ...urlRuleProblems(url, allowed).map((problem) => `WEBHOOKS: ${name}: the URL ${problem}`),
    ...(secrets.length === 0 && !hasKey
      ? [`WEBHOOKS: ${name}: needs secrets, or WEBHOOKS_KEY_FILE that signs for all`]
      : []),
  ]);
  return isVain ? [vain, ...problems] : problems;
}
