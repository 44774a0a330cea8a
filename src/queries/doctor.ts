/**
 * Looks a whole store over and says what is wrong in it, and what a repair may do about
 * it (`actions/repair.ts`). What is written while it reads can look like damage, so it
 * says only what it finds twice: in two readings of the whole store.
 */
import { examineHistories, examineLastFacts } from "../domain/doctor/examine-histories.ts";
import { examineHolders } from "../domain/doctor/examine-holders.ts";
import { examineIncarnations } from "../domain/doctor/examine-incarnations.ts";
import { examineLeftovers } from "../domain/doctor/examine-leftovers.ts";
import { examineRecords, headIn } from "../domain/doctor/examine-records.ts";
import { examineReferences } from "../domain/doctor/examine-references.ts";
import { examineRelations } from "../domain/doctor/examine-relations.ts";
import { examineSignatures } from "../domain/doctor/examine-signatures.ts";
import { examineStrays } from "../domain/doctor/examine-strays.ts";
import { contentsOf, createFindings, type Finding } from "../domain/doctor/finding.ts";
import type { VerifyingKeys } from "../domain/history-keys.ts";
import type { Tuple } from "../domain/tuples.ts";
import type { TupleStore } from "../ports.ts";

/** All that doctor looks at. */
export type DoctorReads = Pick<TupleStore, "readAll">;

/** The findings, in the order of their objects; signatures are looked at where there are keys. Throws EngineUnavailable. */
export async function doctor(tupleStore: DoctorReads, keys?: VerifyingKeys): Promise<Finding[]> {
  const first = diagnose(await tupleStore.readAll(), keys);
  if (first.length === 0) return [];
  const known = new Set(first.map(findingText));
  return diagnose(await tupleStore.readAll(), keys).filter((finding) => known.has(findingText(finding)));
}

/** What is wrong with a store that holds these tuples and no other. Pure. */
export function diagnose(tuples: readonly Tuple[], keys?: VerifyingKeys): Finding[] {
  const contents = contentsOf(tuples);
  const { report, all } = createFindings();
  const records = examineRecords(contents, report);
  const told = examineHistories(contents, records, report);
  examineLastFacts(contents, records, told, report);
  examineIncarnations(records, told, report);
  if (keys !== undefined) examineSignatures(contents, keys, report);
  examineRelations(contents, records, report);
  examineReferences(records, report);
  examineLeftovers(contents, records, report);
  examineHolders(contents, records, told, report);
  examineStrays(contents, report);
  return all((object) => headIn(records, object)).sort((a, b) =>
    a.object < b.object ? -1 : a.object > b.object ? 1 : 0,
  );
}

/** Whether something is wrong that a sweep does not take away. */
export function isDamage(finding: Finding): boolean {
  return finding.kind !== "leftover";
}

/** A finding as it is told: `repair` says whether `npm run doctor -- --repair` would see to it. */
export function viewOf({ kind, object, detail, remedy }: Finding) {
  return { kind, object, detail, repair: remedy !== undefined };
}

/** A finding as one line; two readings find the same when it is the same line. */
export const findingText = ({ kind, object, detail }: Finding) => `${kind} ${object}: ${detail}`;
