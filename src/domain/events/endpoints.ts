/**
 * The endpoints that the configuration names, read. What is wrong is said by the endpoint's name and never with a
 * secret or a URL, which may hold one.
 */
import { z } from "zod";
import { EVENT_TYPES } from "./event-types.ts";
import { readSecret } from "./signature.ts";

/** While a secret is exchanged an endpoint has the new one and the old one. */
const SECRETS_MAX = 2;

const TYPES: readonly string[] = EVENT_TYPES.map(({ type }) => type);

const EndpointInput = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]{1,40}$/, "must be 1 to 40 small letters, digits or -"),
  url: z.string().refine((text) => URL.canParse(text), "must be a URL"),
  secrets: z.array(z.string()).max(SECRETS_MAX, "must be at most two").default([]),
  types: z
    .array(z.string().refine((type) => TYPES.includes(type), "is no type of event"))
    .min(1)
    .optional(),
});

export type Endpoint = { name: string; url: URL; secrets: readonly Buffer[]; types?: readonly string[] | undefined };

/** `http`: endpoints without TLS, `ports`: others than 443, `private`: addresses that are not public. */
export const ALLOWANCES = ["http", "ports", "private"] as const;
export type Allowance = (typeof ALLOWANCES)[number];

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
    if (!["https:", "http:"].includes(url.protocol)) return { problem: `${name}: the URL must begin with https://` };
    if (url.username !== "" || url.password !== "")
      return { problem: `${name}: the URL must hold no user and no password` };
  }
  const twice = endpoints.find((one, at) => endpoints.findIndex(({ name }) => name === one.name) < at);
  if (twice !== undefined) return { problem: `names ${twice.name} twice` };
  return { endpoints: endpoints.map(({ given: _, ...endpoint }) => endpoint) };
}

/** Why endpoints are not delivered to, a line each: how they are reached, and that nothing signs what they get. */
export function endpointProblems(
  endpoints: readonly Endpoint[],
  allowed: readonly Allowance[],
  hasKey: boolean,
): string[] {
  return endpoints.flatMap(({ name, url, secrets }) => [
    ...(url.protocol === "http:" && !allowed.includes("http")
      ? [`WEBHOOKS: ${name}: the URL must begin with https://, or WEBHOOKS_ALLOW have http`]
      : []),
    ...(url.port !== "" && !allowed.includes("ports")
      ? [`WEBHOOKS: ${name}: the URL must have no port, or WEBHOOKS_ALLOW have ports`]
      : []),
    ...(secrets.length === 0 && !hasKey
      ? [`WEBHOOKS: ${name}: needs secrets, or WEBHOOKS_KEY_FILE that signs for all`]
      : []),
  ]);
}
