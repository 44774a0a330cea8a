/** Histories, inspection, bulk and operations in words. */
import { SAMPLE, type Texts } from "../world.ts";
import { WEBHOOK_TEXTS } from "./webhooks.ts";

const question = (user: string, action: string) => ({
  subject: { type: "user", id: user },
  action: { name: action },
  resource: { type: "plant", id: "7" },
});

export const HISTORY_TEXTS: Texts = {
  getCooperationsHistory: {
    says: "What happened to the cooperation, newest first: who did what, when, with the state before and after. Each side reads only its own reasons. `proof` has what a client needs to verify the hash chain. With `format=ocsf` the whole of it is events of OCSF 1.9.0: Entity Management, and User Management for delegations.",
    examples: {
      "for a SIEM": { to: `/v1/cooperations/${SAMPLE.cooperation}/history?format=ocsf`, by: "ben" },
      "the newest entry": { to: `/v1/cooperations/${SAMPLE.cooperation}/history?limit=1`, by: "ben" },
    },
  },
  getOrganizationsHistory: {
    says: "What happened to the organization, its people and its resources, newest first.",
    examples: { "the newest entry": { to: "/v1/organizations/sunward/history?limit=1", by: "anna" } },
  },
  getCooperationsHistoryVerify: {
    says: "Reads the whole history and computes its hashes anew. `signed` says whether the head's signature is valid, where histories are signed.",
    examples: { verify: { to: `/v1/cooperations/${SAMPLE.cooperation}/history/verify`, by: "ben" } },
  },
  getOrganizationsHistoryVerify: {
    says: "Reads the whole history of the organization and computes its hashes anew.",
    examples: { verify: { to: "/v1/organizations/sunward/history/verify", by: "anna" } },
  },
  getEvents: {
    says: "Every entry of every history as an event (CloudEvents 1.0), in the order in which they were recorded; within a history in the order of its numbers. A service reads all of them, an organization's admin what the histories show them. With `Accept: text/event-stream` the reply stays open and events follow as they happen; `Last-Event-ID` continues behind what was received.",
    examples: {
      "the first two of an organization": { to: "/v1/events?organization=brightfix&limit=2", by: "ben" },
    },
  },
  ...WEBHOOK_TEXTS,
  getWebhooks: {
    says: "The endpoints of WEBHOOKS, and those that services added, with how far each has the events. A `failing` one is tried again; a `disabled` one answered 410, has an address that is not public, or took nothing for three days.",
    examples: { "one endpoint": { to: "/v1/webhooks" } },
  },
  postWebhooksResume: {
    says: "Enables an endpoint and delivers from where it was, or from `after`: what it had behind that is delivered again, with the same ids. 503 `contended` says to send the request again.",
    examples: { "from where it was": { to: "/v1/webhooks/erp/resume" } },
  },
  getWebhookKeys: {
    says: "The public keys (RFC 7517) that verify the `v1a` signatures on deliveries. It is empty where there is no WEBHOOKS_KEY_FILE.",
    examples: { "no key": { to: "/.well-known/concordat-webhook-keys.json" } },
  },
  getHistoryKeys: {
    says: "The public keys (RFC 7517) that verify the signatures on histories. It is empty where histories are not signed.",
    examples: { "not signed": { to: "/.well-known/concordat-history-keys.json" } },
  },
};

export const INSPECTION_TEXTS: Texts = {
  postExplain: {
    says: "Answers a check with its reason: for a yes the tuples that give access, for a no each access path with its denial reasons, the nearest first.",
    examples: {
      "a no": { to: "/v1/explain", body: question("tom", "manage_technical") },
      "a yes": { to: "/v1/explain", body: question("tom", "view") },
    },
  },
  getInspectByObject: {
    says: "Every tuple in which the object occurs, each with a sentence. For people who look for a cause; use a check to decide.",
    examples: { "plant 7": { to: "/v1/inspect/plant%3A7" } },
  },
};

const LINES = [
  { kind: "organization", id: "lumen", name: "Lumen" },
  { kind: "person", organization: "lumen", user: "lea", role: "admin", email: "lea@lumen.example" },
  { kind: "plant", id: "9", owner: "lumen", name: "Dunes" },
];

export const BULK_TEXTS: Texts = {
  postImport: {
    says: "Writes organizations, people, resources and job roles from a file, one on each line. A line that says nothing new changes nothing, so a file can be sent again. A refused line does not stop the lines after it. The reply is sent while the body is read. One import runs at a time.",
    examples: {
      "three lines": {
        to: "/v1/import",
        body: LINES.map((line) => `${JSON.stringify(line)}\n`).join(""),
        type: "application/x-ndjson",
      },
    },
  },
  getExport: {
    says: "All that an import takes, in an order in which it can be imported; or, with `format=fga.yaml`, one cooperation as model, tuples and assertions for `fga model test`.",
    examples: {
      "all of it": { to: "/v1/export" },
      "one cooperation": { to: `/v1/export?format=fga.yaml&cooperation=${SAMPLE.cooperation}`, long: true },
    },
  },
};

/** Verified by who is the issuer's: a reader's own is signed by another key. */
const SET = `eyJhbGciOiJFUzI1NiIsImtpZCI6Im9uZSIsInR5cCI6InNlY2V2ZW50K2p3dCJ9.${Buffer.from(
  JSON.stringify({
    iss: "https://id.example",
    aud: "https://concordat.example",
    jti: "4d3559ec67504aaba65d40b0363faad8",
    iat: 1796115600,
    sub_id: { format: "iss_sub", iss: "https://id.example", sub: "tom" },
    events: { "https://schemas.openid.net/secevent/caep/event-type/session-revoked": { event_timestamp: 1796115599 } },
  }),
).toString("base64url")}.<signature>`;

export const IDENTITY_TEXTS: Texts = {
  postSsfEvents: {
    says: "Takes a security event token (RFC 8417) of an issuer whose `signals` are configured (docs/identity.md). CAEP `session-revoked` refuses the person's earlier tokens and ends their sessions; RISC `account-disabled` and `account-purged` suspend them in the issuer's organizations besides. Every other event is taken and ignored: none gives anything back. No key is needed; the signature says who sends, and a bearer where one is configured.",
    examples: { "a session was revoked": { to: "/ssf/events", body: SET, type: "application/secevent+jwt" } },
  },
};

export const OPERATIONS_TEXTS: Texts = {
  getDoctor: {
    says: "Reads the whole store and reports what is inconsistent in it. A request that comes during a run gets the result of that run.",
    examples: { "nothing is wrong": { to: "/v1/doctor" } },
  },
  getLivez: {
    says: "Answers as long as the process runs, also when OpenFGA or Redis does not answer: for a liveness probe.",
    examples: { "it runs": { to: "/livez" } },
  },
  getReadyz: {
    says: "Asks OpenFGA, at most once a second: for a readiness probe.",
    examples: { ready: { to: "/readyz" } },
  },
  getMetrics: {
    says: "Counters and histograms of this process in Prometheus's text format.",
    examples: { all: { to: "/metrics", long: true } },
  },
};
