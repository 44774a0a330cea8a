/**
 * What `doctor` says of a store, and the store as it looks at it: all tuples in memory,
 * found by object and by object and relation.
 */
import { keyText, type Tuple, type TupleKey } from "./tuples.ts";

/** `leftover` is what a sweep removes and no damage; every other kind is damage. */
export const FINDING_KINDS = {
  head: "an object without its one head, or with a head that names another's entry",
  record: "a record or an entry that cannot be read, or names another object",
  history: "a chain that does not hold, or a record or role that its history does not tell of",
  relation: "a tuple that the records ask for and is not there, stands and is not asked for, or has another date",
  person: "a person of an organization without exactly one role, or without `person` beside it",
  job_role: "a job role without all its rungs, or of who is no person of the owner",
  delegation: "a delegation without all its rungs, of two dates, or of who is no person of the partner",
  email: "an address, its holder and the holder's record that do not agree",
  count: "a counter that is not what it counts",
  leftover: "what a removal left without effect, to be swept",
} as const;
export type FindingKind = keyof typeof FINDING_KINDS;

export type Finding = { kind: FindingKind; object: string; detail: string };

/** Where findings go while a store is looked at. */
export type Report = (kind: FindingKind, object: string, detail: string) => void;

/** A store's tuples, findable. */
export type Contents = {
  all: readonly Tuple[];
  of(object: string): readonly Tuple[];
  at(object: string, relation: string): readonly Tuple[];
  /** Whether a tuple of this key stands, whatever its condition. */
  has(key: TupleKey): boolean;
};

/** A tuple that was read on two pages, because it was written anew meanwhile, counts once. */
export function contentsOf(tuples: readonly Tuple[]): Contents {
  const byKey = new Map(tuples.map((tuple) => [keyText(tuple), tuple]));
  const all = [...byKey.values()];
  const byObject = Map.groupBy(all, (tuple) => tuple.object);
  const byRelation = Map.groupBy(all, (tuple) => `${tuple.object} ${tuple.relation}`);
  return {
    all,
    of: (object) => byObject.get(object) ?? [],
    at: (object, relation) => byRelation.get(`${object} ${relation}`) ?? [],
    has: (key) => byKey.has(keyText(key)),
  };
}
