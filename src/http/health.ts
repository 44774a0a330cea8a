/** `/livez`: the process runs. `/readyz`: it can answer, since engine and model are there. Both need no key. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { EvaluationDeps } from "../check/evaluate.ts";
import type { Notices } from "../check/notices.ts";
import type { Env } from "./env.ts";
import type { Documented } from "./operation.ts";

const answered = <const S extends string>(description: string, ...statuses: [S, ...S[]]) => ({
  description,
  content: { "application/json": { schema: z.strictObject({ status: z.enum(statuses) }) } },
});
const ready = {
  description:
    "It can. What is wrong besides costs speed or exactness: a cache that does not answer for us, a clock that is off.",
  content: {
    "application/json": {
      schema: z.strictObject({
        status: z.literal("ok"),
        cache: z
          .enum(["ok", "away"])
          .describe("away: every check asks OpenFGA, and an action holds for all a TTL later"),
        clock: z.enum(["ok", "off"]).describe("off: more than a second from Redis's or OpenFGA's"),
      }),
    },
  },
};
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
  responses: { 200: answered("It does.", "ok") },
});
const readyz = createRoute({
  ...about,
  path: "/readyz",
  operationId: "getReadyz",
  summary: "Readiness: OpenFGA answers and has the model",
  responses: { 200: ready, 503: answered("Not now.", "stopping", "engine_unavailable") },
});

export const HEALTH_OPERATIONS = [livez, readyz];

/** Not ready while the engine is away, and while the service is shutting down. */
export function healthRoutes(ready: () => Promise<boolean>, stopping: () => boolean, notices: () => Notices) {
  const app = new OpenAPIHono<Env>();
  app.openapi(livez, (c) => c.json({ status: "ok" }));
  app.openapi(readyz, async (c) => {
    const status = stopping() ? "stopping" : (await ready()) ? "ok" : "engine_unavailable";
    return status === "ok" ? c.json({ status, ...notices() }, 200) : c.json({ status }, 503);
  });
  return app;
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
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), READY_DEADLINE_MILLISECONDS);
    try {
      return await engine.ready(late.signal);
    } finally {
      clearTimeout(timer);
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
