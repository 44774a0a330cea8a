/** What a partner asks for in words. */
import { SAMPLE, type Texts } from "../world.ts";

const asks = `/v1/cooperations/${SAMPLE.cooperation}/asks`;
const after = "brightfix asks for more" as const;

export const ASK_TEXTS: Texts = {
  getCooperationsAsks: {
    says: "What the partner asks for and has no answer to yet, oldest first, at most ten. Admins of both sides and services see it. An ask ends with its share and with the cooperation.",
    examples: { "one that waits": { to: asks, by: "anna", after } },
  },
  postCooperationsAsks: {
    says: "An admin of the partner asks for another role on a share, for a later date of it, or of the cooperation. The initiator's admins get a mail, without the note. What is asked for already is not asked again.",
    examples: {
      "another role": {
        to: asks,
        by: "ben",
        body: { share: SAMPLE.share, role: "asset_manager", note: "We take over the invoices." },
      },
      "what waits for an answer": {
        to: asks,
        by: "ben",
        body: { share: SAMPLE.share, role: "asset_manager", note: "Have you seen it?" },
        after,
      },
    },
  },
  postCooperationsAsksAccept: {
    says: "An admin of the initiator says yes: the share's role or date, or the cooperation's date, is changed in the same Write, within the cap and the policy, as by the initiator's own request. Where what it was about has changed since, it is refused with `ask_stale`.",
    examples: {
      yes: { to: `${asks}/1/accept`, by: "anna", body: { reason: "agreed by phone" }, after },
      "what it would mean": { to: `${asks}/1/accept?dry_run=true`, by: "anna", after },
    },
  },
  postCooperationsAsksDecline: {
    says: "An admin of the initiator says no. Nothing changes but that there is no such ask any more.",
    examples: { no: { to: `${asks}/1/decline`, by: "anna", body: { reason: "not this year" }, after } },
  },
  postCooperationsAsksWithdraw: {
    says: "An admin of the partner takes back what was asked for.",
    examples: { "take back": { to: `${asks}/1/withdraw`, by: "ben", body: { reason: "done otherwise" }, after } },
  },
};
