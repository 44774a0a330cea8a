/** What an admin of the initiator looks at before they confirm a cooperation: who has access now, and what has changed since it was last reviewed. */
import { cooperationEnd, isUnreviewed } from "../../domain/cooperation-end.ts";
import type { Side } from "../../domain/history.ts";
import type { Cooperation } from "../../domain/records.ts";
import type { Reads } from "../../ports.ts";
import { historyOf } from "../../store/history.ts";

/** Entries that a review shows; the history has all of them. */
export const CHANGES_SHOWN_MAX = 50;

/** The dates of a review, the last one, and the newest entries since then. `side`: whose reasons are shown. */
export async function reviewOf(reads: Reads, cooperation: Cooperation, side: Side | undefined, now: Date) {
  const { id, review_by, reviewed_at, reviewed_by, reviewed_n } = cooperation;
  const object = `cooperation:${id}`;
  const [last, changes] = await Promise.all([
    reviewed_n === undefined ? undefined : historyOf(reads, object, side, { before: reviewed_n + 1, limit: 1 }),
    historyOf(reads, object, side, { limit: CHANGES_SHOWN_MAX, first: (reviewed_n ?? 0) + 1 }),
  ]);
  return {
    cooperation: id,
    status: cooperation.status,
    review_by: review_by ?? null,
    ends_at: cooperationEnd(cooperation) ?? null,
    missed: cooperation.status !== "ended" && isUnreviewed(cooperation, now),
    last_review:
      reviewed_at === undefined || reviewed_by === undefined
        ? null
        : { at: reviewed_at, by: reviewed_by, note: last?.items[0]?.reason ?? null },
    changes: { items: changes.items, complete: changes.next === undefined },
  };
}
