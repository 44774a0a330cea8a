/**
 * What of a cooperation's history is news, to whom, and what the mail about it says. Pure. An entry gives what both sides
 * may see of it, and no reason. Before a partner has accepted it is written to only when the offer ends: anybody may invite it.
 */
import type { Instant } from "./expiry.ts";
import type { Side, VisibleEntry } from "./history.ts";
import { type ResourceRef, type ShareId, splitRef, type UserId } from "./ids.ts";
import {
  COOPERATION_DATES,
  type CooperationDate,
  type NewsLine,
  type NewsOfShare,
  type ShareNews,
} from "./news-line.ts";
import type { Cooperation } from "./records.ts";
import { SHARED_ROLES } from "./roles.ts";

/** Whom news is for: the admins of a side, or the person to whom something is delegated. */
export type NewsReader = Side | "delegate";

/**
 * Action × whom it is news for. Who did it themself is never mailed. What is not here is news for nobody: the invitation and
 * the notice are mailed by their own actions.
 */
// biome-ignore format: a table is read by its columns
export const NEWS_READERS: Readonly<Record<string, readonly NewsReader[]>> = {
  join:          ["initiator", "partner"],
  accept:        ["initiator", "partner"],
  decline:       ["initiator", "partner"],
  pause:         ["initiator", "partner"],
  resume:        ["initiator", "partner"],
  remove:        ["initiator", "partner"],
  leave:         ["initiator", "partner"],
  change_expiry: ["initiator", "partner"],
  review:        ["initiator", "partner"],
  share:         ["partner"],
  change_share:  ["partner"],
  unshare:       ["partner"],
  delegate:      ["delegate"],
  revoke:        ["delegate"],
  ask:           ["initiator"],
  withdraw_ask:  ["initiator"],
  decline_ask:   ["partner"],
  start:         ["initiator", "partner"],
  start_share:   ["initiator", "partner"],
  step_down:     ["initiator", "partner"],
  expire:        ["initiator", "partner", "delegate"],
  remind:        ["initiator", "partner", "delegate"],
};

/** In an organization's history, news for its admins: one of its endpoints gets no more events, one of its people is suspended. */
export const ORGANIZATION_NEWS: readonly string[] = ["disable_webhook", "suspend_person"];

/** What a partner is written to about before it has accepted: that there is nothing more to accept. */
const ENDS_OFFER: readonly string[] = ["decline", "remove"];

/** A line for a reader; `user` where that is one person. */
export type News = { reader: NewsReader; user?: UserId | undefined; line: NewsLine };

/** The news in an entry of a cooperation's history; none where it is for nobody. */
export function newsOf(entry: VisibleEntry, cooperation: Cooperation): News[] {
  const readers = Object.hasOwn(NEWS_READERS, entry.action) ? (NEWS_READERS[entry.action] ?? []) : [];
  const { user } = { ...entry.before, ...entry.after } as { user?: UserId };
  const [of] = splitRef(entry.object);
  return readers.flatMap((reader): News[] => {
    if (reader === "partner" && !isForPartner(entry, cooperation)) return [];
    // a review is the initiator's to do
    if (reader === "partner" && entry.action === "remind" && entry.after?.kind === "review") return [];
    // what is delegated is the partner's own business
    if (user === undefined ? reader === "delegate" : reader === "initiator") return [];
    const lines = (LINES_OF[of] ?? linesOfCooperation)(entry, reader, user);
    return lines.map((line) => ({ reader, line, ...(user !== undefined && { user }) }));
  });
}

const LINES_OF: Readonly<Record<string, typeof linesOfShare>> = { share: linesOfShare, asks: linesOfAsk };

function isForPartner({ n, action }: VisibleEntry, { accepted_at, partner_since = 1 }: Cooperation): boolean {
  return n >= partner_since && (accepted_at !== undefined || ENDS_OFFER.includes(action));
}

function linesOfCooperation({ action, before = {}, after = {} }: VisibleEntry): NewsLine[] {
  const date = (kind: CooperationDate) => ({ kind, date: textIn(after, COOPERATION_DATES[kind]) });
  const isMoved = (kind: CooperationDate) => before[COOPERATION_DATES[kind]] !== after[COOPERATION_DATES[kind]];
  switch (action) {
    case "join":
    case "accept":
      return [{ kind: "accepted" }];
    case "decline":
      return [{ kind: "declined" }];
    case "remove":
      return [{ kind: before.accepted_at === undefined ? "withdrawn" : "removed" }];
    case "leave":
      return [{ kind: "left" }];
    case "pause":
      return [{ kind: "paused" }, ...(isMoved("resumes") ? [date("resumes")] : [])];
    case "resume":
      return [{ kind: "resumed" }];
    case "start":
      // who starts it at once may set other dates with that
      return [{ kind: "started" }, ...(["ends", "reviews", "resumes"] as const).filter(isMoved).map(date)];
    case "change_expiry":
      return (["ends", "reviews", "starts", "resumes"] as const).filter(isMoved).map(date);
    case "review":
      return [{ kind: "reviewed" }, ...(isMoved("reviews") ? [date("reviews")] : [])];
    case "expire":
      return [{ kind: after.kind === "review" ? "review_missed" : "expired" }];
    case "remind":
      if (after.kind === "invitation") return [{ kind: "invitation_ends" }];
      return [{ ...date(after.kind === "review" ? "reviews" : "ends"), isNear: true }];
    default:
      return [];
  }
}

/** What the partner asks for, and that it came to an end without a yes: of the cooperation's date, and of a share. */
const OF_ASK = {
  ask: ["date_asked", "asked"],
  decline_ask: ["date_declined", "ask_declined"],
  withdraw_ask: ["date_withdrawn", "ask_withdrawn"],
} as const;

type Wanted = Partial<NewsOfShare> & { expires_at?: Instant };
function linesOfAsk({ action, before, after }: VisibleEntry): NewsLine[] {
  const [ofDate, ofShare] = OF_ASK[action as keyof typeof OF_ASK];
  const { share, resource, role, expires_at: until } = (after ?? before ?? {}) as Wanted;
  return [share === undefined ? { kind: ofDate } : { kind: ofShare, of: { share, resource, role, until } }];
}

/** By action: of the share, as the delegate reads it, as an admin reads it of somebody's delegation. */
const OF_SHARE: Readonly<Record<string, Partial<Record<"share" | "delegate" | "admin", ShareNews>>>> = {
  share: { share: "shared" },
  change_share: { share: "changed" },
  unshare: { share: "unshared" },
  start_share: { share: "begun" },
  step_down: { share: "changed" },
  expire: { share: "share_expired", delegate: "access_expired", admin: "delegation_expired" },
  remind: { share: "share_ends", delegate: "access_ends", admin: "delegation_ends" },
  delegate: { delegate: "delegated" },
  revoke: { delegate: "revoked" },
};

/** The news whose line says the role and when it ends. */
const WITH_ROLE: readonly ShareNews[] = [
  "shared",
  "changed",
  "begun",
  "delegated",
  "share_ends",
  "access_ends",
  "delegation_ends",
];

/** The dates of a share that have a line of their own, when they are set. */
const SHARE_DATES = { share_starts: "starts_at", steps_down: "step_down_at" } as const;

function linesOfShare(entry: VisibleEntry, reader: NewsReader, user: UserId | undefined): NewsLine[] {
  const { action, object, before = {}, after = {} } = entry;
  const kind = OF_SHARE[action]?.[user === undefined ? "share" : reader === "delegate" ? "delegate" : "admin"];
  if (kind === undefined) return [];
  const now = { ...before, ...after };
  const resource = textIn(now, "resource") as ResourceRef | undefined;
  const of: NewsOfShare = { share: splitRef(object)[1] as ShareId, resource, user };
  const dates = (["share_starts", "steps_down"] as const).flatMap((date): NewsLine[] => {
    const at = textIn(after, SHARE_DATES[date]);
    return at === undefined || at === before[SHARE_DATES[date]] ? [] : [{ kind: date, of: { ...of, at } }];
  });
  const whole = { ...of, role: SHARED_ROLES.find((one) => one === now.role), until: textIn(after, "expires_at") };
  return [{ kind, of: WITH_ROLE.includes(kind) ? whole : of }, ...dates];
}

const textIn = (facts: Readonly<Record<string, unknown>>, name: string): string | undefined =>
  typeof facts[name] === "string" ? facts[name] : undefined;
