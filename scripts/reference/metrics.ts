/** The metrics of `/metrics`, from the registries that the service counts in. */
import type { Aggregator, MetricObject, Registry } from "prom-client";
import { code, table } from "./blocks.ts";

/** Of several workers' values, what `/metrics` has where that is not their sum. */
const NOT_ADDED: Partial<Record<Aggregator, string>> = { min: "the lowest", average: "the average" };

/** Every metric of the service by name, with its type, its labels and what it says; those of `ofSeveral` with several workers only. */
export function metricsTable(registry: Registry, ofSeveral?: Registry): string {
  const always = registry.getMetricsAsArray().map((metric) => {
    const value = NOT_ADDED[metric.aggregator];
    return rowOf(metric, value === undefined ? metric.help : `${metric.help} With several workers: ${value}.`);
  });
  const more = (ofSeveral?.getMetricsAsArray() ?? []).map((metric) =>
    rowOf(metric, `With several workers only: ${metric.help}`),
  );
  return table(["name", "type", "labels", "what it says"], [...always, ...more]);
}

const rowOf = (metric: MetricObject, says: string) => [
  code(metric.name),
  String(metric.type),
  labelsOf(metric).map(code).join(", "),
  says,
];

// prom-client keeps the names beside what its types describe
const labelsOf = (metric: object) => ("labelNames" in metric ? (metric.labelNames as string[]) : []);
