/**
 * Reading the access log back: what a reader gives, wherever the lines are. Newest first; the order of lines that were
 * written at about the same time is any, and always the same. A page is found within a bounded effort, so it may have
 * fewer lines than were asked for, also none, and still name a next one.
 */

import type { AccessLine, GapLine } from "../domain/access-log/lines.ts";
import type { Side } from "../domain/history.ts";
import type { OrganizationId, Ref } from "../domain/ids.ts";

/** An organization on one side of a line. `since`: its lines before are another's that had the id then (law 15). */
export type LineOf = { side: Side; organization: OrganizationId; since: Date };

/** What lines are asked for: those that match everything that is named. Gaps match by their time alone. */
export type AccessFilter = {
  /** Lines of at least one of these; undefined: of anybody. */
  of?: readonly LineOf[] | undefined;
  cooperation?: string | undefined;
  resource?: Ref | undefined;
  user?: string | undefined;
  permission?: string | undefined;
  decision?: boolean | undefined;
  /** Whether own people's lines are among them. */
  own: boolean;
  /** By a line's `first`, from the one and before the other; of gaps those that overlap it. */
  from?: Date | undefined;
  to?: Date | undefined;
};

/** `next`: where the next page begins; undefined where nothing older is left. */
export type AccessPage = { lines: (AccessLine | GapLine)[]; next: string | undefined };

/** When a user was last let in through a share. */
export type LastUsed = { cooperation: string; share: string; user: string; at: Date };

export type AccessLogReader = {
  /** `after`: the `next` of the page before; undefined where it is none, and the page is undefined then. Throws AuditUnavailable where the log cannot be read. */
  page(filter: AccessFilter, limit: number, after?: string): Promise<AccessPage | undefined>;
  /** The newest yes of each user through each share of these cooperations, as far back as `since` says: what was used before is not found. However many there are, the log is looked through once. */
  lastUsed(cooperations: readonly string[]): Promise<{ used: LastUsed[]; since: Date | undefined }>;
};
