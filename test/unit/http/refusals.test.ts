/** A refusal says what to do with its data in it: where a reply has no members, nothing points at one. */
import { expect, test } from "vitest";
import type { Refusal, RefusalCode } from "../../../src/domain/refusal.ts";
import { adviceOf } from "../../../src/http/refusal-advice.ts";
import { detailOf } from "../../../src/http/refusal-detail.ts";
import { REFUSALS } from "../../../src/http/refusals.ts";

const SAMPLES: { [C in RefusalCode]: Extract<Refusal, { code: C }> } = {
  not_found: { code: "not_found", what: "share" },
  insufficient_scope: { code: "insufficient_scope", needs: "scope admin" },
  not_admin: { code: "not_admin", organization: "sunward" },
  suspended: { code: "suspended", organization: "brightfix" },
  wrong_side: { code: "wrong_side", needs: "partner" },
  wrong_status: { code: "wrong_status", status: "paused", needs: ["active", "pending"] },
  cooperation_expired: { code: "cooperation_expired", expires_at: "2026-01-01T00:00:00Z" },
  already_shared: { code: "already_shared", resource: "plant:7", share: "01S" },
  already_invited: { code: "already_invited", cooperation: "01C" },
  not_empty: { code: "not_empty", what: "plant:7", holds: "2 shares" },
  last_admin: { code: "last_admin", organization: "sunward" },
  email_taken: { code: "email_taken" },
  confirmation_stale: { code: "confirmation_stale" },
  owner_is_fixed: { code: "owner_is_fixed", resource: "plant:7" },
  stale: { code: "stale", current: 3, exists: true },
  role_above_cap: { code: "role_above_cap", role: "technical_manager", cap: "asset_manager" },
  operator_never_crosses: { code: "operator_never_crosses" },
  own_organization: { code: "own_organization" },
  not_owner: { code: "not_owner", organization: "sunward", resource: "plant:7" },
  not_own_person: { code: "not_own_person", organization: "sunward", user: "tom" },
  invalid_expiry: { code: "invalid_expiry", now: "2026-01-01T00:00:00Z" },
  invalid_date: { code: "invalid_date", member: "step_down_at", problem: "is for a role above viewer" },
  date_against_policy: {
    code: "date_against_policy",
    organization: "sunward",
    of: "share",
    days_max: 30,
    latest: "2026-01-31T00:00:00Z",
  },
  role_against_policy: {
    code: "role_against_policy",
    organization: "sunward",
    role: "technical_manager",
    highest: "asset_manager",
  },
  partner_against_policy: { code: "partner_against_policy", organization: "sunward" },
  nothing_to_ask: { code: "nothing_to_ask" },
  ask_stale: { code: "ask_stale", ask: 3 },
  too_many_asks: { code: "too_many_asks", kind: "today", limit: 20, retry_after_seconds: 12 },
  invalid_invitation: { code: "invalid_invitation" },
  invitation_expired: { code: "invitation_expired" },
  too_many_tuples: { code: "too_many_tuples", tuples: 101, limit: 100 },
  cool_down: { code: "cool_down", retry_after_seconds: 12 },
  id_not_allowed: { code: "id_not_allowed", id: "anna\u200b", problem: "holds a character that is not seen" },
  outside_key: { code: "outside_key", bound_by: "types", allowed: ["plant"] },
  access_log_not_kept: { code: "access_log_not_kept" },
  webhooks_off: { code: "webhooks_off", needs: "WEBHOOKS_SECRET" },
  too_many_webhooks: { code: "too_many_webhooks", limit: 5 },
  webhook_sealed: { code: "webhook_sealed", webhook: "hub" },
  too_many_presets: { code: "too_many_presets", limit: 50 },
  preset_too_large: { code: "preset_too_large", limit: 200 },
  share_differs: {
    code: "share_differs",
    resource: "plant:7",
    share: "01S",
    role: "viewer",
    starts_at: null,
    expires_at: null,
    step_down_at: null,
  },
  idempotency_key_reused: { code: "idempotency_key_reused" },
  resumed_recently: { code: "resumed_recently", webhook: "hub", retry_after_seconds: 12 },
  rate_limited: { code: "rate_limited", limit: "writes-user", retry_after_seconds: 12 },
  still_member: { code: "still_member", user: "tom", organizations: ["brightfix"] },
  too_many_invitations: {
    code: "too_many_invitations",
    kind: "today",
    count: 100,
    limit: 100,
    retry_after_seconds: 12,
  },
};

test.each(Object.values(SAMPLES))("$code as plain text refers to no member, header or detail", (refusal) => {
  expect(`${detailOf(refusal)} ${adviceOf(refusal)}`).not.toMatch(/`|the detail|that it names|Retry-After|undefined/);
});

test("the advice of a problem refers to members, and its plain text holds the data instead", () => {
  expect(REFUSALS.role_above_cap[2]).toContain("`may_grant`");
  expect(adviceOf(SAMPLES.role_above_cap)).toBe("Choose viewer or asset_manager.");
  expect(adviceOf(SAMPLES.wrong_status)).toBe("Do it while the cooperation is active or pending.");
  expect(adviceOf(SAMPLES.wrong_side)).toBe("Ask an admin of the partner.");
});

test("what ended because nobody reviewed it says so, and what expired does not", () => {
  const unreviewed = { ...SAMPLES.cooperation_expired, review_by: "2026-01-01T00:00:00Z" };
  expect([detailOf(unreviewed), adviceOf(unreviewed)].join(" ")).toMatch(/nobody reviewed it.*to review it/);
  const { cooperation_expired: expired } = SAMPLES;
  expect([detailOf(expired), adviceOf(expired)].join(" ")).not.toMatch(/review/);
});

test("a review that a policy asks for is said with its months, its last day and the member that sets it", () => {
  const { date_against_policy: sample } = SAMPLES;
  const latest = "2026-01-31T00:00:00Z";
  const of = (months_max: number) =>
    ({ code: "date_against_policy", organization: "sunward", of: "review", months_max, latest }) as const;
  expect(detailOf(of(6))).toBe(
    "The policy of sunward requires that this cooperation is reviewed or ends within 6 months, at the latest on 2026-01-31T00:00:00Z.",
  );
  expect(detailOf(of(1))).toContain("within 1 month,");
  expect(adviceOf(of(6))).toBe("Set review_by, until 2026-01-31T00:00:00Z, or have the policy changed.");
  expect(`${detailOf(sample)} ${adviceOf(sample)}`).not.toMatch(/review/);
});
