/** What to do about a refusal, in one sentence with its data: for replies that have a text and no members. */
import type { Refusal } from "../domain/refusal.ts";
import { delegable } from "../domain/roles.ts";
import { REFUSALS } from "./refusals.ts";

/** `detailOf` comes first in such a text. */
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
    case "suspended":
      return `Ask another admin of ${refusal.organization} to lift it.`;
    case "wrong_side":
      return `Ask an admin of the ${refusal.needs}.`;
    case "wrong_status":
      return `Do it while the cooperation is ${refusal.needs.join(" or ")}.`;
    case "cooperation_expired":
      return `Ask the initiator ${refusal.review_by === undefined ? "for a later expiry" : "to review it"}.`;
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
    case "date_against_policy":
      if (refusal.of === "review") return `Set review_by, until ${refusal.latest}, or have the policy changed.`;
      return `Choose a date${refusal.latest === undefined ? "" : ` until ${refusal.latest}`}, or have the policy changed.`;
    case "role_against_policy":
      return `Choose ${delegable(refusal.highest).join(" or ")}, or have the policy changed.`;
    case "partner_against_policy":
      return `Ask an admin of ${refusal.organization}.`;
    case "email_taken":
      return "Use another address, or take theirs away first.";
    case "still_member":
      return `Take them out of ${refusal.organizations.join(", ")} first.`;
    case "share_differs":
      return `Have it overwritten, or change share ${refusal.share}.`;
    case "cool_down":
    case "resumed_recently":
    case "rate_limited":
      return `Wait for ${refusal.retry_after_seconds} seconds.`;
    case "too_many_asks": {
      const { retry_after_seconds: seconds } = refusal;
      return seconds === undefined ? "Withdraw an ask." : `Wait for ${seconds} seconds.`;
    }
    case "too_many_invitations": {
      const { retry_after_seconds: seconds } = refusal;
      return `Remove invitations that stay open${seconds === undefined ? "" : `, or wait for ${seconds} seconds`}.`;
    }
    default:
      return REFUSALS[refusal.code][2];
  }
}
