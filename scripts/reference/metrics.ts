/** The metrics of `/metrics`, from the registry that the service counts in. */
import type { Registry } from "prom-client";
import { code, table } from "./blocks.ts";

/** Every metric of the service by name, with its type, its labels and what it says. */
export function metricsTable(registry: Registry): string {
  const metrics = registry.getMetricsAsArray();
  return table(
    ["name", "type", "labels", "what it says"],
    metrics.map((metric) => [
      code(metric.name),
      String(metric.type),
      labelsOf(metric).map(code).join(", "),
      metric.help,
    ]),
  );
}

// prom-client keeps the names beside what its types describe
const labelsOf = (metric: object) => ("labelNames" in metric ? (metric.labelNames as string[]) : []);
