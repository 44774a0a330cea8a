/**
 * The keys and values in Redis, pure. Two inputs never share a key: whatever a caller
 * chooses stands behind its own length. The README's table is printed from `GRAMMAR`.
 */
import { idOf } from "../domain/ids.ts";
import { ownerScope, type Scope } from "../domain/scopes.ts";
import type { Entry, Question, Via } from "../ports.ts";

/** Every key and value, field by field. Another form of a value takes another letter: two versions may run side by side. */
export const GRAMMAR = {
  "e:<model id>:<n>:<user>:<n>:<permission>:<n>:<resource>": {
    is: "an entry: a cached decision",
    fields: {
      "model id":
        "its last 12 characters, 60 random bits: answers of one model are no answers of another; it belongs to one store",
      n: "length of the field behind it in UTF-16 units, so that no field can pretend to be the next",
      user: "`user:anna`",
      permission: "`can_view`",
      resource: "`plant:7`",
    },
    value:
      "JSON list: 1 or 0 for the answer, the owner's id, `<run id>:<random>:<random>` for both tokens, `valid_until` in milliseconds; when known, how access came: 0 own people, or cooperation and share",
    ends: "the TTL after its tokens were taken",
  },
  "t:<store id>:<scope>": {
    is: "a token: it stands as long as nothing about the scope is written",
    fields: {
      "store id": "its last 12 characters: several stores may use one Redis",
      scope: "`user:anna` or `organization:sunward`",
    },
    value:
      "`<run id>:<random>`: first 10 characters of the server's run id, so that nothing outlives a restart or a failover; 72 random bits, so that no value comes back",
    ends: "a day after it was made; deleted by every writer",
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
} as const;

/** The characters of the run id that a token carries. */
export const RUN_LENGTH = 10;

/** The characters of OpenFGA's ids (ULIDs) that a key carries: each key is in memory as often as it is cached. */
const ID_LENGTH = 12;

export function entryKey(modelId: string, { user, relation, object }: Question): string {
  return `e:${modelId.slice(-ID_LENGTH)}:${user.length}:${user}:${relation.length}:${relation}:${object.length}:${object}`;
}

// the scope is the rest of the key, so it needs no length
export const tokenKey = (storeId: string, scope: Scope): string => `t:${storeId.slice(-ID_LENGTH)}:${scope}`;
export const leaseKey = (storeId: string, scope: Scope): string => `l:${storeId.slice(-ID_LENGTH)}:${scope}`;
export const followerKey = (storeId: string): string => `f:${storeId.slice(-ID_LENGTH)}`;

/** An entry as it is stored: what both tokens share, and what every owner's name begins with, only once or not at all. */
export function encodeEntry({ allowed, owner, userToken, ownerToken, validUntil, via }: Entry): string {
  const fields = [allowed ? 1 : 0, idOf(owner), userToken + ownerToken.slice(RUN_LENGTH), validUntil];
  const came = via === undefined ? [] : via === "own" ? [0] : [via.cooperation, via.share];
  return JSON.stringify([...fields, ...came]);
}

/** An entry as it was stored; undefined for what somebody else put there. */
export function decodeEntry(text: string): Entry | undefined {
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(fields)) return undefined;
  const [allowed, owner, tokens, validUntil, cooperation, share] = fields;
  if (typeof tokens !== "string") return undefined;
  const ownerRandom = tokens.lastIndexOf(":");
  const via: Via | undefined =
    cooperation === undefined ? undefined : cooperation === 0 ? "own" : { cooperation, share };
  return {
    allowed: allowed === 1,
    owner: ownerScope(owner),
    userToken: tokens.slice(0, ownerRandom),
    ownerToken: tokens.slice(0, RUN_LENGTH) + tokens.slice(ownerRandom),
    validUntil,
    via,
  };
}
