/** Marks as names: what one function writes the other reads, nothing else is taken for one, and moments are announced apart. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { datesSetBy } from "../../../src/domain/due-dates.ts";
import {
  type Dated,
  dueProblem,
  dueRef,
  momentsOf,
  readDueRef,
  readSlot,
  ScheduleRecord,
  slotFor,
} from "../../../src/domain/schedule.ts";
import { anyId } from "../../support/ids.ts";

const NOW = new Date("2027-06-01T10:20:30Z");
const DATED: Dated[] = [
  { date: "ends", thing: { kind: "cooperation", cooperation: anyId("01H") } },
  { date: "invitation_ends", thing: { kind: "cooperation", cooperation: anyId("01H") } },
  { date: "ends", thing: { kind: "share", share: anyId("01S") } },
  { date: "starts", thing: { kind: "share", share: anyId("01S") } },
  { date: "steps_down", thing: { kind: "share", share: anyId("01S") } },
  { date: "resumes", thing: { kind: "cooperation", cooperation: anyId("01H") } },
  { date: "ends", thing: { kind: "delegation", share: anyId("01S"), user: anyId("t.o.m@x.example") } },
];

describe("names", () => {
  test("a date of a thing is read as it was written", () => {
    for (const dated of DATED) expect(readDueRef(dueRef(dated))).toEqual(dated);
    expect(new Set(DATED.map(dueRef)).size).toBe(DATED.length);
  });

  test.for([
    "due:x",
    "due:ends.cooperation",
    "due:ends.cooperation.",
    "due:never.share.01S",
    "due:ends.plant.7",
    "due:ends.delegation.01S",
    "due:ends.delegation.01S.",
    "due:ends.delegation..tom",
    "share:01S",
  ])("%s names no date", (ref) => {
    expect(readDueRef(ref)).toBeUndefined();
  });

  test("a slot is in a minute that is still to come, whatever the time, and is read as it was written", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e10 }), fc.integer({ min: 0, max: 1e10 }), (later, from) => {
        const now = new Date(NOW.getTime() + from);
        const slot = slotFor(new Date(now.getTime() + later), now, anyId("a.b"));
        expect(readSlot(slot.ref)).toEqual(slot);
        expect(slot.minute.getTime() - now.getTime()).toBeGreaterThanOrEqual(60_000);
        expect(slot.minute.getTime()).toBeGreaterThanOrEqual(now.getTime() + later);
        expect(slot.minute.getTime()).toBeLessThan(now.getTime() + Math.max(later, 60_000) + 60_000);
      }),
    );
    for (const ref of ["schedule:all", "schedule:2027060110", "schedule:202706011020.", "schedule:209913011020.a"])
      expect(readSlot(ref)).toBeUndefined();
  });

  test("a tuple is in the schedule where its hour, its slot and its date fit", () => {
    const slot = "schedule:202706011020.sunward";
    const due = dueRef(DATED[0] as Dated);
    const at = (user: string, object: string) => dueProblem({ user, relation: "due", object });
    expect(at(slot, "schedule:2027060110")).toBeUndefined();
    expect(at(due, slot)).toBeUndefined();
    expect(at(slot, "schedule:2027060111")).toMatch(/another hour/);
    expect(at(due, "schedule:2027060110")).toMatch(/in no slot/);
    expect(at("due:nobody", slot)).toMatch(/neither/);
  });
});

test("how far the scheduler is can be read where its times are times", () => {
  const kept = { begun_at: NOW.toISOString(), done_to: NOW.toISOString(), place: "" };
  expect(ScheduleRecord.safeParse(kept).success).toBe(true);
  for (const odd of [{ begun_at: "" }, { done_to: "soon" }])
    expect(ScheduleRecord.safeParse({ ...kept, ...odd }).success).toBe(false);
});

describe("moments", () => {
  const DAYS = [30, 7, 1, 0];
  const at = (now: string, date = "2027-08-01T00:00:00Z", since = "2027-01-01T00:00:00Z") => {
    const { due, next } = momentsOf(DAYS, { date, since }, new Date(now));
    return [due?.days, next?.days];
  };
  test("of those that have come the latest is due, and the others come in their turn", () => {
    expect(at("2027-07-01T00:00:00Z")).toEqual([undefined, 30]);
    expect(at("2027-07-02T00:00:00Z")).toEqual([30, 7]);
    expect(at("2027-07-31T23:59:59Z")).toEqual([1, 0]);
    expect(at("2027-08-01T00:00:00Z")).toEqual([0, undefined]);
  });

  test("what had passed when the date was set is never due", () => {
    expect(at("2027-07-30T12:00:00Z", "2027-08-01T00:00:00Z", "2027-07-29T00:00:00Z")).toEqual([undefined, 1]);
    expect(at("2027-09-01T00:00:00Z", "2027-08-01T00:00:00Z", "2027-08-02T00:00:00Z")).toEqual([undefined, undefined]);
  });
});

describe("an entry", () => {
  const SETTINGS = { invitationDays: 14 };
  const entry = (action: string, object: string, facts: object) =>
    datesSetBy(
      { n: 1, id: "e", at: NOW.toISOString(), actor: "user:anna", action, request_id: "r", object, ...facts },
      SETTINGS,
    );
  const date = "2027-08-01T00:00:00Z";

  test("sets the dates of what it is about, and of the shares that an invitation carries", () => {
    const after = {
      status: "invited",
      sent_at: "2027-06-01T10:20:30Z",
      expires_at: date,
      with: [{ id: "S1", expires_at: date }, { id: "S2" }],
    };
    expect(entry("invite", "cooperation:C", { after }).map((one) => [dueRef(one), one.value])).toEqual([
      ["due:ends.cooperation.C", date],
      ["due:invitation_ends.cooperation.C", "2027-06-15T10:20:30Z"],
      ["due:ends.share.S1", date],
    ]);
    const given = { share: "S1", user: "tom", role: "viewer", expires_at: date };
    expect(entry("delegate", "share:S1", { after: given }).map(dueRef)).toEqual(["due:ends.delegation.S1.tom"]);
  });

  test("sets when something starts, is resumed or steps down, and not when it was", () => {
    const paused = { status: "paused", starts_at: date, resume_at: date };
    const share = { role: "viewer", starts_at: date, step_down_at: date };
    const refs = (...args: Parameters<typeof entry>) => entry(...args).map(dueRef);
    expect(refs("pause", "cooperation:C", { before: { ...paused, status: "active" }, after: paused })).toEqual([
      "due:resumes.cooperation.C",
    ]);
    expect(refs("resume", "cooperation:C", { before: paused, after: { ...paused, status: "active" } })).toEqual([]);
    expect(refs("share", "share:S", { after: share })).toEqual(["due:starts.share.S", "due:steps_down.share.S"]);
    expect(refs("start_share", "share:S", { before: share, after: { ...share, starts_at: undefined } })).toEqual([]);
    // a delegation has none of them
    expect(refs("delegate", "share:S", { after: { ...share, user: "tom" } })).toEqual([]);
  });

  test("sets nothing where the date stays, is taken away, or is only announced of", () => {
    const dated = { status: "active", expires_at: date };
    expect(entry("pause", "cooperation:C", { before: dated, after: { ...dated, status: "paused" } })).toEqual([]);
    expect(entry("change_expiry", "cooperation:C", { before: dated, after: { status: "active" } })).toEqual([]);
    expect(entry("remove", "cooperation:C", { before: dated, after: { ...dated, status: "ended" } })).toEqual([]);
    expect(entry("revoke", "share:S1", { before: { user: "tom", expires_at: date } })).toEqual([]);
    expect(entry("remind", "cooperation:C", { after: { kind: "cooperation", days: 7, expires_at: date } })).toEqual([]);
    expect(entry("change_expiry", "cooperation:C", { before: { status: "active" }, after: dated })).toHaveLength(1);
  });
});
