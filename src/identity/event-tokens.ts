/**
 * Security event tokens (SET, RFC 8417): taken by the signature of an issuer of ISSUERS whose signals are configured, for
 * the audience that is configured for them, and by nothing that the token itself points at. A token of another typ is none,
 * and a SET is never taken as a caller's token (tokens.ts). However many come, few of each issuer are verified at a time.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { decodeJwt, errors, type JWTVerifyGetKey, jwtVerify } from "jose";
import type { Issuer, SignalSource } from "../domain/issuers.ts";
import {
  type EventError,
  type EventReader,
  type EventRefused,
  readEvents,
  type VerifiedEvents,
} from "../domain/security-events.ts";
import type { Claims } from "../domain/token-claims.ts";
import { Overloaded } from "../faults.ts";
import { createKeySet, type KeySet } from "./key-set.ts";
import { isUnambiguous } from "./tokens.ts";

const SET_CHARACTERS_MAX = 16_384;
const VERIFYING_MAX = 16;

/** `verifying`: how many of it are being verified. */
type Source = { issuer: Issuer; source: SignalSource; keys: KeySet; verifying: number };

/** The events that these issuers sign. */
export function createEventTokens(issuers: readonly Issuer[], clock: () => Date): EventReader {
  const sources = new Map<unknown, Source>();
  for (const issuer of issuers) {
    const source = issuer.signals;
    if (source === undefined) continue;
    sources.set(source.issuer, {
      issuer,
      source,
      keys: createKeySet({ ...issuer, issuer: source.issuer, jwksUri: source.jwksUri }, clock),
      verifying: 0,
    });
  }

  return async (token, bearer) => {
    if (token.length > SET_CHARACTERS_MAX) return refuse("invalid_request", `It is longer than ${SET_CHARACTERS_MAX}.`);
    const found = sources.get(issuerIn(token));
    if (found === undefined) return refuse("invalid_issuer", "It is of an issuer whose events are not taken here.");
    // before the signature is looked at, which costs more
    if (!isBearer(found.source, bearer)) return refuse("authentication_failed", "The bearer is not the one expected.");
    if (found.verifying >= VERIFYING_MAX) throw new Overloaded(`${VERIFYING_MAX} events are being verified`);
    found.verifying++;
    return readEvent(token, found, clock()).finally(() => found.verifying--);
  };
}

const refuse = (err: EventError, description: string): EventRefused => ({ err, description });

function issuerIn(token: string): unknown {
  try {
    return isUnambiguous(token) ? decodeJwt(token).iss : undefined;
  } catch {
    return undefined;
  }
}

function isBearer({ bearerSha256 }: SignalSource, bearer: string): boolean {
  if (bearerSha256 === undefined) return true;
  return timingSafeEqual(createHash("sha256").update(bearer).digest(), Buffer.from(bearerSha256, "hex"));
}

async function readEvent(
  token: string,
  { issuer, source, keys }: Source,
  now: Date,
): Promise<VerifiedEvents | EventRefused> {
  try {
    const keyFor: JWTVerifyGetKey = async (header, signed) => (await keys.keyFor(header, signed)).key;
    const { payload } = await jwtVerify(token, keyFor, {
      issuer: source.issuer,
      audience: source.audience,
      algorithms: issuer.algorithms,
      clockTolerance: issuer.toleranceSeconds,
      currentDate: now,
      // what distinguishes it from every other token of the issuer (RFC 8417 §2.3)
      typ: "secevent+jwt",
      requiredClaims: ["iat", "jti", "events"],
    });
    const events = readEvents(issuer, payload as Claims, now);
    return "err" in events ? events : { ...events, issuer, source };
  } catch (error) {
    const refused = refusedBy(error);
    if (refused === undefined) throw error;
    return refused;
  }
}

/** What jose's errors say about the event; undefined for what is no fault of the event's. */
function refusedBy(error: unknown): EventRefused | undefined {
  if (error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired) {
    if (error.claim === "aud") return refuse("invalid_audience", "It is for another audience.");
    if (error.claim === "typ") return refuse("invalid_request", "Its typ is not secevent+jwt.");
    return refuse("invalid_request", "It lacks a claim, or has one that is not valid.");
  }
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return refuse("authentication_failed", "Its signature was not made by its key.");
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
    return refuse("invalid_key", "Its key is not, or not alone, one of its issuer's.");
  if (error instanceof errors.JOSEAlgNotAllowed)
    return refuse("invalid_key", "Its algorithm is not one that its issuer may use here.");
  if (error instanceof errors.JOSEError || error instanceof TypeError)
    return refuse("invalid_request", "It is no signed JWT that can be read.");
  return undefined;
}
