/**
 * The keys and values in Redis, pure. Two inputs never share a key: each part that a caller chooses is preceded by its
 * length. docs/reference/cache-keys.md is printed from `GRAMMAR`.
 */

import type { CacheScope } from "../domain/cache-scopes.ts";
import { idOf } from "../domain/ids.ts";
import { isObject } from "../domain/json.ts";
import type { ReadProgress } from "../domain/progress.ts";
import type { AccessPath, CacheEntry, Question } from "../ports.ts";

/** Every key and value, field by field. Another form of a value takes another letter: two versions may run side by side. */
export const GRAMMAR = {
  "e:{<store id>}:<model id>:<n>:<user>:<n>:<permission>:<resource>": {
    is: "an entry: a cached decision",
    fields: {
      "store id":
        "its last 12 characters: several stores may use one Redis; a hash tag, so that all keys of a store are in one slot of a Cluster",
      "model id":
        "its last 8 characters, 40 random bits: answers of one model are no answers of another; it belongs to one store",
      n: "length of the field behind it in UTF-16 units, so that no field can pretend to be the next",
      user: "`user:anna`",
      permission: "`can_view`",
      resource: "`plant:7`",
    },
    value:
      "1 or 0 for the answer; the randoms of the user's and the owner's token, 12 characters each; `valid_until` on the clock of the process, and Redis's time when its tokens were taken, in milliseconds, 9 digits to base 36 each; the owner's id; when known, behind a space the access path: nothing more for own people, else cooperation, space, share",
    ends: "the TTL after its tokens were taken; without a mark it counts for `CACHE_UNWATCHED_SECONDS` of it",
  },
  "s:{<store id>}:<seal>:<n>:<user>:<n>:<permission>:<resource>": {
    is: "a sealed entry, where `CACHE_SECRET` is set",
    fields: {
      seal: "8 characters of a MAC of the model's id: entries of another model or under another secret are never found",
      "store id, n, user, permission, resource": "as above",
    },
    value:
      "22 characters of a MAC (SHA-512/256 keyed with the secret, 128 bits) over the first part of both tokens, the rest of the value, and the key; then a value as above",
    ends: "as above",
  },
  "t:{<store id>}:<scope>": {
    is: "a token: it is current until something about the scope is written",
    fields: {
      "store id": "as above",
      scope: "`user:anna` or `organization:sunward`",
    },
    value:
      "`<epoch>:<random>`: 10 characters of a hash of the server's run id and replication id, so that nothing outlives a restart or a failover; 72 random bits, so that no value comes back",
    ends: "a day after it was made, a user's two TTLs and a minute; deleted by every writer",
  },
  "l:{<store id>}:<scope>": {
    is: "leases: who is writing about the scope",
    fields: { "store id": "as above", scope: "as above" },
    value: "sorted set of writer → deadline in milliseconds on Redis's clock; a writer removes only itself",
    ends: "ten seconds after the last writer began",
  },
  "w:{<store id>}": {
    is: "the watch mark: the follower has read the changes, and what they reach is invalidated",
    fields: { "store id": "as above" },
    value:
      "`<epoch>:<since>:<bound>`: Redis's time from which on every change was read, and the follower's `CACHE_UNWATCHED_SECONDS`, both in milliseconds; an entry that was filled before that time does not count by the mark, nor any at a process with a smaller bound",
    ends: "half of `CACHE_UNWATCHED_SECONDS` after Redis's time before the poll",
  },
  "f:{<store id>}": {
    is: "the follower: which replica follows the changes in OpenFGA",
    fields: { "store id": "as above" },
    value:
      "hash of `replica`, `until`, Redis's time at which its claim ends, ten seconds after it last said so, and `progress`, JSON: how far the changes are read",
    ends: "an hour after the claim was last renewed",
  },
  "r:{<store id>}:<limit>:<subject>": {
    is: "a count of requests, by rate limit",
    fields: {
      "store id": "as above",
      limit: "`writes-user`",
      subject: "the key's name, or the id of a user or organization",
    },
    value: "requests in this window",
    ends: "a minute after the first of them",
  },
} as const;

/** What makes a token another one than any before it, in base64url. */
export const RANDOM_BYTES = 9;
const RANDOM_LENGTH = (RANDOM_BYTES / 3) * 4;

/** The characters of OpenFGA's ids (ULIDs) that a key carries: each key is in memory as often as it is cached. */
const STORE_ID_LENGTH = 12;
const MODEL_ID_LENGTH = 8;

/** Milliseconds: enough for the next three thousand years. */
const TIME_LENGTH = 9;
const TIME_MAX = 36 ** TIME_LENGTH;

/** All keys of a store have it, so that a Cluster keeps them in one slot: they are read and written together. */
const tagOf = (storeId: string): string => `{${storeId.slice(-STORE_ID_LENGTH)}}`;

export const entryKey = (storeId: string, modelId: string, question: Question): string =>
  `e:${tagOf(storeId)}:${modelId.slice(-MODEL_ID_LENGTH)}:${questionText(question)}`;

/** `seal` is a seal's name: it identifies the secret and the model. */
export const sealedKey = (storeId: string, seal: string, question: Question): string =>
  `s:${tagOf(storeId)}:${seal}:${questionText(question)}`;

// the resource is the rest of the key, so it needs no length
const questionText = ({ user, relation, object }: Question) =>
  `${user.length}:${user}:${relation.length}:${relation}:${object}`;

// neither does the scope
export const tokenKey = (storeId: string, scope: CacheScope): string => `t:${tagOf(storeId)}:${scope}`;
export const leaseKey = (storeId: string, scope: CacheScope): string => `l:${tagOf(storeId)}:${scope}`;
export const countKeyPrefix = (storeId: string, limit: string): string => `r:${tagOf(storeId)}:${limit}`;
export const followerKey = (storeId: string): string => `f:${tagOf(storeId)}`;
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
  const times = [validUntil, filledAt].map((time) => time.toString(36).padStart(TIME_LENGTH, "0")).join("");
  // the engine holds no id with white space in it
  const path =
    accessPath === undefined ? "" : accessPath === "own" ? " " : ` ${accessPath.cooperation} ${accessPath.share}`;
  return `${allowed ? 1 : 0}${userToken.slice(-RANDOM_LENGTH)}${ownerToken.slice(-RANDOM_LENGTH)}${times}${idOf(owner)}${path}`;
}

const ENTRY = new RegExp(
  `^([01])([\\w-]{${RANDOM_LENGTH}})([\\w-]{${RANDOM_LENGTH}})([0-9a-z]{${TIME_LENGTH}})([0-9a-z]{${TIME_LENGTH}})(\\S+)(?: (\\S+ \\S+|))?$`,
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
    validUntil: Number.parseInt(until, 36),
    filledAt: Number.parseInt(filled, 36),
    accessPath: pathOf(path),
  };
}

function pathOf(text: string | undefined): AccessPath | undefined {
  if (text === undefined) return undefined;
  if (text === "") return "own";
  const [cooperation = "", share = ""] = text.split(" ");
  return { cooperation, share };
}
