/** Decides that an invitation or a notice is sent again: as often as an address may be written to, and to whom the policy allows. Pure. */
import type { ReasonInput } from "../commands.ts";
import { instant } from "../expiry.ts";
import { type Decision, planned, type Stamp } from "../plan.ts";
import type { PolicyOf } from "../policy.ts";
import { refuseUnlessOwn } from "../precondition.ts";
import type { Cooperation, Head, Invitation } from "../records.ts";
import { isRefusal } from "../result.ts";
import { secondsToWait, touchSent } from "./cool-down.ts";
import { type Changed, type CooperationState, changeCooperation, stepFor } from "./decide-cooperation.ts";
import { refusePartner } from "./refuse-policy.ts";

/** Sends the invitation again with a new token, or the notice again. `policy`: the initiator's. */
export function decideResend(
  state: CooperationState & { invitation: Head<Invitation>; policy: PolicyOf },
  input: ReasonInput,
  stamp: Stamp,
): Decision<Changed> {
  const { cooperation } = state;
  const next = stepFor(state, "resend", stamp.now, refuseUnlessOwn(state.expected, state.head));
  if (isRefusal(next)) return next;
  const unwanted = refusePartner(state.policy, { organization: cooperation.partner, email: cooperation.email });
  if (unwanted) return unwanted;
  // one that was sent before the two sides had a record of it
  const sent = { sent_at: cooperation.sent_at, unanswered: 1, ...state.invitation.value };
  const wait = secondsToWait(sent, 0, stamp.now);
  if (wait > 0) return { code: "cool_down", retry_after_seconds: wait };
  const invitation = cooperation.status === "invited" ? cooperation.invitation + 1 : cooperation.invitation;
  const after: Cooperation = { ...cooperation, invitation, sent_at: instant(stamp.now) };
  const reason = { side: "initiator", text: input.reason } as const;
  const plan = changeCooperation(state, after, "resend", reason);
  plan.touches.push(touchSent({ ...state.invitation, value: sent }, cooperation.id, stamp));
  return planned(plan, { before: cooperation, cooperation: after });
}
