/**
 * The keys and values in Redis, pure. Two inputs never share a key: each part that a caller chooses is preceded by its
 * length. key-grammar.ts says them field by field.
 */

import { createHash } from "node:crypto";
import type { CacheScope } from "../domain/cache-scopes.ts";
import { idOf } from "../domain/ids.ts";
import { isObject } from "../domain/json.ts";
import type { ReadProgress } from "../domain/progress.ts";
import type { AccessPath, CacheEntry, Question } from "../ports.ts";

/** What makes a token another one than any before it, in base64url. */
export const RANDOM_BYTES = 9;
const RANDOM_LENGTH = (RANDOM_BYTES / 3) * 4;

/** The characters of OpenFGA's ids (ULIDs) that a key carries: each key is in memory as often as it is cached. */
const STORE_ID_LENGTH = 12;
const MODEL_ID_LENGTH = 8;

/** Milliseconds in base64url, until the year 2109: each entry has two, and each character more is in memory as often. */
const TIME_LENGTH = 7;
const TIME_BYTES = 6;
const TIME_MAX = 64 ** TIME_LENGTH;

// of eight characters the first is that of zero
function encodeTime(milliseconds: number): string {
  const bytes = Buffer.allocUnsafe(TIME_BYTES);
  bytes.writeUIntBE(milliseconds, 0, TIME_BYTES);
  return bytes.toString("base64url").slice(-TIME_LENGTH);
}

const decodeTime = (text: string): number => Buffer.from(`A${text}`, "base64url").readUIntBE(0, TIME_BYTES);

/** All keys of a store have it, so that a Cluster keeps them in one slot: they are read and written together. */
const tagOf = (storeId: string): string => `{${storeId.slice(-STORE_ID_LENGTH)}}`;

export const entryKey = (storeId: string, modelId: string, question: Question): string =>
  `e:${tagOf(storeId)}:${modelId.slice(-MODEL_ID_LENGTH)}:${questionText(question)}`;

/** `seal` is a seal's name: it identifies the secret and the model. */
export const sealedKey = (storeId: string, seal: string, question: Question): string =>
  `s:${tagOf(storeId)}:${seal}:${questionText(question)}`;

// the resource is the rest of the key, so it needs no length
const questionText = ({ user, relation, object }: Question) =>
  `${fieldText(user, "user:")}:${fieldText(relation, "can_")}:${object}`;

/** With its length, and without what nearly all begin with: that would be in memory as often as there are entries. */
const fieldText = (text: string, usual: string) =>
  text.startsWith(usual) ? `${text.length - usual.length}:${text.slice(usual.length)}` : `-${text.length}:${text}`;

// neither does the scope
export const tokenKey = (storeId: string, scope: CacheScope): string => `t:${tagOf(storeId)}:${scope}`;
export const leaseKey = (storeId: string, scope: CacheScope): string => `l:${tagOf(storeId)}:${scope}`;
export const countKeyPrefix = (storeId: string, limit: string): string => `r:${tagOf(storeId)}:${limit}`;
export const sessionKey = (storeId: string, digest: string): string => `c:${tagOf(storeId)}:${digest}`;
export const sessionIndexKey = (storeId: string, of: readonly string[]): string =>
  `i:${tagOf(storeId)}:${hashOf(JSON.stringify(of))}`;
export const usedKey = (storeId: string, name: string): string => `o:${tagOf(storeId)}:${hashOf(name)}`;
const hashOf = (text: string): string => createHash("sha256").update(text).digest("base64url");
export const followerKey = (storeId: string): string => `f:${tagOf(storeId)}`;
export const revocationsKey = (storeId: string, issuer: string): string => `v:${tagOf(storeId)}:${issuer}`;
export const takenKey = (storeId: string, issuer: string): string => `j:${tagOf(storeId)}:${issuer}`;
export const markKey = (storeId: string): string => `w:${tagOf(storeId)}`;

/** What a watch mark says. It is in one epoch; `since` is Redis's time in milliseconds, and `bound` the follower's. */
export type WatchMark = { epoch: string; since: number; bound: number };

export const encodeMark = ({ epoch, since, bound }: WatchMark): string => `${epoch}:${since}:${bound}`;

const MARK = /^([0-9a-f]+):(\d+):(\d+)$/;

/** Undefined for what somebody else put there. */
export function decodeMark(text: string): WatchMark | undefined {
  const [, epoch, since, bound] = MARK.exec(text) ?? [];
  return epoch === undefined ? undefined : { epoch, since: Number(since), bound: Number(bound) };
}

/** Undefined for what somebody else put there: what it says is a time that there is, or nothing. */
export function decodeProgress(text: string): ReadProgress | undefined {
  try {
    const progress = JSON.parse(text);
    if (!isObject(progress) || !isObject(progress.at) || typeof progress.at.epoch !== "string") return undefined;
    const { at, atInLog, deepAt, deepAtInLog, latestInLog, since, lateAt = 0 } = progress;
    const times = [at.now, atInLog, deepAt, deepAtInLog, latestInLog, since, lateAt];
    return times.every((time) => typeof time === "number" && Math.abs(time) < TIME_MAX)
      ? (progress as ReadProgress)
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * An entry as it is stored: of its tokens only the randoms, since no other token of any epoch has them.
 */
export function encodeEntry(entry: CacheEntry): string {
  const { allowed, owner, userToken, ownerToken, validUntil, filledAt, accessPath } = entry;
  const times = encodeTime(validUntil) + encodeTime(filledAt);
  // the engine holds no id with white space in it
  const path =
    accessPath === undefined ? "" : accessPath === "own" ? " " : ` ${accessPath.cooperation} ${accessPath.share}`;
  return `${allowed ? 1 : 0}${userToken.slice(-RANDOM_LENGTH)}${ownerToken.slice(-RANDOM_LENGTH)}${times}${idOf(owner)}${path}`;
}

const ENTRY = new RegExp(
  `^([01])([\\w-]{${RANDOM_LENGTH}})([\\w-]{${RANDOM_LENGTH}})([\\w-]{${TIME_LENGTH}})([\\w-]{${TIME_LENGTH}})(\\S+)(?: (\\S+ \\S+|))?$`,
);

/** An entry as it was stored, its tokens as they are in this epoch; undefined for what somebody else put there. */
export function decodeEntry(text: string, epoch: string): CacheEntry | undefined {
  const found = ENTRY.exec(text);
  if (found === null) return undefined;
  const [, allowed, userRandom, ownerRandom, until = "", filled = "", owner = "", path] = found;
  return {
    allowed: allowed === "1",
    owner: `organization:${owner}`,
    userToken: `${epoch}:${userRandom}`,
    ownerToken: `${epoch}:${ownerRandom}`,
    validUntil: decodeTime(until),
    filledAt: decodeTime(filled),
    accessPath: pathOf(path),
  };
}

function pathOf(text: string | undefined): AccessPath | undefined {
  if (text === undefined) return undefined;
  if (text === "") return "own";
  const [cooperation = "", share = ""] = text.split(" ");
  return { cooperation, share };
}
