/** Endpoints that are added by API, in words. */
import type { Texts } from "../world.ts";

const own = "/v1/organizations/sunward/webhooks";
const url = "https://hub.example/concordat";
const types = ["concordat.cooperation.paused", "concordat.cooperation.resumed"];

export const WEBHOOK_TEXTS: Texts = {
  getWebhooksByName: {
    says: "One of the services' endpoints.",
    examples: { "that was added": { to: "/v1/webhooks/hub", after: "an endpoint" } },
  },
  putWebhooksByName: {
    says: "Adds an endpoint that every event is delivered to from now on, or changes its URL or types. The secret that signs its deliveries is in the reply that creates it, and in no other. Needs WEBHOOKS_SECRET.",
    examples: {
      "a new one": { to: "/v1/webhooks/hub", body: { url } },
      "other types": { to: "/v1/webhooks/hub", body: { url, types }, after: "an endpoint" },
    },
  },
  deleteWebhooksByName: {
    says: "Removes an endpoint that was added: nothing more is delivered to it, and its secrets are deleted.",
    examples: { "remove it": { to: "/v1/webhooks/hub", after: "an endpoint" } },
  },
  postWebhooksRotate: {
    says: "Makes a new secret for an endpoint that was added. Deliveries are signed with the one before too, for a day or as long as `keep_seconds` says, and with those before it until their own dates, but no longer.",
    examples: {
      "for an hour both": { to: "/v1/webhooks/hub/rotate", body: { keep_seconds: 3600 }, after: "an endpoint" },
    },
  },
  getOrganizationsWebhooks: {
    says: "The endpoints that an organization added, with how far each has the events.",
    examples: { "one endpoint": { to: own, by: "anna", after: "an endpoint of sunward" } },
  },
  getOrganizationsWebhooksByName: {
    says: "One of the organization's endpoints.",
    examples: { "for an admin": { to: `${own}/hub`, by: "anna", after: "an endpoint of sunward" } },
  },
  putOrganizationsWebhooksByName: {
    says: "Adds an endpoint that gets the events which the organization may see, from now on, or changes its URL or types. Private reasons are in its events only where an admin put it. It is in the organization's history. Needs WEBHOOKS_BY_ORGANIZATIONS; there may be five.",
    examples: {
      "a new one": { to: `${own}/hub`, by: "anna", body: { url } },
      "other types": { to: `${own}/hub`, by: "anna", body: { url, types }, after: "an endpoint of sunward" },
    },
  },
  deleteOrganizationsWebhooksByName: {
    says: "Removes an endpoint of the organization: nothing more is delivered to it, and its secrets are deleted.",
    examples: { "remove it": { to: `${own}/hub`, by: "anna", after: "an endpoint of sunward" } },
  },
  postOrganizationsWebhooksRotate: {
    says: "Makes a new secret for an endpoint of the organization. Deliveries are signed with the one before too, for a day or as long as `keep_seconds` says, and with those before it until their own dates, but no longer.",
    examples: { "for a day both": { to: `${own}/hub/rotate`, by: "anna", body: {}, after: "an endpoint of sunward" } },
  },
  postOrganizationsWebhooksResume: {
    says: "Enables an endpoint of the organization and delivers from where it was, or from `after`, but nothing from before it was added. Once in ten minutes; nothing changes where it is enabled and there is no `after`.",
    examples: { "from where it was": { to: `${own}/hub/resume`, by: "anna", after: "an endpoint of sunward" } },
  },
};
