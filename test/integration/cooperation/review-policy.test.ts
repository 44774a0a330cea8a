/**
 * A policy that asks for a review every few months is held to whatever makes a cooperation last longer, and to each review;
 * what was set before stays, and is listed until it is reviewed.
 */
import { expect } from "vitest";
import { issueToken } from "../../../src/domain/cooperation/invitation-token.ts";
import { anyId } from "../../support/ids.ts";
import { healthy, ok, refusal } from "../../support/outcomes.ts";
import { cooperate, forgetInvitations, type Service, seedWorld, test } from "../../support/service.ts";

/** The last day of a month that is longer than the next one. */
const NOW = new Date("2027-03-31T12:00:00Z");
/** A month from then, and a second more. */
const LATEST = "2027-04-30T12:00:00Z";
const LATER = "2027-04-30T12:00:01Z";

const POLICY = "/v1/organizations/sunward/policy";
const OFFERS = "/v1/organizations/sunward/cooperations";

/** The problem of what cannot be set. */
async function refused(...asked: Parameters<typeof refusal>) {
  const problem = await refusal(...asked);
  expect(problem.status, JSON.stringify(problem)).toBe(422);
  return problem;
}

async function seed(service: Service) {
  service.setNow(NOW);
  await seedWorld(service);
}

const needsReview = (latest: string) => ({
  code: "date_against_policy",
  organization: "sunward",
  of: "review",
  months_max: 1,
  latest,
});

test("no cooperation is offered, dated or reviewed for longer than the policy allows without a review", async ({
  service,
}) => {
  await seed(service);
  await ok(service, "anna", "PUT", POLICY, { review_months_max: 1 });
  const offer = { organization: "brightfix" };
  // nothing is added by itself: the refusal names the last day
  expect(await refused(service, "anna", "POST", OFFERS, offer)).toMatchObject(needsReview(LATEST));
  expect(await refused(service, "anna", "POST", OFFERS, { ...offer, review_by: LATER })).toMatchObject(
    needsReview(LATEST),
  );
  const late = { ...offer, starts_at: "2027-05-31T00:00:00Z", review_by: "2027-06-30T00:00:01Z" };
  expect(await refused(service, "anna", "POST", OFFERS, late)).toMatchObject(needsReview("2027-06-30T00:00:00Z"));
  const { id } = await ok(service, "anna", "POST", OFFERS, { ...offer, review_by: LATEST });
  const cooperation = `/v1/cooperations/${id}`;
  await ok(service, "ben", "POST", `${cooperation}/accept`);
  for (const review_by of [LATER, null])
    expect(await refused(service, "anna", "PATCH", cooperation, { review_by })).toMatchObject(needsReview(LATEST));
  // days pass, and the day of the review may move with them; an earlier one always may
  service.setNow(new Date("2027-04-01T12:00:00Z"));
  await ok(service, "anna", "PATCH", cooperation, { review_by: "2027-05-01T12:00:00Z" });
  await ok(service, "anna", "PATCH", cooperation, { review_by: LATEST });
  const review = (review_by: string | null) => ({ note: "Still needed.", review_by });
  for (const next of ["2027-05-01T12:00:01Z", null])
    expect(await refused(service, "anna", "POST", `${cooperation}/review`, review(next))).toMatchObject(
      needsReview("2027-05-01T12:00:00Z"),
    );
  await ok(service, "anna", "POST", `${cooperation}/review`, review("2027-05-01T12:00:00Z"));
  // what expires by then needs no review, until it is to last longer
  await ok(service, "anna", "PATCH", cooperation, { expires_at: "2027-05-01T12:00:00Z" });
  await ok(service, "anna", "POST", `${cooperation}/review`, review(null));
  for (const expires_at of ["2027-05-01T12:00:01Z", null])
    expect((await refused(service, "anna", "PATCH", cooperation, { expires_at })).of).toBe("review");
  const { n } = await ok(service, "ben", "POST", `${cooperation}/asks`, {
    ...{ expires_at: "2027-06-01T00:00:00Z", note: "it takes longer" },
  });
  expect((await refused(service, "anna", "POST", `${cooperation}/asks/${n}/accept`)).of).toBe("review");
  await ok(service, "anna", "PATCH", cooperation, { review_by: "2027-05-01T12:00:00Z" });
  await ok(service, "anna", "POST", `${cooperation}/asks/${n}/accept`);
  await healthy(service);
});

test("an offer that was made before the policy is accepted and joined once it has a day for its review", async ({
  service,
}) => {
  await seed(service);
  const pending = await ok(service, "anna", "POST", OFFERS, { organization: "brightfix" });
  await forgetInvitations(service);
  const invited = await ok(service, "anna", "POST", OFFERS, { email: "ida@else.example" });
  const token = issueToken(service.deps.invitation.secret, anyId(invited.id), 1);
  await ok(service, "anna", "PUT", POLICY, { review_months_max: 1 });
  for (const [id, path, body] of [
    [pending.id, `/v1/cooperations/${pending.id}/accept`, undefined],
    [invited.id, "/v1/invitations/join", { token, organization: "brightfix" }],
  ] as const) {
    expect(await refused(service, "ben", "POST", path, body)).toMatchObject(needsReview(LATEST));
    await ok(service, "anna", "PATCH", `/v1/cooperations/${id}`, { review_by: LATER });
    expect(await refused(service, "ben", "POST", path, body)).toMatchObject(needsReview(LATEST));
    await ok(service, "anna", "PATCH", `/v1/cooperations/${id}`, { review_by: LATEST });
    await ok(service, "ben", "POST", path, body);
  }
  await healthy(service);
});

test("what was set before the policy stays as it is, and is listed until a review sets its day", async ({
  service,
}) => {
  await seed(service);
  const { id } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
  const cooperation = `/v1/cooperations/${id}`;
  const listed = async () => {
    const { items } = await ok(service, "anna", "GET", `${POLICY}/violations`);
    return items.flatMap((one: { violations: { detail: string }[] }) => one.violations.map(({ detail }) => detail));
  };
  await ok(service, "anna", "PUT", POLICY, { review_months_max: 1 });
  const sentence = `The policy of sunward requires that this cooperation is reviewed or ends within 1 month, at the latest on ${LATEST}.`;
  expect(await listed()).toEqual([sentence]);
  // of the partner's own policy it is no matter
  await ok(service, "ben", "PUT", "/v1/organizations/brightfix/policy", { review_months_max: 1 });
  expect((await ok(service, "ben", "GET", "/v1/organizations/brightfix/policy/violations")).items).toEqual([]);
  expect(await service.may("ben", "view", "plant:7")).toBe(true);
  await ok(service, "anna", "POST", `${cooperation}/pause`);
  await ok(service, "anna", "POST", `${cooperation}/resume`);
  // a first day gives less than none, however late it is
  await ok(service, "anna", "PATCH", cooperation, { review_by: "2027-06-30T00:00:00Z" });
  expect(await listed()).toEqual([sentence]);
  await ok(service, "anna", "PATCH", cooperation, { expires_at: "2028-01-01T00:00:00Z" });
  // each review sets the next one, and is held to the policy also where it is no later than before
  const review = (review_by: string) => ({ note: "Still needed.", review_by });
  const same = review("2027-06-30T00:00:00Z");
  expect(await refused(service, "anna", "POST", `${cooperation}/review`, same)).toMatchObject(needsReview(LATEST));
  await ok(service, "anna", "POST", `${cooperation}/review`, review(LATEST));
  expect(await listed()).toEqual([]);
  // nobody reviews it: it ends on its day, and a late review opens it for a month from then
  service.setNow(new Date(LATER));
  expect(await service.may("ben", "view", "plant:7")).toBe(false);
  expect(await listed()).toEqual([]);
  const next = "2027-05-30T12:00:01Z";
  await refused(service, "anna", "POST", `${cooperation}/review`, review("2027-05-30T12:00:02Z"));
  await ok(service, "anna", "POST", `${cooperation}/review`, review(next));
  expect(await service.may("ben", "view", "plant:7")).toBe(true);
  await healthy(service);
});

test("a later review gives more: it is held to the rules for partners and ends too, an earlier one to neither", async ({
  service,
}) => {
  await seed(service);
  const { id } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
  const cooperation = `/v1/cooperations/${id}`;
  const review = (review_by: string) => ({ note: "Still needed.", review_by });
  for (const [rules, code] of [
    [{ partners_denied: ["organization:brightfix"] }, "partner_against_policy"],
    [{ cooperation_days_max: 30 }, "date_against_policy"],
  ] as const) {
    await ok(service, "anna", "PATCH", cooperation, { review_by: LATEST });
    await ok(service, "anna", "PUT", POLICY, rules);
    expect((await refused(service, "anna", "POST", `${cooperation}/review`, review(LATER))).code).toBe(code);
    expect((await refused(service, "anna", "PATCH", cooperation, { review_by: LATER })).code).toBe(code);
    await ok(service, "anna", "POST", `${cooperation}/review`, review(LATEST));
    await ok(service, "anna", "PATCH", cooperation, { review_by: "2027-04-15T00:00:00Z" });
    await ok(service, "anna", "PUT", POLICY, {});
  }
  await healthy(service);
});
