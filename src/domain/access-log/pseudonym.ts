/**
 * How a user's id can be taken out of a line that is sealed. A line has the id, a salt and a hash of both. What is sealed
 * is the line without the id and the salt: so it verifies with them, which then are proved by the hash, and without
 * them. The salt is the HMAC of the id under a key of the month: lines of one user in one month have the same hash, also
 * when they are erased, and without that key and the salt nobody can try ids. Pure.
 */
import { createHmac, hash, type KeyObject } from "node:crypto";
import type { AccessLine, GapLine } from "./lines.ts";

const SALT_BYTES = 16;
const SPACE = " ";

/** `2027-06`: the month of an instant (UTC), whose key is used. */
export const monthOf = (at: string): string => at.slice(0, "2027-06".length);

/** `monthKey` is no text or bytes: with these it takes three times as long. */
export const saltOf = (monthKey: KeyObject, user: string): string =>
  createHmac("sha256", monthKey).update(user).digest().subarray(0, SALT_BYTES).toString("base64url");

/** No id has a line break. */
export const userHashOf = (salt: string, user: string): string => hash("sha256", `${salt}\n${user}`, "base64url");

/** What a line has of its user. */
export function pseudonymOf(monthKey: KeyObject, user: string): { user: string; user_hash: string; salt: string } {
  const salt = saltOf(monthKey, user);
  return { user, user_hash: userHashOf(salt, user), salt };
}

/** The line without its user, where it is one that still verifies so. */
export function withoutUser<Line extends AccessLine | GapLine>(line: Line): Line {
  if (line.kind !== "access" || line.user_hash === undefined) return line;
  const { user: _, salt: __, ...rest } = line;
  return rest as Line;
}

/** What is hashed of a line, with its user or without. */
export function sealedText(text: string): string {
  const line = lineIn(text);
  if (line === undefined) return text;
  const written = JSON.stringify(line);
  // what is written otherwise, such as a member twice, is no line of the service; an erased one has spaces behind it
  if (text !== written && (line.user !== undefined || text.replace(/ +$/, "") !== written)) return text;
  return JSON.stringify(withoutUser(line));
}

/** The line without its user, with spaces behind it so that it is as long in bytes; undefined where it has none, or would not verify. */
export function erasedText(text: string): string | undefined {
  const line = lineIn(text);
  if (line?.user === undefined || line.user_hash === undefined) return undefined;
  const erased = JSON.stringify(withoutUser(line));
  const missing = Buffer.byteLength(text) - Buffer.byteLength(erased);
  return missing < 0 ? undefined : erased + SPACE.repeat(missing);
}

/** What is wrong with the user of a line of format 2, or undefined. */
export function pseudonymProblem({ user, salt, user_hash }: AccessLine): string | undefined {
  if (user === undefined && salt === undefined) return undefined;
  if (user !== undefined && salt !== undefined && userHashOf(salt, user) === user_hash) return undefined;
  return "its user or salt was changed: they are not those that its user_hash was made of";
}

function lineIn(text: string): AccessLine | undefined {
  try {
    const line = JSON.parse(text);
    return line?.kind === "access" ? line : undefined;
  } catch {
    return undefined;
  }
}
