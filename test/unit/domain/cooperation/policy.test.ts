/** What a policy refuses, to the second and to the letter of a domain; and that one policy has one record. */
import { describe, expect, it } from "vitest";
import {
  givesMore,
  refuseEnd,
  refuseInitiator,
  refusePartner,
  refuseReviewDay,
  refuseRole,
  refuseSides,
} from "../../../../src/domain/cooperation/refuse-policy.ts";
import { PolicyInput, type PolicyOf, PolicyRecord, policyIn, recordOfPolicy } from "../../../../src/domain/policy.ts";
import { NO_HASH, toFields } from "../../../../src/domain/records.ts";
import { anyId } from "../../../support/ids.ts";

const NOW = new Date("2027-03-01T12:00:00Z");
const sun = anyId("sun");

const policyOf = (input: object): PolicyOf => ({ organization: sun, policy: PolicyInput.parse(input) });

describe("an end", () => {
  const thirty = policyOf({ share_days_max: 30 });
  const LATEST = "2027-03-31T12:00:00Z";
  const refused = { code: "date_against_policy", organization: "sun", of: "share", days_max: 30, latest: LATEST };

  it.each([
    ["to the second", { expires_at: LATEST }, undefined],
    ["and not a second longer", { expires_at: "2027-03-31T12:00:01Z" }, refused],
    ["and no end at all", {}, refused],
    [
      "counted from a start that is to come",
      { starts_at: "2027-03-11T12:00:00Z", expires_at: "2027-04-10T12:00:00Z" },
      undefined,
    ],
    ["and from now where the start has passed", { starts_at: "2027-01-01T00:00:00Z", expires_at: LATEST }, undefined],
  ])("lies within the days that the policy allows, %s", (_, is, expected) => {
    expect(refuseEnd(thirty, "share", is, NOW)).toEqual(expected);
  });

  it("counted from a start at the end of all time is one that can be written", () => {
    const is = { starts_at: "9999-12-20T00:00:00Z" };
    expect(refuseEnd(thirty, "share", is, NOW)).toEqual({ ...refused, latest: "9999-12-31T23:59:59Z" });
    expect(refuseEnd(thirty, "share", { ...is, expires_at: "9999-12-31T23:59:59Z" }, NOW)).toBeUndefined();
  });

  it("of another thing is not bounded by it", () => {
    for (const of of ["cooperation", "delegation"] as const) expect(refuseEnd(thirty, of, {}, NOW)).toBeUndefined();
  });

  it("may be as late as it likes where only a date is required, and is refused where it is missing", () => {
    const dated = policyOf({ dates_required: ["cooperation"] });
    expect(refuseEnd(dated, "cooperation", { expires_at: "2099-01-01T00:00:00Z" }, NOW)).toBeUndefined();
    expect(refuseEnd(dated, "cooperation", {}, NOW)).toEqual({
      code: "date_against_policy",
      organization: "sun",
      of: "cooperation",
    });
    expect(refuseEnd(dated, "share", {}, NOW)).toBeUndefined();
  });
});

describe("the day of a review", () => {
  const monthly = policyOf({ review_months_max: 1 });
  const refused = (latest: string) => ({
    code: "date_against_policy",
    organization: "sun",
    of: "review",
    months_max: 1,
    latest,
  });

  it.each([
    ["on the same day of the next month", "2027-03-01T12:00:00Z", "2027-04-01T12:00:00Z"],
    ["on the last day of a month that has no such day", "2027-03-31T12:00:00Z", "2027-04-30T12:00:00Z"],
    ["in February", "2027-01-31T00:00:00Z", "2027-02-28T00:00:00Z"],
    ["in a leap year", "2028-01-30T23:59:59Z", "2028-02-29T23:59:59Z"],
    ["in the next year", "2027-12-31T12:00:00Z", "2028-01-31T12:00:00Z"],
  ])("lies within the calendar months that the policy allows, to the second, %s", (_, from, latest) => {
    const now = new Date(from);
    const later = new Date(Date.parse(latest) + 1000).toISOString();
    expect(refuseReviewDay(monthly, { review_by: latest }, now)).toBeUndefined();
    expect(refuseReviewDay(monthly, { review_by: later }, now)).toEqual(refused(latest));
    expect(refuseReviewDay(monthly, {}, now)).toEqual(refused(latest));
  });

  it("is counted from a start that is to come, and from now where it has passed", () => {
    const starts_at = "2027-05-31T00:00:00Z";
    const of = (review_by: string, starts_at: string) => refuseReviewDay(monthly, { starts_at, review_by }, NOW);
    expect(of("2027-06-30T00:00:00Z", starts_at)).toBeUndefined();
    expect(of("2027-06-30T00:00:01Z", starts_at)).toEqual(refused("2027-06-30T00:00:00Z"));
    expect(of("2027-04-01T12:00:00Z", "2027-01-01T00:00:00Z")).toBeUndefined();
    expect(of("2027-04-01T12:00:01Z", "2027-01-01T00:00:00Z")).toEqual(refused("2027-04-01T12:00:00Z"));
    expect(refuseReviewDay(monthly, { starts_at: "9999-12-15T00:00:00Z" }, NOW)).toEqual(
      refused("9999-12-31T23:59:59Z"),
    );
  });

  it("is needed by no cooperation that ends by then, and by each that ends later or never", () => {
    expect(refuseReviewDay(monthly, { expires_at: "2027-04-01T12:00:00Z" }, NOW)).toBeUndefined();
    expect(refuseReviewDay(monthly, { expires_at: "2027-04-01T12:00:01Z" }, NOW)?.code).toBe("date_against_policy");
    const late = { expires_at: "2027-03-31T00:00:00Z", review_by: "2028-01-01T00:00:00Z" };
    expect(refuseReviewDay(monthly, late, NOW)).toBeUndefined();
  });

  it("is whatever it likes without such a rule", () => {
    for (const other of [{}, { cooperation_days_max: 1, dates_required: ["cooperation"] }])
      expect(refuseReviewDay(policyOf(other), {}, NOW)).toBeUndefined();
  });
});

it.each([
  [undefined, ["technical_manager", "asset_manager", "viewer"]],
  ["technical_manager", ["technical_manager", "viewer"]],
  ["asset_manager", ["asset_manager", "viewer"]],
  ["viewer", ["viewer"]],
] as const)(
  "a share under the highest role %s is at that role or viewer: the managers are peers",
  (highest, allowed) => {
    const policy = policyOf({ highest_role: highest });
    for (const role of ["technical_manager", "asset_manager", "viewer"] as const) {
      expect(refuseRole(policy, role)?.code, role).toBe(
        (allowed as readonly string[]).includes(role) ? undefined : "role_against_policy",
      );
    }
  },
);

it.each([
  ["what is as it was", {}, false],
  ["a lower role", { role: "viewer" }, false],
  ["a peer of the role", { role: "asset_manager" }, true],
  ["a later end", { expires_at: "2027-06-01T00:00:01Z" }, true],
  ["no end", { expires_at: undefined }, true],
  ["an earlier end", { expires_at: "2027-05-01T00:00:00Z" }, false],
  ["a later review", { review_by: "2027-05-15T00:00:01Z" }, true],
  ["no review", { review_by: undefined }, true],
  ["an earlier review", { review_by: "2027-05-14T00:00:00Z" }, false],
  ["an earlier start", { starts_at: "2027-04-01T00:00:00Z" }, true],
  ["a start at once", { starts_at: undefined }, true],
  ["a later start", { starts_at: "2027-05-02T00:00:00Z" }, false],
  ["a role that falls later", { step_down_at: "2027-05-21T00:00:00Z" }, true],
  ["a role that falls no more", { step_down_at: undefined }, true],
  ["a role that falls earlier", { step_down_at: "2027-05-19T00:00:00Z" }, false],
  ["viewer, which has no step to take", { role: "viewer", step_down_at: undefined }, false],
] as const)("%s gives more, or does not", (_, change, expected) => {
  const before = {
    role: "technical_manager",
    ...{ starts_at: "2027-05-01T00:00:00Z", expires_at: "2027-06-01T00:00:00Z" },
    step_down_at: "2027-05-20T00:00:00Z",
    review_by: "2027-05-15T00:00:00Z",
  } as const;
  expect(givesMore(before, { ...before, ...change })).toBe(expected);
});

it("a first end, review, start or step down gives less than none", () => {
  const date = "2027-05-01T00:00:00Z";
  for (const first of [{ expires_at: date }, { review_by: date }, { starts_at: date }, { step_down_at: date }])
    expect(givesMore({ role: "technical_manager" }, { role: "technical_manager", ...first })).toBe(false);
  expect(givesMore({ role: "viewer" }, { role: "technical_manager", expires_at: date })).toBe(true);
});

describe("a partner", () => {
  const grid = anyId("grid");
  const isRefused = (input: object, named: { organization?: string; email?: string }) =>
    refusePartner(policyOf(input), {
      organization: named.organization === undefined ? undefined : anyId(named.organization),
      email: named.email,
    }) !== undefined;

  it("that is denied is refused by its id, its domain, or one under that, and no other is", () => {
    const denied = { partners_denied: ["organization:grid", "domain:grid.example"] };
    expect(isRefused(denied, { organization: "grid" })).toBe(true);
    expect(isRefused(denied, { email: "ida@grid.example" })).toBe(true);
    expect(isRefused(denied, { email: "ida@south.grid.example" })).toBe(true);
    expect(isRefused(denied, { organization: "wind", email: "ida@grid.example" })).toBe(true);
    expect(isRefused(denied, { email: "ida@notgrid.example" })).toBe(false);
    expect(isRefused(denied, { email: "grid.example@wind.example" })).toBe(false);
    expect(isRefused(denied, { organization: "wind" })).toBe(false);
  });

  it("that is not among the allowed ones is refused, and who is not known yet only where none is allowed by id", () => {
    const byDomain = { partners_allowed: ["domain:grid.example"] };
    expect(isRefused(byDomain, { email: "ida@grid.example" })).toBe(false);
    expect(isRefused(byDomain, { email: "ida@wind.example" })).toBe(true);
    expect(isRefused(byDomain, { organization: "grid" })).toBe(true);
    const byId = { partners_allowed: ["organization:grid"] };
    expect(isRefused(byId, { email: "ida@wind.example" })).toBe(false);
    expect(isRefused(byId, { email: "ida@wind.example", organization: "wind" })).toBe(true);
    expect(isRefused(byId, { email: "ida@wind.example", organization: "grid" })).toBe(false);
  });

  it("that is allowed and denied is denied", () => {
    const both = { partners_allowed: ["organization:grid"], partners_denied: ["domain:grid.example"] };
    expect(isRefused(both, { organization: "grid", email: "ida@grid.example" })).toBe(true);
  });

  it("that invites is known by its id alone: what is allowed by domain neither lets it in nor keeps it out", () => {
    const refusedIs = (input: object) => refuseInitiator(policyOf(input), grid) !== undefined;
    expect(refusedIs({ partners_allowed: ["domain:wind.example"] })).toBe(false);
    expect(refusedIs({ partners_allowed: ["domain:wind.example", "organization:wind"] })).toBe(true);
    expect(refusedIs({ partners_allowed: ["domain:wind.example", "organization:grid"] })).toBe(false);
    expect(refusedIs({ partners_allowed: ["domain:wind.example"], partners_denied: ["organization:grid"] })).toBe(true);
  });

  it("is refused by the policy of either side, each by what it knows of the other", () => {
    const free = { organization: grid, policy: PolicyInput.parse({}) };
    const bond = { initiator: sun, email: "ida@grid.example" };
    expect(refuseSides(bond, grid, { initiator: policyOf({}), partner: free })).toBeUndefined();
    const own = { organization: grid, policy: PolicyInput.parse({ partners_denied: ["organization:sun"] }) };
    expect(refuseSides(bond, grid, { initiator: policyOf({}), partner: own })).toEqual({
      code: "partner_against_policy",
      organization: "grid",
    });
    const byDomain = policyOf({ partners_denied: ["domain:grid.example"] });
    expect(refuseSides(bond, grid, { initiator: byDomain, partner: free })?.code).toBe("partner_against_policy");
  });
});

describe("a policy", () => {
  const head = (value: PolicyRecord) => ({ object: "policy:sun", n: 1, hash: NO_HASH, value });

  it("has one record however it was written, and comes back from its fields as it is", () => {
    const one = PolicyInput.parse({
      share_days_max: 90,
      review_months_max: 6,
      dates_required: ["share", "cooperation", "share"],
      partners_allowed: ["organization:b,c", "domain:Müller.example", "organization:a"],
    });
    const record = recordOfPolicy(one);
    const other = PolicyInput.parse({
      highest_role: null,
      share_days_max: 90,
      review_months_max: 6,
      dates_required: ["cooperation", "share"],
      partners_allowed: ["organization:a", "organization:b,c", "organization:a", "domain:xn--mller-kva.example"],
      partners_denied: null,
    });
    expect(recordOfPolicy(other)).toEqual(record);
    const read = policyIn(head(PolicyRecord.parse(toFields(record))));
    expect(read).toEqual({
      share_days_max: 90,
      review_months_max: 6,
      dates_required: ["cooperation", "share"],
      partners_allowed: ["domain:xn--mller-kva.example", "organization:a", "organization:b,c"],
      partners_denied: [],
    });
    expect(PolicyInput.parse(read)).toEqual(read);
  });

  it("of an organization that was deleted rules nothing any more", () => {
    const rules = recordOfPolicy(PolicyInput.parse({ share_days_max: 1, partners_denied: ["organization:x"] }));
    expect(policyIn(head({ ...rules, deleted_at: "2027-01-01T00:00:00Z" }))).toEqual(PolicyInput.parse({}));
  });

  it.each([
    [{ share_days_max: 0 }, "share_days_max"],
    [{ share_days_max: 3661 }, "share_days_max"],
    [{ share_days_max: 1.5 }, "share_days_max"],
    [{ review_every_months: 3 }, ""],
    [{ review_months_max: 0 }, "review_months_max"],
    [{ review_months_max: 121 }, "review_months_max"],
    [{ review_months_max: 0.5 }, "review_months_max"],
    [{ highest_role: "operator" }, "highest_role"],
    [{ dates_required: ["plant"] }, "dates_required.0"],
    [{ partners_denied: ["grid"] }, "partners_denied.0"],
    [{ partners_denied: ["organization:"] }, "partners_denied.0"],
    [{ partners_denied: ["organization:a b"] }, "partners_denied.0"],
    [{ partners_denied: ["domain:a\u0007.example"] }, "partners_denied.0"],
    [{ partners_denied: ["domain:ida@grid.example"] }, "partners_denied.0"],
    [{ partners_denied: ["domain:example"] }, "partners_denied.0"],
    [{ partners_denied: Array.from({ length: 101 }, (_, n) => `organization:${n}`) }, "partners_denied"],
    [
      { partners_allowed: Array.from({ length: 16 }, (_, n) => `organization:${"x".repeat(190)}${n}`) },
      "partners_allowed",
    ],
  ])("that cannot be kept or followed is refused with its place: %j", (input, place) => {
    const { success, error } = PolicyInput.safeParse(input);
    expect(success).toBe(false);
    expect(error?.issues[0]?.path.join(".")).toBe(place);
  });
});
