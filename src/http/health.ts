/** `/livez` tells that the process runs, `/readyz` that it can answer: engine and model. No key needed. */
import { Hono } from "hono";
import type { Asking } from "../check/ask.ts";
import type { Env } from "./env.ts";

/** Not ready while the engine is away, and while the service is shutting down. */
export function healthRoutes(engine: Asking["engine"], stopping: () => boolean) {
  const app = new Hono<Env>();
  app.get("/livez", (c) => c.json({ status: "ok" }));
  app.get("/readyz", async (c) => {
    const status = stopping() ? "stopping" : (await engine.ready()) ? "ok" : "engine_unavailable";
    return c.json({ status }, status === "ok" ? 200 : 503);
  });
  return app;
}
