/** The rights of a cooperation at an instant, from written entries: who, since when, until when and by whom, and when not. */
import { describe, expect, test } from "vitest";
import { type Common, type HistoryEntry, sealEntry } from "../../../../src/domain/history.ts";
import { NO_HASH } from "../../../../src/domain/records.ts";
import { cooperationAt } from "../../../../src/domain/register/cooperation-at.ts";
import { notePeople, type PeopleOverTime } from "../../../../src/domain/register/people-over-time.ts";
import { rightsAt } from "../../../../src/domain/register/rights.ts";
import { StoreDamaged } from "../../../../src/faults.ts";

const DAY = "2027-01-0";
/** An instant on the nth of January. */
const on = (day: number) => `${DAY}${day}T12:00:00.000Z`;
const COOPERATION = {
  id: "c1",
  status: "pending",
  initiator: "sunward",
  partner: "brightfix",
  invitation: 0,
  spelling: "plain",
  shares: 1,
  created_at: on(1),
  created_by: "user:anna",
};
const SHARE = {
  id: "s1",
  cooperation: "c1",
  resource: "plant:7",
  role: "technical_manager",
  spelling: "plain",
  created_at: on(1),
};
const ACTIVE = { ...COOPERATION, status: "active", accepted_at: on(2) };

type Facts = Pick<Common, "action" | "actor"> & Partial<Pick<Common, "object" | "before" | "after">>;

/** The history of a cooperation: what was done on which day. */
function historyOf(...steps: [day: number, facts: Facts][]): HistoryEntry[] {
  return steps.map(([day, facts], index) =>
    sealEntry(NO_HASH, {
      n: index + 1,
      id: `e${index + 1}`,
      at: on(day),
      request_id: "r",
      object: "cooperation:c1",
      ...facts,
    }),
  );
}
const invited: [number, Facts] = [
  1,
  { action: "invite", actor: "user:anna", after: { ...COOPERATION, with: [SHARE] } },
];
const accepted: [number, Facts] = [2, { action: "accept", actor: "user:ben", before: COOPERATION, after: ACTIVE }];
const delegate = (day: number, role = "technical_manager", more = {}): [number, Facts] => [
  day,
  { action: "delegate", actor: "user:ben", object: "share:s1", after: { share: "s1", user: "tom", role }, ...more },
];
const changed = (day: number, action: string, after: object): [number, Facts] => [
  day,
  { action, actor: "user:anna", after: { ...ACTIVE, ...after } },
];

/** People of the partner: each role on the day that it began; null for who left. */
function peopleOf(...roles: [day: number, user: string, role: string | null][]): PeopleOverTime {
  const people: PeopleOverTime = new Map();
  for (const [index, [day, user, role]] of roles.entries())
    notePeople(people, {
      n: index + 1,
      id: `p${index + 1}`,
      at: on(day),
      actor: "service:hr",
      action: role === null ? "remove_person" : "change_person",
      request_id: "r",
      object: `user:${user}`,
      after: role === null ? undefined : { role },
    });
  return people;
}
const PEOPLE = peopleOf([1, "ben", "admin"], [1, "tom", "member"]);

/** The rights on the evening of a day. */
function rightsOn(day: number, history: HistoryEntry[], people = PEOPLE) {
  const instant = new Date(`${DAY}${day}T18:00:00Z`);
  const at = cooperationAt(history, instant);
  return at === undefined ? [] : rightsAt(at, people, { instant, now: instant });
}
const holders = (...call: Parameters<typeof rightsOn>) =>
  rightsOn(...call).map(({ user, held_as, effective_role }) => [user, held_as, effective_role].join(" "));

const BEN = "ben admin technical_manager";
const TOM = "tom delegate technical_manager";

test("nobody has a right before the partner accepts, its admins have from then on, and others what is delegated", () => {
  const history = historyOf(invited, accepted, delegate(4));
  expect(cooperationAt(history, new Date(`${DAY}1T00:00:00Z`))).toBeUndefined();
  expect(holders(1, history)).toEqual([]);
  expect(holders(2, history)).toEqual([BEN]);
  expect(holders(5, history)).toEqual([BEN, TOM]);
  expect(rightsOn(5, history)).toMatchObject([
    { since: on(2), until: undefined, decided: { by: "user:anna", at: on(1), n: 1 }, state: "active" },
    { since: on(4), until: undefined, decided: { by: "user:ben", at: on(4), n: 3 }, state: "active" },
  ]);
});

describe("a right", () => {
  test("is suspended while the cooperation is paused, and is there again as it was", () => {
    const history = historyOf(invited, accepted, changed(4, "pause", { status: "paused" }), changed(6, "resume", {}));
    expect(rightsOn(5, history)).toMatchObject([{ user: "ben", state: "suspended", since: on(2) }]);
    expect(rightsOn(7, history)).toMatchObject([{ user: "ben", state: "active", since: on(2) }]);
  });

  test("ends with the earliest of its dates, at that instant", () => {
    const dates = { expires_at: `${DAY}8T18:00:00Z`, review_by: `${DAY}6T18:00:00Z` };
    const history = historyOf(invited, accepted, changed(3, "change_expiry", dates));
    expect(rightsOn(5, history)).toMatchObject([{ until: dates.review_by }]);
    expect(rightsOn(6, history)).toEqual([]);
    const reviewed = historyOf(
      invited,
      accepted,
      changed(3, "change_expiry", dates),
      changed(7, "review", { expires_at: dates.expires_at }),
    );
    expect(rightsOn(6, reviewed)).toEqual([]);
    // nobody had it on the evening of day 6
    expect(rightsOn(7, reviewed)).toMatchObject([{ until: dates.expires_at, since: on(7) }]);
    expect(rightsOn(8, reviewed)).toEqual([]);
    const inTime = historyOf(invited, accepted, changed(3, "change_expiry", dates), changed(5, "review", {}));
    expect(rightsOn(7, inTime)).toMatchObject([{ until: undefined, since: on(2) }]);
  });

  test("begins anew where its share or its delegation had ended by a date, and not where that came in time", () => {
    const ends = { expires_at: `${DAY}4T00:00:00Z` };
    const dated = { ...SHARE, ...ends };
    const invite: [number, Facts] = [
      1,
      { action: "invite", actor: "user:anna", after: { ...COOPERATION, with: [dated] } },
    ];
    const later = (day: number): [number, Facts] => [
      day,
      { action: "change_share", actor: "user:anna", object: "share:s1", before: dated, after: SHARE },
    ];
    const sinces = (history: HistoryEntry[]) => rightsOn(7, history).map(({ user, since }) => [user, since].join(" "));
    expect(sinces(historyOf(invite, accepted, delegate(3), later(6)))).toEqual([`ben ${on(6)}`, `tom ${on(6)}`]);
    expect(sinces(historyOf(invite, accepted, delegate(3), later(3)))).toEqual([`ben ${on(2)}`, `tom ${on(3)}`]);
    const before = { share: "s1", user: "tom", role: "technical_manager", ...ends };
    const brief = delegate(2, "technical_manager", { after: before });
    const longer = (day: number) => delegate(day, "technical_manager", { before });
    expect(sinces(historyOf(invited, accepted, brief, longer(6)))).toEqual([`ben ${on(2)}`, `tom ${on(6)}`]);
    expect(sinces(historyOf(invited, accepted, brief, longer(3)))).toEqual([`ben ${on(2)}`, `tom ${on(2)}`]);
  });

  test("is none before what it is of has started, whatever its date", () => {
    const late = { ...SHARE, starts_at: `${DAY}3T00:00:00Z` };
    const start: [number, Facts] = [
      5,
      { action: "start_share", actor: "service:scheduler", object: "share:s1", before: late, after: SHARE },
    ];
    const invite: [number, Facts] = [
      1,
      { action: "invite", actor: "user:anna", after: { ...COOPERATION, with: [late] } },
    ];
    const history = historyOf(invite, accepted, start);
    expect(rightsOn(4, history)).toEqual([]);
    // who decided is who shared it, not who was there on the date
    expect(rightsOn(5, history)).toMatchObject([{ since: on(5), decided: { by: "user:anna" } }]);
  });

  test("has the role that the share leaves of it, from its step-down date on viewer", () => {
    const lower = (day: number, after: object): [number, Facts] => [
      day,
      { action: "change_share", actor: "user:otto", object: "share:s1", before: SHARE, after: { ...SHARE, ...after } },
    ];
    const history = historyOf(invited, accepted, delegate(3), lower(4, { role: "asset_manager" }));
    expect(holders(5, history)).toEqual(["ben admin asset_manager", "tom delegate viewer"]);
    expect(rightsOn(5, history)[1]).toMatchObject({ role: "technical_manager", decided: { by: "user:ben" } });
    const steps = { step_down_at: `${DAY}6T00:00:00Z` };
    const stepping = historyOf(invited, accepted, delegate(3), lower(4, steps));
    expect(rightsOn(5, stepping).map(({ steps_down_at }) => steps_down_at)).toEqual([
      steps.step_down_at,
      steps.step_down_at,
    ]);
    expect(holders(6, stepping)).toEqual(["ben admin viewer", "tom delegate viewer"]);
    expect(rightsOn(6, stepping).map(({ steps_down_at }) => steps_down_at)).toEqual([undefined, undefined]);
  });

  test("ends when its share is removed, its delegation revoked, or the cooperation ends", () => {
    const unshare: [number, Facts] = [
      5,
      {
        action: "unshare",
        actor: "user:anna",
        object: "share:s1",
        before: SHARE,
        after: { ...SHARE, removed_at: on(5) },
      },
    ];
    expect(holders(5, historyOf(invited, accepted, delegate(3), unshare))).toEqual([]);
    const revoke: [number, Facts] = [
      5,
      { action: "revoke", actor: "user:ben", object: "share:s1", before: { share: "s1", user: "tom", role: "viewer" } },
    ];
    expect(holders(5, historyOf(invited, accepted, delegate(3), revoke))).toEqual([BEN]);
    const ended = changed(5, "remove", { status: "ended", ended_as: "removed" });
    expect(holders(4, historyOf(invited, accepted, ended))).toEqual([BEN]);
    expect(holders(5, historyOf(invited, accepted, ended))).toEqual([]);
  });

  test("ends with its holder's place in the partner, and does not come back with them (law 4)", () => {
    const history = historyOf(invited, accepted, delegate(3));
    const back = peopleOf([1, "tom", "member"], [5, "tom", null], [7, "tom", "member"]);
    expect(holders(4, history, back)).toEqual([TOM]);
    expect(holders(5, history, back)).toEqual([]);
    expect(holders(8, history, back)).toEqual([]);
    const again = historyOf(invited, accepted, delegate(3), delegate(8, "viewer"));
    expect(rightsOn(8, again, back)).toMatchObject([{ user: "tom", effective_role: "viewer", since: on(8) }]);
  });

  test("of an admin begins when they become one, and ends when they are one no longer", () => {
    const history = historyOf(invited, accepted);
    const people = peopleOf([1, "ben", "admin"], [4, "eva", "admin"], [6, "ben", "member"]);
    expect(holders(3, history, people)).toEqual([BEN]);
    expect(rightsOn(5, history, people)).toMatchObject([{ user: "ben" }, { user: "eva", since: on(4) }]);
    expect(rightsOn(6, history, people).map(({ user }) => user)).toEqual(["eva"]);
  });

  test("keeps its beginning when it is changed, and says who changed it last", () => {
    const before = { share: "s1", user: "tom", role: "technical_manager" };
    const redo = delegate(6, "viewer", { actor: "user:eva", before });
    expect(rightsOn(7, historyOf(invited, accepted, delegate(3), redo))[1]).toMatchObject({
      since: on(3),
      role: "viewer",
      decided: { by: "user:eva", at: on(6) },
    });
  });
});

test("entries are in the order of their numbers, also where a replica's clock was ahead of the next one's", () => {
  const ahead = delegate(6);
  const unshare: [number, Facts] = [
    4,
    {
      action: "unshare",
      actor: "user:anna",
      object: "share:s1",
      before: SHARE,
      after: { ...SHARE, removed_at: on(4) },
    },
  ];
  expect(holders(3, historyOf(invited, accepted, ahead, unshare))).toEqual([BEN]);
  expect(holders(5, historyOf(invited, accepted, ahead, unshare))).toEqual([]);
});

test("an announcement changes nothing, and an entry that cannot be read is damage", () => {
  const remind: [number, Facts] = [
    3,
    { action: "remind", actor: "service:scheduler", after: { kind: "cooperation", expires_at: on(9), days: 7 } },
  ];
  expect(holders(4, historyOf(invited, accepted, remind))).toEqual([BEN]);
  const odd: [number, Facts] = [3, { action: "pause", actor: "user:anna", after: { status: "somewhere" } }];
  expect(() => rightsOn(4, historyOf(invited, accepted, odd))).toThrow(StoreDamaged);
  expect(holders(2, historyOf(invited, accepted, odd))).toEqual([BEN]);
});
