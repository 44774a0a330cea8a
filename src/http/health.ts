/** `/livez` tells that the process runs, `/readyz` that it can answer: engine and model. No key needed. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
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
  summary: "Whether the process runs",
  responses: { 200: answered("It does.", "ok") },
});
const readyz = createRoute({
  ...about,
  path: "/readyz",
  operationId: "getReadyz",
  summary: "Whether it can answer: engine and model are there",
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
