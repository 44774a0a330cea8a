/**
 * A person's or an engineer's session of the console, and the port that keeps sessions. Pure. A session holds who signed
 * in and no token of theirs; it ends when it was idle for too long, and at last at its absolute end.
 */
import type { Bounds, KeyScope } from "./caller.ts";
import type { UserId } from "./ids.ts";

/** As whom the provider knows who signed in: what its notices of a logout name. */
export type SignedInBy = { iss: string; sub: string; sid?: string | undefined };

/** Times are milliseconds since the epoch. */
export type Session = {
  /** The person; an engineer of the console may be nobody's person. */
  user?: UserId | undefined;
  /** `manage` with a person; `check` and `admin` for an engineer. */
  scopes: readonly KeyScope[];
  bounds?: Bounds | undefined;
  /** How the console addresses them. */
  name: string;
  by?: SignedInBy | undefined;
  openedAt: number;
  seenAt: number;
};

/** How long a session may last. */
export type SessionLimits = { idleMilliseconds: number; absoluteMilliseconds: number };

/** Which sessions end: those of a provider's subject or of one of its own sessions; or a person's, all or what they signed in to by one provider. */
export type EndedSessions =
  | { iss: string; sub: string; sid?: undefined }
  | { iss: string; sid: string; sub?: string | undefined }
  | { user: UserId; iss?: string | undefined };

/**
 * Keeps sessions by the SHA-256 of their id, so that who reads the store can take over none. Shared by all replicas; what
 * is not answered in time throws SessionsUnavailable, and nobody is signed in then.
 */
export type SessionStore = {
  /** Keeps a new session for so long at most. */
  open(digest: string, session: Session, milliseconds: number): Promise<void>;
  find(digest: string): Promise<Session | undefined>;
  /** Keeps a session as it is now, unless it has ended meanwhile. */
  keep(digest: string, session: Session, milliseconds: number): Promise<void>;
  end(digest: string): Promise<void>;
  /** Ends sessions on all replicas, and says how many. */
  endSessions(of: EndedSessions): Promise<number>;
  /** Whether this is the first call with that name within the time: for what may be used once. */
  once(name: string, milliseconds: number): Promise<boolean>;
  /** Whether there was such a call. */
  wasUsed(name: string): Promise<boolean>;
  close(): Promise<void>;
};

/** How many sessions one person has at most; the oldest end when there are more. */
export const SESSIONS_MAX = 50;

/** Whether a session is among those that end. */
export function isEndedBy({ user, by }: Session, of: EndedSessions): boolean {
  if ("user" in of) return user === of.user && (of.iss === undefined || by?.iss === of.iss);
  if (by?.iss !== of.iss) return false;
  return (of.sid === undefined || by.sid === of.sid) && (of.sub === undefined || by.sub === of.sub);
}

/** An engineer reads everything, and whether they still may is asked at the sign-in alone. */
const ENGINEER_MILLISECONDS = 3_600_000;

const wholeTime = ({ scopes }: Session, { absoluteMilliseconds }: SessionLimits): number =>
  scopes.includes("admin") ? Math.min(ENGINEER_MILLISECONDS, absoluteMilliseconds) : absoluteMilliseconds;

/** Whether a session has ended by now. A clock that was set back makes nothing younger. */
export function hasEnded(session: Session, now: number, limits: SessionLimits): boolean {
  const { openedAt, seenAt } = session;
  return Math.abs(now - seenAt) >= limits.idleMilliseconds || Math.abs(now - openedAt) >= wholeTime(session, limits);
}

/** How long a session may still last if nobody uses it again. */
export function lastsFor(session: Session, now: number, limits: SessionLimits): number {
  return Math.max(1, Math.min(limits.idleMilliseconds, session.openedAt + wholeTime(session, limits) - now));
}
