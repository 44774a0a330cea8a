/** What a share's dates mean at an instant, and which tuples they become: a step down is a condition, a start is not. */
import { describe, expect, it } from "vitest";
import type { Share } from "../../../src/domain/records.ts";
import { isRedated, rungEnd, shareAt } from "../../../src/domain/share-dates.ts";
import { tuplesOfShare } from "../../../src/domain/state-tuples.ts";
import { anyId } from "../../support/ids.ts";

const DATE = "2027-03-01T12:00:00Z";
const LATER = "2027-06-01T12:00:00Z";
const SHARE: Share = {
  id: anyId("s"),
  cooperation: anyId("c"),
  resource: "plant:7",
  role: "technical_manager",
  step_down_at: DATE,
  spelling: "plain",
  created_at: "2026-01-01T00:00:00Z",
};
const at = (text: string) => new Date(text);

describe("a share with a step-down date", () => {
  it("counts at its role until the date, and as viewer from the instant itself on", () => {
    expect(shareAt(SHARE, at("2027-03-01T11:59:59.999Z"))).toBe(SHARE);
    expect(shareAt(SHARE, at(DATE))).toEqual({ ...SHARE, role: "viewer", step_down_at: undefined });
  });

  it("has its rungs above viewer end on the earlier of its dates, and viewer on its end alone", () => {
    expect(rungEnd(SHARE, "technical_manager")).toBe(DATE);
    expect(rungEnd(SHARE, "viewer")).toBeUndefined();
    expect(rungEnd({ ...SHARE, expires_at: LATER }, "technical_manager")).toBe(DATE);
    expect(rungEnd({ ...SHARE, expires_at: LATER }, "viewer")).toBe(LATER);
    expect(rungEnd({ expires_at: DATE, step_down_at: LATER }, "asset_manager")).toBe(DATE);
  });

  it("is written in the same tuples at every instant: they are of the record", () => {
    const ends = tuplesOfShare(SHARE).map(({ relation, condition }) => [relation, condition?.context]);
    expect(ends).toEqual([
      ["cooperation", undefined],
      ["shared_viewer", undefined],
      ["shared_technical_manager", { expires_at: DATE }],
    ]);
  });

  it("is redated by any other date, and by nothing else", () => {
    expect(isRedated(SHARE, { ...SHARE, role: "viewer" } as Share)).toBe(false);
    for (const date of ["starts_at", "expires_at", "step_down_at"] as const)
      expect(isRedated(SHARE, { ...SHARE, [date]: LATER }), date).toBe(true);
  });
});

describe("a share with a start date", () => {
  it("has no rung, only its name at the resource; without the date it has them", () => {
    const later = tuplesOfShare({ ...SHARE, starts_at: DATE });
    expect(later.map(({ user, relation }) => [user, relation])).toEqual([
      ["cooperation:c", "cooperation"],
      ["share:s", "upcoming"],
    ]);
    expect(tuplesOfShare(SHARE).map(({ relation }) => relation)).not.toContain("upcoming");
  });
});
