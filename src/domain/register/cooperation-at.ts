/**
 * A cooperation as it was at an instant, with its shares and delegations and who decided each: replayed from the entries
 * of its history, which are written with what they say in one Write. Pure.
 */
import { StoreDamaged } from "../../faults.ts";
import { cooperationEnd } from "../cooperation-end.ts";
import { ANNOUNCING } from "../due-dates.ts";
import { hasPassed, type Instant } from "../expiry.ts";
import type { Common, HistoryEntry } from "../history.ts";
import type { ShareId, UserId } from "../ids.ts";
import {
  type Cooperation,
  CooperationRecord,
  type Delegation,
  isAccepted,
  type Share,
  ShareRecord,
} from "../records.ts";
import { thingsIn } from "../schedule.ts";
import { type WrittenAt, wasWritten } from "./people-over-time.ts";

/** Who decided the present form of something: the entry's number, its actor and time. What the scheduler does was decided before. */
export type DecidedBy = { n: number; by: string; at: string };

/** `since`: when it was delegated; changes keep it, and one behind its end begins it anew. */
export type DelegationAt = {
  delegation: Pick<Delegation, "user" | "role" | "expires_at">;
  since: WrittenAt;
  decided: DecidedBy;
};

/** `openSince`: since when it is shared and has started, anew where its end had passed; undefined while its start is to come. */
export type ShareAt = {
  share: Share;
  openSince: string | undefined;
  decided: DecidedBy;
  delegations: Map<UserId, DelegationAt>;
};

/** `openSince`: since when it has been accepted and has started, whether paused or not; anew where its end had passed. */
export type CooperationAt = { cooperation: Cooperation; openSince: string | undefined; shares: Map<ShareId, ShareAt> };

/**
 * The cooperation after the last entry up to the instant, all of them without one; undefined before its first. Their
 * numbers are the order of what happened, also where a replica's clock was ahead: all below that one were written before.
 * Throws StoreDamaged for an entry that cannot be read.
 */
export function cooperationAt(entries: readonly HistoryEntry[], instant: Date | undefined): CooperationAt | undefined {
  const last = entries.findLastIndex(({ common }) => wasWritten(common, instant));
  let state: CooperationAt | undefined;
  for (const { common } of entries.slice(0, last + 1)) state = afterEntry(state, common);
  return state;
}

/** The cooperation behind its next entry; the state before it is changed. Throws StoreDamaged for an entry that cannot be read. */
export function afterEntry(state: CooperationAt | undefined, common: Common): CooperationAt | undefined {
  if (ANNOUNCING.includes(common.action)) return state;
  let next = state;
  for (const { thing, before, after } of thingsIn(common)) {
    if (thing.kind === "cooperation") next = withCooperation(next, common, after);
    else if (next === undefined) throw unreadable(common);
    else if (thing.kind === "share") withShare(next, common, thing.share, after);
    else withDelegation(next, common, thing, { before, after: common.after });
  }
  return next;
}

const unreadable = ({ object, n }: Common) => new StoreDamaged(object, `what entry ${n} says of it cannot be read`);

function withCooperation(
  state: CooperationAt | undefined,
  common: Common,
  after: Record<string, unknown>,
): CooperationAt {
  const read = CooperationRecord.safeParse(after);
  if (!read.success) throw unreadable(common);
  const cooperation = read.data;
  const isOpen = isAccepted(cooperation) && cooperation.starts_at === undefined;
  const known = state && keptSince(state.openSince, cooperationEnd(state.cooperation), common);
  const openSince = isOpen ? (known ?? common.at) : undefined;
  return { cooperation, openSince, shares: state?.shares ?? new Map() };
}

function withShare({ shares }: CooperationAt, common: Common, id: ShareId, after: Record<string, unknown>): void {
  const read = ShareRecord.safeParse(after);
  if (!read.success) throw unreadable(common);
  const known = shares.get(id);
  if (read.data.removed_at !== undefined) {
    shares.delete(id);
    return;
  }
  const since = known && keptSince(known.openSince, known.share.expires_at, common);
  shares.set(id, {
    share: read.data,
    openSince: read.data.starts_at === undefined ? (since ?? common.at) : undefined,
    decided: decidedIn(common, known?.decided),
    delegations: known?.delegations ?? new Map(),
  });
}

function withDelegation(
  { shares }: CooperationAt,
  common: Common,
  { share: id, user }: { share: ShareId; user: UserId },
  { before, after }: { before: Record<string, unknown>; after: Common["after"] },
): void {
  const share = shares.get(id);
  if (share === undefined) throw unreadable(common);
  if (after === undefined) {
    share.delegations.delete(user);
    return;
  }
  // without a state before, it is a new one: what they held until they left was deleted with them
  const known = Object.keys(before).length === 0 ? undefined : share.delegations.get(user);
  const { role, expires_at } = after as Pick<Delegation, "role" | "expires_at">;
  share.delegations.set(user, {
    delegation: { user, role, expires_at },
    since: (known && keptSince(known.since, known.delegation.expires_at, common)) ?? { at: common.at, id: common.id },
    decided: decidedIn(common, known?.decided),
  });
}

/** Since when something is held that an entry changes: nobody had held it behind its end. */
const keptSince = <T>(since: T, end: Instant | undefined, { at }: Common): T | undefined =>
  hasPassed(end, new Date(at)) ? undefined : since;

const BY_DATE: readonly string[] = ["start_share", "step_down", "repair", "sign"];

function decidedIn({ n, action, actor, at }: Common, known: DecidedBy | undefined): DecidedBy {
  const isByDate = BY_DATE.includes(action) && actor.startsWith("service:");
  return known !== undefined && isByDate ? known : { n, by: actor, at };
}
