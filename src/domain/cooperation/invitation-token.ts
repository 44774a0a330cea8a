/**
 * The token in an invitation's link: `<cooperation>.<n>.<mac>`, where mac is the
 * base64url HMAC-SHA256 (RFC 2104) of `<cooperation>.<n>`. Nothing is stored but n:
 * whoever holds the secret can make the token again, and invalidating n kills the old one.
 * A token that reads well is genuine, not yet valid: n and its age are for the caller to compare.
 */

import { createHmac, timingSafeEqual } from "node:crypto";
import { CooperationId } from "../ids.ts";

/** What an invitation's token says: the cooperation's bare id (a ULID) and the number of its mail. */
export type InvitationToken = { cooperation: CooperationId; n: number };

// Crockford's letters as ulid writes them (upper case): one spelling per token.
const TOKEN = /^([0-9A-HJKMNP-TV-Z]{26})\.(0|[1-9]\d{0,14})\.([\w-]{43})$/;

/**
 * The token of a cooperation's n-th invitation mail. The same arguments give the same token.
 * Throws RangeError on an empty secret, and on a cooperation or n that `readToken` would not read.
 */
export function issueToken(secret: string, cooperation: CooperationId, n: number): string {
  if (secret === "") throw new RangeError("an invitation token needs a secret");
  const token = `${cooperation}.${n}.${mac(secret, `${cooperation}.${n}`)}`;
  if (!TOKEN.test(token)) throw new RangeError("an invitation token is of a ULID and a whole number from 0");
  return token;
}

/**
 * What a token says, or undefined when it was not issued with this secret. Never throws on a token,
 * whatever it is, and compares in constant time.
 */
export function readToken(secret: string, token: string): InvitationToken | undefined {
  const [, cooperation, n, given] = TOKEN.exec(token) ?? [];
  if (secret === "" || cooperation === undefined || n === undefined || given === undefined) return undefined;
  // Compared as text, not as bytes: base64url has several spellings of the same last byte.
  const same = timingSafeEqual(Buffer.from(given), Buffer.from(mac(secret, `${cooperation}.${n}`)));
  return same ? { cooperation: CooperationId.parse(cooperation), n: Number(n) } : undefined;
}

function mac(secret: string, text: string): string {
  return createHmac("sha256", secret).update(text).digest("base64url");
}
