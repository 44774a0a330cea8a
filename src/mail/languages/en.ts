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
};
