/**
 * Security events (RFC 8417, CAEP, RISC) as verified claims name them: what happened to whom, and when. Pure. Of an event
 * that is not known here, or about nobody that can be known here, nothing is done.
 */
import { UserId } from "./ids.ts";
import type { Issuer, SignalSource } from "./issuers.ts";
import { isObject } from "./json.ts";
import { EVENT_MILLISECONDS } from "./signal-log.ts";
import type { Claims } from "./token-claims.ts";

const SCHEMAS = "https://schemas.openid.net/secevent";

/** The types that mean something here. */
const KINDS: Readonly<Record<string, EventKind>> = {
  [`${SCHEMAS}/caep/event-type/session-revoked`]: "session_revoked",
  [`${SCHEMAS}/risc/event-type/account-disabled`]: "account_disabled",
  [`${SCHEMAS}/risc/event-type/account-purged`]: "account_disabled",
  [`${SCHEMAS}/risc/event-type/account-enabled`]: "account_enabled",
  [`${SCHEMAS}/ssf/event-type/verification`]: "verification",
};

export type EventKind = "session_revoked" | "account_disabled" | "account_enabled" | "verification";

/** A person by the id that tokens give them here, or by an address that somebody here may have. */
export type EventSubject = { user: UserId } | { email: string };

/** `at`: when it happened, never later than the issuer's clock may be now; seconds since the epoch. `type` as the event names it. */
export type SecurityEvent = { kind: EventKind; type: string; subject: EventSubject | undefined; at: number };

/** `id`: an event of this issuer has it once. `issuedAt`: when it was first sent. `unknown`: how many events there are of no known type. */
export type EventToken = { id: string; issuedAt: Date; signals: SecurityEvent[]; unknown: number };

/** Why an event is refused (RFC 8935 §2.4). The description repeats nothing that was sent. */
export type EventRefused = { err: EventError; description: string };
export const EVENT_ERRORS = [
  "invalid_request",
  "invalid_key",
  "invalid_issuer",
  "invalid_audience",
  "authentication_failed",
] as const;
export type EventError = (typeof EVENT_ERRORS)[number];

export type VerifiedEvents = EventToken & { issuer: Issuer; source: SignalSource };

/** Verifies an event with the bearer that came with it. Throws IssuerUnavailable, Overloaded. */
export type EventReader = (token: string, bearer: string) => Promise<VerifiedEvents | EventRefused>;

const EVENTS_MAX = 20;
const ID_CHARACTERS_MAX = 255;

/** The events in verified claims, or why they are refused. */
export function readEvents(issuer: Issuer, claims: Claims, now: Date): EventToken | EventRefused {
  const wrong = (description: string): EventRefused => ({ err: "invalid_request", description });
  const { jti, iat, events } = claims;
  if (typeof jti !== "string" || jti === "" || jti.length > ID_CHARACTERS_MAX) return wrong("It has no jti.");
  if (typeof iat !== "number") return wrong("It has no iat.");
  const late = now.getTime() - iat * 1000;
  if (late < -issuer.toleranceSeconds * 1000) return wrong("It was issued in the future.");
  if (late > EVENT_MILLISECONDS) return wrong("It was issued more than seven days ago.");
  if (!isObject(events)) return wrong("It has no events.");
  const named = Object.entries(events);
  if (named.length === 0 || named.length > EVENTS_MAX) return wrong(`It has no event, or more than ${EVENTS_MAX}.`);
  if (named.some(([, event]) => !isObject(event))) return wrong("It has an event that is no object.");
  const known = named.filter(([type]) => Object.hasOwn(KINDS, type)) as [string, Record<string, unknown>][];
  const signals = known.map(([type, event]): SecurityEvent => {
    const happened = [event.event_timestamp, claims.toe].find((time) => typeof time === "number") ?? iat;
    return {
      kind: KINDS[type] as EventKind,
      type,
      subject: subjectOf(issuer, claims.sub_id ?? event.subject),
      // by the issuer's clock, as the tokens that it is compared with
      at: Math.min(happened as number, Math.floor(now.getTime() / 1000) + issuer.toleranceSeconds),
    };
  });
  return { id: jti, issuedAt: new Date(iat * 1000), signals, unknown: named.length - known.length };
}

/** Whom an event is about (RFC 9493); of a complex subject its user. Undefined for who cannot be a person here. */
function subjectOf(issuer: Issuer, subject: unknown): EventSubject | undefined {
  if (!isObject(subject)) return undefined;
  switch (subject.format) {
    case "complex":
      return isObject(subject.user) && subject.user.format !== "complex" ? subjectOf(issuer, subject.user) : undefined;
    case "iss_sub": {
      // where people have another claim for an id, their `sub` names nobody
      const isIssuers = subject.iss === issuer.issuer || subject.iss === issuer.signals?.issuer;
      return isIssuers && issuer.userClaim === "sub" ? personOf(issuer, subject.sub) : undefined;
    }
    case "opaque":
      return personOf(issuer, subject.id);
    case "email":
      return typeof subject.email === "string" && subject.email !== "" ? { email: subject.email } : undefined;
    default:
      return undefined;
  }
}

function personOf({ userPrefix, services }: Issuer, id: unknown): EventSubject | undefined {
  if (typeof id !== "string" || id === "" || services.has(id)) return undefined;
  const user = UserId.safeParse(userPrefix + id);
  return user.success ? { user: user.data } : undefined;
}
