/**
 * What issuers signalled, as all replicas know it: whose sessions were revoked, and which events were taken. A revocation
 * refuses tokens that were issued before it and nothing else; it permits nobody anything. What one issuer signals takes no
 * place from another's: each has its own, and where they are full its next one is not taken, so nothing is forgotten
 * while it counts.
 */
import type { UserId } from "./ids.ts";

/** The longest that a token counts whose issuer revokes sessions: an older one may have been revoked before what is remembered. */
export const TOKEN_MILLISECONDS = 24 * 60 * 60 * 1000;

/** For what the clocks of issuers and replicas differ. */
const SKEW_MILLISECONDS = 5 * 60 * 1000;

/** For how long a revocation counts: longer than any token that it refuses. */
export const REVOKED_MILLISECONDS = TOKEN_MILLISECONDS + SKEW_MILLISECONDS;

/** For how long an event may be delivered late. */
export const EVENT_MILLISECONDS = 7 * 24 * 60 * 60 * 1000;

/** For how long it is known that an event was taken: longer than it may come again. */
export const TAKEN_MILLISECONDS = EVENT_MILLISECONDS + SKEW_MILLISECONDS;

/** How many revocations, and how many events, are known of one issuer at most. */
export const SIGNALS_MAX = 100_000;

/** After so long without the others' revocations tokens of issuers that revoke are not taken (law 13). */
export const CURRENT_MILLISECONDS = 10_000;

/** A person, as tokens of one issuer name them. `issuer` is its name in ISSUERS. */
export type TokenPerson = { issuer: string; user: UserId };

/** `before`: sessions and tokens of then or earlier are revoked; seconds since the epoch. */
export type Revocation = TokenPerson & { before: number };

/** An event of an issuer by its `jti`. */
export type EventName = { issuer: string; id: string };

export type SignalLog = {
  /** Whether an event was taken already, by any replica. Undefined where that is not known. */
  has(event: EventName): Promise<boolean | undefined>;
  /** Notes that an event was taken. False where nobody took the note. */
  keep(event: EventName): Promise<boolean>;
  /** Makes a revocation known to this process at once, and to every other within a second. False where the others may not learn it, or its issuer has too many. */
  revoke(revocation: Revocation): Promise<boolean>;
  /** Of when a person's newest revocation is, as this process knows it. */
  revokedBefore(session: TokenPerson): number | undefined;
  /** Whether this process knows what the others revoked until a moment ago. */
  isCurrent(): boolean;
  /** Reads what other replicas revoked. */
  poll(): Promise<void>;
  close(): Promise<void>;
};
