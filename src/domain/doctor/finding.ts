/**
 * What `doctor` says of a store, and the store as it looks at it: all tuples in memory,
 * found by object and by object and relation.
 */
import type { Head } from "../records.ts";
import { keyText, type Tuple, type TupleKey } from "../tuples.ts";

/** `leftover` is what a sweep removes and no damage; every other kind is damage. */
export const FINDING_KINDS = {
  head: "an object without its one head, or with a head that names another's entry",
  record: "a record or an entry that cannot be read, or names another object",
  history: "a broken chain, or a record or role that its history does not have",
  signature: "a head that the key of the history did not sign",
  relation: "a tuple that the records require and that is missing, that no record requires, or that has another date",
  person: "a person of an organization without exactly one role, or without `person` beside it",
  job_role: "a job role without all its rungs, or of who is no person of the owner",
  delegation: "a delegation without all its rungs, of two dates, or of who is no person of the partner",
  email: "an address, its holder and the holder's record that do not agree",
  count: "a counter that is not what it counts",
  incarnation:
    "an organization under an id that another had before, or a side of a cooperation, that does not say which it is",
  stray: "a tuple of a form that nothing in Concordat writes",
  leftover: "what a removal left without effect, to be swept",
} as const;
export type FindingKind = keyof typeof FINDING_KINDS;

/**
 * What a repair may do about a finding. The model has no exclusion, so taking tuples away never gives anybody
 * anything; what would have to be written, dated anew or guessed has no remedy. `erase`: tuples that no record or
 * history asks for. `sweep`: what was removed and is to be swept. `restore`: the number of an incarnation, to be written
 * back into the one record of `heads`. `heads`: the heads of the objects that say so; they are replaced in the same
 * Write, so that nothing is written when one of them changed.
 */
export type Remedy = { heads: Head<object>[] } & Cure;
type Cure = { erase: TupleKey[] } | { sweep: Removed } | { restore: Record<string, number> };

/** What can be removed and swept. */
export type Removed = `cooperation:${string}` | `share:${string}` | `organization:${string}`;

export type Finding = { kind: FindingKind; object: string; detail: string; remedy?: Remedy };

/** A remedy as an examination proposes it: `by` are the objects whose records say so, `trusting` others that it relies on. */
export type Proposal = { by: string[]; trusting?: string[] } & Cure;

/** Where findings go while a store is looked at. */
export type Report = (kind: FindingKind, object: string, detail: string, proposal?: Proposal) => void;

/** Findings that leave nothing to go by: what hangs on such an object is named, never taken away. */
const UNTRUSTWORTHY: readonly FindingKind[] = ["head", "record", "history", "signature", "email"];

/** Collects findings. A proposal becomes a remedy when it changes something and everything it relies on is in order. */
export function createFindings() {
  const found: { finding: Finding; proposal: Proposal | undefined }[] = [];
  const report: Report = (kind, object, detail, proposal) =>
    void found.push({ finding: { kind, object, detail }, proposal });
  /** All of them; `headOf` gives an object's head where it has one. */
  const all = (headOf: (object: string) => Head<object> | undefined): Finding[] => {
    const untrusted = found.filter(({ finding }) => UNTRUSTWORTHY.includes(finding.kind));
    const inDisorder = new Set(untrusted.map(({ finding }) => finding.object));
    return found.map(({ finding, proposal }) => {
      if (proposal === undefined || ("erase" in proposal && proposal.erase.length === 0)) return finding;
      const { by, trusting = [], ...does } = proposal;
      if ([...by, ...trusting].some((object) => inDisorder.has(object))) return finding;
      return { ...finding, remedy: { ...does, heads: by.map(headOf).filter((head) => head !== undefined) } };
    });
  };
  return { report, all };
}

/** A store's tuples, findable. */
export type Contents = {
  all: readonly Tuple[];
  at(object: string, relation: string): readonly Tuple[];
  /** Whether there is a tuple with this key, whatever its condition. */
  has(key: TupleKey): boolean;
};

/** A tuple that was read on two pages, because it was written anew meanwhile, counts once. */
export function contentsOf(tuples: readonly Tuple[]): Contents {
  const byKey = new Map(tuples.map((tuple) => [keyText(tuple), tuple]));
  const all = [...byKey.values()];
  const byRelation = Map.groupBy(all, (tuple) => `${tuple.object} ${tuple.relation}`);
  return {
    all,
    at: (object, relation) => byRelation.get(`${object} ${relation}`) ?? [],
    has: (key) => byKey.has(keyText(key)),
  };
}
