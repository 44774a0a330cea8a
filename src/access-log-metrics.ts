/** What is counted of the access log. No label holds an id or a name of anybody. */
import { Counter, Gauge, type Registry } from "prom-client";
import { GAP_REASONS, type GapReason } from "./domain/access-log/lines.ts";

export type AccessLogMeter = {
  written(lines: number): void;
  /** A gap was found; `lost` accesses, where that is known. */
  gap(reason: GapReason, lost: number | null): void;
  /** How many facts are kept that no line has, or that are counted on. */
  waiting(count: () => number): void;
};

export function createAccessLogMetrics(registry: Registry): AccessLogMeter {
  const registers = [registry];
  const lines = new Counter({
    name: "concordat_access_log_lines_total",
    help: "Lines of accesses and gaps that were written to the access log.",
    registers,
  });
  const gaps = new Counter({
    name: "concordat_access_log_gaps_total",
    help: `Gaps of the access log, by reason: ${Object.keys(GAP_REASONS).join(", ")}.`,
    labelNames: ["reason"],
    registers,
  });
  const lost = new Counter({
    name: "concordat_access_log_lost_total",
    help: "Accesses that are missing in the access log, as far as it is known how many, by reason.",
    labelNames: ["reason"],
    registers,
  });
  // a counter that never counted is zero, not missing
  for (const reason of Object.keys(GAP_REASONS)) for (const counter of [gaps, lost]) counter.inc({ reason }, 0);
  let count = () => 0;
  new Gauge({
    name: "concordat_access_log_waiting",
    help: "Facts in memory: those that are to be written, and those of the present minute that are counted on.",
    registers,
    collect() {
      this.set(count());
    },
  });
  return {
    written: (number) => lines.inc(number),
    gap: (reason, number) => {
      gaps.inc({ reason });
      lost.inc({ reason }, number ?? 0);
    },
    waiting: (now) => {
      count = now;
    },
  };
}
