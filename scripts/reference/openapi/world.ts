/**
 * The world that the document's examples are of: the sample of `npm start`, under ids that the document shows. A test
 * sends each example to a service with this world and holds the reply to the one that is shown.
 */
import type { ProblemCode } from "../../../src/http/problem.ts";

/** Ids that a service makes by itself; an example that names one works with the reader's own in its place. */
export const SAMPLE = {
  cooperation: "01KBD3X4M8N2Q7R5T9V1W3Y6Z0",
  share: "01KBD3X4M8P4S6V8X0Z2B4D6F8",
  /** What is created next, by an example or before it. */
  next: "01KBD3X4M8Q6T8W0Y2A4C6E8G0",
  store: "01KBD3X0000000000000000001",
  model: "01KBD3X0000000000000000002",
  token: "<the token in the link of the invitation>",
} as const;

/** A request that is sent before an example, by a person or by a service, some days after the sample was played. */
export type Step = { does: string; by?: string; body?: object; days?: number };

/** What an example needs beside the sample. */
export const PREPARATIONS = {
  invited: [
    {
      does: "POST /v1/organizations/sunward/cooperations",
      by: "anna",
      body: { email: "ida@partner.example" },
      days: 1,
    },
  ],
  "invited two days ago": [
    {
      does: "POST /v1/organizations/sunward/cooperations",
      by: "anna",
      body: { email: "ida@partner.example" },
      days: 1,
    },
    { does: "GET /v1/me", by: "anna", days: 3 },
  ],
  pending: [
    { does: "POST /v1/organizations/sunward/cooperations", by: "anna", body: { organization: "brightfix" }, days: 1 },
  ],
  paused: [{ does: `POST /v1/cooperations/${SAMPLE.cooperation}/pause`, by: "anna" }],
  "an empty organization": [{ does: "PUT /v1/organizations/lumen", body: { name: "Lumen" } }],
  "tom belongs nowhere": [{ does: "DELETE /v1/organizations/brightfix/people/tom" }],
  "tom is suspended": [{ does: "PUT /v1/organizations/brightfix/people/tom/suspension", by: "ben", body: {} }],
  "eva works for brightfix": [{ does: "PUT /v1/organizations/brightfix/people/eva", body: { role: "member" } }],
  "a plant that is not shared": [{ does: "PUT /v1/plants/8", body: { owner: "sunward", name: "Lakeside" } }],
  "an endpoint": [{ does: "PUT /v1/webhooks/hub", body: { url: "https://hub.example/concordat" } }],
  "an endpoint of sunward": [
    {
      does: "PUT /v1/organizations/sunward/webhooks/hub",
      by: "anna",
      body: { url: "https://hub.sunward.example/concordat" },
    },
  ],
  "a preset": [
    {
      does: "PUT /v1/organizations/sunward/presets/summer",
      by: "anna",
      body: { resources: ["plant:7", "plant:8"], role: "technical_manager", days: 90 },
    },
  ],
  "a preset, and a plant": [
    { does: "PUT /v1/plants/8", body: { owner: "sunward", name: "Lakeside" } },
    {
      does: "PUT /v1/organizations/sunward/presets/summer",
      by: "anna",
      body: { resources: ["plant:7", "plant:8"], role: "technical_manager", days: 90 },
    },
  ],
  "brightfix asks for more": [
    {
      does: `POST /v1/cooperations/${SAMPLE.cooperation}/asks`,
      by: "ben",
      body: { share: SAMPLE.share, role: "asset_manager", note: "We take over the invoices." },
    },
  ],
  "sunward asks for dates": [
    { does: "PUT /v1/organizations/sunward/policy", by: "anna", body: { dates_required: ["cooperation"] } },
  ],
  "a portfolio": [{ does: "PUT /v1/portfolios/north", body: { owner: "sunward", name: "North" } }],
  "a job role": [{ does: "PUT /v1/plants/7/roles/anna", body: { role: "operator" } }],
  "a job role on a portfolio": [
    { does: "PUT /v1/portfolios/north", body: { owner: "sunward", name: "North" } },
    { does: "PUT /v1/portfolios/north/roles/anna", body: { role: "asset_manager" } },
  ],
} as const satisfies Record<string, readonly Step[]>;

/**
 * A request to an operation. `to` is its path with its query, `by` the acting user, `type` the media type of a body that
 * is no JSON. A reply that is `long` is shown by its beginning.
 */
export type Example = {
  to: string;
  by?: string;
  body?: unknown;
  after?: keyof typeof PREPARATIONS;
  type?: string;
  long?: true;
};

/** What the document says of an operation in words, with examples by a name of a few words. */
export type Text = { says: string; examples: Record<string, Example> };
export type Texts = Record<string, Text>;

/** A reply as it was recorded, with its media type: an example's, by operation and name. */
export type Recorded = Record<string, Record<string, { status: number; type: string; body: unknown }>>;

const LINES_SHOWN = 12;

/** The beginning of a long reply: the first lines of a text, the first item of each list. */
export function beginningOf(body: unknown): unknown {
  if (typeof body === "string") return body.split("\n").slice(0, LINES_SHOWN).join("\n");
  return JSON.parse(JSON.stringify(body), (_, value) => (Array.isArray(value) ? value.slice(0, 1) : value));
}

/** A problem's members beside those that every problem has, as JSON Schemas; `?` ends the name of one that may be missing. */
export type Members = Record<ProblemCode, Record<string, object>>;
