/** What a cooperation remembers of a batch, and when what a preset shares starts and ends. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type BatchMark,
  batchIdentity,
  batchMarkOf,
  isSettled,
  rememberBatch,
  withSettled,
} from "../../../src/domain/cooperation/batch-mark.ts";
import type { Plan } from "../../../src/domain/plan.ts";
import { presetDates, presetNameOf, presetObject } from "../../../src/domain/preset-record.ts";
import { type Cooperation, NO_HASH } from "../../../src/domain/records.ts";
import { anyId } from "../../support/ids.ts";

const COOPERATION: Cooperation = {
  id: anyId("c"),
  status: "active",
  initiator: anyId("sun"),
  invitation: 0,
  spelling: "plain",
  shares: 0,
  created_at: "2027-01-01T00:00:00Z",
  created_by: "user:ann",
};
const MARK: BatchMark = { at: "2027-01-01T00:00:00Z", ...batchIdentity("ann", "k", []), settled: 0n };

/** The cooperation as a plan that remembers the mark leaves it. */
function remembered(mark: BatchMark, kind: "shares" | "delegations", before = COOPERATION): Cooperation {
  const head = (object: string) => ({ object, n: 1, hash: NO_HASH, value: undefined });
  const plan: Plan = {
    touches: [
      { head: head("share:s"), record: {} },
      { head: head("cooperation:c"), record: before },
    ],
    deletes: [],
    writes: [],
  };
  const [share, cooperation] = rememberBatch(plan, before, kind, mark).touches;
  expect(share?.record).toEqual({});
  return cooperation?.record as Cooperation;
}

describe("a batch", () => {
  it("is remembered line by line, also its last of 200", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: 199 })), (lines) => {
        const kept = batchMarkOf(remembered(withSettled(MARK, lines), "shares"), "shares", MARK.key);
        expect(kept).toMatchObject({ at: MARK.at, key: MARK.key, body: MARK.body });
        for (let line = 0; line < 200; line++) expect(kept && isSettled(kept, line)).toBe(lines.includes(line));
      }),
    );
  });

  it("of shares is another than one of delegations, and what cannot be read is none", () => {
    const cooperation = remembered(withSettled(MARK, [3]), "delegations");
    expect(batchMarkOf(cooperation, "shares", MARK.key)).toBeUndefined();
    for (const text of ["", "x", "a/b/c", "a/b/c/xyz", "a/b/c/0/1"])
      expect(batchMarkOf({ ...cooperation, shares_batch: text }, "shares", MARK.key)).toBeUndefined();
  });

  it("is remembered while seven others are written, and the record stays under 1 200 bytes however many there are", () => {
    const of = (n: number) => withSettled({ ...MARK, ...batchIdentity("ann", `k${n}`, []) }, [199]);
    let cooperation = remembered(withSettled(MARK, [1]), "shares");
    for (let n = 0; n < 7; n++) cooperation = remembered(of(n), "shares", cooperation);
    expect(batchMarkOf(cooperation, "shares", MARK.key)).toEqual(withSettled(MARK, [1]));
    // one that is written again is the newest again, and there once
    cooperation = remembered(withSettled(MARK, [1, 2]), "shares", cooperation);
    expect(cooperation.shares_batch?.split(" ")).toHaveLength(8);
    for (let n = 7; n < 14; n++) cooperation = remembered(of(n), "shares", cooperation);
    expect(batchMarkOf(cooperation, "shares", MARK.key)).toEqual(withSettled(MARK, [1, 2]));
    cooperation = remembered(of(14), "shares", cooperation);
    expect(batchMarkOf(cooperation, "shares", MARK.key)).toBeUndefined();
    expect(cooperation.shares_batch?.length).toBeLessThan(1200);
  });

  it("is recognized by user, key and lines, and not by the order of members", () => {
    const is = batchIdentity("ann", "k", [{ a: 1, b: 2 }]);
    expect(batchIdentity("ann", "k", [{ b: 2, a: 1 }])).toEqual(is);
    expect(batchIdentity("bob", "k", [{ a: 1, b: 2 }]).key).not.toBe(is.key);
    expect(batchIdentity("an", "nk", [{ a: 1, b: 2 }]).key).not.toBe(is.key);
    expect(batchIdentity("ann", "k", [{ a: 1 }]).body).not.toBe(is.body);
  });
});

describe("a preset", () => {
  const at = (text: string) => new Date(text);

  it("has dates that lie at midnight, the end no earlier and the start no later than its days say", () => {
    fc.assert(
      fc.property(
        fc.date({ min: at("2026-01-01T00:00:00Z"), max: at("2099-01-01T00:00:00Z"), noInvalidDate: true }),
        fc.integer({ min: 1, max: 3660 }),
        fc.option(fc.integer({ min: 1, max: 3660 }), { nil: undefined }),
        (now, days, starts_after_days) => {
          const { starts_at, expires_at = "" } = presetDates({ days, starts_after_days }, now);
          const day = 86_400_000;
          expect(Date.parse(expires_at) % day).toBe(0);
          const from = starts_at === undefined ? now.getTime() : Date.parse(starts_at);
          expect(Date.parse(expires_at) - from).toBeGreaterThanOrEqual(days * day);
          expect(Date.parse(expires_at) - from).toBeLessThan((days + 1) * day);
          if (starts_at === undefined) return;
          expect(from % day).toBe(0);
          expect(from).toBeGreaterThan(now.getTime());
          expect(from - now.getTime()).toBeLessThanOrEqual((starts_after_days ?? 0) * day);
        },
      ),
    );
    expect(presetDates({}, at("2027-01-01T00:00:00Z"))).toEqual({});
  });

  it("is named behind the last slash, whatever the organization is called", () => {
    for (const organization of ["sun", "a/b", "/"])
      expect(presetNameOf(presetObject({ organization: anyId(organization), name: "summer" }))).toBe("summer");
  });
});
