/**
 * The port to whoever receives events: each history's entries are delivered in their order, every entry at least once,
 * and again with the same id (`eventId`) until it is done. A receiver that fails delays nobody but itself.
 */
import type { StoredEvent } from "../domain/events/cloud-event.ts";
import type { Head, Receiver } from "../domain/records.ts";

/**
 * What became of a delivery. `retry`: to be sent again, not before that time where the receiver named one; `refused`:
 * the receiver never takes this event, and gets the next one; `ended`: it takes none any more.
 */
export type Delivered =
  | { kind: "done" }
  | { kind: "retry"; why: string; afterMilliseconds?: number | undefined }
  | { kind: "refused" | "ended"; why: string };

/** `name` is unique and never changes: the place is kept under it. `why` names no secret, and nothing that a receiver replied. */
export type Sink = {
  readonly name: string;
  /** Where true it is never disabled for taking nothing: nobody could enable it again. */
  readonly isTriedForever?: boolean;
  /** How long after it was recorded an event is delivered; without it at once. */
  readonly lateMilliseconds?: number;
  /** What the log calls it, where its name says nothing to a reader. */
  readonly label?: string;
  /** Which events it gets; without it all of them. Throws EngineUnavailable. */
  readonly wants?: (event: StoredEvent) => boolean | Promise<boolean>;
  /** Its place was kept when it was added, so without a place it was removed; any other one begins when it is first seen. */
  readonly isAdded?: boolean;
  /** Whether it is as the store has it now; without it always. Throws EngineUnavailable. */
  readonly isCurrent?: () => Promise<boolean>;
  /** Keeps that it takes none any more, where more than its place says so. Throws EngineUnavailable. */
  readonly disabled?: (seen: Head<Receiver>, disabled: Receiver) => Promise<void>;
  /** Never throws. Ends early, with `retry`, when the signal aborts. */
  deliver(event: StoredEvent, signal: AbortSignal): Promise<Delivered>;
  /** Gives up what it holds. Nothing is delivered any more. */
  readonly close?: () => Promise<void>;
};
