/**
 * OpenFGA's tuples as plain data, and what can be said of any of them: its key, when it
 * ends, and what turns one set of them into another.
 */
import type { Instant } from "./expiry.ts";

// readonly: what was read may be kept and given to many
export type TupleKey = { readonly user: string; readonly relation: string; readonly object: string };
export type Condition =
  | { name: "not_expired"; context: { expires_at: Instant } }
  | { name: "record"; context: { fields: Record<string, string> } };
export type Tuple = TupleKey & { readonly condition?: Condition };

/** A tuple's key without its condition. */
export const keyOf = ({ user, relation, object }: TupleKey): TupleKey => ({ user, relation, object });

/** A tuple's key as text; ids hold neither space, so two keys never share it. */
export function keyText(key: TupleKey): string {
  return `${key.object} ${key.relation} ${key.user}`;
}

/** The date that a tuple counts until; undefined for one that counts for ever. */
export function expiryOf({ condition }: Tuple): Instant | undefined {
  return condition?.name === "not_expired" ? condition.context.expires_at : undefined;
}

/** When a tuple ends, as text to compare. A condition that holds more than a date, a clock of its own say, is no date. */
export function endText({ condition }: Tuple): string {
  if (condition === undefined) return "never";
  const isDate = condition.name === "not_expired" && Object.keys(condition.context).join() === "expires_at";
  return isDate ? condition.context.expires_at : JSON.stringify(condition);
}

/**
 * What turns one set of tuples into another. Throws when a key stays but its condition
 * changes: one Write cannot do that, so the state should have moved its spelling.
 */
export function difference(before: Tuple[], after: Tuple[]): { deletes: TupleKey[]; writes: Tuple[] } {
  const old = new Map(before.map((tuple) => [keyText(tuple), tuple]));
  const next = new Map(after.map((tuple) => [keyText(tuple), tuple]));
  for (const [text, tuple] of next) {
    const same = old.get(text);
    if (same !== undefined && JSON.stringify(same.condition) !== JSON.stringify(tuple.condition))
      throw new Error(`the condition of "${text}" changed without moving its spelling`);
  }
  return {
    deletes: before.filter((tuple) => !next.has(keyText(tuple))).map(keyOf),
    writes: after.filter((tuple) => !old.has(keyText(tuple))),
  };
}
