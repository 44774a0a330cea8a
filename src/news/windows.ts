/**
 * Which entries of a cooperation's history are in one mail: all that there are when the first of them is delivered, so
 * with a sink that is late by five minutes, what happened within five minutes. The window that was opened last is kept in
 * the store before its mails are sent: a repeated delivery sends the same mails, and no entry is in two windows or in none.
 */
import type { StoredEvent } from "../domain/events/cloud-event.ts";
import { idOfType, type Ref } from "../domain/ids.ts";
import { keepReceiver, type ReceiverStore, receiverHead } from "../events/receivers.ts";
import type { Reads } from "../ports.ts";
import { historyOf } from "../store/history.ts";
import { cooperationHead } from "../store/snapshot.ts";

/** The entries of a history from one number up to another one, both included. */
export type NewsWindow = { history: Ref; from: number; to: number };

/** How often another process may be first. */
const TRIES = 5;

/** Engines whose clocks differ by less may record, and so deliver, an entry before the ones that it follows. */
const CLOCKS_APART_MILLISECONDS = 10_000;
/** How many such there may be. */
const OVERTAKEN_MAX = 10;

/**
 * The window that a delivery sends; undefined where it lies in one that another delivery has sent, since each history is
 * delivered in its order. `contended`: others opened windows all the time. Throws EngineUnavailable.
 */
export async function windowOf(
  store: ReceiverStore & Reads,
  { history, entry }: StoredEvent,
): Promise<NewsWindow | undefined | "contended"> {
  const { n } = entry.common;
  // what is news of an organization has nothing to wait for
  if (!history.startsWith("cooperation:")) return { history, from: n, to: n };
  const cooperation = idOfType("cooperation", history);
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const kept = await receiverHead(store, `mails.${cooperation}`);
    const last = readWindow(kept.value?.place);
    if (last !== undefined && n === last.by) return { history, from: last.from, to: last.to };
    if (last !== undefined && n <= last.to) return undefined;
    const { n: to } = await cooperationHead(store, cooperation);
    const from = last === undefined ? await firstFrom(store, { history, entry }) : last.to + 1;
    const place = `${n}:${from}-${to}`;
    if ((await keepReceiver(store, kept, { place })) !== undefined) return { history, from, to };
  }
  return "contended";
}

/** Where the first window begins: with the entry that opens it, or those that it may have overtaken. */
async function firstFrom(reads: Reads, { history, entry }: StoredEvent): Promise<number> {
  const { n, at } = entry.common;
  const { items } = await historyOf(reads, history, undefined, { before: n, limit: OVERTAKEN_MAX });
  const near = items.filter((item) => Date.parse(at) - Date.parse(item.at) < CLOCKS_APART_MILLISECONDS);
  return near.at(-1)?.n ?? n;
}

/** `by`: the entry whose delivery sends the mails. Undefined for what is none. */
function readWindow(text: string | undefined): { by: number; from: number; to: number } | undefined {
  const [, by, from, to] = /^(\d+):(\d+)-(\d+)$/.exec(text ?? "") ?? [];
  return by === undefined ? undefined : { by: Number(by), from: Number(from), to: Number(to) };
}
