/** Refusals as replies say them: status, title and advice of each. A new refusal does not compile until it has all of them. */
import type { RefusalCode } from "../domain/refusal.ts";

/** Status, title and advice of each refusal; docs/reference/errors.md is printed from here. */
export const REFUSALS = {
  not_found: [404, "Not found", "Check the id, and whether you may see it: what you may not see is not found either."],
  access_log_not_kept: [
    404,
    "The access log is not kept where it can be read",
    "Have the operator set ACCESS_LOG to files or PostgreSQL. What was asked before is in no log that can be read.",
  ],
  insufficient_scope: [403, "The key's scopes do not allow this", "Use a key with the scope that the detail names."],
  outside_key: [
    403,
    "The key does not cover this",
    "Use a key whose `bound_by` covers it, or ask only for what `allowed` lists.",
  ],
  not_admin: [403, "Only admins may do this", "Ask an admin of the organization that the detail names."],
  suspended: [
    403,
    "Who is suspended acts in no cooperation",
    "Ask another admin of the organization to lift it: DELETE /v1/organizations/{org}/people/{user}/suspension.",
  ],
  wrong_side: [403, "Only the other side may do this", "Ask an admin of the side that the detail names."],
  wrong_status: [409, "The cooperation's status does not allow this", "See `needs` for the statuses that do."],
  cooperation_expired: [
    409,
    "The cooperation has expired",
    "Ask the initiator for a later expiry, or for the review that is missing where there is `review_by`.",
  ],
  already_shared: [409, "This resource is shared in this cooperation already", "Change the share named in `share`."],
  already_invited: [409, "This invitation is open already", "Use, resend or remove the one in `cooperation`."],
  not_empty: [409, "It is not empty", "Remove what the detail names first."],
  last_admin: [409, "An organization with live cooperations needs an admin", "Make another person admin first."],
  email_taken: [
    409,
    "This address belongs to a person of an organization",
    "Use another address, or clear theirs with `email: null`. The address of a person without an organization is free.",
  ],
  still_member: [
    409,
    "The person still belongs to an organization",
    "Remove them from those in `organizations` first: DELETE /v1/organizations/{org}/people/{user}.",
  ],
  confirmation_stale: [
    409,
    "The confirmed organization no longer matches",
    "Invite again without a confirmation and choose again.",
  ],
  owner_is_fixed: [
    409,
    "The owner of a resource cannot change",
    "Delete the resource and register it with the new owner.",
  ],
  stale: [
    412,
    "It was changed, or does not exist as the request expects",
    "Read it again, then decide whether to repeat the request.",
  ],
  role_above_cap: [422, "The role is above the share's cap", "Choose one of the roles in `may_grant`."],
  operator_never_crosses: [422, "The operator role cannot be shared or delegated", "Share or delegate a lower role."],
  own_organization: [422, "A cooperation needs another organization", "Invite somebody outside your organization."],
  not_owner: [422, "The organization does not own this resource", "Only what it owns can be used here."],
  not_own_person: [422, "Not a person of the organization", "Choose one of the organization's people."],
  invalid_expiry: [422, "The date is not in the future", "Choose a later date."],
  invalid_date: [422, "A date cannot be used here", "Choose another date for `member`, or leave it out."],
  date_against_policy: [
    422,
    "An organization's policy does not allow this date",
    "Choose a date until `latest`, where there is one, or have the policy changed. Of a `review` the date is `review_by`.",
  ],
  role_against_policy: [
    422,
    "The organization's policy does not allow this role",
    "Choose one of the roles in `may_share`, or have the policy changed.",
  ],
  partner_against_policy: [
    422,
    "An organization's policy does not allow this partner",
    "Ask an admin of the organization that the detail names.",
  ],
  nothing_to_ask: [
    409,
    "There is nothing to ask for",
    "Ask for another role, or for a date that is later than the present one.",
  ],
  ask_stale: [409, "What was asked about has changed", "Read it again. Decline the ask, or have it asked anew."],
  too_many_asks: [
    429,
    "Too much is asked for in this cooperation",
    "Withdraw an ask, or wait as many seconds as Retry-After says, where it is sent.",
  ],
  invalid_invitation: [404, "The invitation is not valid", "Use the newest mail, or ask to have it sent again."],
  invitation_expired: [410, "This invitation has expired", "Ask to have it sent again."],
  id_not_allowed: [422, "This id cannot be used for something new", "Choose another id."],
  too_many_tuples: [422, "The change is too large for one Write", "Do it in smaller steps."],
  idempotency_key_reused: [
    422,
    "The idempotency key was used for other lines",
    "Send the same lines as before, or use another key. Preview a preset again, and apply it with another key.",
  ],
  cool_down: [429, "The last invitation was sent too recently", "Wait as many seconds as Retry-After says."],
  too_many_invitations: [
    429,
    "The organization has sent too many invitations",
    "Remove invitations that are still open, or wait as many seconds as Retry-After says, where it is sent.",
  ],
  webhooks_off: [403, "Endpoints cannot be added here", "Ask the operator for it."],
  too_many_webhooks: [409, "There are too many endpoints", "Remove one first."],
  too_many_presets: [409, "There are too many presets", "Remove one first."],
  preset_too_large: [422, "The preset names too many resources", "Make two of it, or share a portfolio as a whole."],
  share_differs: [
    409,
    "It is shared at another role or with other dates",
    "Send `overwrite: true`, or change the share named in `share`.",
  ],
  webhook_sealed: [
    409,
    "The endpoint was sealed under another secret",
    "Put it again with its URL: it gets a new secret.",
  ],
  resumed_recently: [429, "The endpoint was resumed recently", "Wait as many seconds as Retry-After says."],
  rate_limited: [
    429,
    "Too many requests",
    "Wait as many seconds as Retry-After says. `RateLimit-Policy` names the limits.",
  ],
} as const satisfies Record<RefusalCode, readonly [status: number, title: string, advice: string]>;
