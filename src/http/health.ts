/** `/livez` tells that the process runs, `/readyz` that it can answer: engine and model. No key needed. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { Env } from "./env.ts";

const answered = <const S extends string>(description: string, ...statuses: [S, ...S[]]) => ({
  description,
  content: { "application/json": { schema: z.strictObject({ status: z.enum(statuses) }) } },
});
const about = { tags: ["Operations"], method: "get" as const, security: [] };

const livez = createRoute({
  ...about,
  path: "/livez",
  summary: "Whether the process runs",
  responses: { 200: answered("It does.", "ok") },
});
const readyz = createRoute({
  ...about,
  path: "/readyz",
  summary: "Whether it can answer: engine and model are there",
  responses: { 200: answered("It can.", "ok"), 503: answered("Not now.", "stopping", "engine_unavailable") },
});

/** Not ready while the engine is away, and while the service is shutting down. */
export function healthRoutes(ready: () => Promise<boolean>, stopping: () => boolean) {
  const app = new OpenAPIHono<Env>();
  app.openapi(livez, (c) => c.json({ status: "ok" }));
  app.openapi(readyz, async (c) => {
    const status = stopping() ? "stopping" : (await ready()) ? "ok" : "engine_unavailable";
    return status === "ok" ? c.json({ status }, 200) : c.json({ status }, 503);
  });
  return app;
}
