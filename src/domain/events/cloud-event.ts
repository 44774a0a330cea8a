/**
 * History entries as events (CloudEvents 1.0.2). Pure: an event is its history entry as a reader may see it, in an
 * envelope that says what it is. Its id is the history and the number in it, so a repeated delivery is known by its
 * id, and a lost one is a gap that the receiver sees and reads again from the history.
 */
import { type HistoryEntry, type Side, type VisibleEntry, visibleTo } from "../history.ts";
import { type Ref, splitRef } from "../ids.ts";
import { eventTypeOf } from "./event-types.ts";

/** An entry with the object that keeps its history: what is delivered. */
export type StoredEvent = { history: Ref; entry: HistoryEntry };

/** Structured mode, JSON. `sequence` is `data.n` in ten digits (the extension compares text). */
export type CloudEvent = {
  specversion: "1.0";
  id: string;
  source: string;
  type: string;
  subject: string;
  time: string;
  datacontenttype: "application/json";
  sequence: string;
  data: VisibleEntry;
};

const SEQUENCE_DIGITS = 10;

/** `cooperation:01H…/7`. The id is percent-encoded, dots too: it is the value of a header, holds no other slash, and a dot ends it in what is signed. */
export function eventId({ history, entry }: StoredEvent): string {
  const [type, id] = splitRef(history);
  return `${type}:${encodeURIComponent(id).replaceAll(".", "%2E")}/${entry.common.n}`;
}

/** The event of an entry as `side` may see it; no side sees no private reason. `source`: the service, as a URI. */
export function cloudEvent(event: StoredEvent, source: string, side?: Side): CloudEvent {
  const { n, at, action, object, after } = event.entry.common;
  return {
    specversion: "1.0",
    id: eventId(event),
    source,
    type: eventTypeOf(event.history, action, after),
    subject: object,
    time: at,
    datacontenttype: "application/json",
    sequence: `${n}`.padStart(SEQUENCE_DIGITS, "0"),
    data: visibleTo(event.entry, side),
  };
}
