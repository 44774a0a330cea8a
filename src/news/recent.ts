/** How old what happened may be to be mailed: mails may have been switched off, or stuck, for months. */
import type { VisibleEntry } from "../domain/history.ts";

const NEWS_MILLISECONDS = 7 * 24 * 3_600_000;

/** Whether an entry is still news. That something ended is as old as its end: it may have been announced long after. */
export function isRecent({ action, at, after }: Pick<VisibleEntry, "action" | "at" | "after">, now: Date): boolean {
  const endedAt = action === "expire" && typeof after?.expires_at === "string" ? after.expires_at : at;
  return now.getTime() - Math.min(Date.parse(at), Date.parse(endedAt)) < NEWS_MILLISECONDS;
}
