/** The history of a cooperation or organization: newest first, as one side may see it; and whether it verifies. */
import {
  chainProblems,
  entriesFrom,
  entryFrom,
  type HistoryEntry,
  type Side,
  type VisibleEntry,
  visibleTo,
} from "../domain/history.ts";
import { headSignature, type SignatureState, signatureProblem, type VerifyingKeys } from "../domain/history-keys.ts";
import { entryNumber, entryRef, fieldsOf, NO_HASH } from "../domain/records.ts";
import type { Tuple } from "../domain/tuples.ts";
import { StoreDamaged } from "../faults.ts";
import type { Reads } from "../ports.ts";
import { inTurns } from "./snapshot.ts";

/** Where a history ends: the number and hash of its newest entry, and the signature under it; nothing of the record. */
export type ChainEnd = { object: string; n: number; hash: string; signature: string | null };

function endOf(object: string, tuple: Tuple | undefined): ChainEnd {
  if (tuple === undefined) return { object, n: 0, hash: NO_HASH, signature: null };
  const { hash = NO_HASH, chain_signature = null } = fieldsOf(tuple);
  return { object, n: entryNumber(tuple.user), hash, signature: chain_signature };
}

/**
 * A page of entries below number `before` (undefined: from the newest), none below `first`. `next` is the `before` of
 * the next page. Numbers have no gaps, so a page is read by its numbers and a
 * long history costs no more than a short one.
 */
export async function historyOf(
  reads: Reads,
  object: string,
  side: Side | undefined,
  page: { before?: number | undefined; limit: number; first?: number | undefined },
): Promise<{ items: VisibleEntry[]; next: number | undefined; head: ChainEnd }> {
  const head = await historyEnd(reads, object);
  const from = Math.min(head.n, (page.before ?? head.n + 1) - 1);
  const { first = 1 } = page;
  const length = Math.min(page.limit, Math.max(from - first + 1, 0));
  const numbers = Array.from({ length }, (_, index) => from - index);
  const found = await inTurns(numbers, (n) => reads.read({ object, relation: "log", user: entryRef(object, n) }));
  const items = found.flat().map((log) => visibleTo(entryFrom(log), side));
  const last = numbers.at(-1) ?? 0;
  return { items, next: last > first ? last : undefined, head };
}

/** What the entries behind number `from`, up to `to`, are about, each once; undefined where one of them cannot be read. */
export async function objectsOfEntries(
  reads: Reads,
  object: string,
  from: number,
  to: number,
): Promise<string[] | undefined> {
  const numbers = Array.from({ length: Math.max(to - from, 0) }, (_, index) => from + index + 1);
  const logs = await inTurns(numbers, (n) => reads.read({ object, relation: "log", user: entryRef(object, n) }));
  const entries = entriesFrom(logs.flat(), () => {});
  return entries.length < numbers.length ? undefined : [...new Set(entries.map(({ common }) => common.object))];
}

/** Where the history of an object ends. */
export const historyEnd = async (reads: Reads, object: string): Promise<ChainEnd> =>
  endOf(object, (await reads.read({ object, relation: "head" }))[0]);

/** All entries of a history, oldest first; those behind number `n` alone, with their numbers up to `to`. Throws StoreDamaged for one that cannot be read. */
export async function entriesOf(
  reads: Reads,
  object: string,
  behind?: { n: number; to: number },
): Promise<HistoryEntry[]> {
  if (behind === undefined) return entriesFrom(await reads.read({ object, relation: "log" }));
  const numbers = Array.from({ length: Math.max(behind.to - behind.n, 0) }, (_, index) => behind.n + index + 1);
  const logs = await inTurns(numbers, (n) => reads.read({ object, relation: "log", user: entryRef(object, n) }));
  return entriesFrom(logs.flat());
}

/** When the nth entry of a history was written. Throws StoreDamaged where there is none. */
export async function instantOfEntry(reads: Reads, object: string, n: number): Promise<Date> {
  const [entry] = await entriesOf(reads, object, { n: n - 1, to: n });
  if (entry === undefined) throw new StoreDamaged(object, `it has no entry ${n}`);
  return new Date(entry.common.at);
}

/** `signed`: the state of the head's signature; `unchecked` where there are no keys. `problems`: empty where all of it verifies. */
export type Verified = ChainEnd & { signed: SignatureState | "unchecked"; problems: string[] };

/** Reads a whole history and verifies its chain and the signature on its head. Throws EngineUnavailable. */
export async function verifyHistory(reads: Reads, object: string, keys: VerifyingKeys | undefined): Promise<Verified> {
  const [tuple] = await reads.read({ object, relation: "head" });
  const end = endOf(object, tuple);
  // entries that were added after the head was read are left out
  const logs = (await reads.read({ object, relation: "log" })).filter(({ user }) => entryNumber(user) <= end.n);
  const problems: string[] = [];
  const entries = entriesFrom(logs, ({ user }, { what }) => {
    problems.push(`entry ${entryNumber(user)} cannot be read: ${what}`);
  });
  problems.push(...chainProblems(entries, end, NO_HASH));
  const signed = keys === undefined || tuple === undefined ? "unchecked" : headSignature(keys, tuple);
  const problem = signed === "unchecked" ? undefined : signatureProblem(signed);
  return { ...end, signed, problems: problem === undefined ? problems : [...problems, `${problem} (entry ${end.n})`] };
}
