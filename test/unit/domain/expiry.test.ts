/** Dates as RFC 3339 writes them in, as the store keeps them, and when they have come. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChangeCooperationInput, PauseInput, ShareInput } from "../../../src/domain/commands.ts";
import { earliest, hasPassed, InstantInput, instant, OpeningInstantInput } from "../../../src/domain/expiry.ts";

describe("a date from a caller", () => {
  it.each([
    ["2026-12-01T00:00:00Z", "2026-12-01T00:00:00Z"],
    ["2026-12-01T00:00:00+00:00", "2026-12-01T00:00:00Z"],
    ["2026-12-01T01:30:00+01:30", "2026-12-01T00:00:00Z"],
    ["2026-11-30T16:00:00-08:00", "2026-12-01T00:00:00Z"],
    ["2027-01-01T00:30:00+02:00", "2026-12-31T22:30:00Z"],
    ["2028-02-29T12:00:00Z", "2028-02-29T12:00:00Z"],
    ["2028-03-01T01:00:00+02:00", "2028-02-29T23:00:00Z"],
    ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"],
  ])("%s is kept as %s", (text, kept) => {
    expect(InstantInput.parse(text)).toBe(kept);
  });

  it.each([
    ["2026-12-01T00:00:00.001Z", "2026-12-01T00:00:00Z"],
    ["2026-12-01T00:00:00.999999999Z", "2026-12-01T00:00:00Z"],
    ["2026-12-31T23:59:59.9+00:00", "2026-12-31T23:59:59Z"],
  ])("%s has its fraction cut, not rounded: %s", (text, kept) => {
    expect(InstantInput.parse(text)).toBe(kept);
  });

  it.each([
    ["2026-12-01T00:00:00Z", "2026-12-01T00:00:00Z"],
    ["2026-12-01T00:00:00.000Z", "2026-12-01T00:00:00Z"],
    ["2026-12-01T00:00:00.001Z", "2026-12-01T00:00:01Z"],
    ["2026-12-01T00:00:00.000000001Z", "2026-12-01T00:00:01Z"],
    ["2026-12-01T00:00:00.999999999Z", "2026-12-01T00:00:01Z"],
    ["2026-12-31T23:59:59.9+00:00", "2027-01-01T00:00:00Z"],
    ["2026-12-01T01:30:00.5+01:30", "2026-12-01T00:00:01Z"],
  ])("%s opens nothing before %s", (text, kept) => {
    expect(OpeningInstantInput.parse(text)).toBe(kept);
  });

  it("has its fraction rounded up where it opens something, and cut where it ends something", () => {
    const date = "2026-12-01T00:00:00.5Z";
    const [cut, up] = ["2026-12-01T00:00:00Z", "2026-12-01T00:00:01Z"];
    const dates = { starts_at: date, expires_at: date };
    expect(ShareInput.parse({ resource: "plant:7", role: "viewer", ...dates, step_down_at: date })).toMatchObject({
      starts_at: up,
      expires_at: cut,
      step_down_at: cut,
    });
    expect(ChangeCooperationInput.parse({ ...dates, resume_at: date })).toEqual({
      starts_at: up,
      expires_at: cut,
      resume_at: up,
    });
    expect(PauseInput.parse({ resume_at: date })).toEqual({ resume_at: up });
  });

  it("that would be in the year 10000 once it is rounded is refused", () => {
    expect(OpeningInstantInput.safeParse("9999-12-31T23:59:59.5Z").success).toBe(false);
    expect(OpeningInstantInput.safeParse("9999-12-31T23:59:59Z").success).toBe(true);
  });

  it.each([
    ["no offset", "2026-12-01T00:00:00"],
    ["no time", "2026-12-01"],
    ["a space for the T", "2026-12-01 00:00:00Z"],
    ["no leap year", "2026-02-29T12:00:00Z"],
    ["a century that is none", "2100-02-29T12:00:00Z"],
    ["a month of 30 days", "2026-04-31T00:00:00Z"],
    ["month 13", "2026-13-01T00:00:00Z"],
    ["day 0", "2026-12-00T00:00:00Z"],
    ["hour 24", "2026-12-01T24:00:00Z"],
    ["minute 60", "2026-12-01T00:60:00Z"],
    ["a leap second", "2026-12-31T23:59:60Z"],
    ["an offset of 24 hours", "2026-12-01T00:00:00+24:00"],
    ["a name for an offset", "2026-12-01T00:00:00 CET"],
    ["five digits of year", "10000-01-01T00:00:00Z"],
    ["the year 10000 by its offset", "9999-12-31T23:59:59-01:00"],
    ["a year before 0 by its offset", "0000-01-01T00:00:00+01:00"],
    ["white space before it", " 2026-12-01T00:00:00Z"],
    ["nothing", ""],
    ["a number", 1_796_083_200],
  ])("is refused with %s", (_, text) => {
    expect(InstantInput.safeParse(text).success).toBe(false);
  });

  it("is the same instant whatever its offset was, in whole seconds, and sorts as text", () => {
    const dates = fc.date({ min: new Date("0001-01-01"), max: new Date("9998-01-01"), noInvalidDate: true });
    const offsets = fc.integer({ min: -23 * 60, max: 23 * 60 });
    const pad = (n: number) => `${Math.trunc(Math.abs(n))}`.padStart(2, "0");
    fc.assert(
      fc.property(dates, dates, offsets, (a, b, minutes) => {
        const local = new Date(a.getTime() + minutes * 60_000).toISOString().slice(0, -1);
        const text = `${local}${minutes < 0 ? "-" : "+"}${pad(minutes / 60)}:${pad(minutes % 60)}`;
        expect(InstantInput.parse(text)).toBe(instant(a));
        expect(Date.parse(instant(a))).toBe(Math.floor(a.getTime() / 1000) * 1000);
        if (instant(a) < instant(b)) expect(a.getTime()).toBeLessThan(b.getTime());
      }),
    );
  });
});

describe("a date", () => {
  const date = "2026-12-01T00:00:00Z";

  it("is not over a millisecond before the instant, and is over at the instant", () => {
    expect(hasPassed(date, new Date("2026-11-30T23:59:59.999Z"))).toBe(false);
    expect(hasPassed(date, new Date("2026-12-01T00:00:00.000Z"))).toBe(true);
    expect(hasPassed(date, new Date("2026-12-01T00:00:00.001Z"))).toBe(true);
  });

  it("that is not set is never over", () => {
    expect(hasPassed(undefined, new Date(8.64e15))).toBe(false);
  });

  it("that is earliest counts, wherever it is in the list", () => {
    const [a, b, c] = ["2026-12-01T00:00:00Z", "2026-12-01T00:00:01Z", "2027-01-01T00:00:00Z"];
    expect(earliest(c, a, b)).toBe(a);
    expect(earliest(undefined, b, undefined)).toBe(b);
    expect(earliest(undefined, undefined)).toBeUndefined();
    expect(earliest()).toBeUndefined();
  });
});
