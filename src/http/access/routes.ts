/**
 * AuthZEN 1.0: the check API for other services. The app that mounts it authenticates callers, sets X-Request-ID,
 * bounds bodies and answers exceptions.
 */
import { Hono } from "hono";
import type { EvaluationDeps } from "../../check/evaluate.ts";
import type { Env } from "../env.ts";
import { evaluationRoutes } from "./evaluation.ts";
import { searchRoutes } from "./search.ts";

/** All that takes a key, to mount at `/`. Throws EngineUnavailable, Overloaded. */
export function accessRoutes(asking: EvaluationDeps): Hono<Env> {
  const app = new Hono<Env>();
  // a decision is for the moment it was asked in: no cache on the path may give it again
  app.use("/access/*", async (c, next) => {
    c.header("Cache-Control", "no-store");
    await next();
  });
  evaluationRoutes(app, asking);
  searchRoutes(app, asking);
  return app;
}
