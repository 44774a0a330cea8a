/**
 * The API's own description: OpenAPI 3.1 at `/openapi.json`, made of the schemas that
 * requests are held to, and a viewer at `/docs` that needs nothing from elsewhere and
 * works under whatever name it was reached by. All of it is made or read once: anybody
 * may ask for it.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { OpenAPIHono } from "@hono/zod-openapi";
import { type Context, Hono } from "hono";
// not the package's main module, which loads the whole viewer into the service
import getAbsoluteFSPath from "swagger-ui-dist/absolute-path.js";
import type { Env } from "./env.ts";

const ASSETS = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
} as const;

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Concordat API</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<main id="ui">
<noscript>This page needs JavaScript. What it shows is in <a href="openapi.json">openapi.json</a>.</noscript>
</main>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;
const START = `SwaggerUIBundle({ url: "openapi.json", dom_id: "#ui", deepLinking: true, docExpansion: "none", tryItOutEnabled: true, validatorUrl: null });\n`;
// styles are inline in the viewer, its pictures data URLs; nothing comes from another host
const CSP = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

/** In the order in which a reader needs them. */
const TAGS = [
  "Cooperations",
  "Invitations",
  "Shares",
  "Delegations",
  "Check (AuthZEN 1.0)",
  "Organizations",
  "People",
  "Resources",
  "Job roles",
  "History",
  "OpenFGA's API",
  "Inspection",
  "Bulk",
  "Operations",
];

const text = (description: string) => ({ description, schema: { type: "string" } }) as const;

/** Headers of replies. */
const HEADERS = {
  RateLimit: text(
    "What is left of each rate limit that the request counts for, and in how many seconds it is whole again.",
  ),
  "RateLimit-Policy": text("Those limits: `q` requests in `w` seconds."),
  "Retry-After": { description: "With 429 and 503: seconds to wait.", schema: { type: "integer" } },
  Allow: text("With 405: the methods that the path takes."),
  "Accept-Encoding": text("With 415, where the body was compressed: `identity`."),
  "WWW-Authenticate": text("With 401 and 403: RFC 6750."),
} as const;
const COUNTED = ["RateLimit", "RateLimit-Policy"] as const;
const OF_PROBLEMS = ["Retry-After", "Allow", "Accept-Encoding", "WWW-Authenticate"] as const;

const refsTo = (names: readonly (keyof typeof HEADERS)[]) =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

/** The document of all routes mounted on `api`. `publicUrl` is where callers reach it. */
export function openApiDocument(api: OpenAPIHono<Env>, publicUrl: string) {
  const document = api.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Concordat",
      version: "1",
      description:
        "Cooperations between organizations, kept by OpenFGA. Errors are RFC 9457 problems with a stable `code`, under `/stores` OpenFGA's own.",
    },
    // relative to this document (OpenAPI 3.1 §4.8.5): what was reached by one name is tried under the same
    servers: [
      { url: ".", description: "Where this document was read." },
      { url: publicUrl, description: "PUBLIC_URL." },
    ],
    tags: TAGS.map((name) => ({ name })),
    security: [{ serviceKey: [] }],
  });
  const actingUser = { $ref: "#/components/parameters/ActingUser" };
  for (const [path, item] of Object.entries(document.paths ?? {}))
    for (const operation of Object.values(item)) {
      if (path.startsWith("/v1/")) operation.parameters = [...(operation.parameters ?? []), actingUser];
      // what has no default is answered without a key: such requests are neither refused for one nor counted
      if ("default" in operation.responses)
        for (const [status, response] of Object.entries<{ headers?: object }>(operation.responses))
          response.headers = refsTo(status === "default" ? [...COUNTED, ...OF_PROBLEMS] : COUNTED);
    }
  return {
    ...document,
    components: {
      ...document.components,
      securitySchemes: { serviceKey: { type: "http", scheme: "bearer", description: "A key of SERVICE_KEYS." } },
      headers: HEADERS,
      parameters: {
        ActingUser: {
          name: "Acting-User",
          in: "header",
          required: false,
          schema: { type: "string" },
          example: "user:anna",
          description: "Whom the call is made for, percent-encoded; needs scope `manage`.",
        },
      },
    },
  };
}

/** What does not change while the process runs, as bytes: made at the first request for it, and asked for again by its ETag. */
function kept(type: string, make: () => string | Promise<Uint8Array>) {
  let made: Promise<{ bytes: Uint8Array<ArrayBuffer>; etag: string }> | undefined;
  const once = async () => {
    const bytes = Buffer.from(await make());
    return { bytes, etag: `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"` };
  };
  return async (c: Context<Env>) => {
    made ??= once().catch((error: unknown) => {
      // a file that could not be read now may be the next time
      made = undefined;
      throw error;
    });
    const { bytes, etag } = await made;
    c.header("ETag", etag);
    c.header("Cache-Control", "no-cache");
    const isKnown = c.req
      .header("If-None-Match")
      ?.split(",")
      .some((one) => one.trim().replace(/^W\//, "") === etag);
    return isKnown ? c.body(null, 304) : c.body(bytes, 200, { "Content-Type": type });
  };
}

/** Serves the document and the viewer. */
export function docsRoutes(document: () => object) {
  const app = new Hono<Env>();
  app.get(
    "/openapi.json",
    kept("application/json", () => JSON.stringify(document())),
  );
  app.get("/docs", (c) => {
    c.header("Content-Security-Policy", CSP);
    return c.html(PAGE);
  });
  app.get("/docs/", (c) => c.redirect("../docs", 308));
  app.get(
    "/docs/start.js",
    kept("text/javascript; charset=utf-8", () => START),
  );
  for (const [name, type] of Object.entries(ASSETS))
    app.get(
      `/docs/${name}`,
      kept(type, () => readFile(join(getAbsoluteFSPath(), name))),
    );
  return app;
}
