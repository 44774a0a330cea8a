/** Cooperations, invitations, shares and delegations in words. */
import { SAMPLE, type Texts } from "../world.ts";

const cooperation = `/v1/cooperations/${SAMPLE.cooperation}`;
const next = `/v1/cooperations/${SAMPLE.next}`;
const share = `/v1/shares/${SAMPLE.share}`;
const ofSunward = "/v1/organizations/sunward/cooperations";

export const COOPERATION_TEXTS: Texts = {
  getOrganizationsCooperations: {
    says: "The organization's cooperations from both sides, newest first. Ended ones are listed with `status=ended` only.",
    examples: {
      "all that live": { to: ofSunward, by: "anna" },
      "with how many people": { to: `${ofSunward}?count_people=true`, by: "anna" },
      "incoming, by the other side's name": {
        to: "/v1/organizations/brightfix/cooperations?direction=incoming&search=sunward",
        by: "ben",
      },
    },
  },
  postOrganizationsCooperations: {
    says: "Invites a partner by the address of one of its people, or by the organization's id. An address of somebody who is known is answered with `outcome: confirm` and the organizations they belong to: choose one, and send it again with `confirm_organization`. Nothing is written before that. Shares may be proposed at once.",
    examples: {
      "by an address": {
        to: ofSunward,
        by: "anna",
        body: { email: "ida@partner.example", shares: [{ resource: "plant:7", role: "technical_manager" }] },
      },
      "an address that is known": { to: ofSunward, by: "anna", body: { email: "ben@brightfix.example" } },
      "by an organization's id": {
        to: ofSunward,
        by: "anna",
        body: { organization: "brightfix", expires_at: "2027-06-30T22:00:00Z" },
      },
      "what it would mean": {
        to: `${ofSunward}?dry_run=true`,
        by: "anna",
        body: { email: "ida@partner.example", shares: [{ resource: "plant:7", role: "technical_manager" }] },
      },
    },
  },
  getCooperationsById: {
    says: "A cooperation as one side sees it: its status, its dates, the other side's contacts, its shares, and what the acting user may do now. When it has ended it is shown as it was at the end.",
    examples: {
      "for the initiator": { to: cooperation, by: "anna" },
      "for the partner": { to: cooperation, by: "ben" },
    },
  },
  patchCooperationsById: {
    says: "Sets the dates of the whole cooperation; null clears one. Access through its shares and delegations ends with `expires_at`, whatever their own dates say. `starts_at` can be set until the cooperation has started, and cleared to start it at once; `resume_at` while it is paused. With `review_by` it ends on that day too, unless an admin of the initiator reviews it by then.",
    examples: {
      "set a date": { to: cooperation, by: "anna", body: { expires_at: "2027-06-30T22:00:00Z" } },
      "the day of a review": { to: cooperation, by: "anna", body: { review_by: "2027-06-30T22:00:00Z" } },
      "another end of a pause": {
        to: cooperation,
        by: "anna",
        body: { resume_at: "2027-06-30T22:00:00Z" },
        after: "paused",
      },
    },
  },
  deleteCooperationsById: {
    says: "The initiator ends the cooperation. The partner loses all that was shared and delegated.",
    examples: {
      remove: { to: cooperation, by: "anna" },
      "who would lose what": { to: `${cooperation}?dry_run=true`, by: "anna" },
    },
  },
  postCooperationsAccept: {
    says: "An admin of the partner accepts what was proposed to their organization. What is shared is theirs from then on.",
    examples: {
      accept: { to: `${next}/accept`, by: "ben", body: { reason: "As agreed by phone." }, after: "pending" },
    },
  },
  postCooperationsDecline: {
    says: "An admin of the partner declines. The initiator cannot invite them again for INVITATION_DECLINED_DAYS.",
    examples: { decline: { to: `${next}/decline`, by: "ben", body: { reason: "Not this year." }, after: "pending" } },
  },
  getCooperationsReview: {
    says: "What an admin of the initiator looks at before they confirm a cooperation: who has access through it now, and what happened since the last review.",
    examples: { "for the initiator": { to: `${cooperation}/review`, by: "anna", long: true } },
  },
  postCooperationsReview: {
    says: "An admin of the initiator confirms the cooperation with a note, and names the day of the next review, or null for none. One that had ended because nobody reviewed it gives access again. Where the initiator's policy asks for reviews, the day is one that it allows.",
    examples: {
      "until next year": {
        to: `${cooperation}/review`,
        by: "anna",
        body: { note: "Still needed for the service contract.", review_by: "2027-12-31T23:00:00Z" },
      },
    },
  },
  postCooperationsPause: {
    says: "The initiator blocks all access through the cooperation, and keeps its shares and delegations. Its expiry dates keep running. With `resume_at` the service ends the pause on that date; sent again with another date it changes that, with null it clears it.",
    examples: {
      "until a date": { to: `${cooperation}/pause`, by: "anna", body: { resume_at: "2027-06-30T22:00:00Z" } },
      pause: { to: `${cooperation}/pause`, by: "anna", body: { reason: "Until the audit is over." } },
      "who would lose what": { to: `${cooperation}/pause?dry_run=true`, by: "anna" },
    },
  },
  postCooperationsResume: {
    says: "The initiator ends a pause: access is as it was before.",
    examples: {
      resume: { to: `${cooperation}/resume`, by: "anna", body: { reason: "The audit is over." }, after: "paused" },
    },
  },
  postCooperationsLeave: {
    says: "The partner ends the cooperation.",
    examples: { leave: { to: `${cooperation}/leave`, by: "ben", body: { reason: "The contract ended." } } },
  },
  postCooperationsResend: {
    says: "Sends the invitation again with a new link, and the old link stops working; or sends the notice to a known organization again. The wait between two mails grows while nobody answers (`cool_down`).",
    examples: {
      "send it again": {
        to: `${next}/resend`,
        by: "anna",
        body: { reason: "They did not find the mail." },
        after: "invited two days ago",
      },
    },
  },
  postInvitationsPreview: {
    says: "Who invites, and what is offered, for anybody who has the token from the invitation's link. They need no organization here yet.",
    examples: { preview: { to: "/v1/invitations/preview", body: { token: SAMPLE.token }, after: "invited" } },
  },
  postInvitationsJoin: {
    says: "An admin joins with the token from the link, for one of their organizations. The token decides, not the address that it was sent to.",
    examples: {
      join: {
        to: "/v1/invitations/join",
        by: "ben",
        body: { token: SAMPLE.token, organization: "brightfix" },
        after: "invited",
      },
    },
  },
};

export const SHARE_TEXTS: Texts = {
  getCooperationsShares: {
    says: "What is shared in the cooperation now.",
    examples: { all: { to: `${cooperation}/shares`, by: "anna" } },
  },
  postCooperationsShares: {
    says: "Shares one plant or portfolio of the initiator at one role, the highest that the partner may delegate. A portfolio is shared with all plants in it, also those that are added later. Operator is never shared.",
    examples: {
      "a plant": {
        to: `${cooperation}/shares`,
        by: "anna",
        body: { resource: "plant:8", role: "asset_manager" },
        after: "a plant that is not shared",
      },
      "from a date on": {
        to: `${cooperation}/shares`,
        by: "anna",
        body: { resource: "plant:8", role: "asset_manager", starts_at: "2027-03-31T22:00:00Z" },
        after: "a plant that is not shared",
      },
      "what it would mean": {
        to: `${cooperation}/shares?dry_run=true`,
        by: "anna",
        body: { resource: "plant:8", role: "asset_manager" },
        after: "a plant that is not shared",
      },
    },
  },
  getSharesById: {
    says: "One share with its delegations, as an admin of either side sees it.",
    examples: { "for the partner": { to: share, by: "ben" } },
  },
  patchSharesById: {
    says: "Changes the role of a share, or its dates. A share steps down to viewer at `step_down_at`; one that has not started starts when `starts_at` is cleared. Delegations above a lower role are reduced to it, and restored with a higher one; the reply names them.",
    examples: {
      "a lower role": { to: share, by: "anna", body: { role: "viewer" } },
      "a date": { to: share, by: "anna", body: { expires_at: "2027-06-30T22:00:00Z" } },
      "viewer from a date on": { to: share, by: "anna", body: { step_down_at: "2027-03-31T22:00:00Z" } },
    },
  },
  deleteSharesById: {
    says: "Removes a share. The partner's admins and everybody it was delegated to lose access.",
    examples: { remove: { to: share, by: "anna" } },
  },
  getOrganizationsIncomingShares: {
    says: "What other organizations share with this one, over all cooperations.",
    examples: { "of brightfix": { to: "/v1/organizations/brightfix/incoming-shares", by: "ben" } },
  },
  getSharesDelegations: {
    says: "To whom the partner delegated the share, at which role, and the effective role that the share's role leaves of it.",
    examples: { all: { to: `${share}/delegations`, by: "ben" } },
  },
  putSharesDelegationsByUser: {
    says: "An admin of the partner gives one of their own people access through the share: at viewer, or at the share's role. Sent again it changes role and date.",
    examples: {
      "to somebody new": {
        to: `${share}/delegations/eva`,
        by: "ben",
        body: { role: "viewer" },
        after: "eva works for brightfix",
      },
      "at the share's role": { to: `${share}/delegations/tom`, by: "ben", body: { role: "technical_manager" } },
      "until a date": {
        to: `${share}/delegations/tom`,
        by: "ben",
        body: { role: "viewer", expires_at: "2027-03-31T22:00:00Z" },
      },
    },
  },
  deleteSharesDelegationsByUser: {
    says: "Removes a delegation. Where there is none, nothing changes.",
    examples: { "take back": { to: `${share}/delegations/tom?reason=moved%20on`, by: "ben" } },
  },
};
