/**
 * The one table of what may happen when, against the same written out once more as edges,
 * and the two functions that read it against each other.
 */
import { describe, expect, it } from "vitest";
import {
  ACTION_NAMES,
  actionsFor,
  type CooperationAction,
  LIFECYCLE,
  statusesFor,
  step,
} from "../../../../src/domain/cooperation/lifecycle.ts";
import type { Side } from "../../../../src/domain/history.ts";
import { ENDINGS, type Ending, STATUSES, type Status } from "../../../../src/domain/records.ts";

type State = { status: Status; ended_as?: Ending };
const STATES: State[] = STATUSES.flatMap((status): State[] =>
  status === "ended" ? ENDINGS.map((ended_as) => ({ status, ended_as })) : [{ status }],
);
const CELLS = STATES.flatMap((state) => ACTION_NAMES.map((action) => ({ state, action })));
const textOf = ({ status, ended_as }: State) => (ended_as ? `ended(${ended_as})` : status);

const LIVE = ["invited", "pending", "active", "paused"] as const;
const stays = (...statuses: Status[]): [Status, string][] => statuses.map((status) => [status, status]);
const leads = (to: string, ...statuses: Status[]): [Status, string][] => statuses.map((status) => [status, to]);

/** Who, and from which status to which, written independently of the table. All other cells change nothing. */
const EDGES: Record<CooperationAction, { by: Side | "joiner" | "scheduler"; edges: [from: Status, to: string][] }> = {
  join: { by: "joiner", edges: leads("active", "invited") },
  accept: { by: "partner", edges: leads("active", "pending") },
  decline: { by: "partner", edges: leads("ended(declined)", "pending") },
  resend: { by: "initiator", edges: stays("invited", "pending") },
  change_expiry: { by: "initiator", edges: stays(...LIVE) },
  review: { by: "initiator", edges: stays(...LIVE) },
  pause: { by: "initiator", edges: leads("paused", "active") },
  resume: { by: "initiator", edges: leads("active", "paused") },
  remove: { by: "initiator", edges: leads("ended(removed)", ...LIVE) },
  leave: { by: "partner", edges: leads("ended(left)", "active", "paused") },
  share: { by: "initiator", edges: stays(...LIVE) },
  change_share: { by: "initiator", edges: stays(...LIVE) },
  unshare: { by: "initiator", edges: stays(...LIVE) },
  delegate: { by: "partner", edges: stays("active") },
  revoke: { by: "partner", edges: stays("active", "paused") },
  ask: { by: "partner", edges: stays("active", "paused") },
  withdraw_ask: { by: "partner", edges: stays("active", "paused") },
  decline_ask: { by: "initiator", edges: stays("active", "paused") },
  start: { by: "scheduler", edges: stays(...LIVE) },
  start_share: { by: "scheduler", edges: stays(...LIVE) },
  step_down: { by: "scheduler", edges: stays(...LIVE) },
};

/** Asking for what is so already: no refusal, no entry. */
const ALREADY: Partial<Record<CooperationAction, string[]>> = {
  join: ["active", "paused"],
  accept: ["active", "paused"],
  pause: ["paused"],
  resume: ["active"],
  decline: ["ended(declined)"],
  remove: ["ended(removed)"],
  leave: ["ended(left)"],
};

const NOT_WHEN_EXPIRED: CooperationAction[] = ["join", "accept", "review", "delegate"];

/** What `step` should say, as text, from the lists above. */
function expected(state: State, action: CooperationAction, expired: boolean): string {
  if (ALREADY[action]?.includes(textOf(state))) return "same";
  const edge = EDGES[action].edges.find(([from]) => from === state.status);
  if (edge === undefined) return "no";
  return expired && NOT_WHEN_EXPIRED.includes(action) ? "expired" : edge[1];
}

function said(state: State, action: CooperationAction, expired: boolean): string {
  const next = step(state, action, expired);
  return next.kind !== "moves"
    ? next.kind
    : textOf({ status: next.to, ...(next.ended_as && { ended_as: next.ended_as }) });
}

describe("the table", () => {
  it("has a cell for every action in every status", () => {
    const cells = ACTION_NAMES.flatMap((action) => STATUSES.map((status) => LIFECYCLE[action][status]));
    expect(cells).toHaveLength(ACTION_NAMES.length * STATUSES.length);
    expect(cells.filter((cell) => ![...STATUSES, "same", "no"].includes(cell))).toEqual([]);
    expect(ACTION_NAMES.toSorted()).toEqual((Object.keys(EDGES) as CooperationAction[]).toSorted());
  });

  it.each(ACTION_NAMES)("gives %s to its side", (action) => {
    expect(LIFECYCLE[action].by).toBe(EDGES[action].by);
  });

  it.each(CELLS.map((cell) => [cell.action, textOf(cell.state), cell.state] as const))(
    "decides %s in %s as this test lists, expired or not",
    (action, _, state) => {
      expect(said(state, action, false)).toBe(expected(state, action, false));
      expect(said(state, action, true)).toBe(expected(state, action, true));
    },
  );

  it.each(ACTION_NAMES)("names for %s exactly the statuses in which it has an effect", (action) => {
    expect(statusesFor(action)).toEqual(
      STATUSES.filter((status) => EDGES[action].edges.some(([from]) => from === status)),
    );
  });
});

describe("an ending", () => {
  it("is final: no action leads out of ended", () => {
    for (const { state, action } of CELLS)
      if (state.status === "ended") expect(["no", "same"], action).toContain(said(state, action, false));
  });

  it("belongs to its action: the same ending again has no effect, and another is refused", () => {
    const endings = { decline: "declined", remove: "removed", leave: "left" } as const;
    for (const [action, own] of Object.entries(endings))
      for (const ended_as of ENDINGS)
        expect(step({ status: "ended", ended_as }, action as CooperationAction, false).kind).toBe(
          ended_as === own ? "same" : "no",
        );
  });

  it("names its action, and no other status does", () => {
    for (const { state, action } of CELLS) {
      const next = step(state, action, false);
      if (next.kind === "moves") expect(next.ended_as !== undefined, action).toBe(next.to === "ended");
    }
  });

  it("is possible for an expired cooperation, as are later and earlier dates", () => {
    for (const status of LIVE) {
      expect(step({ status }, "remove", true)).toEqual({ kind: "moves", to: "ended", ended_as: "removed" });
      expect(step({ status }, "change_expiry", true)).toEqual({ kind: "moves", to: status });
    }
  });
});

describe("the actions shown to a side", () => {
  const SIDES: Side[][] = [[], ["initiator"], ["partner"], ["initiator", "partner"]];
  const NOW = new Date("2027-03-01T12:00:00Z");
  const ENDED = { expires_at: "2027-03-01T12:00:00Z" };

  it("are those that step allows it, in the table's order", () => {
    for (const state of STATES)
      for (const sides of SIDES)
        for (const expired of [false, true]) {
          const allowed = (Object.keys(LIFECYCLE) as CooperationAction[]).filter((action) => {
            const to = expected(state, action, expired);
            return sides.includes(EDGES[action].by as Side) && !["no", "same", "expired"].includes(to);
          });
          expect(
            actionsFor({ ...state, ...(expired && ENDED) }, sides, NOW),
            `${textOf(state)} ${sides} ${expired}`,
          ).toEqual(allowed);
        }
  });

  it("have the review where only its day has passed, and not behind the expiry", () => {
    const shown = (dates: object) => actionsFor({ status: "active", ...dates }, SIDES[3] ?? [], NOW);
    const missed = { review_by: ENDED.expires_at };
    expect(shown(missed)).toContain("review");
    expect(shown(missed)).not.toContain("delegate");
    expect(shown({ ...missed, ...ENDED })).not.toContain("review");
    expect(shown({ review_by: "2027-02-01T00:00:00Z", ...ENDED })).not.toContain("review");
  });

  it("are none without a side, and none after the end", () => {
    for (const state of STATES) expect(actionsFor(state, [], NOW)).toEqual([]);
    for (const ended_as of ENDINGS) expect(actionsFor({ status: "ended", ended_as }, SIDES[3] ?? [], NOW)).toEqual([]);
  });

  it("never contain join, which needs the token and no side, nor what the scheduler does", () => {
    const others = ACTION_NAMES.filter((action) => ["joiner", "scheduler"].includes(LIFECYCLE[action].by));
    expect(others).toEqual(["join", "start", "start_share", "step_down"]);
    for (const state of STATES)
      expect(actionsFor(state, SIDES[3] ?? [], NOW).filter((action) => others.includes(action))).toEqual([]);
  });
});
