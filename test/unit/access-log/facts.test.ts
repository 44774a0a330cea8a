/** What is counted as one fact, and who loses what where there are too many. */
import { describe, expect, test } from "vitest";
import type { Verdict } from "../../../src/access-log/classify.ts";
import type { Fact } from "../../../src/access-log/fact.ts";
import { createFacts } from "../../../src/access-log/facts.ts";
import type { AnsweredAccess } from "../../../src/check/checker.ts";
import { answered, THROUGH } from "../../support/access-log.ts";

const PATH = { cooperation: "c1", share: "s1" };

function facts(yesMax = 100, noMax = 100, keepsAll = false) {
  const dropped: Fact[] = [];
  const all = createFacts({ yesMax, noMax, dropped: (fact) => dropped.push(fact), keepsAll });
  const classify = (verdict: Verdict = THROUGH) => {
    let looked = 0;
    for (let fact = all.next(); fact !== undefined; fact = all.next()) {
      all.settle(fact, verdict);
      looked++;
    }
    return looked;
  };
  const counts = () => all.take(1000).map(({ count }) => count);
  return { ...all, dropped, classify, counts };
}

describe("one fact", () => {
  test("is counted from its first access to its last, with the id of the first request", () => {
    const { count, classify, take } = facts();
    for (const at of [1000, 2000, 3000]) count({ ...answered("tom"), requestId: `at ${at}` }, at);
    expect(classify()).toBe(1);
    expect(take(10)).toMatchObject([{ count: 3, first: 1000, last: 3000, requestId: "at 1000" }]);
  });

  test("is written at once, and at the end of its minute how often more; without more not again", () => {
    const { count, classify, counts, turn, size } = facts();
    count(answered("tom"), 1000);
    count(answered("ann"), 1000);
    classify();
    expect(counts()).toEqual([1, 1]);
    count({ ...answered("tom"), requestId: "second" }, 2000);
    count(answered("tom"), 3000);
    expect(counts()).toEqual([]);
    turn();
    expect(counts()).toEqual([2]);
    expect(size()).toBe(0);
  });

  test.each([
    ["user", answered("ann")],
    ["resource", answered("tom", "plant:8")],
    ["key", { ...answered("tom"), key: "other" }],
    ["purpose", { ...answered("tom"), purpose: "repair" }],
    ["answer", answered("tom", "plant:7", { allowed: false })],
    ["permission", { ...answered("tom"), question: { ...answered("tom").question, relation: "can_manage" } }],
    ["token of the user, where no path is known", answered("tom", "plant:7", { userToken: "u2" })],
    ["token of the owner, where no path is known", answered("tom", "plant:7", { ownerToken: "o2" })],
  ])("is another one with another %s", (_, other) => {
    const { count, classify, counts } = facts();
    count(answered("tom"), 1000);
    count(other, 1000);
    expect(classify()).toBe(2);
    expect(counts()).toEqual([1, 1]);
  });

  test("is another one by another path, also of the same cache entry", () => {
    const { count, classify, take } = facts();
    count(answered("tom", "plant:7", { accessPath: PATH }), 1000);
    count(answered("tom", "plant:7", { accessPath: { cooperation: "c2", share: "s2" } }), 1000);
    classify();
    expect(take(10).map(({ path }) => path)).toEqual([PATH, { cooperation: "c2", share: "s2" }]);
  });

  test("stays the same whatever was written as long as the path does", () => {
    const { count, classify, counts } = facts();
    for (const userToken of ["u1", "u2", "u3"])
      count(answered("tom", "plant:7", { userToken, accessPath: PATH }), 1000);
    expect(classify()).toBe(1);
    expect(counts()).toEqual([3]);
  });

  test("that the cache does not know of is looked for again after ten seconds, and not before", () => {
    const uncached = { ...answered("tom"), checked: { allowed: true, source: "engine" as const } };
    const { count, classify } = facts();
    count(uncached, 1000);
    expect(classify()).toBe(1);
    count(uncached, 10_999);
    expect(classify()).toBe(0);
    count(uncached, 11_000);
    expect(classify()).toBe(1);
  });

  test("of which nothing is recorded is not kept; one that is not cached is, and not looked for again in its minute", () => {
    const { count, classify, counts, turn, left, size } = facts();
    count(answered("otto"), 1000);
    classify({ kind: "none" });
    expect(size()).toBe(0);
    const uncached = { ...answered("otto"), checked: { allowed: true, source: "engine" as const } };
    count(uncached, 1000);
    classify({ kind: "none" });
    count(uncached, 2000);
    expect([classify(), counts(), left()]).toEqual([0, [], []]);
    turn();
    expect([counts(), size()]).toEqual([[], 0]);
  });
});

describe("where there are too many", () => {
  const of = (owner: string, n: number) =>
    answered(`${owner} ${n}`, "plant:7", { owner: `organization:${owner}` as const });

  test("the owner with most loses its oldest, and one with few none", () => {
    const { count, dropped, classify, take } = facts(10);
    for (let n = 0; n < 10; n++) count(of("large", n), n);
    for (let n = 0; n < 3; n++) expect(count(of("small", n), 100 + n)).toBe(true);
    expect(dropped.map(({ first }) => first)).toEqual([0, 1, 2]);
    for (let n = 0; n < 50; n++) count(of("large", 100 + n), 200 + n);
    classify();
    const kept = take(100).map(({ owner }) => owner);
    expect(kept.filter((owner) => owner === "organization:small")).toHaveLength(3);
    expect(kept).toHaveLength(10);
  });

  test("what has no room is not counted, and what is counted already is counted on", () => {
    const { count, dropped } = facts(2);
    expect([0, 1, 2].map((n) => count(of("only", n), n))).toEqual([true, true, false]);
    expect(count(of("only", 0), 3)).toBe(true);
    expect(dropped).toEqual([]);
  });

  test("somebody who asks for what they may not costs neither another user's no nor any yes", () => {
    const { count, classify, take } = facts(10, 10);
    const no = (user: string, n: number) => answered(user, `plant:${n}`, { allowed: false });
    count(answered("tom"), 0);
    count(no("tom", 1), 0);
    for (let n = 0; n < 500; n++) count(no("mallory", n), n);
    classify();
    const kept = take(100).map(({ question, allowed }) => `${question.user} ${allowed}`);
    expect(kept).toContain("user:tom true");
    expect(kept).toContain("user:tom false");
    expect(kept).toHaveLength(11);
  });

  test("users that one key invents push out no other owner's facts, and none of an honest user of the same", () => {
    const { count, dropped, size } = facts(10, 1000);
    const no = (user: string, owner: string) =>
      answered(user, "plant:7", { allowed: false, owner: `organization:${owner}` as const });
    for (let n = 0; n < 5; n++) count(no(`honest-${n}`, "sunward"), n);
    count(no("honest", "brightfix"), 0);
    for (let n = 0; n < 20_000; n++) count(no(`x${n}`, "brightfix"), n);
    expect(size()).toBe(1000);
    // who comes later takes the place of one of them
    for (let n = 5; n < 10; n++) expect(count(no(`honest-${n}`, "sunward"), n)).toBe(true);
    expect(dropped).toHaveLength(5);
    expect(dropped.map(({ owner }) => owner)).toEqual(Array(5).fill("organization:brightfix"));
  });

  test("a yes whose owner nobody knows shares its room with those of the same thing alone", () => {
    const { count, dropped } = facts(10);
    const uncached = (user: string, object: string): AnsweredAccess => {
      return { ...answered(user, object), checked: { allowed: true, source: "engine" } };
    };
    for (let n = 0; n < 10; n++) count(uncached(`user-${n}`, "plant:7"), n);
    expect(count(uncached("tom", "plant:8"), 10)).toBe(true);
    expect(dropped.map(({ question }) => question.object)).toEqual(["plant:7"]);
  });

  test("finding who has more costs the same however many there are", () => {
    const no = (user: string) => answered(user, "plant:7", { allowed: false });
    const millisecondsAt = (max: number) => {
      const { count } = facts(10, max);
      for (let n = 0; n < max; n++) count(no(`user-${n}`), n);
      const startedAt = performance.now();
      for (let n = 0; n < 10_000; n++) count(no(`other-${n}`), n);
      return performance.now() - startedAt;
    };
    millisecondsAt(100);
    // a look at each of them would take a hundred times as long
    expect(millisecondsAt(10_000)).toBeLessThan(millisecondsAt(100) * 20);
  });

  test("nothing is dropped where nothing may be lost: who has most gets no more, and others do", () => {
    const { count, dropped } = facts(12, 12, true);
    const taken = Array.from({ length: 20 }, (_, n) => count(of("large", n), n));
    expect(taken.filter(Boolean)).toHaveLength(6);
    expect([0, 1, 2].map((n) => count(of("small", n), n))).toEqual([true, true, true]);
    expect(count(of("third", 0), 0)).toBe(true);
    expect(dropped).toEqual([]);
  });

  test("each owner's facts are looked for in turn, so that one with many keeps no other waiting", () => {
    const { count, next } = facts(1000);
    for (let n = 0; n < 100; n++) count(of("large", n), n);
    count(of("small", 0), 100);
    const first = [next(), next(), next()].map((fact) => fact?.owner);
    expect(first).toContain("organization:small");
  });

  test("what was dropped is not looked for", () => {
    const { count, classify, dropped } = facts(2);
    for (const n of [0, 1]) count(of("large", n), n);
    count(of("small", 0), 2);
    expect(dropped).toHaveLength(1);
    expect(classify()).toBe(2);
  });
});
