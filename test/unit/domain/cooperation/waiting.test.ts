/** What waits for whom, by status, dates and side; and what does not. */
import { describe, expect, it } from "vitest";
import { waitsFor } from "../../../../src/domain/cooperation/waiting.ts";
import { type Cooperation, STATUSES } from "../../../../src/domain/records.ts";

const NOW = new Date("2026-06-01T12:00:00Z");
const TOMORROW = "2026-06-02T12:00:00Z";
const YESTERDAY = "2026-05-31T12:00:00Z";
const NEXT_YEAR = "2027-06-01T12:00:00Z";

const waiting = (side: "initiator" | "partner", cooperation: Partial<Record<keyof Cooperation, unknown>>, asks = 0) =>
  waitsFor(cooperation as Cooperation, side, { asks, days: 30, now: NOW });

describe("waitsFor", () => {
  it("an offer waits for the partner's answer as long as it can be accepted, and is an open invitation of the initiator's", () => {
    expect(waiting("partner", { status: "pending" })).toEqual(["answer"]);
    expect(waiting("partner", { status: "pending", expires_at: YESTERDAY })).toEqual([]);
    expect(waiting("initiator", { status: "pending" })).toEqual(["invitation"]);
    expect(waiting("initiator", { status: "invited" })).toEqual(["invitation"]);
  });

  it("an end within the days waits for both sides while they are in it; one that has come, or comes later, for nobody", () => {
    for (const side of ["initiator", "partner"] as const)
      for (const status of ["active", "paused"]) {
        expect(waiting(side, { status, expires_at: TOMORROW })).toEqual(["end"]);
        expect(waiting(side, { status, expires_at: YESTERDAY })).toEqual([]);
        expect(waiting(side, { status, expires_at: NEXT_YEAR })).toEqual([]);
        expect(waiting(side, { status })).toEqual([]);
      }
    expect(waiting("partner", { status: "pending", expires_at: TOMORROW })).toEqual(["answer"]);
  });

  it("a review waits for the initiator, also one that was missed, until nothing can be reviewed; to the partner it is an end", () => {
    expect(waiting("initiator", { status: "active", review_by: TOMORROW })).toEqual(["review"]);
    expect(waiting("initiator", { status: "active", review_by: YESTERDAY })).toEqual(["review"]);
    expect(waiting("initiator", { status: "active", review_by: YESTERDAY, expires_at: YESTERDAY })).toEqual([]);
    expect(waiting("initiator", { status: "active", review_by: NEXT_YEAR })).toEqual([]);
    expect(waiting("partner", { status: "active", review_by: TOMORROW })).toEqual(["end"]);
  });

  it("asks wait for the initiator alone, and only while the partner is in it", () => {
    expect(waiting("initiator", { status: "paused" }, 2)).toEqual(["asks"]);
    expect(waiting("partner", { status: "paused" }, 2)).toEqual([]);
    expect(waiting("initiator", { status: "ended" }, 2)).toEqual([]);
  });

  it("of one that has ended nothing waits, whatever its dates", () => {
    const dates = { expires_at: TOMORROW, review_by: TOMORROW };
    expect(STATUSES).toContain("ended");
    for (const side of ["initiator", "partner"] as const)
      expect(waiting(side, { status: "ended", ...dates })).toEqual([]);
  });
});
