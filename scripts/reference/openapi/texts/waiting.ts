/** What waits for an organization's admins, and who has access by name, in words. */
import { SAMPLE, type Texts } from "../world.ts";

export const WAITING_TEXTS: Texts = {
  getOrganizationsWaiting: {
    says: "The organization's cooperations, newest first, in which something waits for its admins: an offer or an ask without their answer, a review, an end, an invitation that nobody has answered. Of a date it is so many `days` before it. What is looked through are the heads of all its cooperations, so a page may take a second where there are thousands.",
    examples: {
      "what the partner asks for": {
        to: "/v1/organizations/sunward/waiting",
        by: "anna",
        after: "brightfix asks for more",
      },
    },
  },
  getCooperationsPeople: {
    says: "The people of the partner who have access through the cooperation, with their names: its admins, and whom something is delegated to, suspended or not, in the order of their ids. Admins of both sides and services see them, from when the partner is in it until it ends.",
    examples: { "an admin and a delegate": { to: `/v1/cooperations/${SAMPLE.cooperation}/people`, by: "anna" } },
  },
};
