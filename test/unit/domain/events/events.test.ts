/** Events as a pure mapping of history entries: nothing that a reader may not see, and an id that never changes. */
import { describe, expect, test } from "vitest";
import { cloudEvent, eventId } from "../../../../src/domain/events/cloud-event.ts";
import { EVENT_TYPES, eventTypeOf } from "../../../../src/domain/events/event-types.ts";
import { hashOf, sealEntry } from "../../../../src/domain/history.ts";
import { NO_HASH } from "../../../../src/domain/records.ts";

const common = {
  n: 7,
  id: "01KBD3X4M8N2Q7R5T9V1W3Y6Z0",
  at: "2026-01-05T09:00:00.000Z",
  actor: "user:anna",
  action: "pause",
  request_id: "r1",
  object: "cooperation:c1",
  after: { status: "paused" },
};
const entry = sealEntry(NO_HASH, common, { side: "initiator", part: { reason: "late bills", nonce: "n0" } });
const event = { history: "cooperation:c1", entry };

describe("an event", () => {
  test("is its entry in an envelope, known by history and number", () => {
    expect(cloudEvent(event, "https://c.example")).toMatchObject({
      specversion: "1.0",
      id: "cooperation:c1/7",
      source: "https://c.example",
      type: "concordat.cooperation.paused",
      subject: "cooperation:c1",
      time: common.at,
      sequence: "0000000007",
      data: common,
    });
  });

  test("holds a reason for the side that gave it, and for nobody else", () => {
    expect(cloudEvent(event, "https://c.example", "initiator").data.reason).toBe("late bills");
    for (const side of ["partner", undefined] as const) {
      const seen = cloudEvent(event, "https://c.example", side);
      expect(JSON.stringify(seen)).not.toMatch(/late bills|n0/);
      // and can be verified all the same
      const { proof, ...facts } = seen.data;
      expect([proof.common, proof.initiator_only]).toEqual([hashOf(facts), hashOf(entry.initiator_only)]);
    }
  });

  test("has an id that fits a header, whatever an organization is called", () => {
    expect(eventId({ history: "organization:münchen/süd", entry })).toBe("organization:m%C3%BCnchen%2Fs%C3%BCd/7");
    // what is signed is the id, a dot, a time, a dot and a body
    expect(eventId({ history: "organization:a.1", entry })).toBe("organization:a%2E1/7");
    expect(eventId({ history: "organization:a", entry })).not.toBe(eventId({ history: "organization:a/7", entry }));
  });
});

describe("the table of types", () => {
  test("gives every kind of entry a type of its own", () => {
    const types = EVENT_TYPES.map(({ type }) => type);
    expect(new Set(types).size).toBe(types.length);
    for (const { history, action, kind, type } of EVENT_TYPES) {
      expect(eventTypeOf(`${history}:x`, action, { kind })).toBe(type);
      // Standard Webhooks: letters, digits, underscores and full stops
      expect(type).toMatch(/^[a-z_]+(\.[a-z_]+)+$/);
    }
  });

  test("the same word in another history is another event, and an unknown word is none of the table's", () => {
    expect(eventTypeOf("organization:x", "accept")).not.toBe(eventTypeOf("cooperation:x", "accept"));
    const unheard = eventTypeOf("cooperation:x", "lend");
    expect(unheard).toBe("concordat.cooperation.lend");
    expect(EVENT_TYPES.map(({ type }): string => type)).not.toContain(unheard);
  });
});
