/**
 * AuthZEN 1.0: the check API for other services. The app that mounts it authenticates callers, sets X-Request-ID,
 * bounds bodies and answers exceptions.
 */
import { Hono } from "hono";
import type { EvaluationDeps } from "../../check/evaluate.ts";
import type { Env } from "../env.ts";
import { configurationRoutes } from "./configuration.ts";
import { evaluationRoutes } from "./evaluation.ts";
import { evaluationsRoutes } from "./evaluations.ts";
import { searchRoutes } from "./search.ts";

/** All AuthZEN routes, to mount at `/`. `publicUrl` is the identifier in the configuration document. Throws EngineUnavailable, Overloaded. */
export function accessRoutes({ publicUrl, ...asking }: EvaluationDeps & { publicUrl: string }): Hono<Env> {
  const app = new Hono<Env>();
  // a decision is for the moment it was asked in: no cache on the path may give it again
  app.use("/access/*", async (c, next) => {
    c.header("Cache-Control", "no-store");
    await next();
  });
  app.route("/", evaluationRoutes(asking));
  app.route("/", evaluationsRoutes(asking));
  app.route("/", searchRoutes(asking));
  app.route("/", configurationRoutes(publicUrl));
  return app;
}
