/** How old what happened may be to be mailed: mails may have been switched off, or stuck, for months. */
import type { VisibleEntry } from "../domain/history.ts";

const NEWS_MILLISECONDS = 7 * 24 * 3_600_000;

/** Whether an entry is still news. */
export const isRecent = ({ at }: Pick<VisibleEntry, "at">, now: Date): boolean =>
  now.getTime() - Date.parse(at) < NEWS_MILLISECONDS;
