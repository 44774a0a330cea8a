/**
 * The API's own description: OpenAPI 3.1 at `/openapi.json`, and a viewer at `/docs` that
 * needs nothing from elsewhere and works under whatever name it was reached by. All of it
 * is read once: anybody may ask for it.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
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
<style>
/* contrasts that the viewer's own colours lack (WCAG 2.2 §1.4.3) */
#ui .opblock .opblock-summary-method, #ui .info .title small, #ui .version-stamp { background: #333; color: #fff; }
#ui .info a, #ui .info .url, #ui .opblock-tag small, #ui .parameter__type, #ui .parameter__in, #ui .tab li, #ui .response-col_links { color: #1b4f8a; }
#ui .parameter__name.required span, #ui .parameter__name.required::after { color: #b00020; }
#ui .btn.authorize, #ui .btn.authorize span { color: #1b6e45; border-color: #1b6e45; }
#ui .btn.authorize svg { fill: #1b6e45; }
#ui .markdown code, #ui .renderedMarkdown code { color: #8a1c5f; }
#ui .btn.cancel { color: #b00020; border-color: #b00020; }
#ui .btn.execute { background: #1b4f8a; border-color: #1b4f8a; }
#ui .microlight { background: #111 !important; }
</style>
</head>
<body>
<div id="ui">
<noscript>This page needs JavaScript. What it shows is in <a href="openapi.json">openapi.json</a>.</noscript>
</div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;
/** Starts the viewer with everything collapsed, and names what it leaves without a name to who does not see it. */
const START = `SwaggerUIBundle({ url: "openapi.json", dom_id: "#ui", deepLinking: true, docExpansion: "none", defaultModelsExpandDepth: 0, tryItOutEnabled: true, validatorUrl: null });
const labels = {
  "#servers": () => "Server",
  "tr[data-param-name] :is(select, input)": (of) => of.closest("tr").dataset.paramName,
  ".body-param textarea": () => "Request body",
  "select.content-type, .content-type select": () => "Media type",
  ".examples-select select": () => "Example",
  ".close-modal": () => "Close",
};
new MutationObserver(() => {
  for (const [selector, label] of Object.entries(labels))
    for (const of of document.querySelectorAll(selector))
      if (!of.hasAttribute("aria-label")) of.setAttribute("aria-label", label(of));
  for (const of of document.querySelectorAll("#ui pre:not([tabindex])")) of.tabIndex = 0;
}).observe(document.getElementById("ui"), { childList: true, subtree: true });
`;
// styles are inline in the viewer, its pictures data URLs; nothing comes from another host
const CSP = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

/** What `npm run reference` prints from the routes and their schemas. */
const DOCUMENT = new URL("../../openapi.json", import.meta.url);

/** The document for callers who reach the service at `publicUrl`. */
async function documentFor(publicUrl: string): Promise<string> {
  const document = JSON.parse(await readFile(DOCUMENT, "utf8"));
  const [here, configured] = document.servers;
  return JSON.stringify({ ...document, servers: [here, { ...configured, url: publicUrl }] });
}

/** What does not change while the process runs, as bytes: made at the first request for it, and asked for again by its ETag. */
function kept(type: string, make: () => string | Promise<string | Uint8Array>) {
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
export function docsRoutes(publicUrl: string) {
  const app = new Hono<Env>();
  app.get(
    "/openapi.json",
    kept("application/json", () => documentFor(publicUrl)),
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
