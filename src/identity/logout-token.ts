/**
 * Logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.6): which sessions a provider's server ended, verified by its
 * keys. It is no other token of the provider, and whoever has no key of it can have few verified at a time.
 */
import { errors, type JWTPayload, jwtVerify } from "jose";
import { isObject } from "../domain/json.ts";
import { readJson } from "../domain/read-json.ts";
import type { EndedSessions } from "../domain/sessions.ts";
import type { ProviderConfig, SignInProvider } from "../domain/sign-in-providers.ts";
import type { Refused } from "../domain/token-claims.ts";
import { Overloaded } from "../faults.ts";
import { createKeySet } from "./key-set.ts";

const EVENT = "http://schemas.openid.net/event/backchannel-logout";
const VERIFYING_MAX = 16;
const TOLERANCE_SECONDS = 10;
/** Older ones are not taken, whatever they say: so long it is remembered which were used. */
export const LOGOUT_TOKEN_SECONDS = 600;

/** Some providers name the type as it is registered, others not at all. */
const TYPES = [undefined, "logout+jwt", "application/logout+jwt", "jwt"];

/** Reads the logout tokens of a provider. */
export function createLogoutReader(config: ProviderConfig, clock: () => Date): SignInProvider["readLogout"] {
  const keys = createKeySet({ name: config.name, issuer: config.issuer }, clock);
  let verifying = 0;
  return async (token) => {
    // of what is named twice two readers could see different things
    const [header, claims] = token.split(".", 2).map((part) => readJson(Buffer.from(part, "base64url")));
    if (header?.kind !== "json" || claims?.kind !== "json")
      return { problem: "is not JSON in which each member is named once" };
    // before a place is taken, which is for what may be the provider's
    if (!isObject(header.json) || header.json.alg !== config.algorithm) return { problem: "is not valid" };
    if (!isObject(claims.json) || ![claims.json.aud].flat().includes(config.clientId))
      return { problem: "is for somebody else" };
    if (verifying >= VERIFYING_MAX) throw new Overloaded(`${VERIFYING_MAX} logout tokens are being verified`);
    verifying++;
    try {
      const { payload, protectedHeader } = await jwtVerify(
        token,
        async (header, signed) => (await keys.keyFor(header, signed)).key,
        {
          issuer: config.issuer,
          audience: config.clientId,
          algorithms: [config.algorithm],
          clockTolerance: TOLERANCE_SECONDS,
          currentDate: clock(),
          maxTokenAge: LOGOUT_TOKEN_SECONDS,
          requiredClaims: ["iat", "jti"],
        },
      );
      if (!TYPES.includes(protectedHeader.typ?.toLowerCase())) return { problem: "has a typ that no logout token has" };
      return endedBy(payload);
    } catch (error) {
      // a TypeError is jose's for a key that is too weak, or no key at all
      if (error instanceof errors.JOSEError || error instanceof TypeError) return { problem: "is not valid" };
      throw error;
    } finally {
      verifying--;
    }
  };
}

type Ended = { of: EndedSessions; id: string };

function endedBy({ iss = "", sub, sid, jti: id = "", events, nonce }: JWTPayload): Ended | Refused {
  if (nonce !== undefined) return { problem: "is an ID token" };
  if (!isObject(events) || !isObject(events[EVENT])) return { problem: "is about no logout" };
  if (sub !== undefined && typeof sub !== "string") return { problem: "has a subject that cannot be read" };
  if (typeof sid === "string") return { of: { iss, sid, sub }, id };
  return sub !== undefined && sid === undefined
    ? { of: { iss, sub }, id }
    : { problem: "names no session and no subject" };
}
