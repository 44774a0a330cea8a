/**
 * AuthZEN 1.0, the check endpoint for other services. Who calls, X-Request-ID, the
 * size of a body and the reply to an outage are the business of the app around it.
 */
import { Hono } from "hono";
import type { EvaluationDeps } from "../../check/evaluate.ts";
import type { Env } from "../env.ts";
import { configurationRoutes } from "./configuration.ts";
import { evaluationRoutes } from "./evaluation.ts";
import { evaluationsRoutes } from "./evaluations.ts";
import { searchActionRoutes } from "./search-action.ts";
import { searchResourceRoutes } from "./search-resource.ts";
import { searchSubjectRoutes } from "./search-subject.ts";

/**
 * All AuthZEN routes, to mount at `/`. `publicUrl` is the identifier callers know us
 * by. Lets EngineUnavailable through.
 */
export function accessRoutes({ publicUrl, ...asking }: EvaluationDeps & { publicUrl: string }): Hono<Env> {
  const app = new Hono<Env>();
  // A decision holds for the moment it was asked in; nothing on the way may answer the next one with it.
  app.use("/access/*", async (c, next) => {
    c.header("Cache-Control", "no-store");
    await next();
  });
  app.route("/", evaluationRoutes(asking));
  app.route("/", evaluationsRoutes(asking));
  app.route("/", searchSubjectRoutes(asking));
  app.route("/", searchResourceRoutes(asking));
  app.route("/", searchActionRoutes(asking));
  app.route("/", configurationRoutes(publicUrl));
  return app;
}
