/**
 * From a decision to its one Write. An action replaces the head of every object whose
 * state it decided on; deleting the tuple that names entry n is the compare-and-swap
 * (docs/decisions). Objects with a history get their entry in the same Write.
 */
import type { EntryAction } from "./events/event-types.ts";
import { entryFields, type HistoryEntry, type Side, sealEntry } from "./history.ts";
import { type Head, headKey, toFields } from "./records.ts";
import type { Result } from "./result.ts";
import type { Tuple, TupleKey } from "./tuples.ts";

/** OpenFGA's default max-tuples-per-write, deletes and writes together. */
export const WRITE_TUPLES_MAX = 100;

/** Who did it, when, and what makes this attempt recognizable after a lost reply. */
export type Stamp = { id: string; now: Date; actor: string; requestId: string; nonce: string };

/** What an action writes into an object's history. */
export type EntryFacts = {
  action: EntryAction;
  object: string;
  before?: Record<string, unknown> | undefined;
  after?: Record<string, unknown> | undefined;
  reason?: { side: Side; text: string | undefined } | undefined;
};

/** An object whose head is replaced. `entry` where the object keeps a history (organizations and cooperations, always). */
export type Touch = {
  head: Head<object>;
  record: Record<string, string | number | undefined>;
  entry?: EntryFacts;
};

/** All that an action does to the store: heads and entries from the touches, and the tuples that carry access. */
export type Plan = { touches: Touch[]; deletes: TupleKey[]; writes: Tuple[] };

/** What is decided: a plan, or that everything is so already; `value` is the outcome for the caller. Or a refusal. */
export type Decision<T> = Result<{ kind: "same"; value: T } | { kind: "planned"; plan: Plan; value: T }>;

export const same = <T>(value: T): Decision<T> => ({ kind: "same", value });
export const planned = <T>(plan: Plan, value: T): Decision<T> => ({ kind: "planned", plan, value });

function entryOf(touch: Touch, facts: EntryFacts, stamp: Stamp): HistoryEntry {
  const { side, text } = facts.reason ?? {};
  return sealEntry(
    touch.head.hash,
    {
      n: touch.head.n + 1,
      id: stamp.id,
      at: stamp.now.toISOString(),
      actor: stamp.actor,
      action: facts.action,
      request_id: stamp.requestId,
      object: facts.object,
      before: facts.before,
      after: facts.after,
    },
    side && text !== undefined ? { side, part: { reason: text, nonce: stamp.nonce } } : undefined,
  );
}

/** What puts the next head in the place of this one, with these fields. */
export function headWrite(
  { object, n }: Pick<Head<unknown>, "object" | "n">,
  fields: Record<string, string>,
): { deletes: TupleKey[]; writes: [Tuple] } {
  const condition = { name: "record" as const, context: { fields } };
  return { deletes: n > 0 ? [headKey(object, n)] : [], writes: [{ ...headKey(object, n + 1), condition }] };
}

function writeOfTouch(touch: Touch, stamp: Stamp): { deletes: TupleKey[]; writes: Tuple[] } {
  const entry = touch.entry && entryOf(touch, touch.entry, stamp);
  const { deletes, writes } = headWrite(touch.head, toFields({ ...touch.record, hash: entry?.hash }));
  if (entry === undefined) return { deletes, writes };
  const condition = { name: "record" as const, context: { fields: entryFields(entry) } };
  return { deletes, writes: [...writes, { ...writes[0], relation: "log", condition }] };
}

/** The one Write of a plan. Every head is replaced exactly once: two touches of one object are a bug and throw. */
export function writeOf(plan: Plan, stamp: Stamp): { deletes: TupleKey[]; writes: Tuple[] } {
  const objects = plan.touches.map((touch) => touch.head.object);
  if (new Set(objects).size < objects.length) throw new Error(`touched twice: ${objects.join(", ")}`);
  const touched = plan.touches.map((touch) => writeOfTouch(touch, stamp));
  return {
    deletes: [...touched.flatMap((part) => part.deletes), ...plan.deletes],
    writes: [...touched.flatMap((part) => part.writes), ...plan.writes],
  };
}

/** How many tuples a plan's Write holds. */
export function sizeOf(write: { deletes: unknown[]; writes: unknown[] }): number {
  return write.deletes.length + write.writes.length;
}
