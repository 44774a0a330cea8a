/**
 * Refusals as replies say them: status, title and advice of each, its sentence, and the
 * members that a program acts on. A new refusal does not compile until it has all of them.
 */
import type { Refusal, RefusalCode } from "../domain/refusal.ts";
import { delegable } from "../domain/roles.ts";

/** Status, title and advice of each refusal; docs/reference/errors.md is printed from here. */
export const REFUSALS = {
  not_found: [404, "Not found", "Check the id, and whether you may see it: what you may not see is not found either."],
  insufficient_scope: [403, "The key's scopes do not allow this", "Use a key with the scope that the detail names."],
  outside_key: [
    403,
    "The key does not cover this",
    "Use a key whose `bound_by` covers it, or ask only for what `allowed` lists.",
  ],
  not_admin: [403, "Only admins may do this", "Ask an admin of the organization that the detail names."],
  wrong_side: [403, "Only the other side may do this", "Ask an admin of the side that the detail names."],
  wrong_status: [409, "The cooperation's status does not allow this", "See `needs` for the statuses that do."],
  cooperation_expired: [409, "The cooperation has expired", "Ask the initiator for a later expiry."],
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
  invalid_invitation: [404, "The invitation is not valid", "Use the newest mail, or ask to have it sent again."],
  invitation_expired: [410, "This invitation has expired", "Ask to have it sent again."],
  id_not_allowed: [422, "This id cannot be used for something new", "Choose another id."],
  too_many_tuples: [422, "The change is too large for one Write", "Do it in smaller steps."],
  cool_down: [429, "The last invitation was sent too recently", "Wait as many seconds as Retry-After says."],
  too_many_invitations: [
    429,
    "The organization has sent too many invitations",
    "Remove invitations that are still open, or wait as many seconds as Retry-After says, where it is sent.",
  ],
  webhooks_off: [403, "Endpoints cannot be added here", "Ask the operator for it."],
  too_many_webhooks: [409, "There are too many endpoints", "Remove one first."],
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

/** What happened here, in one sentence, from the refusal's data. */
export function detailOf(refusal: Refusal): string {
  switch (refusal.code) {
    case "not_found":
      return `There is no ${refusal.what} that you may see.`;
    case "insufficient_scope":
    case "webhooks_off":
      return `This needs ${refusal.needs}.`;
    case "outside_key":
      return `The key is bound to the ${refusal.bound_by} ${refusal.allowed.join(", ")}.`;
    case "not_admin":
      return `Only admins of ${refusal.organization} may do this.`;
    case "wrong_side":
      return `Only admins of the ${refusal.needs} may do this.`;
    case "wrong_status":
      return `The cooperation is ${refusal.ended_as ?? refusal.status}; this needs ${refusal.needs.join(" or ")}.`;
    case "cooperation_expired":
      return `The cooperation expired at ${refusal.expires_at}.`;
    case "already_shared":
      return `${refusal.resource} is shared in this cooperation already, as share ${refusal.share}.`;
    case "already_invited":
      return `The open invitation is cooperation ${refusal.cooperation}.`;
    case "not_empty":
      return `${refusal.what} still has ${refusal.holds}.`;
    case "last_admin":
      return `${refusal.organization} has live cooperations and no other admin.`;
    case "email_taken":
      return "The e-mail address is another person's.";
    case "still_member":
      return `${refusal.user} belongs to ${refusal.organizations.join(", ")}.`;
    case "confirmation_stale":
      return "The address no longer belongs to a person of the organization that was confirmed.";
    case "owner_is_fixed":
      return `${refusal.resource} is registered to another owner.`;
    case "stale":
      return refusal.exists ? `It is there; the newest ETag is "${refusal.current}".` : "It is not there.";
    case "role_above_cap":
      return `The share's role is ${refusal.cap}; it may be delegated at ${delegable(refusal.cap).join(" or ")}, not at ${refusal.role}.`;
    case "operator_never_crosses":
      return "The operator role belongs to the owner's own people.";
    case "own_organization":
      return "The invited organization is the inviting one.";
    case "not_owner":
      return `${refusal.resource} is not ${refusal.organization}'s.`;
    case "not_own_person":
      return `${refusal.user} is not a person of ${refusal.organization}.`;
    case "invalid_expiry":
      return `The date must lie after ${refusal.now}.`;
    case "invalid_date":
      return `The date ${refusal.member} ${refusal.problem}.`;
    case "invalid_invitation":
      return "The token is unknown, or a newer one was sent.";
    case "invitation_expired":
      return "The token is too old.";
    case "id_not_allowed":
      return `The id ${encodeURIComponent(refusal.id)} (percent-encoded) ${refusal.problem}.`;
    case "too_many_tuples":
      return `This would take ${refusal.tuples} tuples in one Write; OpenFGA takes ${refusal.limit}.`;
    case "rate_limited":
      return `The limit ${refusal.limit} is reached; it begins anew in ${refusal.retry_after_seconds} seconds.`;
    case "too_many_webhooks":
      return `There may be ${refusal.limit}.`;
    case "resumed_recently":
      return `${refusal.webhook} may be resumed again in ${refusal.retry_after_seconds} seconds.`;
    case "webhook_sealed":
      return `WEBHOOKS_SECRET is not the one with which ${refusal.webhook} was sealed.`;
    case "cool_down":
      return `Each mail without an answer and each "no" makes the next wait; ${refusal.retry_after_seconds} seconds remain.`;
    case "too_many_invitations":
      return refusal.kind === "open"
        ? `${refusal.count} invitations wait for an answer; there may be ${refusal.limit}.`
        : `${refusal.count} invitations were sent today; there may be ${refusal.limit}.`;
  }
}

/** What to do, with the data in it: for replies that have a text and no members. `detailOf` comes first in such a text. */
export function adviceOf(refusal: Refusal): string {
  switch (refusal.code) {
    case "not_found":
      return refusal.what === "organization"
        ? "Create it first: use PUT /v1/organizations/{org}."
        : "Check its id, and that you may see it.";
    case "insufficient_scope":
      return `Use a key with ${refusal.needs}.`;
    case "not_admin":
      return `Ask an admin of ${refusal.organization}.`;
    case "wrong_side":
      return `Ask an admin of the ${refusal.needs}.`;
    case "wrong_status":
      return `Do it while the cooperation is ${refusal.needs.join(" or ")}.`;
    case "already_shared":
      return `Change share ${refusal.share}.`;
    case "already_invited":
      return `Use, resend or remove cooperation ${refusal.cooperation}.`;
    case "not_empty":
      return `Take away ${refusal.holds} first.`;
    case "role_above_cap":
      return `Choose ${delegable(refusal.cap).join(" or ")}.`;
    case "outside_key":
      return `Use a key that is bound to other ${refusal.bound_by}, or to none.`;
    case "invalid_date":
      return `Choose another date for ${refusal.member}, or none.`;
    case "email_taken":
      return "Use another address, or take theirs away first.";
    case "still_member":
      return `Take them out of ${refusal.organizations.join(", ")} first.`;
    case "cool_down":
    case "resumed_recently":
    case "rate_limited":
      return `Wait for ${refusal.retry_after_seconds} seconds.`;
    case "too_many_invitations": {
      const { retry_after_seconds: seconds } = refusal;
      return `Remove invitations that stay open${seconds === undefined ? "" : `, or wait for ${seconds} seconds`}.`;
    }
    default:
      return REFUSALS[refusal.code][2];
  }
}

/** The members that a program acts on, beside code and detail. None may be named like a member of the problem itself (RFC 9457 §3.1). */
export function dataOf(refusal: Refusal): Record<string, unknown> {
  if (refusal.code === "wrong_status") {
    const { status, ended_as, needs } = refusal;
    return { cooperation_status: status, ended_as, needs };
  }
  if (refusal.code === "not_found") return { what: refusal.what };
  const { code, ...data } = refusal;
  return code === "role_above_cap" ? { ...data, may_grant: delegable(refusal.cap) } : data;
}
