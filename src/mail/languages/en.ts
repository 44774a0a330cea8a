/** The mails in English. */
import type { Wording } from "../wording.ts";

export const en: Wording = {
  locale: "en-GB",
  hello: (name) => (name === undefined ? "Hello," : `Hello ${name},`),
  date: (day, time) => `${day}, ${time} UTC`,
  resource: { plant: "Plant", portfolio: "Portfolio" },
  role: { viewer: "Viewer", technical_manager: "Technical Manager", asset_manager: "Asset Manager" },
  named: (resource, name) => `${resource} “${name}”`,
  share: (named, role, until) => `${named}, role: ${role}${until === undefined ? "" : `, until ${until}`}`,
  more: (others) => `and ${others} more`,
  offer: "This would be shared with you:",
  noOffer: "Nothing is shared yet; plants and portfolios can be added at any time.",
  ends: (until) => `The cooperation ends on ${until}.`,
  invitation: {
    subject: (initiator) => `${initiator} invites you to a cooperation`,
    opening: (initiator) => `${initiator} would like to work with you and invites your organization to a cooperation.`,
    again: "This mail replaces the earlier invitation: only the link below works.",
    steps:
      "The link leads you through it: sign in or register, create your organization if it does not exist yet, and join the cooperation.",
    link: "See the invitation",
    life: (days) =>
      `The link works for ${days === 1 ? "1 day" : `${days} days`}. Please keep it to yourself: whoever has it can accept the invitation. If you did not expect this mail, just ignore it, and nothing will happen.`,
  },
  notice: {
    subject: (initiator) => `${initiator} proposes a cooperation`,
    opening: (initiator, partner) => `${initiator} proposes a cooperation with ${partner}.`,
    again: "This is a reminder: the proposal still waits for an answer.",
    link: "See the proposal",
    closing: (partner) =>
      `The proposal waits for one admin of ${partner} to accept or decline it. You receive this mail because you are one; as soon as one of you has answered, there is nothing left to do.`,
  },
  news: {
    subject: (other) => `News of your cooperation with ${other}`,
    subjectOfSeveral: "News of your cooperations",
    heading: (other) => `Your cooperation with ${other}:`,
    cooperation: {
      accepted: (_, partner) => `${partner} has accepted. The cooperation is active.`,
      declined: (_, partner) => `${partner} has declined.`,
      withdrawn: (initiator) => `${initiator} has withdrawn the proposal.`,
      removed: (initiator) => `${initiator} has ended the cooperation.`,
      left: (_, partner) => `${partner} has ended the cooperation.`,
      paused: (initiator) =>
        `${initiator} has paused the cooperation. Until it is resumed nobody has access through it.`,
      resumed: () => "The cooperation has been resumed.",
      started: () => "The cooperation has begun.",
      expired: () => "The cooperation has expired. Nobody has access through it any more.",
      reviewed: (initiator) => `${initiator} has reviewed the cooperation and confirmed it.`,
      review_missed: () =>
        "The cooperation was to be reviewed and was not. Nobody has access through it until it is confirmed.",
      date_asked: (_, partner) => `${partner} asks for a later end of the cooperation.`,
      date_declined: (initiator) => `${initiator} has not agreed to a later end of the cooperation.`,
      date_withdrawn: (_, partner) => `${partner} no longer asks for a later end of the cooperation.`,
      invitation_ends: (_, partner) => `The invitation to ${partner} is about to become invalid. It can be sent again.`,
    },
    dated: {
      ends: (at) => `The cooperation ends on ${at}.`,
      reviews: (at) => `The cooperation is to be reviewed by ${at}. If nobody does, it ends then.`,
      starts: (at) => `The cooperation starts on ${at}.`,
      resumes: (at) => `The pause ends on ${at}.`,
    },
    undated: {
      ends: "The cooperation no longer has an end date.",
      reviews: "The cooperation no longer has a date for its review.",
      starts: "The cooperation no longer has a start date.",
      resumes: "The pause no longer has an end date.",
    },
    share: {
      shared: (what) => `New: ${what}`,
      changed: (what) => `Changed: ${what}`,
      unshared: (what) => `No longer shared: ${what}`,
      begun: (what) => `Shared from now on: ${what}`,
      share_starts: (what, _, at) => `Shared from ${at} on: ${what}`,
      steps_down: (what, _, at) => `From ${at} on, as Viewer only: ${what}`,
      share_ends: (what) => `Ends soon: ${what}`,
      share_expired: (what) => `Expired: ${what}`,
      asked: (what) => `Asked for, waits for an answer: ${what}`,
      ask_declined: (what) => `Asked for and declined: ${what}`,
      ask_withdrawn: (what) => `No longer asked for: ${what}`,
      delegated: (what) => `You have access: ${what}`,
      revoked: (what) => `You no longer have access: ${what}`,
      access_ends: (what) => `Your access ends soon: ${what}`,
      access_expired: (what) => `Your access has expired: ${what}`,
      delegation_ends: (what, person) => `The access of ${person} ends soon: ${what}`,
      delegation_expired: (what, person) => `The access of ${person} has expired: ${what}`,
    },
    link: "See the cooperation",
    linkToExtend: "Extend it, or let it end",
    closing: (organization) => `You receive this mail because you are an admin of ${organization}.`,
    closingToDelegate: (organization) =>
      `You receive this mail because ${organization} gave you access, or took it back.`,
    webhook: {
      subject: (endpoint) => `The endpoint ${endpoint} gets no more events`,
      body: (endpoint, organization) =>
        `The endpoint ${endpoint} of ${organization} has been disabled, because it took no events for too long or has been removed at its end. When it works again, enable it: it then gets everything that it has missed.`,
    },
    suspension: {
      subject: (person) => `${person} is suspended`,
      body: (person, organization) =>
        `${person} is suspended in ${organization}: they have no access through cooperations, and act in none, until an admin lifts it. What they may do in the organization itself stays as it is.`,
    },
  },
};
