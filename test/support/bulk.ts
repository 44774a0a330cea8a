/** Sends files of lines to a service as a stream, and reads what comes back, for the tests of import and export. */
import { expect } from "vitest";
import type { ImportEvent } from "../../src/http/v1/import/events.ts";
import { KEYS, type Service } from "./service.ts";

// tests read what they expect to be there; what is not fails the test
// biome-ignore lint/suspicious/noExplicitAny: see above
type Event = any;

/** Values as lines; a string is sent as it is. */
export const linesFrom = (values: readonly (object | string)[]) =>
  values.map((value) => `${typeof value === "string" ? value : JSON.stringify(value)}\n`).join("");

export const NDJSON = "application/x-ndjson";

export type Sent = { status: number; events: Event[]; end: Event; refused: Event[] };

/** Imports a text or a stream, and holds the reply to its form: events, the last one `end` or `stopped`. */
export async function importAll(
  { app }: Pick<Service, "app">,
  body: string | Uint8Array<ArrayBuffer> | ReadableStream,
  query = "",
): Promise<Sent> {
  const reply = await app.request(`/v1/import${query}`, {
    method: "POST",
    body,
    ...(body instanceof ReadableStream && { duplex: "half" }),
    headers: { Authorization: `Bearer ${KEYS.admin}`, "Content-Type": NDJSON },
  });
  const text = await reply.text();
  expect(reply.status, text).toBe(200);
  expect(reply.headers.get("Content-Type")).toBe(NDJSON);
  const events = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as ImportEvent);
  const end = events.at(-1);
  expect(["end", "stopped"], text).toContain(end?.event);
  return { status: reply.status, events, end, refused: events.filter(({ event }) => event === "refused") };
}

/** The whole export as text. */
export async function exportAll({ app }: Pick<Service, "app">, query = ""): Promise<string> {
  const reply = await app.request(`/v1/export${query}`, { headers: { Authorization: `Bearer ${KEYS.admin}` } });
  const text = await reply.text();
  expect(reply.status, text).toBe(200);
  return text;
}

/** As `seedWorld` puts it, in lines, with a job role. */
export const WORLD = [
  { kind: "organization", id: "sunward", name: "Sunward Energy" },
  { kind: "organization", id: "brightfix", name: "Brightfix Service" },
  { kind: "person", organization: "sunward", user: "anna", role: "admin", email: "anna@sunward.example" },
  { kind: "person", organization: "sunward", user: "otto", role: "member", name: "Otto", language: "de" },
  { kind: "person", organization: "brightfix", user: "ben", role: "admin", email: "ben@brightfix.example" },
  { kind: "person", organization: "brightfix", user: "tom", role: "member" },
  { kind: "portfolio", id: "north", owner: "sunward", name: "North" },
  { kind: "plant", id: "7", owner: "sunward", name: "Hillside" },
  { kind: "plant", id: "8", owner: "sunward", portfolio: "north" },
  { kind: "job_role", resource: "plant:7", user: "otto", role: "operator" },
  { kind: "job_role", resource: "portfolio:north", user: "otto", role: "asset_manager" },
];
