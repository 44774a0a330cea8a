/** How a fact is written. */
import type { AccessLine } from "../domain/access-log/lines.ts";
import { monthOf, pseudonymOf } from "../domain/access-log/pseudonym.ts";
import { idOf } from "../domain/ids.ts";
import type { Fact } from "./fact.ts";
import type { MonthKeys } from "./month-keys.ts";

const textOf = (at: number): string => new Date(at).toISOString();

/** Its line, where its verdict is one that has a line. */
export function linesOfFact(
  { question, allowed, key, purpose, verdict, ...fact }: Fact,
  monthKeys: MonthKeys,
): AccessLine[] {
  if (verdict === undefined || verdict.kind === "none" || verdict.kind === "unknown") return [];
  const first = textOf(fact.first);
  const counted = {
    ...pseudonymOf(monthKeys(monthOf(first)), idOf(question.user)),
    ...{ permission: question.relation, resource: question.object, decision: allowed },
    ...{ caller: key, ...(purpose && { purpose }), count: fact.count, first },
    ...{ last: textOf(fact.last), request_id: fact.requestId },
  };
  if (verdict.kind === "own") return [{ kind: "access", path: "own", initiator: verdict.initiator, ...counted }];
  const { kind: path, ...through } = verdict;
  return [{ kind: "access", path, ...through, ...counted }];
}
