/**
 * The API's own description: OpenAPI 3.1 at `/openapi.json`, made of the schemas that
 * requests are held to, and a viewer at `/docs` that needs nothing from elsewhere.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { OpenAPIHono } from "@hono/zod-openapi";
import { Hono } from "hono";
// not the package's front door, which loads the whole viewer into the service
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
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;
const START = `SwaggerUIBundle({ url: "/openapi.json", dom_id: "#ui", deepLinking: true, tryItOutEnabled: true, validatorUrl: null });\n`;
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
    servers: [{ url: publicUrl }],
    tags: TAGS.map((name) => ({ name })),
    security: [{ serviceKey: [] }],
  });
  const actingUser = { $ref: "#/components/parameters/ActingUser" };
  for (const [path, item] of Object.entries(document.paths ?? {}))
    for (const operation of Object.values(item))
      if (path.startsWith("/v1/")) operation.parameters = [...(operation.parameters ?? []), actingUser];
  return {
    ...document,
    components: {
      ...document.components,
      securitySchemes: { serviceKey: { type: "http", scheme: "bearer", description: "A key of SERVICE_KEYS." } },
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

/** Serves the document and the viewer. */
export function docsRoutes(document: () => object) {
  const app = new Hono<Env>();
  app.get("/openapi.json", (c) => c.json(document()));
  app.get("/docs", (c) => {
    c.header("Content-Security-Policy", CSP);
    return c.html(PAGE);
  });
  app.get("/docs/start.js", (c) => c.body(START, 200, { "Content-Type": "text/javascript; charset=utf-8" }));
  for (const [name, type] of Object.entries(ASSETS))
    app.get(`/docs/${name}`, async (c) => {
      const bytes = await readFile(join(getAbsoluteFSPath(), name));
      return c.body(new Uint8Array(bytes), 200, { "Content-Type": type, "Cache-Control": "max-age=86400" });
    });
  return app;
}
