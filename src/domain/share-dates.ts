/**
 * What the dates of a share mean at an instant. A share steps down by the dates of its rungs, so the engine says viewer
 * from that instant on; whoever shows the share's role or decides by it asks here, and says the same before the
 * scheduler has written it into the record. Pure.
 */
import { earliest, hasPassed, type Instant } from "./expiry.ts";
import type { Share } from "./records.ts";
import type { SharedRole } from "./roles.ts";

/** The share as it counts now: at viewer once its step-down date has passed. The tuples are those of the record, never of this. */
export function shareAt<S extends Pick<Share, "role" | "step_down_at">>(share: S, now: Date): S {
  return hasPassed(share.step_down_at, now) ? { ...share, role: "viewer", step_down_at: undefined } : share;
}

/** The date until which a share gives a rung: viewer until the share ends, the others at most until it steps down. */
export function rungEnd({ expires_at, step_down_at }: Pick<Share, "expires_at" | "step_down_at">, rung: SharedRole) {
  return rung === "viewer" ? expires_at : earliest(expires_at, step_down_at);
}

/** Whether two shares are written with other dates: then the rungs move to the other spelling (docs/decisions/0001). */
export function isRedated(before: Dates, after: Dates): boolean {
  return DATES.some((date) => before[date] !== after[date]);
}

const DATES = ["starts_at", "expires_at", "step_down_at"] as const;
type Dates = { readonly [D in (typeof DATES)[number]]?: Instant | undefined };
