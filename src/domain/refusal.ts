/**
 * Every reason to say no, with its data. A refusal changes nothing. The wire
 * vocabulary (status, title, what to do) stands beside each code.
 */
import type { Instant } from "./expiry.ts";
import type { Side } from "./history.ts";
import type { Ending, Status } from "./records.ts";
import type { SharedRole } from "./roles.ts";

export type Refusal =
  | { code: "not_found"; what: string; gone?: true }
  | { code: "insufficient_scope"; needs: string }
  | { code: "outside_key"; bound_by: "types" | "permissions" | "organizations"; allowed: readonly string[] }
  | { code: "not_admin"; organization: string }
  | { code: "wrong_side"; needs: Side }
  | { code: "wrong_status"; status: Status; ended_as?: Ending | undefined; needs: Status[] }
  | { code: "cooperation_expired"; expires_at: Instant | undefined }
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
  | { code: "invalid_invitation" }
  | { code: "invitation_expired" }
  | { code: "id_not_allowed"; id: string; problem: string }
  | { code: "too_many_tuples"; tuples: number; limit: number }
  | { code: "cool_down"; retry_after_seconds: number }
  | {
      code: "too_many_invitations";
      kind: "open" | "today";
      count: number;
      limit: number;
      retry_after_seconds?: number;
    }
  | { code: "rate_limited"; limit: string; retry_after_seconds: number };

export type RefusalCode = Refusal["code"];

/** Refusals about who calls: they tell nothing of what stands, or may not. */
const OF_CALLER: readonly string[] = [
  "not_found",
  "insufficient_scope",
  "outside_key",
  "rate_limited",
  "not_admin",
  "wrong_side",
];

/**
 * Whether a refusal tells its caller what stands: that it is so already, or gone. Somebody may have written that
 * and died before the cached answers from before were invalidated; so they are invalidated before it is told.
 */
export function revealsState(refusal: { code: string; gone?: true }): boolean {
  return refusal.code === "not_found" ? refusal.gone === true : !OF_CALLER.includes(refusal.code);
}

/** Status, title and advice of each refusal; docs/reference/errors.md is printed from here. */
export const REFUSALS = {
  not_found: [404, "Not found", "Check the id, and that you may see it: what you may not know of is not found either."],
  insufficient_scope: [403, "The key's scopes do not allow this", "Use a key with the scope that the detail names."],
  outside_key: [
    403,
    "The key is bound to less than this",
    "Use a key whose `bound_by` allows it, or ask only what `allowed` lists.",
  ],
  not_admin: [403, "Only admins may do this", "Ask an admin of the organization that the detail names."],
  wrong_side: [403, "Only the other side may do this", "Ask an admin of the side that the detail names."],
  wrong_status: [409, "The cooperation's status does not allow this", "See `needs` for the statuses that do."],
  cooperation_expired: [409, "The cooperation has expired", "Ask the initiator for a later expiry."],
  already_shared: [409, "This resource is shared in this cooperation already", "Change the share named in `share`."],
  already_invited: [409, "This invitation is open already", "Use, resend or remove the one in `cooperation`."],
  not_empty: [409, "It still holds something", "Take away what the detail names, then delete."],
  last_admin: [409, "The last admin of an organization with live cooperations stays", "Name another admin first."],
  email_taken: [
    409,
    "This address belongs to a person of an organization",
    "Use another address, or clear theirs: `email: null`. Who belongs to no organization gives it up by itself.",
  ],
  still_member: [
    409,
    "The person still belongs to an organization",
    "Let them leave those in `organizations` first: DELETE /v1/organizations/{org}/people/{user}.",
  ],
  confirmation_stale: [
    409,
    "The confirmed organization no longer matches",
    "Invite again without confirmation and choose anew.",
  ],
  owner_is_fixed: [409, "An owner never changes", "Delete the resource and register it with the new owner."],
  stale: [412, "It is not as the request expects", "Read it again and decide again."],
  role_above_cap: [422, "The role is above the share's cap", "Choose one of the roles in `may_grant`."],
  operator_never_crosses: [422, "Operator never crosses to a partner", "Share or delegate a lower role."],
  own_organization: [422, "A cooperation needs another organization", "Invite somebody outside your organization."],
  not_owner: [422, "The organization does not own this resource", "Only what it owns can be used here."],
  not_own_person: [422, "Not a person of the organization", "Choose one of the organization's people."],
  invalid_expiry: [422, "The date does not lie in the future", "Choose a later date."],
  invalid_invitation: [404, "This invitation does not stand", "Use the newest mail, or ask to have it sent again."],
  invitation_expired: [410, "This invitation has expired", "Ask to have it sent again."],
  id_not_allowed: [
    422,
    "Nothing new may have this id",
    "Choose another id: the detail says what is wrong with this one.",
  ],
  too_many_tuples: [422, "More than one Write can hold", "Do it in smaller steps."],
  cool_down: [429, "They were invited a while ago", "Wait for the seconds in Retry-After."],
  too_many_invitations: [
    429,
    "The organization has invited too many",
    "Remove invitations that stay open, or wait for the seconds in Retry-After where it is there.",
  ],
  rate_limited: [
    429,
    "Too many requests",
    "Wait for the seconds in Retry-After. `RateLimit-Policy` says how many are answered.",
  ],
} as const satisfies Record<RefusalCode, readonly [status: number, title: string, advice: string]>;
