/**
 * A refusal in words and in members. `detailOf` is a switch without a default, so a new reason does not compile until
 * it has its sentence.
 */
import { REFUSALS, type Refusal } from "./refusal.ts";
import { delegable } from "./roles.ts";

/** What happened here, in one sentence, from the refusal's data. */
export function detailOf(refusal: Refusal): string {
  switch (refusal.code) {
    case "not_found":
      return `There is no ${refusal.what} that you may see.`;
    case "insufficient_scope":
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
    case "invalid_invitation":
      return "The token is unknown, or a newer one was sent.";
    case "invitation_expired":
      return "The token has outlived its days.";
    case "id_not_allowed":
      return `The id ${encodeURIComponent(refusal.id)} (percent-encoded) ${refusal.problem}.`;
    case "too_many_tuples":
      return `This would take ${refusal.tuples} tuples in one Write; OpenFGA takes ${refusal.limit}.`;
    case "rate_limited":
      return `The limit ${refusal.limit} is reached; it begins anew in ${refusal.retry_after_seconds} seconds.`;
    case "cool_down":
      return `Each mail without an answer and each "no" makes the next wait; ${refusal.retry_after_seconds} seconds remain.`;
    case "too_many_invitations":
      return refusal.kind === "open"
        ? `${refusal.count} invitations wait for an answer; there may be ${refusal.limit}.`
        : `${refusal.count} invitations were sent today; there may be ${refusal.limit}.`;
  }
}

/** What to do, with the data in it: for replies that have a text and no members. `detailOf` stands before it. */
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
    case "id_not_allowed":
      return "Choose another id.";
    case "email_taken":
      return "Use another address, or take theirs away first.";
    case "still_member":
      return `Take them out of ${refusal.organizations.join(", ")} first.`;
    case "cool_down":
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
