/** What a refusal says with its data: its sentence, and the members that a program acts on. A new refusal does not compile until it has a sentence. */
import type { Refusal } from "../domain/refusal.ts";
import { delegable } from "../domain/roles.ts";

/** What happened here, in one sentence, from the refusal's data. */
export function detailOf(refusal: Refusal): string {
  switch (refusal.code) {
    case "not_found":
      return `There is no ${refusal.what} that you may see.`;
    case "insufficient_scope":
    case "webhooks_off":
      return `This needs ${refusal.needs}.`;
    case "access_log_not_kept":
      return "ACCESS_LOG is off, or names something that lines are only sent to.";
    case "outside_key":
      return `The key is bound to the ${refusal.bound_by} ${refusal.allowed.join(", ")}.`;
    case "not_admin":
      return `Only admins of ${refusal.organization} may do this.`;
    case "suspended":
      return `The acting person is suspended in ${refusal.organization}.`;
    case "wrong_side":
      return `Only admins of the ${refusal.needs} may do this.`;
    case "wrong_status":
      return `The cooperation is ${refusal.ended_as ?? refusal.status}; this needs ${refusal.needs.join(" or ")}.`;
    case "cooperation_expired":
      return refusal.review_by === undefined
        ? `The cooperation expired at ${refusal.expires_at}.`
        : `The cooperation ended at ${refusal.review_by}: nobody reviewed it by then.`;
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
    case "date_against_policy":
      if (refusal.of === "review")
        return `The policy of ${refusal.organization} requires that this cooperation is reviewed or ends within ${refusal.months_max} ${refusal.months_max === 1 ? "month" : "months"}, at the latest on ${refusal.latest}.`;
      return refusal.latest === undefined
        ? `The policy of ${refusal.organization} asks for a date on which the ${refusal.of} ends.`
        : `The policy of ${refusal.organization} requires that this ${refusal.of} ends within ${refusal.days_max} days, at the latest on ${refusal.latest}.`;
    case "role_against_policy":
      return `The policy of ${refusal.organization} allows shares at ${delegable(refusal.highest).join(" or ")}, not at ${refusal.role}.`;
    case "partner_against_policy":
      return `The policy of ${refusal.organization} does not allow a cooperation of these two.`;
    case "nothing_to_ask":
      return "The share has this role already, or the date is not later than its present one.";
    case "ask_stale":
      return `The role or the date that ask ${refusal.ask} was about is another one by now.`;
    case "too_many_asks":
      return refusal.kind === "open"
        ? `${refusal.limit} asks wait for an answer, which is as many as there may be.`
        : `${refusal.limit} asks were made today, which is as many as there may be.`;
    case "invalid_invitation":
      return "The token is unknown, or a newer one was sent.";
    case "invitation_expired":
      return "The token is too old.";
    case "id_not_allowed":
      return `The id ${encodeURIComponent(refusal.id)} (percent-encoded) ${refusal.problem}.`;
    case "too_many_tuples":
      return `This would take ${refusal.tuples} tuples in one Write; OpenFGA takes ${refusal.limit}.`;
    case "idempotency_key_reused":
      return "What was sent before with this key had other lines. A preset has others once it names other resources, or its portfolios hold other plants.";
    case "rate_limited":
      return `The limit ${refusal.limit} is reached; it begins anew in ${refusal.retry_after_seconds} seconds.`;
    case "too_many_webhooks":
    case "too_many_presets":
      return `There may be ${refusal.limit}.`;
    case "preset_too_large":
      return `With the plants that are in its portfolios now it names more than ${refusal.limit} resources.`;
    case "share_differs":
      return `${refusal.resource} is shared at ${refusal.role}, as share ${refusal.share}.`;
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

/** The members that a program acts on, beside code and detail. None may be named like a member of the problem itself (RFC 9457 §3.1). */
export function dataOf(refusal: Refusal): Record<string, unknown> {
  if (refusal.code === "wrong_status") {
    const { status, ended_as, needs } = refusal;
    return { cooperation_status: status, ended_as, needs };
  }
  if (refusal.code === "not_found") return { what: refusal.what };
  const { code, ...data } = refusal;
  if (code === "role_against_policy") return { ...data, may_share: delegable(refusal.highest) };
  return code === "role_above_cap" ? { ...data, may_grant: delegable(refusal.cap) } : data;
}
