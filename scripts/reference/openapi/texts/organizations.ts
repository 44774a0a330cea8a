/** Organizations, people, resources and job roles in words. */
import type { Texts } from "../world.ts";

const organization = "/v1/organizations/sunward";

export const ORGANIZATION_TEXTS: Texts = {
  getMe: {
    says: "The person that `Acting-User` names, with each organization that they belong to, their role in it and what they may do there.",
    examples: { "anna, an admin of sunward": { to: "/v1/me", by: "anna" } },
  },
  getMeNotifications: {
    says: "Which mails the acting person gets about what happens in cooperations. Who never chose gets them at once.",
    examples: { "of an admin": { to: "/v1/me/notifications", by: "anna" } },
  },
  putMeNotifications: {
    says: "Chooses when the acting person is mailed about what happens: `at_once`, with what happens within five minutes in one mail; `daily`, one mail at 05:00 UTC; or `none`. Invitations and proposals need an answer, and are mailed in any case. Who changes from `daily` to `at_once` gets one digest more.",
    examples: { "one mail a day": { to: "/v1/me/notifications", by: "anna", body: { mails: "daily" } } },
  },
  getOrganizationsByOrg: {
    says: "An organization's name, and the acting user's role in it. For somebody who does not belong to it the reply is 404.",
    examples: { "for one of its people": { to: organization, by: "anna" }, "for a service": { to: organization } },
  },
  putOrganizationsByOrg: {
    says: "Creates an organization under your own id, or gives it another name. An organization that is created under the id of a deleted one inherits nothing of it.",
    examples: {
      create: { to: "/v1/organizations/lumen", body: { name: "Lumen" } },
      rename: { to: organization, body: { name: "Sunward Power" } },
    },
  },
  deleteOrganizationsByOrg: {
    says: "Deletes an organization that has no people, no resources and no cooperations that bind it. Offers that it never answered are declined. Its history stays.",
    examples: { "an empty one": { to: "/v1/organizations/lumen", after: "an empty organization" } },
  },
  getOrganizationsPolicy: {
    says: "What the organization's admins may set in its cooperations, and with whom. Where none was ever set, there are no rules.",
    examples: { "no rules": { to: `${organization}/policy`, by: "anna" } },
  },
  putOrganizationsPolicy: {
    says: "Sets the whole policy; `{}` clears it. It holds for what is set from then on, on every path: what was set before stays, and is listed under `violations`.",
    examples: {
      "dates and roles": {
        to: `${organization}/policy`,
        by: "anna",
        body: { share_days_max: 180, dates_required: ["cooperation"], highest_role: "technical_manager" },
      },
    },
  },
  getOrganizationsPolicyViolations: {
    says: "The cooperations in which something was set before that the policy would not allow now. Nothing of it is changed. A page has as many cooperations as `limit` says, without those that have nothing to list.",
    examples: {
      "a cooperation without a date": {
        to: `${organization}/policy/violations`,
        by: "anna",
        after: "sunward asks for dates",
      },
    },
  },
  getOrganizationsPeople: {
    says: "Who belongs to the organization, by id, with role and name.",
    examples: { all: { to: "/v1/organizations/brightfix/people", by: "ben" } },
  },
  getOrganizationsPeopleByUser: {
    says: "One of the organization's people. Address, language, job roles and delegations are shown to its admins, to services and to the person themself.",
    examples: { "as an admin sees it": { to: "/v1/organizations/brightfix/people/tom", by: "ben" } },
  },
  putOrganizationsPeopleByUser: {
    says: "Adds a person to an organization at one role, or changes the role. Only a service can add people and write their name, address and language; an admin can change roles. A service keeps this in step with its own directory.",
    examples: {
      "take somebody in": {
        to: `${organization}/people/otto`,
        body: { role: "member", name: "Otto", email: "otto@sunward.example", language: "de" },
      },
      "give another role": { to: "/v1/organizations/brightfix/people/tom", by: "ben", body: { role: "moderator" } },
    },
  },
  deleteOrganizationsPeopleByUser: {
    says: "Removes a person from the organization, with every job role and delegation that they have through it. The last admin of an organization with live cooperations stays.",
    examples: { "tom leaves": { to: "/v1/organizations/brightfix/people/tom", by: "ben" } },
  },
  putOrganizationsPeopleSuspension: {
    says: "Suspends a person of the organization in every cooperation at once: they have nothing through it and act in none, whatever is delegated to them meanwhile. What they have in the organization itself stays. A security event of the organization's issuer does the same. For admins who are not suspended themselves, and for services.",
    examples: {
      "tom is suspended": {
        to: "/v1/organizations/brightfix/people/tom/suspension",
        by: "ben",
        body: { reason: "Lost his laptop." },
      },
      "he is suspended already": {
        to: "/v1/organizations/brightfix/people/tom/suspension",
        by: "ben",
        body: {},
        after: "tom is suspended",
      },
    },
  },
  deleteOrganizationsPeopleSuspension: {
    says: "Lifts the suspension of a person: what they held through cooperations, and still hold, counts again. Nobody lifts their own.",
    examples: {
      "tom is back": {
        to: "/v1/organizations/brightfix/people/tom/suspension",
        by: "ben",
        after: "tom is suspended",
      },
    },
  },
  deletePeopleByUser: {
    says: "Erases the record of a person who belongs to no organization. `stays` says what cannot be erased.",
    examples: {
      "tom, who has left": { to: "/v1/people/tom", after: "tom belongs nowhere" },
      "what it would erase": { to: "/v1/people/tom?dry_run=true", after: "tom belongs nowhere" },
    },
  },
  getOrganizationsResources: {
    says: "The plants and portfolios that the organization owns, for example to choose one to share.",
    examples: { plants: { to: `${organization}/resources?type=plant`, by: "anna" } },
  },
};

const resource = (type: "plant" | "portfolio", id: string, after?: "a portfolio" | "a plant that is not shared") => {
  const to = `/v1/${type}s/${id}`;
  const name = `${type[0]?.toUpperCase()}${type.slice(1)}s`;
  const registered = after === undefined ? {} : { after };
  return {
    [`get${name}ById`]: {
      says: `The ${type}'s owner and name${type === "plant" ? ", and the portfolio that it lies in" : ""}. Only people of its owner and services see it here; everybody else uses a check.`,
      examples: { "for one of its owner's people": { to, by: "anna", ...registered } },
    },
    [`put${name}ById`]: {
      says: `Registers a ${type} of an organization, or changes ${type === "plant" ? "its name and portfolio. A plant in a portfolio is shared with it" : "its name"}. The owner never changes. A member that is left out is cleared.`,
      examples: {
        register: { to: `/v1/${type}s/new`, body: { owner: "sunward", name: "Riverside" } },
        rename: { to, by: "anna", body: { owner: "sunward", name: "Hilltop" }, ...registered },
      },
    },
    [`delete${name}ById`]: {
      says: `Deletes a ${type} with its job roles, while it is not shared${type === "portfolio" ? " and no plant lies in it" : ""}.`,
      examples: {
        "one that is not shared":
          type === "plant"
            ? { to: "/v1/plants/8", after: "a plant that is not shared" as const }
            : { to, ...registered },
      },
    },
  };
};

const jobRoles = (type: "plant" | "portfolio", id: string, after: "a job role" | "a job role on a portfolio") => {
  const to = `/v1/${type}s/${id}/roles`;
  const name = `${type[0]?.toUpperCase()}${type.slice(1)}s`;
  return {
    [`get${name}Roles`]: {
      says: `Which of the owner's own people hold a job role on the ${type}, by id. For the owner's admins and for services.`,
      examples: { all: { to, by: "anna", after } },
    },
    [`put${name}RolesByUser`]: {
      says: `Gives one of the owner's own people a job role on the ${type}: one role each, operator included. The partner's people get theirs by a delegation.`,
      examples: {
        give: {
          to: `${to}/anna`,
          by: "anna",
          body: { role: "technical_manager" },
          ...(type === "portfolio" && { after: "a portfolio" as const }),
        },
        change: { to: `${to}/anna`, by: "anna", body: { role: "viewer" }, after },
      },
    },
    [`delete${name}RolesByUser`]: {
      says: `Removes a person's job role on the ${type}. Where there is none, nothing changes.`,
      examples: { "take away": { to: `${to}/anna`, by: "anna", after } },
    },
  };
};

export const RESOURCE_TEXTS: Texts = {
  ...resource("plant", "7"),
  ...resource("portfolio", "north", "a portfolio"),
  ...jobRoles("plant", "7", "a job role"),
  ...jobRoles("portfolio", "north", "a job role on a portfolio"),
};
