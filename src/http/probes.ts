/**
 * `/livez`: the process runs. `/readyz`: it can answer, since engine and model are there. `/metrics`: what was counted,
 * for Prometheus. They need no key and name nobody.
 */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { EvaluationDeps } from "../check/evaluate.ts";
import type { Notices } from "../check/notices.ts";
import type { Env } from "./env.ts";
import { type Documented, described } from "./operation.ts";

const statusOf = <const S extends string>(...statuses: [S, ...S[]]) => z.strictObject({ status: z.enum(statuses) });
const Ready = statusOf("ok").extend({
  cache: z
    .enum(["ok", "away"])
    .describe(
      "`away`: Redis does not answer. Every check asks OpenFGA, and `effective_by` of an action can be `CACHE_UNWATCHED_SECONDS` ahead.",
    ),
  clock: z.enum(["ok", "off"]).describe("`off`: the clock differs by more than a second from Redis's or OpenFGA's."),
  access_log: z
    .enum(["ok", "behind"])
    .optional()
    .describe("`behind`: the access log cannot be written. Missing where it is off."),
  workers: z
    .strictObject({ ready: z.int().min(0), of: z.int().min(2) })
    .optional()
    .describe("Where there are several: how many of them answer."),
});
const READY =
  "Ready. `cache`, `clock` and `access_log` name what makes answers slower, dates less exact or the log incomplete, and does not stop the service.";
const about = {
  tags: ["Operations"],
  method: "get" as const,
  security: [],
  ...({ answers: "nobody", refuses: [] } satisfies Documented),
};

const livez = createRoute({
  ...about,
  path: "/livez",
  operationId: "getLivez",
  summary: "Liveness: the process runs",
  responses: { 200: described("It does.", statusOf("ok")) },
});
const readyz = createRoute({
  ...about,
  path: "/readyz",
  operationId: "getReadyz",
  summary: "Readiness: OpenFGA answers and has the model",
  responses: {
    200: described(READY, Ready),
    503: described("Not now.", statusOf("stopping", "audit_unavailable", "engine_unavailable")),
  },
});

// prom-client's own (Prometheus text format 0.0.4)
const TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8";

const metrics = createRoute({
  ...about,
  path: "/metrics",
  operationId: "getMetrics",
  summary: "Prometheus metrics of this process, or of all workers added up",
  responses: {
    200: described(
      "Metrics of this process; of all workers added up, where there are several.",
      z.string(),
      TEXT_FORMAT,
    ),
  },
});

export const PROBE_OPERATIONS = [livez, readyz, metrics];

/** What is wrong while the service answers, and how many workers it has, where there are several. */
export type Health = Notices & { access_log?: "ok" | "behind"; workers?: { ready: number; of: number } };

type ProbeDeps = {
  stopping: () => boolean;
  notices: () => Health;
  metricsText: () => Promise<string>;
  recorder?: EvaluationDeps["recorder"];
};

/** Not ready while the engine is away, while no check is answered because it could not be recorded, and while the service is shutting down. */
export function probeRoutes(ready: () => Promise<boolean>, { stopping, notices, metricsText, recorder }: ProbeDeps) {
  const app = new OpenAPIHono<Env>();
  app.openapi(livez, (c) => c.json({ status: "ok" }));
  app.openapi(readyz, async (c) => {
    const answers = async () => ((await ready()) ? "ok" : "engine_unavailable");
    const status = stopping() ? "stopping" : isAdmitted(recorder) ? await answers() : "audit_unavailable";
    return status === "ok" ? c.json({ status, ...notices() }, 200) : c.json({ status }, 503);
  });
  app.openapi(metrics, async (c) => c.text(await metricsText(), 200, { "Content-Type": TEXT_FORMAT }));
  return app;
}

function isAdmitted(recorder: EvaluationDeps["recorder"]): boolean {
  try {
    recorder?.admit();
    return true;
  } catch {
    return false;
  }
}

const READY_EVERY_MILLISECONDS = 1_000;
const READY_DEADLINE_MILLISECONDS = 2_000;

/**
 * The engine's readiness, asked at most once a second and one request at a time: callers without a key may ask as often
 * as they like. After two seconds without an answer it is not ready. Never throws.
 */
export function sharedReadiness(
  engine: Pick<EvaluationDeps["engine"], "ready">,
  clock: () => Date,
): () => Promise<boolean> {
  let answer: Promise<boolean> | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  let isUnderWay = false;

  async function ask(): Promise<boolean> {
    isUnderWay = true;
    try {
      return await engine.ready(AbortSignal.timeout(READY_DEADLINE_MILLISECONDS));
    } finally {
      isUnderWay = false;
    }
  }

  return () => {
    const now = clock().getTime();
    // absolute: a clock that was set back must not keep the answer
    const isFresh = Math.abs(now - askedAt) < READY_EVERY_MILLISECONDS;
    if (answer === undefined || !(isFresh || isUnderWay)) {
      askedAt = now;
      answer = ask();
    }
    return answer;
  };
}
