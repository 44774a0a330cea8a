/**
 * Examines a whole store and reports its damage, and what a repair may do about it (`actions/repair.ts`). A Write during
 * a reading can look like damage, so only findings of two readings of the whole store are reported.
 */
import { examineHistories, examineLastFacts } from "../domain/doctor/examine-histories.ts";
import { examineHolders } from "../domain/doctor/examine-holders.ts";
import { examineIncarnations } from "../domain/doctor/examine-incarnations.ts";
import { examineLeftovers } from "../domain/doctor/examine-leftovers.ts";
import { examineRecords, headIn } from "../domain/doctor/examine-records.ts";
import { examineReferences } from "../domain/doctor/examine-references.ts";
import { examineRelations, examineStrays } from "../domain/doctor/examine-relations.ts";
import { examineSignatures } from "../domain/doctor/examine-signatures.ts";
import { contentsOf, createFindings, type Finding } from "../domain/doctor/finding.ts";
import type { VerifyingKeys } from "../domain/history-keys.ts";
import type { Tuple } from "../domain/tuples.ts";
import type { TupleStore } from "../ports.ts";

/** The reads of the doctor. */
export type DoctorReads = Pick<TupleStore, "readAll">;

/** The findings, sorted by their objects; signatures are verified when keys are given. Throws EngineUnavailable. */
export async function doctor(tupleStore: DoctorReads, keys?: VerifyingKeys): Promise<Finding[]> {
  const first = diagnose(await tupleStore.readAll(), keys);
  if (first.length === 0) return [];
  const known = new Set(first.map(findingText));
  return diagnose(await tupleStore.readAll(), keys).filter((finding) => known.has(findingText(finding)));
}

/** The findings in a store that holds exactly these tuples. Pure. */
export function diagnose(tuples: readonly Tuple[], keys?: VerifyingKeys): Finding[] {
  const contents = contentsOf(tuples);
  const { report, all } = createFindings();
  const records = examineRecords(contents, report);
  const histories = examineHistories(contents, records, report);
  examineLastFacts(contents, records, histories, report);
  examineIncarnations(records, histories, report);
  if (keys !== undefined) examineSignatures(contents, keys, report);
  examineRelations(contents, records, report);
  examineReferences(records, report);
  examineLeftovers(contents, records, report);
  examineHolders(contents, records, histories, report);
  examineStrays(contents, report);
  return all((object) => headIn(records, object)).sort((a, b) =>
    a.object < b.object ? -1 : a.object > b.object ? 1 : 0,
  );
}

/** Whether a finding is damage, which no sweep removes. */
export function isDamage(finding: Finding): boolean {
  return finding.kind !== "leftover";
}

/** A finding as it is shown; `repair`: whether `npm run doctor -- --repair` repairs it. */
export function viewOf({ kind, object, detail, remedy }: Finding) {
  return { kind, object, detail, repair: remedy !== undefined };
}

/** A finding as one line; equal lines are the same finding. */
export const findingText = ({ kind, object, detail }: Finding) => `${kind} ${object}: ${detail}`;
