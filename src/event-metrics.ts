/** What is counted of delivered events. A label holds the name of a receiver, which the operator gave it. */
import { Counter, Gauge, type Registry } from "prom-client";
import type { Clock, Meter } from "./ports.ts";

export function createEventMetrics(
  registry: Registry,
  clock: Clock,
): Pick<Meter, "eventDelivered" | "eventsDeliveredTo"> {
  const registers = [registry];
  const deliveries = new Counter({
    name: "concordat_event_deliveries_total",
    help: "Deliveries of events, by receiver and outcome: done, retry (sent again later), refused (this event for good), ended (the receiver takes none any more).",
    labelNames: ["receiver", "outcome"],
    registers,
  });
  const deliveredTo = new Map<string, number>();
  new Gauge({
    name: "concordat_events_lag_seconds",
    help: "Seconds since a receiver last had every event, also while it fails or is disabled. It should stay near one; missing in processes that do not deliver.",
    labelNames: ["receiver"],
    aggregator: "min",
    registers,
    collect() {
      this.reset();
      for (const [receiver, at] of deliveredTo) this.set({ receiver }, Math.max(0, clock().getTime() - at) / 1000);
    },
  });
  return {
    eventDelivered: (receiver, outcome) => deliveries.inc({ receiver, outcome }),
    eventsDeliveredTo: (receiver, at) => {
      if (at === undefined) deliveredTo.delete(receiver);
      else deliveredTo.set(receiver, at);
    },
  };
}
