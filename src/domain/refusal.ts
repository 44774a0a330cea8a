/**
 * Every reason to refuse an action, with its data. A refused action changes nothing. What
 * a reply says of each is the API's (http/refusals.ts).
 */
import type { Instant } from "./expiry.ts";
import type { Side } from "./history.ts";
import type { BoundedThing } from "./policy.ts";
import type { Ending, Status } from "./records.ts";
import type { SharedRole } from "./roles.ts";

/** A date of the input that is no expiry. */
export const DATED_MEMBERS = ["starts_at", "review_by", "step_down_at", "resume_at"] as const;
export type DatedMember = (typeof DATED_MEMBERS)[number];

export type Refusal =
  | { code: "not_found"; what: string; gone?: true }
  | { code: "insufficient_scope"; needs: string }
  | { code: "outside_key"; bound_by: "types" | "permissions" | "organizations"; allowed: readonly string[] }
  | { code: "not_admin"; organization: string }
  | { code: "suspended"; organization: string }
  | { code: "wrong_side"; needs: Side }
  | { code: "wrong_status"; status: Status; ended_as?: Ending | undefined; needs: Status[] }
  | { code: "cooperation_expired"; expires_at: Instant | undefined; review_by?: Instant | undefined }
  | { code: "already_shared"; resource: string; share: string }
  | { code: "already_invited"; cooperation: string }
  | { code: "not_empty"; what: string; holds: string }
  | { code: "last_admin"; organization: string }
  | { code: "email_taken" }
  | { code: "still_member"; user: string; organizations: string[] }
  | { code: "confirmation_stale" }
  | { code: "owner_is_fixed"; resource: string }
  | { code: "stale"; current: number; exists: boolean }
  | { code: "role_above_cap"; role: SharedRole; cap: SharedRole }
  | { code: "operator_never_crosses" }
  | { code: "own_organization" }
  | { code: "not_owner"; organization: string; resource: string }
  | { code: "not_own_person"; organization: string; user: string }
  | { code: "invalid_expiry"; now: Instant }
  | { code: "invalid_date"; member: DatedMember; problem: string }
  | {
      code: "date_against_policy";
      organization: string;
      /** `review`: of a cooperation, which needs one within `months_max`. */
      of: BoundedThing | "review";
      days_max?: number;
      months_max?: number;
      latest?: Instant;
    }
  | { code: "role_against_policy"; organization: string; role: SharedRole; highest: SharedRole }
  | { code: "partner_against_policy"; organization: string }
  | { code: "nothing_to_ask" }
  | { code: "ask_stale"; ask: number }
  | { code: "too_many_asks"; kind: "open" | "today"; limit: number; retry_after_seconds?: number }
  | { code: "invalid_invitation" }
  | { code: "invitation_expired" }
  | { code: "id_not_allowed"; id: string; problem: string }
  | { code: "too_many_tuples"; tuples: number; limit: number }
  | { code: "idempotency_key_reused" }
  | { code: "cool_down"; retry_after_seconds: number }
  | {
      code: "too_many_invitations";
      kind: "open" | "today";
      count: number;
      limit: number;
      retry_after_seconds?: number;
    }
  | { code: "access_log_not_kept" }
  | { code: "webhooks_off"; needs: string }
  | { code: "too_many_webhooks"; limit: number }
  | { code: "webhook_sealed"; webhook: string }
  | { code: "too_many_presets"; limit: number }
  | { code: "preset_too_large"; limit: number }
  | {
      code: "share_differs";
      resource: string;
      share: string;
      role: SharedRole;
      starts_at: Instant | null;
      expires_at: Instant | null;
      step_down_at: Instant | null;
    }
  | { code: "resumed_recently"; webhook: string; retry_after_seconds: number }
  | { code: "rate_limited"; limit: string; retry_after_seconds: number };

export type RefusalCode = Refusal["code"];

/** Refusals about who calls: they reveal nothing of the state. */
const OF_CALLER: readonly string[] = [
  "not_found",
  "insufficient_scope",
  "outside_key",
  "rate_limited",
  "webhooks_off",
  "access_log_not_kept",
  "not_admin",
  "suspended",
  "wrong_side",
  "idempotency_key_reused",
];

/**
 * Whether a refusal reveals the present state: that something is so already, or is deleted. Whoever wrote that may
 * have died before the cached answers were invalidated; so they are invalidated before the refusal is sent.
 */
export function revealsState(refusal: { code: string; gone?: true }): boolean {
  return refusal.code === "not_found" ? refusal.gone === true : !OF_CALLER.includes(refusal.code);
}
