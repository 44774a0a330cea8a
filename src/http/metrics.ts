/** `/metrics`: the metrics of this process, for Prometheus. It needs no key and names nobody. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { Env } from "./env.ts";
import type { Documented } from "./operation.ts";

// prom-client's own (Prometheus text format 0.0.4)
const TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8";

const metrics = createRoute({
  tags: ["Operations"],
  method: "get" as const,
  security: [],
  ...({ answers: "nobody", refuses: [] } satisfies Documented),
  path: "/metrics",
  operationId: "getMetrics",
  summary: "Prometheus metrics of this process",
  responses: { 200: { description: "Metrics of this process.", content: { [TEXT_FORMAT]: { schema: z.string() } } } },
});

export const METRICS_OPERATIONS = [metrics];

export function metricsRoutes(text: () => Promise<string>) {
  return new OpenAPIHono<Env>().openapi(metrics, async (c) =>
    c.text(await text(), 200, { "Content-Type": TEXT_FORMAT }),
  );
}
