/** The grammar of the cache: two inputs never share a key, and an entry is read as it was written. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CacheScope, ownerScope } from "../../../src/domain/cache-scopes.ts";
import type { CacheEntry, Question } from "../../../src/ports.ts";
import {
  countKeyPrefix,
  decodeEntry,
  encodeEntry,
  entryKey,
  followerKey,
  leaseKey,
  markKey,
  sealedKey,
  tokenKey,
} from "../../../src/redis/cache-keys.ts";
import { anyId } from "../../support/ids.ts";

/** Ids that the engine would hold and ids that it would not: the grammar trusts nobody. Short and alike, so that they meet. */
const wild = fc.oneof(
  fc.string({ unit: fc.constantFrom(":", "0", "1", "2", "9", "a", "user:", "|", "-"), maxLength: 8 }),
  fc.string({ unit: "grapheme", maxLength: 6 }),
  fc.string({ unit: "binary", maxLength: 6 }),
);
const questions: fc.Arbitrary<Question> = fc.record({ user: wild, relation: wild, object: wild });
const STORE = "01J0000000000000000000000S";
const models = fc.constantFrom("01J0000000000000000000000A", "01J0000000000000000000000B");
const scopes = fc
  .tuple(fc.constantFrom("user:", "organization:"), wild)
  .map(([type, id]): CacheScope => `${type}${id}` as CacheScope);

/** One field's end moved into the next: what a grammar without lengths takes for the same. */
const moved = questions.chain((question) =>
  fc
    .nat(question.user.length)
    .map((at): [Question, Question] => [
      question,
      { ...question, user: question.user.slice(0, at), relation: question.user.slice(at) + question.relation },
    ]),
);

const same = (a: Question, b: Question) => a.user === b.user && a.relation === b.relation && a.object === b.object;

describe("the cache key of an entry", () => {
  test("two questions share a key exactly when they are the same question", () => {
    let alike = 0;
    const property = fc.property(fc.oneof(fc.tuple(questions, questions), moved), models, ([a, b], model) => {
      if (same(a, b)) alike++;
      expect(entryKey(STORE, model, a) === entryKey(STORE, model, b)).toBe(same(a, b));
    });
    fc.assert(property, { numRuns: 20_000 });
    expect(alike).toBeGreaterThan(0);
  });

  test("questions that contain lengths, colons or half characters do not share a key", () => {
    const lookalikes: Question[] = [
      { user: "user:a", relation: "can_view", object: "plant:7" },
      { user: "user:a:8:can_view", relation: "", object: "plant:7" },
      { user: "user:a", relation: "can_view:7:plant:7", object: "" },
      { user: "", relation: "user:a:8:can_view", object: "plant:7" },
      { user: "user:a:8:can_view:7:plant:7", relation: "", object: "" },
      { user: "user:", relation: "acan_view", object: "plant:7" },
      { user: "user:a", relation: "can_viewplant", object: ":7" },
      { user: "user:a6", relation: "can_view", object: "plant:7" },
      { user: "6:user:a", relation: "can_view", object: "plant:7" },
      { user: "user:\u00e9", relation: "can_view", object: "plant:7" },
      { user: "user:e\u0301", relation: "can_view", object: "plant:7" },
      { user: "user:\u{1f31e}", relation: "can_view", object: "plant:7" },
      { user: "user:\u{1f31e}:", relation: "can_view", object: "plant:7" },
      { user: "user:a", relation: "can_view", object: "plant:\u00007" },
      { user: "user:A", relation: "can_view", object: "plant:7" },
    ];
    expect(new Set(lookalikes.map((question) => entryKey(STORE, "m", question))).size).toBe(lookalikes.length);
  });

  test("entries of one model are not found by another", () => {
    const question = { user: "user:a", relation: "can_view", object: "plant:7" };
    expect(entryKey(STORE, "m1", question)).not.toBe(entryKey(STORE, "m2", question));
    expect(entryKey(STORE, "m1", question)).toBe(entryKey(STORE, "m1", { ...question }));
  });
});

describe("the keys of tokens, leases and the follower", () => {
  test("differ between stores, scopes and kinds, and from every entry's", () => {
    const property = fc.property(models, models, scopes, scopes, questions, (store, other, a, b, question) => {
      const isSame = store === other && a === b;
      expect(tokenKey(store, a) === tokenKey(other, b)).toBe(isSame);
      expect(leaseKey(store, a) === leaseKey(other, b)).toBe(isSame);
      const kinds = [
        tokenKey(store, a),
        leaseKey(store, a),
        followerKey(store),
        markKey(store),
        entryKey(store, "m", question),
      ];
      expect(new Set(kinds).size).toBe(kinds.length);
    });
    fc.assert(property, { numRuns: 5000 });
  });

  test("all of a store are in one slot of a Cluster, whatever callers choose; those of another store have another hash tag", () => {
    // Redis hashes what is between the first { and the first } behind it
    const tagOf = (key: string) => /\{([^}]+)\}/.exec(key.slice(key.indexOf("{")))?.[1];
    const property = fc.property(
      models,
      scopes,
      questions,
      fc.constantFrom("{}:", "}{", ""),
      (store, scope, asked, odd) => {
        const question = { ...asked, user: odd + asked.user, object: odd + asked.object };
        const keys = [
          tokenKey(store, scope),
          leaseKey(store, scope),
          followerKey(store),
          markKey(store),
          entryKey(store, "m", question),
          sealedKey(store, "seal", question),
          countKeyPrefix(store, "writes-user"),
        ];
        expect(new Set(keys.map(tagOf))).toEqual(new Set([store.slice(-12)]));
      },
    );
    fc.assert(property, { numRuns: 2000 });
  });

  test("a person and an organization of the same id are two scopes", () => {
    expect(tokenKey("s", "user:x")).not.toBe(tokenKey("s", "organization:x"));
    expect(leaseKey("s", "user:x")).not.toBe(leaseKey("s", "organization:x"));
  });
});

describe("the value of an entry", () => {
  const run = "0123456789";
  const tokens = fc
    .uint8Array({ minLength: 9, maxLength: 9 })
    .map((random) => `${run}:${Buffer.from(random).toString("base64url")}`);
  // what the engine holds has no white space in it
  const held = wild.map((id) => id.replaceAll(/\s/g, "_") || "_");
  const entries: fc.Arbitrary<CacheEntry> = fc.record({
    allowed: fc.boolean(),
    owner: held.map((id) => ownerScope(anyId(id))),
    userToken: tokens,
    ownerToken: tokens,
    validUntil: fc.nat({ max: 64 ** 7 - 1 }),
    filledAt: fc.nat({ max: 64 ** 7 - 1 }),
    accessPath: fc.oneof(
      fc.constant(undefined),
      fc.constant("own" as const),
      fc.record({ cooperation: fc.oneof(held, fc.constant("0")), share: held }),
    ),
  });
  const entry: CacheEntry = {
    allowed: true,
    owner: "organization:o",
    userToken: `${run}:aaaaaaaaaaaa`,
    ownerToken: `${run}:bbbbbbbbbbbb`,
    validUntil: 1,
    filledAt: 1,
  };

  test("is read as it was written", () => {
    fc.assert(
      fc.property(entries, (written) => {
        expect(decodeEntry(encodeEntry(written), run)).toEqual(written);
      }),
      { numRuns: 5000 },
    );
  });

  test("distinguishes allowed from denied, and a known access path from an unknown one", () => {
    const values = [
      entry,
      { ...entry, allowed: false },
      { ...entry, accessPath: "own" as const },
      { ...entry, accessPath: { cooperation: "c", share: "s" } },
      { ...entry, userToken: entry.ownerToken, ownerToken: entry.userToken },
    ];
    expect(new Set(values.map(encodeEntry)).size).toBe(values.length);
  });

  test("a value that is no entry counts as missing, without an error", () => {
    const whole = encodeEntry(entry);
    const others = ["", "yes", "{", "1", "[1,2,3,4]", whole.slice(1), `2${whole.slice(1)}`, ` ${whole}`, `${whole} c`];
    for (const text of [
      ...others,
      `${whole} c s t`,
      whole.replace("b", "+"),
      encodeEntry({ ...entry, owner: "organization:" }),
    ])
      expect(decodeEntry(text, run), text).toBeUndefined();
    expect(decodeEntry(whole, run)).toEqual(entry);
  });
});
