/**
 * The service as a value: routes, who may call them, and what an error becomes. It
 * listens nowhere and reads no clock or environment; tests drive it with `request`.
 */
import { OpenAPIHono } from "@hono/zod-openapi";
import { HTTPException } from "hono/http-exception";
import { matchedRoutes } from "hono/route";
import { secureHeaders } from "hono/secure-headers";
import type { AccessLogErasure } from "./access-log/erasure.ts";
import type { AccessLogReader } from "./access-log/reader.ts";
import type { ActionDeps } from "./actions/run/action.ts";
import type { EvaluationDeps } from "./check/evaluate.ts";
import { consoleRoutes } from "./console/console.ts";
import type { ConsoleDeps } from "./console/context.ts";
import { consoleHeaders } from "./console/security.ts";
import { errorFacts } from "./domain/error-facts.ts";
import type { WebhookDeps } from "./domain/events/endpoints.ts";
import type { HistoryKeys } from "./domain/history-keys.ts";
import type { EventReader } from "./domain/security-events.ts";
import type { FindKey } from "./domain/service-keys.ts";
import type { SignalLog } from "./domain/signal-log.ts";
import type { TokenReader } from "./domain/token-claims.ts";
import { BodyBroken } from "./faults.ts";
import { accessRoutes } from "./http/access/routes.ts";
import { guardRequest } from "./http/body.ts";
import { authenticate, requirePersonOrAdmin } from "./http/caller.ts";
import { docsRoutes } from "./http/docs.ts";
import type { Env } from "./http/env.ts";
import { refuseMethod } from "./http/methods.ts";
import { type Health, probeRoutes, sharedReadiness } from "./http/probes.ts";
import { damageDetail, fault, faultOf, refused } from "./http/problem.ts";
import { protectedResource } from "./http/protected-resource.ts";
import { publicRoutes } from "./http/public.ts";
import { limitRequests, type RateLimiting } from "./http/rate-limit.ts";
import { requestIds } from "./http/request-id.ts";
import { securityEventRoutes } from "./http/security-events.ts";
import { isOpenFga, openFgaError, openFgaFault } from "./http/stores/error.ts";
import { storesRoutes } from "./http/stores/routes.ts";
import { v1Routes } from "./http/v1/routes.ts";
import type { TupleStore } from "./ports.ts";

export type AppDeps = ActionDeps &
  WebhookDeps & {
    tupleStore: TupleStore;
    engine: EvaluationDeps["engine"];
    checker: EvaluationDeps["checker"];
    /** Where answered checks are recorded; without it nowhere. */
    recorder?: EvaluationDeps["recorder"];
    /** Reads what was recorded; without it nobody can. */
    accessLogReader?: AccessLogReader | undefined;
    /** Takes people out of the access log, where it is in files. */
    accessLogErasure?: AccessLogErasure | undefined;
    findKey: FindKey;
    /** The callers with JWTs; without them there are only keys. */
    tokens?: TokenReader | undefined;
    /** Reads the security events of issuers; without it there are none. */
    readEvent?: EventReader | undefined;
    /** What issuers signalled. */
    signals: SignalLog;
    /** How many requests are answered; without it as many as come. */
    rate?: RateLimiting | undefined;
    /** Where callers reach the service; the identifier in its AuthZEN configuration. */
    publicUrl: string;
    /** What histories are signed with; without it they are not. */
    historyKeys?: HistoryKeys | undefined;
    /** What deliveries of events are signed with. */
    webhookKeys?: HistoryKeys | undefined;
    /** Everything that is counted, in Prometheus's text format. */
    metricsText: () => Promise<string>;
    stopping: () => boolean;
    /** How long an import may wait for its next line. */
    importIdleMilliseconds: number;
    /** Trouble that does not stop the service. */
    notices: () => Health;
    /** One line for each request, and each fault with its cause. Never a key, a body or an address. */
    log: (level: "debug" | "info" | "warn" | "error", event: string, facts: object) => void;
    /** The pages of the console; without it there are none. */
    console?: Omit<ConsoleDeps, "fetch" | "clock" | "publicUrl" | "log" | "engine"> | undefined;
  };

/**
 * A path as it was sent. Hono decodes it before it looks for a route: `/%6detrics` would then pass a proxy that keeps
 * `/metrics` to itself. Parameters are decoded by who reads them.
 */
const pathOf = ({ url }: Request): string => {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  const query = url.indexOf("?", start);
  const path = url.slice(start, query < 0 ? undefined : query);
  const fragment = path.indexOf("#");
  return fragment < 0 ? path : path.slice(0, fragment);
};

/** Faults that are over in a moment, mostly. */
const PASSING = [
  "engine_unavailable",
  "overloaded",
  "contended",
  "audit_unavailable",
  "issuer_unavailable",
  "sessions_unavailable",
];

/** Probes and scrapers ask for these every few seconds. One that is answered is no news; "not ready" is. */
const POLLED = ["/livez", "/readyz", "/metrics"];

/** Every address of the console. Its page for what there is not is at all of them. */
const CONSOLE = "/console/*";

/** The whole service. */
export function createApp(deps: AppDeps): OpenAPIHono<Env> {
  const app = new OpenAPIHono<Env>({ getPath: pathOf });
  const wrongMethod = refuseMethod(app);
  app.use(requestIds(deps.newId));
  app.use(async (c, next) => {
    const startedAt = performance.now();
    await next();
    const milliseconds = Math.round(performance.now() - startedAt);
    const key = (c.get("caller") as Env["Variables"]["caller"] | undefined)?.key;
    // the pattern, not the path: paths hold people's ids, which do not belong in a log
    const route = matchedRoutes(c).findLast(({ path }) => path !== CONSOLE)?.path ?? "/*";
    const facts = { method: c.req.method, route, status: c.res.status };
    const denied = c.get("denied") as string | undefined;
    const isPolled = c.res.ok && POLLED.includes(facts.route);
    // a refused key is a warning: it may be stolen, or configured wrongly
    deps.log(denied !== undefined ? "warn" : isPolled ? "debug" : "info", "request", {
      request_id: c.var.requestId,
      key,
      ...facts,
      denied,
      milliseconds,
    });
  });
  // outside of the others, which it overrides
  if (deps.console !== undefined) app.use(CONSOLE, consoleHeaders(deps.console.frameAncestors));
  app.use(secureHeaders());

  app.route("/", publicRoutes(deps.publicUrl, deps.historyKeys, deps.webhookKeys));
  if (deps.tokens !== undefined) app.route("/", protectedResource(deps.publicUrl, deps.tokens.issuers));
  app.route("/", probeRoutes(sharedReadiness(deps.engine, deps.clock), deps));
  app.route("/", securityEventRoutes(deps));
  const limited = limitRequests(deps.rate);
  app.use("/access/*", authenticate(deps, "permission"), limited);
  app.route("/", accessRoutes(deps));

  app.use("/v1/*", authenticate(deps, "person", "service"), limited);
  app.use("/v1/*", async (c, next) => {
    c.header("Cache-Control", "no-store");
    return c.req.path === "/v1/invitations/preview" ? next() : requirePersonOrAdmin(c, next);
  });
  app.use("/v1/*", async (c, next) => wrongMethod(c) ?? next());
  app.use("/v1/*", guardRequest);
  app.route("/v1", v1Routes(deps));

  app.route("/", storesRoutes(deps));

  app.route("/", docsRoutes(deps.publicUrl));
  if (deps.console !== undefined) {
    const fetch: ConsoleDeps["fetch"] = (request, bindings) => app.fetch(request, bindings);
    app.route("/console", consoleRoutes({ ...deps, ...deps.console, fetch }));
  }

  app.notFound(
    (c) =>
      wrongMethod(c) ??
      (isOpenFga(c)
        ? openFgaError(c, 404, "undefined_endpoint", "Not Found")
        : refused(c, { code: "not_found", what: "page" })),
  );
  app.onError((error, c) => {
    if (error instanceof HTTPException && error.status < 500)
      return isOpenFga(c) ? openFgaFault(c, "invalid_request") : fault(c, "invalid_request", { detail: error.message });
    // nobody reads this reply, and nothing of ours failed
    if (error instanceof BodyBroken) {
      deps.log("info", "caller_gone", { request_id: c.var.requestId });
      return (isOpenFga(c) ? openFgaFault : fault)(c, "invalid_request");
    }
    const code = faultOf(error);
    if (PASSING.includes(code)) c.header("Retry-After", "1");
    const facts = { request_id: c.var.requestId };
    // the work was aborted because its caller disconnected: the engine did not fail
    if (code === "engine_unavailable" && c.req.raw.signal.aborted) deps.log("info", "caller_gone", facts);
    else deps.log("error", code, { ...facts, ...errorFacts(error) });
    if (isOpenFga(c)) return openFgaFault(c, code);
    const isTold = code === "store_damaged" && c.var.caller?.scopes.includes("admin");
    return fault(c, code, isTold ? { detail: damageDetail(error) } : {});
  });
  return app;
}
