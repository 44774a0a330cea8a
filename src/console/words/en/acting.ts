/** What the pages on which something is done to a cooperation say, in English. */

const count = (n: number, one: string, many: string) => `${n} ${n === 1 ? one : many}`;

export const actingEn = {
  notNow: "This is not possible now. The cooperation may have changed since the page before was shown.",
  impact: "What this means",
  stale: {
    heading: "It was changed meanwhile",
    text: "Nothing of what you sent was done. Look at what has happened since you opened the page, and decide anew.",
    unknown: "Nothing of what you sent was done. Look at the cooperation as it is now, and decide anew.",
    caption: "Since you opened the page",
  },
  steps: {
    expiry: {
      text: "Edit Expiration",
      explain: "Set or clear the date on which all access through the cooperation ends.",
      submit: "Save Expiration",
      done: "The expiration was saved.",
    },
    pause: {
      text: "Pause Cooperation",
      explain: "All access through the cooperation is blocked until it is resumed. Nothing is deleted.",
      submit: "Pause Cooperation",
      done: "The cooperation is paused.",
    },
    resume: {
      text: "Resume Cooperation",
      explain: "Access through the cooperation is given again, as it is shared and delegated.",
      submit: "Resume Cooperation",
      done: "The cooperation is active again.",
    },
    resend: {
      text: "Resend Invitation",
      explain: "The invitation is sent again. An earlier link is not valid any more then.",
      submit: "Resend Invitation",
      done: "The invitation was sent again.",
    },
    remove: {
      text: "Remove Cooperation",
      explain:
        "The cooperation ends. The partner immediately loses access to everything you shared. This cannot be undone.",
      submit: "Remove Cooperation",
      done: "The cooperation has ended.",
    },
    accept: {
      text: "Accept",
      explain: "Your admins get access to what is shared, and can delegate it within its role.",
      submit: "Accept Cooperation",
      done: "The cooperation is active.",
    },
    decline: {
      text: "Decline",
      explain: "The offer ends, and nobody gets access. For a few days you cannot be invited again.",
      submit: "Decline Cooperation",
      done: "The offer was declined.",
    },
    leave: {
      text: "Leave Cooperation",
      explain:
        "The cooperation ends. Your people immediately lose access to everything that is shared with you. This cannot be undone.",
      submit: "Leave Cooperation",
      done: "Your organization has left the cooperation.",
    },
  },
  /** Refusals in the words of the page; others are shown in those of the API. */
  refusals: {
    own_organization: () =>
      "You cannot create a cooperation with your own organization: this address belongs to one of your people.",
    already_invited: () => "This partner is invited already, and has not answered yet.",
    confirmation_stale: () => "The address does not belong to a person of that organization any more. Invite again.",
    invalid_expiry: () => "The date must lie in the future.",
    invalid_date: () => "This date cannot be used. Choose another one.",
    cool_down: (seconds: number) =>
      `They were written to a moment ago. Try again in ${count(seconds, "second", "seconds")}.`,
    too_many_invitations: () =>
      "Your organization has sent too many invitations. Remove open ones, or wait until tomorrow.",
    wrong_status: () => "This is not possible in the status that the cooperation has now.",
    cooperation_expired: () => "The cooperation has expired. The organization that initiated it can set a later date.",
    ask_stale: () => "What it is about has changed since it was asked. Decline it, or have it asked anew.",
    partner_against_policy: () => "The policy of one of the two organizations does not allow this cooperation.",
  },
  invalid: {
    email: "Enter an email address, like ida@partner.example.",
  },
};
