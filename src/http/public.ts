/**
 * What anybody may read about the service: its pages at `/`, where AuthZEN's endpoints are, and the public keys that
 * verify histories and deliveries.
 */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { accepts } from "hono/accepts";
import { type HistoryKeys, jwkSetOf } from "../domain/history-keys.ts";
import type { Env } from "./env.ts";
import { type Documented, described } from "./operation.ts";

const CONFIGURATION = "/.well-known/authzen-configuration";
const HISTORY_KEYS = "/.well-known/concordat-history-keys.json";
const WEBHOOK_KEYS = "/.well-known/concordat-webhook-keys.json";
const PAGES = {
  docs: "/docs",
  openapi: "/openapi.json",
  authzen: CONFIGURATION,
  live: "/livez",
  ready: "/readyz",
  metrics: "/metrics",
  keys: HISTORY_KEYS,
};
const WHAT = "Concordat: cooperations between organizations, kept by OpenFGA";
const TEXT = [WHAT, "", ...Object.entries(PAGES).map(([name, path]) => `${name.padEnd(8)} ${path}`), ""].join("\n");

/** What is there changes with a release, or a new key, at most. */
const CACHED = { "Cache-Control": "public, max-age=3600" };

const Keys = z.strictObject({
  keys: z.array(
    z.strictObject({
      kty: z.literal("OKP"),
      crv: z.literal("Ed25519"),
      x: z.string(),
      kid: z.string().describe("Its RFC 7638 thumbprint; signatures name it before the dot."),
      alg: z.literal("EdDSA"),
      use: z.literal("sig"),
    }),
  ),
});
const keys = createRoute({
  tags: ["History"],
  method: "get" as const,
  security: [],
  ...({ answers: "nobody", refuses: [] } satisfies Documented),
  operationId: "getHistoryKeys",
  path: HISTORY_KEYS,
  summary: "Get the public keys that verify histories, as a JWK set",
  responses: { 200: described("Found.", Keys) },
});

const webhookKeys = createRoute({
  ...keys,
  tags: ["Events"],
  operationId: "getWebhookKeys",
  path: WEBHOOK_KEYS,
  summary: "Get the public keys that verify deliveries of events, as a JWK set",
});

export const KEYS_OPERATIONS = [keys, webhookKeys];

/** All of it, to mount at `/`. `publicUrl` is the identifier in AuthZEN's configuration. */
export function publicRoutes(publicUrl: string, historyKeys?: HistoryKeys, ofWebhooks?: HistoryKeys) {
  const app = new OpenAPIHono<Env>();
  app.get("/", (c) => {
    c.header("Vary", "Accept");
    const type = accepts(c, { header: "Accept", supports: ["text/plain", "application/json"], default: "text/plain" });
    return type === "application/json" ? c.json({ what: WHAT, ...PAGES }) : c.text(TEXT);
  });
  // browsers ask for it
  app.get("/favicon.ico", (c) => c.body(null, 204, { "Cache-Control": "max-age=86400" }));
  const set = jwkSetOf(historyKeys);
  app.openapi(keys, (c) => c.json(set, 200, CACHED));
  const webhookSet = jwkSetOf(ofWebhooks);
  app.openapi(webhookKeys, (c) => c.json(webhookSet, 200, CACHED));
  const configuration = configurationOf(publicUrl);
  // the well-known part is between host and path: https://h/a is described at https://h/.well-known/…/a
  const path = new URL(publicUrl).pathname.replace(/\/$/, "");
  for (const location of new Set([CONFIGURATION, CONFIGURATION + path]))
    app.get(location, (c) => c.json(configuration, 200, CACHED));
  return app;
}

/**
 * AuthZEN 1.0 §9. The URLs come from the configured public URL, never from the request: a forged `Host` must not direct
 * callers to another server's decisions. AuthZEN requires https; with an http URL, as on a loopback, the document has
 * what is configured all the same.
 */
function configurationOf(publicUrl: string) {
  const base = publicUrl.replace(/\/$/, "");
  return {
    policy_decision_point: publicUrl,
    access_evaluation_endpoint: `${base}/access/v1/evaluation`,
    access_evaluations_endpoint: `${base}/access/v1/evaluations`,
    search_subject_endpoint: `${base}/access/v1/search/subject`,
    search_resource_endpoint: `${base}/access/v1/search/resource`,
    search_action_endpoint: `${base}/access/v1/search/action`,
  };
}
