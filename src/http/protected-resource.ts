/**
 * Which issuers' tokens are taken, for who has none yet (RFC 9728). It is there only where there are issuers, and its
 * URLs are those of the configuration, never of a request.
 */
import { Hono } from "hono";
import type { Issuer } from "../domain/issuers.ts";
import type { Env } from "./env.ts";

const METADATA = "/.well-known/oauth-protected-resource";

const pathOf = (publicUrl: string): string => new URL(publicUrl).pathname.replace(/\/$/, "");

/** Where the document is: its well-known part is between host and path. */
export const metadataUrl = (publicUrl: string): string => `${new URL(publicUrl).origin}${METADATA}${pathOf(publicUrl)}`;

/** The document, to mount at `/`. */
export function protectedResource(publicUrl: string, issuers: readonly Issuer[]) {
  const document = {
    resource: publicUrl,
    authorization_servers: issuers.map(({ issuer }) => issuer),
    scopes_supported: [...new Set(issuers.flatMap(({ scopes }) => [...scopes.keys()]))],
    bearer_methods_supported: ["header"],
  };
  const app = new Hono<Env>();
  for (const location of new Set([METADATA, METADATA + pathOf(publicUrl)]))
    app.get(location, (c) => c.json(document, 200, { "Cache-Control": "public, max-age=3600" }));
  return app;
}
