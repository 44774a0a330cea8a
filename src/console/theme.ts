/**
 * The theme of a host application, as files that pages link to: its colours as a style sheet, its logo as a picture that
 * runs nothing, wherever it is opened.
 */
import { createHash } from "node:crypto";
import { type Theme, themeCss } from "../domain/console-theme.ts";
import type { ConsoleApp, Visit } from "./context.ts";
import { type Href, to, withQuery } from "./path.ts";

const versioned = (href: Href, content: string | Uint8Array) =>
  withQuery(href, { v: createHash("sha256").update(content).digest("base64url").slice(0, 12) });

/** What pages need of it: addresses with their content's hash, which browsers keep. */
export function themeOfPages({ name, logo, ...theme }: Theme): Visit["theme"] {
  return {
    name,
    css: versioned(to`/console/theme.css`, themeCss(theme)),
    logo: logo && versioned(to`/console/logo`, logo.bytes),
  };
}

/** Serves its files, to anybody. */
export function themeRoutes(app: ConsoleApp, theme: Theme | undefined): void {
  if (theme === undefined) return;
  const headers = { "Cache-Control": "public, max-age=86400" };
  app.get("/theme.css", (c) => c.body(themeCss(theme), 200, { ...headers, "Content-Type": "text/css; charset=utf-8" }));
  const { logo } = theme;
  if (logo !== undefined) app.get("/logo", (c) => c.body(logo.bytes, 200, { ...headers, "Content-Type": logo.type }));
}
