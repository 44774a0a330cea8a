/** `/`: what the service is, and the paths of its pages. Browsers request `/favicon.ico`, which does not exist. */
import { Hono } from "hono";
import { accepts } from "hono/accepts";
import type { Env } from "./env.ts";

const PAGES = {
  docs: "/docs",
  openapi: "/openapi.json",
  authzen: "/.well-known/authzen-configuration",
  live: "/livez",
  ready: "/readyz",
  metrics: "/metrics",
  keys: "/.well-known/concordat-history-keys.json",
};
const WHAT = "Concordat: cooperations between organizations, kept by OpenFGA";
const TEXT = [WHAT, "", ...Object.entries(PAGES).map(([name, path]) => `${name.padEnd(8)} ${path}`), ""].join("\n");

export function frontRoutes() {
  const app = new Hono<Env>();
  app.get("/", (c) => {
    c.header("Vary", "Accept");
    const type = accepts(c, { header: "Accept", supports: ["text/plain", "application/json"], default: "text/plain" });
    return type === "application/json" ? c.json({ what: WHAT, ...PAGES }) : c.text(TEXT);
  });
  app.get("/favicon.ico", (c) => c.body(null, 204, { "Cache-Control": "max-age=86400" }));
  return app;
}
