/** Whether a suspension was lifted since an instant, by the organization's history: read backwards, so what is recent costs little. */
import type { OrganizationId, UserId } from "../domain/ids.ts";
import { StoreDamaged } from "../faults.ts";
import type { Reads } from "../ports.ts";
import { historyOf } from "./history.ts";

/** As many as are read at the same time. */
const PAGE = 16;

/** Whether somebody lifted a person's suspension in an organization then or later; not where that cannot be read. */
export async function wasLifted(...of: Parameters<typeof isFound>): Promise<boolean> {
  return isFound(...of).catch((error) => {
    if (error instanceof StoreDamaged) return false;
    throw error;
  });
}

async function isFound(reads: Reads, organization: OrganizationId, user: UserId, since: Date): Promise<boolean> {
  let before: number | undefined;
  for (;;) {
    const { items, next } = await historyOf(reads, `organization:${organization}`, undefined, { before, limit: PAGE });
    for (const { at, action, object } of items) {
      if (new Date(at) < since) return false;
      if (action === "restore_person" && object === `user:${user}`) return true;
    }
    if (next === undefined) return false;
    before = next;
  }
}
