/**
 * JWTs as callers, verified by their issuer's keys and by nothing that a token itself points at. A verified token is kept
 * by its SHA-256 for at most a minute, never beyond its expiry, and only while its issuer's keys are fresh and none was
 * taken away: until then a request with it costs one hash and a look-up. Of a session that was revoked no token is taken
 * that was issued before, kept or not; and while it is not known what was revoked, no person's token of an issuer that
 * revokes is taken. However many tokens come, few are verified at a time.
 */
import { hash } from "node:crypto";
import { decodeJwt, decodeProtectedHeader, errors, type JWTVerifyGetKey, jwtVerify } from "jose";
import { LRUCache } from "lru-cache";
import type { Presented } from "../domain/caller.ts";
import type { Issuer } from "../domain/issuers.ts";
import { readJson } from "../domain/read-json.ts";
import { type SignalLog, TOKEN_MILLISECONDS, type TokenPerson } from "../domain/signal-log.ts";
import { type Claims, presentedBy, type Refused, type TokenReader } from "../domain/token-claims.ts";
import { IssuerUnavailable, Overloaded } from "../faults.ts";
import { createKeySet, type KeySet } from "./key-set.ts";

/** Longer ones are not looked at. Requests have 16 KiB of headers at most. */
const TOKEN_CHARACTERS_MAX = 8192;
const KEPT_MILLISECONDS = 60_000;
const KEPT_MAX = 10_000;

/** The rest is refused: anybody may send tokens, and each costs a signature or waits for its issuer. */
const VERIFYING_MAX = 64;

/** What RFC 9068 §2.2 requires; `iss`, `aud` and `exp` are verified in any case. */
const RFC_9068 = ["sub", "client_id", "iat", "jti"];

/** The types of token that an issuer without RFC 9068 may send. Others are made for something else: logouts, events, proofs. */
const LOOSE_TYPES = [undefined, "jwt", "at+jwt", "application/at+jwt"];

type Verified = {
  presented: Presented;
  exp: number;
  keys: KeySet;
  generation: number | undefined;
  /** Of a person's token, and when it was issued: without that, before everything. */
  session: TokenPerson | undefined;
  issuedAt: number;
  /** Whether its issuer says whose sessions are revoked. */
  isRevocable: boolean;
};
type Kept = Verified & { at: number };
type Trusted = { issuer: Issuer; keys: KeySet };

/** The callers that these issuers name. `signals` says whose sessions they revoked. */
export function createTokens(
  issuers: readonly Issuer[],
  clock: () => Date,
  signals?: Pick<SignalLog, "revokedBefore" | "isCurrent">,
): TokenReader {
  const trusted = new Map<unknown, Trusted>();
  for (const issuer of issuers) trusted.set(issuer.issuer, { issuer, keys: createKeySet(issuer, clock) });
  const kept = new LRUCache<string, Kept>({ max: KEPT_MAX });
  let verifying = 0;

  /** Why a verified token does not count, by what its issuer signalled. */
  function refusedBySignals({ session, issuedAt, isRevocable }: Verified): string | undefined {
    if (session === undefined || signals === undefined || !isRevocable) return undefined;
    // revocations are forgotten after that
    if (clock().getTime() - issuedAt * 1000 > TOKEN_MILLISECONDS) return "was not issued within the last day";
    const before = signals.revokedBefore(session);
    return before !== undefined && issuedAt <= before ? "was issued before its session was revoked" : undefined;
  }

  /** Whether it may have been revoked without this process knowing. */
  const isUncertain = ({ session, isRevocable }: Verified): boolean =>
    session !== undefined && isRevocable && signals?.isCurrent() === false;

  return {
    issuers,
    kept(token) {
      if (token.length > TOKEN_CHARACTERS_MAX) return undefined;
      const digest = digestOf(token);
      const found = kept.get(digest);
      if (found === undefined) return undefined;
      const generation = found.keys.generation();
      const isGood = generation !== undefined && generation === found.generation;
      const now = clock().getTime();
      // a clock that was set back makes nothing younger
      const isYoung = Math.abs(now - found.at) < KEPT_MILLISECONDS;
      if (isGood && isYoung && now < found.exp * 1000 && refusedBySignals(found) === undefined)
        return isUncertain(found) ? undefined : found.presented;
      kept.delete(digest);
      return undefined;
    },
    async verify(token) {
      if (token.length > TOKEN_CHARACTERS_MAX) return { problem: `is longer than ${TOKEN_CHARACTERS_MAX} characters` };
      if (verifying >= VERIFYING_MAX) throw new Overloaded(`${VERIFYING_MAX} tokens are being verified`);
      verifying++;
      const read = await readToken(token, trusted, clock).finally(() => verifying--);
      if ("problem" in read) return read;
      const problem = refusedBySignals(read);
      if (problem !== undefined) return { problem };
      if (isUncertain(read)) throw new IssuerUnavailable("what its issuer revoked is not known now");
      kept.set(digestOf(token), { ...read, at: clock().getTime() });
      return read.presented;
    },
  };
}

const digestOf = (token: string): string => hash("sha256", token, "base64");

async function readToken(
  token: string,
  trusted: ReadonlyMap<unknown, Trusted>,
  clock: () => Date,
): Promise<Verified | Refused> {
  let generation: number | undefined;
  try {
    if (!isUnambiguous(token)) return { problem: "is not JSON in which each member is named once" };
    const found = trusted.get(decodeJwt(token).iss);
    if (found === undefined) return { problem: "is of an issuer that is not trusted here" };
    const { issuer, keys } = found;
    const { profile } = issuer;
    if (profile === "loose" && !LOOSE_TYPES.includes(decodeProtectedHeader(token).typ?.toLowerCase()))
      return { problem: "has a typ that no access token has" };
    const keyFor: JWTVerifyGetKey = async (header, signed) => {
      const found = await keys.keyFor(header, signed);
      generation = found.generation;
      return found.key;
    };
    const { payload } = await jwtVerify(token, keyFor, {
      issuer: issuer.issuer,
      audience: issuer.audience,
      algorithms: issuer.algorithms,
      clockTolerance: issuer.toleranceSeconds,
      currentDate: clock(),
      requiredClaims: profile === "rfc9068" ? ["exp", ...RFC_9068] : ["exp"],
      ...(profile === "rfc9068" && { typ: "at+jwt" }),
    });
    const presented = presentedBy(issuer, payload as Claims);
    if ("problem" in presented) return presented;
    const { user } = presented;
    return {
      presented,
      keys,
      generation,
      exp: payload.exp ?? 0,
      session: user && { issuer: issuer.name, user },
      isRevocable: issuer.signals !== undefined,
      issuedAt: payload.iat ?? Number.NEGATIVE_INFINITY,
    };
  } catch (error) {
    const problem = problemOf(error);
    if (problem === undefined) throw error;
    return { problem };
  }
}

/** Whether header and payload name each member once: of what is named twice two readers could see different things. */
export const isUnambiguous = (token: string): boolean =>
  token
    .split(".")
    .slice(0, 2)
    .every((part) => readJson(Buffer.from(part, "base64url")).kind === "json");

/** What jose's errors say about the token; undefined for what is no fault of the token's. */
function problemOf(error: unknown): string | undefined {
  if (error instanceof errors.JWTExpired) return "has expired";
  if (error instanceof errors.JWTClaimValidationFailed) return claimProblem(error);
  if (error instanceof errors.JOSEAlgNotAllowed) return "is signed by an algorithm that its issuer may not use here";
  if (error instanceof errors.JWSSignatureVerificationFailed) return "has a signature that its key did not make";
  if (error instanceof errors.JWKSNoMatchingKey) return "is signed by a key that its issuer does not have";
  if (error instanceof errors.JWKSMultipleMatchingKeys)
    return "does not say by kid which of its issuer's keys signed it";
  // a TypeError is jose's for a key that is too weak, or no key at all
  if (error instanceof errors.JOSEError || error instanceof TypeError) return "is no signed JWT that can be read";
  return undefined;
}

function claimProblem({ claim, reason }: errors.JWTClaimValidationFailed): string {
  if (reason === "missing") return `lacks ${/^[\w-]+$/.test(claim) ? claim : "a claim"}`;
  if (claim === "aud") return "is for another audience";
  if (claim === "nbf") return "is not valid yet";
  if (claim === "typ") return "has another typ than at+jwt";
  return "has a claim that is not valid";
}
