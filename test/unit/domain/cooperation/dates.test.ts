/** Which dates are taken, and what is decided when one has come: nothing before it, the same to the second after it. */
import { describe, expect, it } from "vitest";
import type { CooperationState } from "../../../../src/domain/cooperation/decide-cooperation.ts";
import {
  decideResumption,
  decideStart,
  decideStartShare,
  decideStepDown,
} from "../../../../src/domain/cooperation/decide-due.ts";
import { decideChangeShare, type ShareState } from "../../../../src/domain/cooperation/decide-share.ts";
import { refuseCooperationDates, refuseShareDates } from "../../../../src/domain/cooperation/refuse-dates.ts";
import type { Decision, Stamp } from "../../../../src/domain/plan.ts";
import { PolicyInput, type PolicyOf } from "../../../../src/domain/policy.ts";
import { type Cooperation, NO_HASH, type Share, STATUSES } from "../../../../src/domain/records.ts";
import { isRefusal } from "../../../../src/domain/result.ts";
import { anyId } from "../../../support/ids.ts";

const NOW = new Date("2027-03-01T12:00:00Z");
const PAST = "2027-03-01T12:00:00Z";
const SOON = "2027-03-01T12:00:01Z";
const LATER = "2027-06-01T12:00:00Z";

const COOPERATION: Cooperation = {
  id: anyId("c"),
  status: "active",
  initiator: anyId("sun"),
  partner: anyId("grid"),
  spelling: "plain",
  invitation: 0,
  shares: 1,
  created_at: "2026-01-01T00:00:00Z",
  created_by: "user:ann",
};
const SHARE: Share = {
  id: anyId("s"),
  cooperation: anyId("c"),
  resource: "plant:7",
  role: "technical_manager",
  spelling: "plain",
  created_at: "2026-01-01T00:00:00Z",
};
const STAMP: Stamp = { id: "1", now: NOW, actor: "service:scheduler", requestId: "r", nonce: "n" };

const cooperationState = (change: Partial<Cooperation>): CooperationState => {
  const cooperation = { ...COOPERATION, ...change };
  return {
    head: { object: "cooperation:c", n: 3, hash: NO_HASH, value: cooperation },
    cooperation,
    memberships: { initiator: "admin", partner: "none" },
  };
};
const shareState = (
  change: Partial<Share>,
  ofCooperation: Partial<Cooperation> = {},
): ShareState & { policy: PolicyOf } => {
  const share = { ...SHARE, ...change };
  return {
    ...cooperationState(ofCooperation),
    shareHead: { object: "share:s", n: 2, hash: NO_HASH, value: share },
    share,
    resource: { ref: "plant:7", head: { object: "plant:7", n: 1, hash: NO_HASH, value: { owner: anyId("sun") } } },
    policy: { organization: anyId("sun"), policy: PolicyInput.parse({}) },
    delegations: [{ share: anyId("s"), user: anyId("tom"), role: "technical_manager", spelling: "plain" }],
  };
};
const planOf = <T>(decision: Decision<T>) => {
  if (isRefusal(decision) || decision.kind !== "planned") throw new Error(JSON.stringify(decision));
  return decision;
};
const relations = (tuples: { relation: string }[]) => tuples.map(({ relation }) => relation);

describe("what is due", () => {
  it("is done once its date has come, and nothing is written before", () => {
    for (const [decide, date] of [
      [decideStart, "starts_at"],
      [decideResumption, "resume_at"],
    ] as const) {
      const state = (at: string | undefined) => cooperationState({ status: "paused", [date]: at });
      expect(decide(state(SOON), STAMP), date).toMatchObject({ kind: "same" });
      expect(decide(state(undefined), STAMP), date).toMatchObject({ kind: "same" });
      const done = planOf(decide(state(PAST), STAMP));
      expect(done.value.cooperation[date]).toBeUndefined();
    }
    for (const [decide, date] of [
      [decideStartShare, "starts_at"],
      [decideStepDown, "step_down_at"],
    ] as const) {
      expect(decide(shareState({ [date]: SOON }), STAMP), date).toMatchObject({ kind: "same" });
      expect(decide(shareState({}), STAMP), date).toMatchObject({ kind: "same" });
      expect(planOf(decide(shareState({ [date]: PAST }), STAMP)).value.share[date]).toBeUndefined();
    }
  });

  it("is nothing of what was removed, or has ended", () => {
    const removed = { removed_at: "2027-01-01T00:00:00Z" };
    const ended = { status: "ended", ended_as: "left" } as const;
    for (const change of [{ starts_at: PAST }, { step_down_at: PAST }])
      for (const decide of [decideStartShare, decideStepDown]) {
        expect(decide(shareState({ ...change, ...removed }), STAMP)).toMatchObject({ kind: "same" });
        expect(decide(shareState(change, ended), STAMP)).toMatchObject({ kind: "same" });
      }
    expect(decideStart(cooperationState({ ...ended, starts_at: PAST }), STAMP)).toMatchObject({ kind: "same" });
    expect(decideResumption(cooperationState({ ...ended, resume_at: PAST }), STAMP)).toMatchObject({ kind: "same" });
  });

  it("opens by what it writes: the one tuple of a cooperation, the rungs of a share", () => {
    expect(relations(planOf(decideStart(cooperationState({ starts_at: PAST }), STAMP)).plan.writes)).toEqual([
      "in_force",
    ]);
    // paused or not accepted, it is still closed, and no date keeps it so
    for (const status of ["invited", "pending", "paused"] as const)
      expect(planOf(decideStart(cooperationState({ status, starts_at: PAST }), STAMP)).plan.writes).toEqual([]);
    const paused = cooperationState({ status: "paused", resume_at: PAST });
    expect(relations(planOf(decideResumption(paused, STAMP)).plan.writes)).toEqual(["in_force"]);
    // a pause that ends before the start opens nothing
    const early = cooperationState({ status: "paused", resume_at: PAST, starts_at: LATER });
    expect(planOf(decideResumption(early, STAMP)).plan.writes).toEqual([]);
    const { plan } = planOf(decideStartShare(shareState({ starts_at: PAST, step_down_at: LATER }), STAMP));
    expect(relations(plan.deletes)).toEqual(["upcoming"]);
    expect(plan.writes.map(({ relation, condition }) => [relation, condition?.context])).toEqual([
      ["shared_viewer", undefined],
      ["shared_technical_manager", { expires_at: LATER }],
    ]);
  });

  it("steps down by deleting the rungs that have ended, and writes none", () => {
    const { plan, value } = planOf(decideStepDown(shareState({ step_down_at: PAST }), STAMP));
    expect(relations(plan.deletes)).toEqual(["shared_technical_manager"]);
    expect(plan.writes).toEqual([]);
    expect(value.reduced).toEqual([{ user: "tom", role: "technical_manager", effective_role: "viewer" }]);
  });

  it("is an entry without a reason of either side", () => {
    const { plan } = planOf(decideStepDown(shareState({ step_down_at: PAST }), STAMP));
    const [touch] = plan.touches;
    expect(touch?.entry).toMatchObject({ action: "step_down", object: "share:s", reason: { text: undefined } });
  });
});

describe("a change of a share", () => {
  it("gives a role back that has stepped down, under the other spelling, and is nothing where it says what counts", () => {
    const state = shareState({ step_down_at: PAST });
    const back = planOf(decideChangeShare(state, { role: "technical_manager" }, STAMP));
    expect(back.value.share).toMatchObject({ role: "technical_manager", step_down_at: undefined, spelling: "alt" });
    expect(back.value.restored).toHaveLength(1);
    expect(decideChangeShare(state, { role: "viewer" }, STAMP)).toMatchObject({ kind: "same" });
  });

  it("writes that it has stepped down with whatever else it changes", () => {
    const moved = planOf(decideChangeShare(shareState({ step_down_at: PAST }), { expires_at: LATER }, STAMP));
    expect(moved.value.share).toMatchObject({ role: "viewer", step_down_at: undefined, expires_at: LATER });
  });

  it("to viewer clears the step-down date: there is no step to take", () => {
    const lower = planOf(decideChangeShare(shareState({ step_down_at: LATER }), { role: "viewer" }, STAMP));
    expect(lower.value.share.step_down_at).toBeUndefined();
  });

  it("that clears the start date is a start in the history, any other is a change", () => {
    const actionOf = (input: Parameters<typeof decideChangeShare>[1]) =>
      planOf(decideChangeShare(shareState({ starts_at: SOON }), input, STAMP)).plan.touches[0]?.entry?.action;
    expect(actionOf({ starts_at: null })).toBe("start_share");
    expect(actionOf({ starts_at: LATER })).toBe("change_share");
    expect(actionOf({ role: "viewer" })).toBe("change_share");
  });
});

describe("a date", () => {
  const ofShare = (before: Partial<Share> | undefined, after: Partial<Share>, cooperation: Partial<Cooperation> = {}) =>
    refuseShareDates(
      { ...COOPERATION, ...cooperation },
      before && { ...SHARE, ...before },
      { ...SHARE, ...before, ...after },
      NOW,
    );

  it.each(["starts_at", "step_down_at"] as const)("%s of a new share lies in the future", (date) => {
    expect(ofShare(undefined, { [date]: SOON })).toBeUndefined();
    expect(ofShare(undefined, { [date]: PAST })).toMatchObject({ code: "invalid_date", member: date });
  });

  it("that has passed may be sent back as long as a reply shows it, and is a new one after that", () => {
    const change = (share: Partial<Share>, input: Parameters<typeof decideChangeShare>[1]) =>
      decideChangeShare(shareState(share), input, STAMP);
    const waits = planOf(change({ starts_at: PAST }, { starts_at: PAST, expires_at: LATER }));
    expect(waits.value.share).toMatchObject({ starts_at: PAST, expires_at: LATER });
    const ended = planOf(change({ expires_at: PAST }, { expires_at: PAST, role: "viewer" }));
    expect(ended.value.share).toMatchObject({ role: "viewer", expires_at: PAST });
    expect(change({}, { starts_at: PAST })).toMatchObject({ code: "invalid_date", member: "starts_at" });
    for (const role of ["viewer", "technical_manager"] as const)
      expect(change({ step_down_at: PAST }, { role, step_down_at: PAST })).toMatchObject({ member: "step_down_at" });
  });

  it("of a start lies before the end, whichever of the two is changed", () => {
    expect(ofShare(undefined, { starts_at: SOON, expires_at: LATER })).toBeUndefined();
    for (const end of [SOON, LATER])
      expect(ofShare(undefined, { starts_at: LATER, expires_at: end })).toMatchObject({ member: "starts_at" });
    expect(ofShare({ starts_at: LATER }, { expires_at: SOON })).toMatchObject({ member: "starts_at" });
  });

  it("of a start is for what has given nobody anything", () => {
    expect(ofShare({}, { starts_at: SOON })).toMatchObject({ code: "invalid_date", member: "starts_at" });
    // no share gives anything before the cooperation does
    for (const closed of [{ status: "pending" }, { starts_at: SOON }] as const)
      expect(ofShare({}, { starts_at: SOON }, closed)).toBeUndefined();
    const ofCooperation = (before: Partial<Cooperation>) => {
      const was = { ...COOPERATION, ...before };
      return refuseCooperationDates(was, { ...was, starts_at: LATER }, NOW);
    };
    expect(ofCooperation({})).toMatchObject({ code: "invalid_date", member: "starts_at" });
    expect(ofCooperation({ status: "paused" })).toMatchObject({ code: "invalid_date", member: "starts_at" });
    for (const closed of [{ status: "pending" }, { status: "invited" }, { starts_at: SOON }] as const)
      expect(ofCooperation(closed)).toBeUndefined();
  });

  it("of a step down is for a role above viewer", () => {
    expect(ofShare(undefined, { role: "viewer", step_down_at: SOON })).toMatchObject({ member: "step_down_at" });
    expect(ofShare(undefined, { role: "asset_manager", step_down_at: SOON })).toBeUndefined();
  });

  it.each(STATUSES)("on which a pause ends is refused while it is %s, unless that is paused", (status) => {
    const was = { ...COOPERATION, status };
    const refusal = refuseCooperationDates(was, { ...was, resume_at: LATER }, NOW);
    if (status === "paused") expect(refusal).toBeUndefined();
    else expect(refusal).toMatchObject({ code: "wrong_status", needs: ["paused"] });
  });

  it("on which a pause ends lies in the future", () => {
    const was: Cooperation = { ...COOPERATION, status: "paused" };
    expect(refuseCooperationDates(was, { ...was, resume_at: PAST }, NOW)).toMatchObject({ member: "resume_at" });
    expect(refuseCooperationDates(was, { ...was, resume_at: SOON }, NOW)).toBeUndefined();
  });
});
