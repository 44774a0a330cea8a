/**
 * How far each receiver has the events, kept in the store: it survives every process and an emptied Redis. It is
 * replaced like every head, so of two processes that deliver to one receiver the second to say so learns that it is
 * one too many.
 */
import { z } from "zod";
import { headWrite } from "../domain/plan.ts";
import { DeliveryRecord, type Head, headFrom, type Receiver, ReceiverRecord, toFields } from "../domain/records.ts";
import type { TupleStore } from "../ports.ts";

export type ReceiverStore = Pick<TupleStore, "read" | "write">;
export type ReceiverHead = Head<Receiver>;

const objectOf = (name: string) => `receiver:${name}`;

/** What is known of a receiver; no value for one that was never delivered to. Throws EngineUnavailable. */
export async function receiverHead(store: ReceiverStore, name: string): Promise<ReceiverHead> {
  const object = objectOf(name);
  return headFrom(object, await store.read({ object, relation: "head" }), ReceiverRecord);
}

/** Replaces it. Undefined when another was first, or nobody knows whether this was written. Throws EngineUnavailable, and EngineRefused under a model that has no receivers. */
export async function keepReceiver(
  store: ReceiverStore,
  head: ReceiverHead,
  value: Receiver,
): Promise<ReceiverHead | undefined> {
  const outcome = await store.write(headWrite(head, toFields(value)));
  return outcome === "committed" ? { ...head, n: head.n + 1, value } : undefined;
}

const DELIVERIES_MAX = 10;

const Deliveries = z.array(DeliveryRecord);

/** The last deliveries of a receiver, oldest first, with more behind them. */
export function deliveriesOf(value: Receiver | undefined, more: readonly DeliveryRecord[] = []): DeliveryRecord[] {
  let kept: DeliveryRecord[] = [];
  try {
    kept = Deliveries.parse(JSON.parse(value?.deliveries ?? "[]"));
  } catch {
    // written by another version: the log begins anew
  }
  return [...kept, ...more].slice(-DELIVERIES_MAX);
}
