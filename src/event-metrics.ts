/** What is counted of delivered events and of what is due. A label holds the name of a receiver, which the operator gave it. */
import { Counter, Gauge, type Registry } from "prom-client";
import type { Clock, Meter } from "./ports.ts";

export function createEventMetrics(
  registry: Registry,
  clock: Clock,
): Pick<Meter, "eventDelivered" | "eventsDeliveredTo" | "scheduledTo"> {
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
  let doneTo: number | undefined;
  new Gauge({
    name: "concordat_schedule_lag_seconds",
    help: "Seconds since all was done that had come to be due: reminders, expiries and the like. It should stay below ten; missing in processes that do not do it.",
    aggregator: "min",
    registers,
    collect() {
      if (doneTo === undefined) this.remove();
      else this.set(Math.max(0, clock().getTime() - doneTo) / 1000);
    },
  });
  return {
    scheduledTo: (at) => {
      doneTo = at;
    },
    eventDelivered: (receiver, outcome) => deliveries.inc({ receiver, outcome }),
    eventsDeliveredTo: (receiver, at) => {
      if (at === undefined) deliveredTo.delete(receiver);
      else deliveredTo.set(receiver, at);
    },
  };
}
