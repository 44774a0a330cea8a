/** The access log in words. */
import { SAMPLE, type Texts } from "../world.ts";

const cooperation = `/v1/cooperations/${SAMPLE.cooperation}/access-log`;
const FORMS =
  "A page may have fewer lines than `limit`, also none, while `next_cursor` names a next one: it is found within a bounded effort. With another `format` the reply is whole. What is missing in the log is among the lines as a `gap`.";

/** The whole log of something, for its owner. */
const whole = (path: string, after?: "a portfolio") => ({
  "as lines": { to: `${path}?format=ndjson`, by: "anna", ...(after && { after }) },
  "as a spreadsheet": { to: `${path}?format=csv`, by: "anna", ...(after && { after }) },
});

export const ACCESS_LOG_TEXTS: Texts = {
  getCooperationsAccessLog: {
    says: `Who of the partner used which permission on what is shared in the cooperation, newest first, and who was refused by a grant that was not enough. Admins of the initiator see all of it; admins of the partner see the same people's accesses without \`caller\` and \`request_id\`. ${FORMS}`,
    examples: {
      "as the owner": { to: cooperation, by: "anna" },
      "as the partner": { to: `${cooperation}?decision=false`, by: "ben" },
      "as a spreadsheet": { to: `${cooperation}?format=csv`, by: "anna" },
      "for a SIEM": { to: `${cooperation}?format=ocsf`, by: "anna" },
    },
  },
  getOrganizationsAccessLog: {
    says: `All access to what the organization owns that came through its cooperations, and where that is recorded its own people's; and its own people's access to what others share with it, without what is the owner's own. For its admins, and for services. ${FORMS}`,
    examples: {
      "one person's": { to: "/v1/organizations/sunward/access-log?user=tom", by: "anna" },
      "of one's own people": { to: "/v1/organizations/brightfix/access-log", by: "ben" },
      ...whole("/v1/organizations/sunward/access-log"),
    },
  },
  getPlantsAccessLog: {
    says: `Who used which permission on the plant, also through a portfolio that is shared. For the admins of its owner, and for services. ${FORMS}`,
    examples: {
      "for its owner": { to: "/v1/plants/7/access-log", by: "anna" },
      ...whole("/v1/plants/7/access-log"),
    },
  },
  getPortfoliosAccessLog: {
    says: `Who used which permission on the portfolio itself; what was asked about a plant in it is in the plant's. For the admins of its owner, and for services. ${FORMS}`,
    examples: {
      "for its owner": { to: "/v1/portfolios/north/access-log", by: "anna", after: "a portfolio" },
      ...whole("/v1/portfolios/north/access-log", "a portfolio"),
    },
  },
};
