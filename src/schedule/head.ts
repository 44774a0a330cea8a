/**
 * How far the scheduler is, kept in the store. It is replaced like every head, so of two processes that are at it the
 * second to say so learns that it is one too many, and begins again from what the first has kept.
 */
import { headWrite } from "../domain/plan.ts";
import { type Head, headFrom, toFields } from "../domain/records.ts";
import { SCHEDULE, type Schedule, ScheduleRecord } from "../domain/schedule.ts";
import type { TupleStore } from "../ports.ts";

export type ScheduleHead = Head<Schedule>;

/** How far it is; no value in a store where it never was. Throws EngineUnavailable. */
export async function scheduleHead(store: Pick<TupleStore, "read">): Promise<ScheduleHead> {
  return headFrom(SCHEDULE, await store.read({ object: SCHEDULE, relation: "head" }), ScheduleRecord);
}

/** Replaces it. Undefined when another was first, or nobody knows whether this was written. Throws EngineUnavailable, and EngineRefused under a model that has no schedule. */
export async function keepSchedule(
  store: Pick<TupleStore, "write">,
  head: ScheduleHead,
  value: Schedule,
): Promise<(ScheduleHead & { value: Schedule }) | undefined> {
  const outcome = await store.write(headWrite(head, toFields(value)));
  return outcome === "committed" ? { ...head, n: head.n + 1, value } : undefined;
}
