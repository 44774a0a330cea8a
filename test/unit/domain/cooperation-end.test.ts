/** When a cooperation ends by itself, and whether that is because nobody reviewed it. */
import { expect, test } from "vitest";
import { cooperationEnd, endsUnreviewed, isUnreviewed } from "../../../src/domain/cooperation-end.ts";

const EARLY = "2027-01-01T00:00:00Z";
const LATE = "2027-02-01T00:00:00Z";

test.for([
  [{}, undefined, false],
  [{ expires_at: LATE }, LATE, false],
  [{ review_by: LATE }, LATE, true],
  [{ expires_at: LATE, review_by: EARLY }, EARLY, true],
  [{ expires_at: EARLY, review_by: LATE }, EARLY, false],
  // on one day there is nothing left to review
  [{ expires_at: EARLY, review_by: EARLY }, EARLY, false],
] as const)("the earlier of two dates ends it (%j)", ([dates, end, isReview]) => {
  expect([cooperationEnd(dates), endsUnreviewed(dates)]).toEqual([end, isReview]);
});

test("it is unreviewed from the instant of its day on, and never where its expiry comes first", () => {
  const before = new Date(Date.parse(EARLY) - 1);
  expect(isUnreviewed({ review_by: EARLY }, before)).toBe(false);
  expect(isUnreviewed({ review_by: EARLY }, new Date(EARLY))).toBe(true);
  expect(isUnreviewed({ review_by: LATE, expires_at: EARLY }, new Date(LATE))).toBe(false);
});
