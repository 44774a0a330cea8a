/**
 * The service as a value: routes, who may call them, and what an error becomes. It
 * listens nowhere and reads no clock or environment; tests drive it with `request`.
 */
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import { routePath } from "hono/route";
import { secureHeaders } from "hono/secure-headers";
import type { ActionDeps } from "./actions/perform.ts";
import type { Asking } from "./check/evaluate.ts";
import type { Notices } from "./check/notices.ts";
import type { ServiceKey } from "./domain/service-keys.ts";
import { describeAccess } from "./http/access/openapi.ts";
import { plainEvaluation } from "./http/access/plain-evaluation.ts";
import { accessRoutes } from "./http/access/routes.ts";
import { guardRequest, isStreamed } from "./http/body-guard.ts";
import { authenticate, requirePersonOrAdmin } from "./http/caller.ts";
import { docsRoutes, openApiDocument } from "./http/docs.ts";
import type { Env } from "./http/env.ts";
import { healthRoutes } from "./http/health.ts";
import { metricsRoutes } from "./http/metrics.ts";
import { damageDetail, fault, faultOf, refused } from "./http/problem.ts";
import { requestIds } from "./http/request-id.ts";
import { isOpenFga, openFgaError, openFgaFault } from "./http/stores/error.ts";
import { describeStores } from "./http/stores/openapi.ts";
import { storesRoutes } from "./http/stores/routes.ts";
import { v1Routes } from "./http/v1/routes.ts";
import type { Relationships } from "./ports.ts";

export type AppDeps = ActionDeps & {
  relationships: Relationships;
  engine: Asking["engine"];
  checker: Asking["checker"];
  keys: readonly ServiceKey[];
  /** Where callers reach the service; the identifier in its AuthZEN configuration. */
  publicUrl: string;
  /** Everything that is counted, in Prometheus's text format. */
  metricsText: () => Promise<string>;
  stopping: () => boolean;
  /** What is wrong around the service and does not stop it. */
  notices: () => Notices;
  /** One line for each request, and each fault with its cause. Never a key, a body or an address. */
  log: (level: "info" | "error", event: string, facts: object) => void;
};

/** 256 KiB: a batch of 1000 evaluations fits, and reading one never hurts. */
const BODY_BYTES_MAX = 256 * 1024;

/** The whole service. */
export function createApp(deps: AppDeps): OpenAPIHono<Env> {
  const app = new OpenAPIHono<Env>();
  app.post("/access/v1/evaluation", plainEvaluation(deps, deps.keys, BODY_BYTES_MAX));
  app.use(requestIds(deps.newId));
  app.use(async (c, next) => {
    const startedAt = performance.now();
    await next();
    const milliseconds = Math.round(performance.now() - startedAt);
    const key = (c.get("caller") as Env["Variables"]["caller"] | undefined)?.key;
    // the pattern, not the path: that holds people's ids, which the history names and no log
    const facts = { method: c.req.method, route: routePath(c, -1), status: c.res.status };
    deps.log("info", "request", { request_id: c.var.requestId, key, ...facts, milliseconds });
  });
  app.use(secureHeaders());
  const tooLarge = (c: Context) => (isOpenFga(c) ? openFgaFault : fault)(c, "body_too_large");
  const limit = bodyLimit({ maxSize: BODY_BYTES_MAX, onError: tooLarge });
  app.use((c, next) => (isStreamed(c) ? next() : limit(c, next)));

  app.route("/", healthRoutes(deps.engine, deps.stopping, deps.notices));
  app.route("/", metricsRoutes(deps.metricsText));
  app.use("/access/*", authenticate(deps.keys, ["check"]));
  app.route("/", accessRoutes(deps));

  app.use("/v1/*", authenticate(deps.keys, ["manage", "admin"]));
  app.use("/v1/*", async (c, next) => {
    c.header("Cache-Control", "no-store");
    return c.req.path === "/v1/invitations/preview" ? next() : requirePersonOrAdmin(c, next);
  });
  app.use("/v1/*", guardRequest);
  app.route("/v1", v1Routes(deps));

  app.route("/", storesRoutes(deps));

  describeAccess(app);
  describeStores(app);
  app.route(
    "/",
    docsRoutes(() => openApiDocument(app, deps.publicUrl)),
  );

  app.notFound((c) =>
    isOpenFga(c)
      ? openFgaError(c, 404, "undefined_endpoint", "Not Found")
      : refused(c, { code: "not_found", what: "page" }),
  );
  app.onError((error, c) => {
    if (error instanceof HTTPException && error.status < 500)
      return isOpenFga(c) ? openFgaFault(c, "invalid_request") : fault(c, "invalid_request", { detail: error.message });
    const outage = faultOf(error);
    // only the reply failed: "nothing was written" would be untrue
    const isOurs = outage === "internal" || outage === "store_damaged";
    const code = c.var.written && !isOurs ? "outcome_unknown" : outage;
    if (code === "engine_unavailable" || code === "overloaded" || code === "contended") c.header("Retry-After", "1");
    const facts = { request_id: c.var.requestId };
    // whose work ended because nobody waits for it: the engine may be as well as ever
    if (code === "engine_unavailable" && c.req.raw.signal.aborted) deps.log("info", "caller_gone", facts);
    else deps.log("error", code, { ...facts, error: error.stack ?? String(error), cause: String(error.cause ?? "") });
    if (isOpenFga(c)) return openFgaFault(c, code);
    const isTold = code === "store_damaged" && c.var.caller?.scopes.includes("admin");
    return fault(c, code, isTold ? { detail: damageDetail(error) } : {});
  });
  return app;
}
