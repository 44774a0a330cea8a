/**
 * The keys and values in Redis, pure. Two inputs never share a key: each part that a caller chooses is preceded by its
 * length. docs/reference/cache-keys.md is printed from `GRAMMAR`.
 */

import type { CacheScope } from "../domain/cache-scopes.ts";
import { idOf } from "../domain/ids.ts";
import type { AccessPath, CacheEntry, Question } from "../ports.ts";

/** Every key and value, field by field. Another form of a value takes another letter: two versions may run side by side. */
export const GRAMMAR = {
  "e:<model id>:<n>:<user>:<n>:<permission>:<resource>": {
    is: "an entry: a cached decision",
    fields: {
      "model id":
        "its last 8 characters, 40 random bits: answers of one model are no answers of another; it belongs to one store",
      n: "length of the field behind it in UTF-16 units, so that no field can pretend to be the next",
      user: "`user:anna`",
      permission: "`can_view`",
      resource: "`plant:7`",
    },
    value:
      "1 or 0 for the answer; the randoms of the user's and the owner's token, 12 characters each; `valid_until` in milliseconds, 9 digits to base 36; the owner's id; when known, behind a space the access path: nothing more for own people, else cooperation, space, share",
    ends: "the TTL after its tokens were taken",
  },
  "s:<seal>:<n>:<user>:<n>:<permission>:<resource>": {
    is: "a sealed entry, where `CACHE_SECRET` is set",
    fields: {
      seal: "8 characters of a MAC of the model's id: entries of another model or under another secret are never found",
      "n, user, permission, resource": "as above",
    },
    value:
      "22 characters of a MAC (SHA-512/256 keyed with the secret, 128 bits) over the first part of both tokens, the rest of the value, and the key; then a value as above",
    ends: "as above",
  },
  "t:<store id>:<scope>": {
    is: "a token: it is current until something about the scope is written",
    fields: {
      "store id": "its last 12 characters: several stores may use one Redis",
      scope: "`user:anna` or `organization:sunward`",
    },
    value:
      "`<run id>:<random>`: first 10 characters of the server's run id, so that nothing outlives a restart or a failover; 72 random bits, so that no value comes back",
    ends: "a day after it was made, a user's two TTLs and a minute; deleted by every writer",
  },
  "l:<store id>:<scope>": {
    is: "leases: who is writing about the scope",
    fields: { "store id": "as above", scope: "as above" },
    value: "sorted set of writer → deadline in milliseconds on Redis's clock; a writer removes only itself",
    ends: "ten seconds after the last writer began",
  },
  "f:<store id>": {
    is: "the follower: which replica follows the changes in OpenFGA",
    fields: { "store id": "as above" },
    value: "hash of `replica` and `read_to`, milliseconds up to which changes were read",
    ends: "ten seconds after it last said so",
  },
  "r:<store id>:<limit>:<subject>": {
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

/** The characters of the run id that a token carries. */
export const RUN_LENGTH = 10;

/** What makes a token another one than any before it, in base64url. */
export const RANDOM_BYTES = 9;
const RANDOM_LENGTH = (RANDOM_BYTES / 3) * 4;

/** The characters of OpenFGA's ids (ULIDs) that a key carries: each key is in memory as often as it is cached. */
const STORE_ID_LENGTH = 12;
const MODEL_ID_LENGTH = 8;

/** Enough for the next three thousand years. */
const VALID_UNTIL_LENGTH = 9;

export const entryKey = (modelId: string, question: Question): string =>
  `e:${modelId.slice(-MODEL_ID_LENGTH)}:${questionText(question)}`;

/** `seal` is a seal's name: it identifies the secret and the model. */
export const sealedKey = (seal: string, question: Question): string => `s:${seal}:${questionText(question)}`;

// the resource is the rest of the key, so it needs no length
const questionText = ({ user, relation, object }: Question) =>
  `${user.length}:${user}:${relation.length}:${relation}:${object}`;

// neither does the scope
export const tokenKey = (storeId: string, scope: CacheScope): string => `t:${storeId.slice(-STORE_ID_LENGTH)}:${scope}`;
export const leaseKey = (storeId: string, scope: CacheScope): string => `l:${storeId.slice(-STORE_ID_LENGTH)}:${scope}`;
export const countKeyPrefix = (storeId: string, limit: string): string =>
  `r:${storeId.slice(-STORE_ID_LENGTH)}:${limit}`;
export const followerKey = (storeId: string): string => `f:${storeId.slice(-STORE_ID_LENGTH)}`;

/**
 * An entry as it is stored: of its tokens only the randoms, since no other token of any run has them, and up to some
 * ids' length short enough for Redis to keep it in one piece with its header (embstr, 44 bytes).
 */
export function encodeEntry({ allowed, owner, userToken, ownerToken, validUntil, accessPath }: CacheEntry): string {
  const until = validUntil.toString(36).padStart(VALID_UNTIL_LENGTH, "0");
  // the engine holds no id with white space in it
  const path =
    accessPath === undefined ? "" : accessPath === "own" ? " " : ` ${accessPath.cooperation} ${accessPath.share}`;
  return `${allowed ? 1 : 0}${userToken.slice(-RANDOM_LENGTH)}${ownerToken.slice(-RANDOM_LENGTH)}${until}${idOf(owner)}${path}`;
}

const ENTRY = new RegExp(
  `^([01])([\\w-]{${RANDOM_LENGTH}})([\\w-]{${RANDOM_LENGTH}})([0-9a-z]{${VALID_UNTIL_LENGTH}})(\\S+)(?: (\\S+ \\S+|))?$`,
);

/** An entry as it was stored, its tokens as they are in this run of the server; undefined for what somebody else put there. */
export function decodeEntry(text: string, run: string): CacheEntry | undefined {
  const found = ENTRY.exec(text);
  if (found === null) return undefined;
  const [, allowed, userRandom, ownerRandom, until = "", owner = "", path] = found;
  return {
    allowed: allowed === "1",
    owner: `organization:${owner}`,
    userToken: `${run}:${userRandom}`,
    ownerToken: `${run}:${ownerRandom}`,
    validUntil: Number.parseInt(until, 36),
    accessPath: pathOf(path),
  };
}

function pathOf(text: string | undefined): AccessPath | undefined {
  if (text === undefined) return undefined;
  if (text === "") return "own";
  const [cooperation = "", share = ""] = text.split(" ");
  return { cooperation, share };
}
