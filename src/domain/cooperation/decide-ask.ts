/**
 * Decides what becomes of what a partner asks for: it is made and taken back by its admins, answered by those of the
 * initiator. A yes is the change itself, by the same decision and in the same Write; it is refused where what was asked
 * about is another one by now. Pure.
 */
import type { ReasonInput } from "../commands.ts";
import { hasPassed, instant } from "../expiry.ts";
import type { Side } from "../history.ts";
import { type Decision, type EntryFacts, type Plan, planned, type Stamp, same } from "../plan.ts";
import type { PolicyOf } from "../policy.ts";
import type { Cooperation, Head, Share } from "../records.ts";
import type { Refusal } from "../refusal.ts";
import { isRefusal } from "../result.ts";
import {
  ASKS_MAX,
  type Ask,
  type AskInput,
  type AsksRecord,
  asIs,
  isStale,
  openAsks,
  type SharesAsked,
} from "./asks.ts";
import { type CooperationState, decideDates, stepFor } from "./decide-cooperation.ts";
import { crossing, decideChangeShare, type ShareState } from "./decide-share.ts";

const DAY_SECONDS = 24 * 60 * 60;

/** What asks are decided on. */
export type AskState = CooperationState & { asks: Head<AsksRecord>; shares: SharesAsked };

/** An ask, and the cooperation as it then is; the share where that was changed. */
export type AskChanged = { cooperation: Cooperation; ask: Ask; share?: Share | undefined };

/** Asks for more. What is asked for already, and has no answer, is not asked again. */
export function decideAsk(state: AskState, input: AskInput, stamp: Stamp): Decision<AskChanged> {
  const { cooperation, asks, shares } = state;
  const { now } = stamp;
  const next = stepFor(state, "ask", now, undefined);
  if (isRefusal(next)) return next;
  const share = input.share === undefined ? undefined : shares.get(input.share);
  if (input.share !== undefined && share === undefined) return { code: "not_found", what: "share" };
  const role = input.role === undefined ? undefined : crossing(input.role);
  if (role !== undefined && isRefusal(role)) return role;
  const from = asIs(share, cooperation, now);
  const { expires_at, note } = input;
  if (hasPassed(expires_at, now)) return { code: "invalid_expiry", now: instant(now) };
  const isLater = expires_at === undefined || (from.expires_at !== undefined && expires_at > from.expires_at);
  if (!isLater || (role === from.role && expires_at === undefined)) return { code: "nothing_to_ask" };
  const open = openAsks(asks, cooperation, shares);
  const twin = open.find((one) => one.share === share?.id && one.role === role && one.expires_at === expires_at);
  if (twin !== undefined && !isStale(twin, cooperation, shares, now)) return same({ cooperation, ask: twin });
  const refusal = refuseOneMore(asks, open.length, now);
  if (refusal) return refusal;
  const ask: Ask = {
    n: (asks.value?.asked ?? 0) + 1,
    share: share?.id,
    resource: share?.resource,
    role,
    expires_at,
    note,
    by: stamp.actor,
    at: instant(now),
    from,
  };
  const entry: EntryFacts = { action: "ask", object: asks.object, after: shownAsk(ask) };
  const counts = { asked: ask.n, asked_on: dayOf(now), asked_today: today(asks, now) + 1 };
  return planned(planOf(state, { ...counts, open: textOf([...open, ask]) }, entry), { cooperation, ask });
}

/** Takes an ask back, or says no to it. */
export function decideNoAsk(
  state: AskState,
  action: "withdraw_ask" | "decline_ask",
  { n, reason }: ReasonInput & { n: number },
  stamp: Stamp,
): Decision<AskChanged> {
  const { cooperation, asks, shares } = state;
  const side: Side = action === "withdraw_ask" ? "partner" : "initiator";
  const next = stepFor(state, action, stamp.now, undefined);
  if (isRefusal(next)) return next;
  const open = openAsks(asks, cooperation, shares);
  const ask = open.find((one) => one.n === n);
  if (ask === undefined) return NOT_FOUND;
  const entry: EntryFacts = { action, object: asks.object, before: shownAsk(ask), reason: { side, text: reason } };
  return planned(planOf(state, recordWithout(asks, open, n), entry), { cooperation, ask });
}

/** What a yes is decided on besides: the initiator's policy, and the share that it changes. */
export type AcceptState = AskState & { policy: PolicyOf; of?: ShareState | undefined };

/** Does what was asked for. Whose admins may, and in which status, is what the change itself needs. */
export function decideAcceptAsk(
  state: AcceptState,
  { n, reason }: ReasonInput & { n: number },
  stamp: Stamp,
): Decision<AskChanged> {
  const { cooperation, asks, shares, policy, of } = state;
  const ask = openAsks(asks, cooperation, shares).find((one) => one.n === n);
  const next = stepFor(state, ask?.share === undefined ? "change_expiry" : "change_share", stamp.now, undefined);
  if (isRefusal(next)) return next;
  if (ask === undefined) return NOT_FOUND;
  if (isStale(ask, cooperation, shares, stamp.now)) return { code: "ask_stale", ask: n };
  const { role, expires_at } = ask;
  if (ask.share !== of?.share.id) throw new Error("a share that is not the one that was asked about");
  const changed =
    of === undefined
      ? decideDates({ ...state, policy }, { expires_at, reason }, stamp)
      : decideChangeShare({ ...of, policy }, { role, expires_at, reason }, stamp);
  if (isRefusal(changed)) return changed;
  // it was another one when it was asked for, and is the same since
  if (changed.kind === "same") throw new Error("what was asked for is so already");
  const { plan, value } = changed;
  const [first, ...others] = plan.touches;
  if (first?.entry === undefined) throw new Error("a change without its entry");
  const entry = { ...first.entry, after: { ...first.entry.after, asked: n } };
  const record = recordWithout(asks, openAsks(asks, cooperation, shares), n);
  const touches = [{ ...first, entry }, ...others, { head: asks, record }];
  const share = "share" in value ? value.share : undefined;
  return planned({ ...plan, touches }, { cooperation: value.cooperation, share, ask });
}

const NOT_FOUND: Refusal = { code: "not_found", what: "ask" };

/** What the history says of an ask, to both sides. */
const shownAsk = ({ from: _, ...ask }: Ask): Record<string, unknown> => ask;

const textOf = (open: readonly Ask[]) => (open.length === 0 ? undefined : JSON.stringify(open));
const recordWithout = ({ value }: Head<AsksRecord>, open: readonly Ask[], n: number): Partial<AsksRecord> => ({
  ...value,
  open: textOf(open.filter((one) => one.n !== n)),
});

/** The heads that an ask replaces: the cooperation's with the entry, and its own. */
const planOf = ({ head, cooperation, asks }: AskState, record: Partial<AsksRecord>, entry: EntryFacts): Plan => ({
  touches: [
    { head, record: cooperation, entry },
    { head: asks, record },
  ],
  deletes: [],
  writes: [],
});

const dayOf = (now: Date) => now.toISOString().slice(0, 10);
const today = ({ value }: Head<AsksRecord>, now: Date): number =>
  value?.asked_on === dayOf(now) ? value.asked_today : 0;

/** Why no more may be asked now (law 18): too many wait for an answer, or were made today. */
function refuseOneMore(asks: Head<AsksRecord>, open: number, now: Date): Refusal | undefined {
  if (open >= ASKS_MAX.open) return { code: "too_many_asks", kind: "open", limit: ASKS_MAX.open };
  if (today(asks, now) < ASKS_MAX.today) return undefined;
  const retry_after_seconds = Math.ceil(DAY_SECONDS - ((now.getTime() / 1000) % DAY_SECONDS));
  return { code: "too_many_asks", kind: "today", limit: ASKS_MAX.today, retry_after_seconds };
}
