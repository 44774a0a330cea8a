/** `/.well-known/concordat-history-keys.json`: the public keys that verify histories. It needs no key. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { type HistoryKeys, jwkSetOf } from "../domain/history-keys.ts";
import type { Env } from "./env.ts";
import type { Documented } from "./operation.ts";

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
const get = createRoute({
  tags: ["History"],
  method: "get" as const,
  security: [],
  ...({ answers: "nobody", refuses: [] } satisfies Documented),
  operationId: "getHistoryKeys",
  path: "/.well-known/concordat-history-keys.json",
  summary: "Get the public keys that verify histories, as a JWK set",
  responses: { 200: { description: "Found.", content: { "application/json": { schema: Keys } } } },
});

export const HISTORY_KEYS_OPERATIONS = [get];

export function historyKeysRoutes(keys: HistoryKeys | undefined) {
  const set = jwkSetOf(keys);
  return new OpenAPIHono<Env>().openapi(get, (c) => c.json(set, 200, { "Cache-Control": "public, max-age=3600" }));
}
