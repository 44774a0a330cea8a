/** How long the access log is kept, in whole days, and which targets can keep to it. */
import { readLogTarget } from "./target.ts";

const DAY_MILLISECONDS = 86_400_000;

/** Undefined: for ever. `ownDays`: of the owner's own people, where that is another time. */
export type Retention = { days?: number | undefined; ownDays?: number | undefined };
/** `pseudonymizeDays`: how long users are. */
type Kept = Retention & { pseudonymizeDays?: number | undefined };

/** Why the log cannot be kept for so long where it is written to, a line each with the variable's name. */
export function retentionProblems(target: string, { days, ownDays, pseudonymizeDays }: Kept): string[] {
  const kind = readLogTarget(target)?.kind;
  const problems: string[] = [];
  if (days !== undefined && (kind === "stdout" || kind === "http"))
    problems.push("ACCESS_LOG_DAYS: needs ACCESS_LOG in files or PostgreSQL; what is sent elsewhere is deleted there");
  if (pseudonymizeDays !== undefined && (kind === "stdout" || kind === "http"))
    problems.push(
      "ACCESS_LOG_PSEUDONYMIZE_DAYS: needs ACCESS_LOG in files or PostgreSQL; of what is sent elsewhere users are taken out there",
    );
  if (ownDays === undefined) return problems;
  if (kind !== "postgres" && kind !== "off")
    problems.push(
      "ACCESS_LOG_OWN_DAYS: needs ACCESS_LOG in PostgreSQL; elsewhere the lines of all people are in one file",
    );
  if (days !== undefined && ownDays > days)
    problems.push(`ACCESS_LOG_OWN_DAYS: must be at most ACCESS_LOG_DAYS, which is ${days}`);
  return problems;
}

/** The day of an instant (UTC), as `2027-06-01`. */
export const dayTextOf = (at: Date): string => at.toISOString().slice(0, 10);

/** The first instant that is kept; what is a whole day before it is not. */
export const keptSince = (now: Date, days: number): Date => new Date(now.getTime() - days * DAY_MILLISECONDS);
