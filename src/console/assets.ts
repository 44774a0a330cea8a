/**
 * The style sheet and scripts of the console, from this service alone. An address has the content's hash in it, so that
 * browsers keep them for ever and a new version is another address.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { ConsoleApp } from "./context.ts";
import { type Href, to, withQuery } from "./path.ts";

const CSS = "text/css; charset=utf-8";
const SCRIPT = "text/javascript; charset=utf-8";

/** Each file by its name in the address, and where it is. */
const FILES = {
  "console.css": { url: new URL("assets/console.css", import.meta.url), type: CSS },
  // as its package has it, for what is searched for as one types
  "htmx.js": { url: createRequire(import.meta.url).resolve("htmx.org/dist/htmx.min.js"), type: SCRIPT },
} as const;

export type AssetName = keyof typeof FILES;
type Asset = { text: string; type: string; version: string };

const read = new Map<string, Asset>();

/** Read once, when it is first needed. */
function assetOf(name: AssetName): Asset {
  const known = read.get(name);
  if (known !== undefined) return known;
  const text = readFileSync(FILES[name].url, "utf8");
  const version = createHash("sha256").update(text).digest("base64url").slice(0, 12);
  const asset = { text, type: FILES[name].type, version };
  read.set(name, asset);
  return asset;
}

/** The address of a file, for a page to link to. */
export const assetHref = (name: AssetName): Href =>
  withQuery(to`/console/assets/${name}`, { v: assetOf(name).version });

const isAsset = (name: string): name is AssetName => Object.hasOwn(FILES, name);

/** Serves the files, to anybody. */
export function assetRoutes(app: ConsoleApp): void {
  app.get("/assets/:name", (c, next) => {
    const name = c.req.param("name");
    if (!isAsset(name)) return next();
    const { text, type, version } = assetOf(name);
    const isKept = c.req.query("v") === version;
    return c.body(text, 200, {
      "Content-Type": type,
      "Cache-Control": isKept ? "public, max-age=31536000, immutable" : "no-cache",
    });
  });
}
