/** A cooperation's timeline: what each thing was from when until when, from the entries of its history. */
import { describe, expect, test } from "vitest";
import { drawTimeline } from "../../../../src/console/inspector/draw-timeline.ts";
import { timelineOf } from "../../../../src/console/inspector/timeline.ts";
import type { Common } from "../../../../src/domain/history.ts";

const at = (day: number) => `2027-03-${String(day).padStart(2, "0")}T00:00:00.000Z`;
const time = (day: number) => Date.parse(at(day));
const NOW = new Date(at(20));

let n = 0;
const entry = (day: number, action: string, object: string, parts: Partial<Common> = {}): Common => ({
  n: ++n,
  id: `e${n}`,
  at: at(day),
  actor: "user:anna",
  action,
  request_id: "r",
  object,
  ...parts,
});
const share = (more: object = {}) => ({ id: "S1", resource: "plant:7", role: "technical_manager", ...more });
const cooperation = (status: string, more: object = {}) => ({ id: "C1", status, ...more });

const invited = () => entry(1, "invite", "cooperation:C1", { after: { ...cooperation("pending"), with: [share()] } });
const accepted = () => entry(2, "accept", "cooperation:C1", { after: cooperation("active") });
const delegated = (day: number, more: object = {}) =>
  entry(day, "delegate", "share:S1", { actor: "user:ben", after: { user: "tom", role: "viewer", ...more } });

const barsOf = (entries: Common[]) =>
  Object.fromEntries(
    timelineOf(entries, NOW).lanes.map(({ key, bars }) => [
      key,
      bars.map(({ kind, from, to }) => [kind, new Date(from).getUTCDate(), to && new Date(to).getUTCDate()]),
    ]),
  );

describe("a timeline", () => {
  test("has a row for the cooperation, each share, and each delegation below its share", () => {
    const entries = [
      invited(),
      accepted(),
      delegated(3),
      entry(4, "share", "share:S2", { after: { ...share(), id: "S2" } }),
    ];
    expect(timelineOf(entries, NOW).lanes.map(({ key, resource }) => [key, resource])).toEqual([
      ["cooperation", undefined],
      ["share:S1", "plant:7"],
      ["delegation:S1:tom", "plant:7"],
      ["share:S2", "plant:7"],
    ]);
  });

  test("has a status until the next, and what nothing ends has no end", () => {
    const paused = entry(5, "pause", "cooperation:C1", { after: cooperation("paused") });
    expect(barsOf([invited(), accepted(), paused])).toEqual({
      cooperation: [
        ["pending", 1, 2],
        ["active", 2, 5],
        ["paused", 5, undefined],
      ],
      "share:S1": [["technical_manager", 1, undefined]],
    });
  });

  test("ends a bar on its date, also on one that was set later, and begins it at its start", () => {
    const dated = entry(3, "change_share", "share:S1", { after: share({ expires_at: at(9) }) });
    const later = entry(4, "share", "share:S2", { after: { ...share({ starts_at: at(25) }), id: "S2" } });
    expect(barsOf([invited(), dated, later, delegated(5, { expires_at: at(7) })])).toMatchObject({
      "share:S1": [
        ["technical_manager", 1, 3],
        ["technical_manager", 3, 9],
      ],
      "share:S2": [
        ["upcoming", 4, 25],
        ["technical_manager", 25, undefined],
      ],
      "delegation:S1:tom": [["viewer", 5, 7]],
    });
  });

  test("has the lower role from the day on which a share steps down", () => {
    const steps = entry(3, "change_share", "share:S1", { after: share({ step_down_at: at(12), expires_at: at(15) }) });
    expect(barsOf([invited(), steps])["share:S1"]).toEqual([
      ["technical_manager", 1, 3],
      ["technical_manager", 3, 12],
      ["viewer", 12, 15],
    ]);
  });

  test("ends a delegation when it is revoked, with its share, and all with the cooperation", () => {
    const revoked = entry(4, "revoke", "share:S1", { before: { user: "tom", role: "viewer" } });
    expect(barsOf([invited(), delegated(3), revoked])["delegation:S1:tom"]).toEqual([["viewer", 3, 4]]);
    const unshared = entry(6, "unshare", "share:S1", { after: share({ removed_at: at(6) }) });
    expect(barsOf([invited(), delegated(3), unshared])).toMatchObject({
      "share:S1": [["technical_manager", 1, 6]],
      "delegation:S1:tom": [["viewer", 3, 6]],
    });
    const removed = entry(8, "remove", "cooperation:C1", { after: cooperation("ended") });
    expect(barsOf([invited(), accepted(), delegated(3), removed])).toEqual({
      cooperation: [
        ["pending", 1, 2],
        ["active", 2, 8],
      ],
      "share:S1": [["technical_manager", 1, 8]],
      "delegation:S1:tom": [["viewer", 3, 8]],
    });
  });

  test("takes a reminder for no change", () => {
    const reminded = entry(6, "remind", "cooperation:C1", { after: { kind: "cooperation", days: 7 } });
    expect(barsOf([invited(), accepted(), reminded]).cooperation).toEqual(barsOf([invited(), accepted()]).cooperation);
  });

  test("shows at most as much of the future as of the past, and a quarter of a year", () => {
    const far = entry(1, "invite", "cooperation:C1", {
      after: cooperation("active", { expires_at: "2099-01-01T00:00:00.000Z" }),
    });
    const { from, to } = timelineOf([far], NOW);
    expect([from, to]).toEqual([time(1), NOW.getTime() + 90 * 86_400_000]);
  });

  test("is drawn with a title on each bar and each action, whatever the names are", () => {
    const entries = [invited(), accepted(), delegated(3, { user: "<script>alert(1)</script>" })];
    const timeline = timelineOf(entries, NOW);
    const drawn = String(
      drawTimeline(timeline, NOW, "t", {
        title: "Timeline",
        now: "now",
        lane: ({ key }) => key,
        kind: (kind) => kind,
        bar: ({ key }, { kind }) => `${kind} of ${key}`,
        mark: ({ action, actor }) => `${action} by ${actor}`,
      }),
    );
    expect(drawn.match(/<g class="bar /g)).toHaveLength(4);
    expect(drawn.match(/<g class="bar [\w]+"><title>[^<]+<\/title>/g)).toHaveLength(4);
    expect(drawn.match(/<g class="mark"><title>[^<]+<\/title>/g)).toHaveLength(3);
    expect(drawn).not.toContain("<script");
  });
});
