/** What a partner may ask for, how often, and what a yes and a no make of it. */
import { describe, expect, it } from "vitest";
import {
  ASKS_MAX,
  type Ask,
  AskInput,
  type AsksRecord,
  keptAsks,
  liveShares,
} from "../../../../src/domain/cooperation/asks.ts";
import {
  type AcceptState,
  type AskState,
  decideAcceptAsk,
  decideAsk,
  decideNoAsk,
} from "../../../../src/domain/cooperation/decide-ask.ts";
import type { Decision, Plan, Stamp } from "../../../../src/domain/plan.ts";
import { PolicyInput } from "../../../../src/domain/policy.ts";
import { type Cooperation, type Head, NO_HASH, type Share } from "../../../../src/domain/records.ts";
import { isRefusal } from "../../../../src/domain/result.ts";
import { anyId } from "../../../support/ids.ts";

const NOW = new Date("2027-03-01T12:00:00Z");
const STAMP: Stamp = { id: "1", now: NOW, actor: "user:ben", requestId: "r", nonce: "n" };
const END = "2027-06-01T00:00:00Z";
const LATER = "2027-12-01T00:00:00Z";

const COOPERATION: Cooperation = {
  id: anyId("c"),
  status: "active",
  initiator: anyId("sun"),
  partner: anyId("grid"),
  spelling: "plain",
  invitation: 0,
  shares: 1,
  expires_at: END,
  created_at: "2026-01-01T00:00:00Z",
  created_by: "user:ann",
};
const SHARE: Share = {
  id: anyId("s"),
  cooperation: anyId("c"),
  resource: "plant:7",
  role: "technical_manager",
  expires_at: END,
  spelling: "plain",
  created_at: "2026-01-01T00:00:00Z",
};
const ASK: Ask = {
  ...{ n: 4, share: SHARE.id, resource: "plant:7", role: "asset_manager", note: "invoices", by: "user:ben" },
  ...{ at: "2027-02-01T00:00:00Z", from: { role: "technical_manager", expires_at: END } },
};

const head = <T>(object: string, value: T): Head<T> => ({ object, n: 1, hash: NO_HASH, value });

function stateOf(
  open: Ask[],
  {
    share = {},
    cooperation = {},
    record = {},
  }: { share?: Partial<Share>; cooperation?: Partial<Cooperation>; record?: Partial<AsksRecord> } = {},
): AcceptState {
  const bond = { ...COOPERATION, ...cooperation };
  const changed: Share = { ...SHARE, ...share };
  const shared: Head<Share> = head("share:s", changed);
  const kept = { asked: 4, asked_on: "2027-02-01", asked_today: 1, open: JSON.stringify(open), ...record };
  const state: AskState = {
    head: head("cooperation:c", bond),
    cooperation: bond,
    memberships: { initiator: "admin", partner: "admin" },
    asks: head("asks:c", kept),
    shares: liveShares(bond, [shared]),
  };
  const resource = { ref: "plant:7" as const, head: head("plant:7", { owner: anyId("sun") }) };
  const of = { ...state, shareHead: shared, share: changed, resource, delegations: [] };
  return { ...state, policy: { organization: anyId("sun"), policy: PolicyInput.parse({}) }, of };
}

const ask = (input: object, ...of: Parameters<typeof stateOf>) =>
  decideAsk(stateOf(...of), AskInput.parse({ note: "why", ...input }), STAMP);

function planOf<T>(decision: Decision<T>): { plan: Plan; value: T } {
  if (isRefusal(decision) || decision.kind !== "planned") throw new Error(`not planned: ${JSON.stringify(decision)}`);
  return decision;
}
const codeOf = (decision: Decision<unknown>) => ("code" in decision ? decision.code : decision.kind);
const openAfter = ({ plan }: { plan: Plan }) => {
  const touch = plan.touches.find(({ head: of }) => of.object === "asks:c");
  return keptAsks({ ...(touch?.head as Head<AsksRecord>), value: touch?.record as AsksRecord }).map(({ n }) => n);
};

describe("asking", () => {
  it("keeps what is asked for under the next number, and says so in the history with its note", () => {
    const made = planOf(ask({ share: "s", role: "asset_manager" }, []));
    expect(made.value.ask).toMatchObject({
      n: 5,
      share: "s",
      resource: "plant:7",
      role: "asset_manager",
      by: "user:ben",
    });
    expect(openAfter(made)).toEqual([5]);
    expect(made.plan.touches[0]?.entry).toMatchObject({
      action: "ask",
      object: "asks:c",
      after: { n: 5, note: "why", role: "asset_manager" },
    });
    expect(made.plan.touches[0]?.record).toEqual(COOPERATION);
    expect([made.plan.writes, made.plan.deletes]).toEqual([[], []]);
  });

  it.each([
    [{ share: "s", role: "technical_manager" }, "nothing_to_ask"],
    [{ share: "s", expires_at: END }, "nothing_to_ask"],
    [{ share: "s", expires_at: "2027-05-01T00:00:00Z" }, "nothing_to_ask"],
    [{ expires_at: END }, "nothing_to_ask"],
    [{ expires_at: LATER }, "planned"],
    [{ share: "s", role: "viewer", expires_at: LATER }, "planned"],
    [{ share: "s", role: "operator" }, "operator_never_crosses"],
    [{ share: "other", role: "viewer" }, "not_found"],
    [{ share: "s", expires_at: "2027-03-01T12:00:00Z" }, "invalid_expiry"],
  ])("for %j is %s", (input, code) => {
    expect(codeOf(ask(input, []))).toBe(code);
  });

  it("for a later date of what has none is for nothing: it ends never", () => {
    expect(codeOf(ask({ share: "s", expires_at: LATER }, [], { share: { expires_at: undefined } }))).toBe(
      "nothing_to_ask",
    );
  });

  it("again for what waits for an answer is the same ask, and for what has changed since is another", () => {
    expect(ask({ share: "s", role: "asset_manager" }, [ASK])).toMatchObject({ kind: "same", value: { ask: { n: 4 } } });
    const changed = { share: { role: "viewer" } } as const;
    expect(openAfter(planOf(ask({ share: "s", role: "asset_manager" }, [ASK], changed)))).toEqual([4, 5]);
  });

  it("is bounded by what waits for an answer and by the day, and an ask of a removed share does not count", () => {
    const many = (share: string) =>
      Array.from({ length: ASKS_MAX.open }, (_, n) => ({ ...ASK, n, share: anyId(share) }));
    const more = { share: "s", role: "viewer" };
    expect(ask(more, many("s"))).toEqual({ code: "too_many_asks", kind: "open", limit: ASKS_MAX.open });
    expect(openAfter(planOf(ask(more, many("removed"))))).toEqual([5]);
    const today = { record: { asked_on: "2027-03-01", asked_today: ASKS_MAX.today } };
    expect(ask(more, [], today)).toEqual({
      ...{ code: "too_many_asks", kind: "today", limit: ASKS_MAX.today },
      retry_after_seconds: 12 * 60 * 60,
    });
    const yesterday = { record: { asked_on: "2027-02-28", asked_today: ASKS_MAX.today } };
    expect(codeOf(ask(more, [], yesterday))).toBe("planned");
  });

  it.each([
    [{ role: "viewer", note: "x" }, "role"],
    [{ share: "s", note: "x" }, "expires_at"],
    [{ share: "s", role: "viewer" }, "note"],
    [{ share: "s", role: "viewer", note: "" }, "note"],
    [{ share: "s", role: "viewer", note: "a\u0007b" }, "note"],
    [{ share: "s", role: "viewer", note: "x".repeat(501) }, "note"],
  ])("is refused with its place where it says nothing, or what cannot be kept: %j", (input, place) => {
    expect(AskInput.safeParse(input).error?.issues[0]?.path.join(".")).toBe(place);
  });
});

describe("an answer", () => {
  const accept = (open: Ask[], ...of: [Parameters<typeof stateOf>[1]?]) =>
    decideAcceptAsk(stateOf(open, ...of), { n: 4, reason: "fine" }, STAMP);

  it("that is yes is the change itself, with the number of the ask in its entry", () => {
    const other = { ...ASK, n: 3, role: "viewer" } as const;
    const yes = planOf(accept([other, ASK]));
    expect(yes.value.share?.role).toBe("asset_manager");
    const { entry } = yes.plan.touches[0] ?? {};
    expect(entry).toMatchObject({
      action: "change_share",
      object: "share:s",
      after: { role: "asset_manager", asked: 4 },
    });
    expect(entry?.reason).toEqual({ side: "initiator", text: "fine" });
    expect(openAfter(yes)).toEqual([3]);
    expect(yes.plan.touches.map(({ head: { object } }) => object)).toEqual([
      "cooperation:c",
      "share:s",
      "plant:7",
      "asks:c",
    ]);
  });

  it("that is yes to a date of the cooperation changes that alone", () => {
    const date: Ask = {
      ...ASK,
      share: undefined,
      resource: undefined,
      role: undefined,
      expires_at: LATER,
      from: { expires_at: END },
    };
    const yes = planOf(decideAcceptAsk({ ...stateOf([date]), of: undefined }, { n: 4 }, STAMP));
    expect(yes.value.cooperation.expires_at).toBe(LATER);
    expect(yes.plan.touches[0]?.entry).toMatchObject({
      action: "change_expiry",
      after: { expires_at: LATER, asked: 4 },
    });
    expect(openAfter(yes)).toEqual([]);
  });

  it.each([
    ["its share has another role", { share: { role: "viewer" } }, "ask_stale"],
    ["it is so already", { share: { role: "asset_manager" } }, "ask_stale"],
    ["its share has another date", { share: { expires_at: LATER } }, "ask_stale"],
    ["its share has stepped down by now", { share: { step_down_at: "2027-03-01T12:00:00Z" } }, "ask_stale"],
    ["its share was removed", { share: { removed_at: "2027-03-01T00:00:00Z" } }, "not_found"],
    ["the cooperation has ended", { cooperation: { status: "ended", ended_as: "left" } }, "wrong_status"],
  ] as const)("that is yes is refused where %s", (_, change, code) => {
    expect(codeOf(accept([ASK], change))).toBe(code);
  });

  it("that is yes is held to the initiator's policy", () => {
    const policy = {
      organization: anyId("sun"),
      policy: PolicyInput.parse({ highest_role: "viewer" }),
    };
    expect(codeOf(decideAcceptAsk({ ...stateOf([ASK]), policy }, { n: 4 }, STAMP))).toBe("role_against_policy");
  });

  it.each([
    ["decline_ask", "initiator"],
    ["withdraw_ask", "partner"],
  ] as const)("%s ends it and changes nothing else, by the %s's admins alone", (action, side) => {
    const no = planOf(decideNoAsk(stateOf([ASK]), action, { n: 4, reason: "no" }, STAMP));
    expect(openAfter(no)).toEqual([]);
    expect(no.plan.touches[0]?.entry).toMatchObject({
      action,
      object: "asks:c",
      before: { n: 4 },
      reason: { side, text: "no" },
    });
    const others = {
      initiator: "none",
      partner: "none",
      [side === "initiator" ? "partner" : "initiator"]: "admin",
    } as const;
    const byOthers = decideNoAsk({ ...stateOf([ASK]), memberships: others }, action, { n: 4 }, STAMP);
    expect(byOthers).toEqual({ code: "wrong_side", needs: side });
    expect(codeOf(decideNoAsk(stateOf([ASK]), action, { n: 5 }, STAMP))).toBe("not_found");
  });
});
