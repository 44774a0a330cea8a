/** The scheduler where something is odd: entries, clocks and settings. It neither stops, nor spins, nor loses a date. */
import { expect } from "vitest";
import { entryFields, sealEntry } from "../../../src/domain/history.ts";
import { entryRef, NO_HASH } from "../../../src/domain/records.ts";
import type { TupleStore } from "../../../src/ports.ts";
import { scheduleHead } from "../../../src/schedule/head.ts";
import { announcedBy, at, BEGIN, date, dated, day, schedulerOf } from "../../support/schedule.ts";
import { cooperate, type Service, seedWorld, test } from "../../support/service.ts";

const marksOf = async ({ deps }: Service) =>
  (await deps.tupleStore.readAll()).filter(({ relation, user }) => relation === "due" && user.startsWith("due:"));

test("in the last minute of an hour there is no more to do than in others, and ten days are looked through in two turns", async ({
  service,
}) => {
  at(service, new Date("2027-01-10T08:58:30Z"));
  await seedWorld(service);
  const scheduler = schedulerOf(service);
  await scheduler.run();
  for (const now of ["2027-01-10T08:59:30Z", "2027-01-10T09:00:00Z"]) {
    service.setNow(new Date(now));
    expect(await scheduler.tick(), now).toEqual({ more: false });
    expect(scheduler.doneTo()).toBe(Date.parse(now));
  }
  service.setNow(new Date("2027-01-20T09:30:00Z"));
  expect(await scheduler.tick()).toEqual({ more: true });
  expect(await scheduler.tick()).toEqual({ more: false });
});

test("entries that nothing here has written are named, and keep no other date from being marked", async ({
  service,
}) => {
  at(service);
  await seedWorld(service);
  const { tupleStore } = service.deps;
  const odd = [
    { object: "cooperation:01ODD", after: { with: [null] } },
    { object: "cooperation:01ODD", after: { status: "invited", sent_at: "yesterday" } },
    { object: "share:no id", after: { expires_at: date(2) } },
  ];
  for (const [index, facts] of odd.entries()) {
    const n = index + 1;
    const common = {
      n,
      id: `odd${n}`,
      at: BEGIN.toISOString(),
      actor: "user:x",
      action: "share",
      request_id: "r",
      ...facts,
    };
    const written = {
      user: entryRef("cooperation:01ODD", n),
      relation: "log",
      object: "cooperation:01ODD",
      condition: { name: "record", context: { fields: entryFields(sealEntry(NO_HASH, common)) } },
    } as const;
    expect(await tupleStore.write({ deletes: [], writes: [written] })).toBe("committed");
  }
  await cooperate(service, [{ resource: "plant:7", role: "viewer", expires_at: date(2) }]);
  const scheduler = schedulerOf(service);
  await scheduler.run();
  expect(scheduler.events().filter((event) => event === "date_not_marked")).toHaveLength(3);
  service.setNow(day(2));
  await scheduler.run();
  expect((await announcedBy(service)).map(([type]) => type)).toEqual(["share.expired"]);
});

test("a scheduler that leaves keeps what it has done, and nothing where it has done nothing", async ({ service }) => {
  at(service);
  await dated(service, { share: date(2) });
  const kept = async () => (await scheduleHead(service.deps.tupleStore)).n;
  const scheduler = schedulerOf(service);
  await scheduler.run();
  expect(await kept()).toBe(1);
  await scheduler.leave();
  expect([await kept(), scheduler.doneTo()]).toEqual([2, undefined]);
  await scheduler.leave();
  await scheduler.run();
  await scheduler.leave();
  expect(await kept()).toBe(2);
});

test.for(["readPage", "read"] as const)(
  "a clock that is set back during a turn (%s) loses no mark",
  async (call, { service }) => {
    at(service);
    await dated(service, { share: date(2) });
    const first = schedulerOf(service);
    await first.run();
    await first.keep();
    const { tupleStore } = service.deps;
    let isBack = false;
    const setBack = (object: string) => {
      // the reads of the thing, and of its slot
      if (isBack || !/^share:|^schedule:\d{12}\./.test(object)) return;
      isBack = true;
      service.setNow(BEGIN);
    };
    const store: TupleStore = {
      ...tupleStore,
      [call]: async (...args: [{ object: string }, never]) => {
        setBack(args[0].object);
        return (tupleStore[call] as (...args: unknown[]) => unknown)(...args);
      },
    };
    const before = await marksOf(service);
    expect(before).toHaveLength(1);
    service.setNow(day(1.001));
    const scheduler = schedulerOf(service, { store });
    await scheduler.run();
    expect(isBack).toBe(true);
    expect([await marksOf(service), await announcedBy(service)]).toEqual([before, []]);
    service.setNow(day(2));
    await scheduler.run();
    expect((await announcedBy(service)).map(([type]) => type)).toEqual(["share.expired"]);
  },
);

test("invitations that are valid for longer from now on are reminded of on their new date", async ({ service }) => {
  at(service);
  await seedWorld(service);
  const path = "/v1/organizations/sunward/cooperations";
  expect((await service.as("anna", "POST", path, { email: "new@elsewhere.example" })).status).toBe(201);
  const before = schedulerOf(service);
  await before.run();
  await before.keep();
  const scheduler = schedulerOf(service, { settings: { invitationDays: 20 } });
  service.setNow(day(13));
  await scheduler.run();
  expect(await announcedBy(service)).toEqual([]);
  service.setNow(day(19));
  await scheduler.run();
  expect(await announcedBy(service)).toEqual([["cooperation.invitation_ending", 1, date(20)]]);
});

test("nobody is reminded of the end of a share after that of its cooperation", async ({ service }) => {
  at(service);
  await dated(service, { cooperation: date(8), share: date(9) });
  const scheduler = schedulerOf(service);
  for (let days = 0; days <= 9; days++) {
    service.setNow(day(days));
    await scheduler.run();
  }
  expect((await announcedBy(service)).map(([type, days]) => [type, days])).toEqual([
    ["cooperation.ending", 7],
    ["share.ending", 7],
    ["cooperation.ending", 1],
    ["cooperation.expired", date(8)],
    ["share.expired", date(9)],
  ]);
});

test("what was to be shared in an invitation that nobody accepted is not announced, and the invitation's end is", async ({
  service,
}) => {
  at(service);
  await seedWorld(service);
  const invited = await service.as("anna", "POST", "/v1/organizations/sunward/cooperations", {
    organization: "brightfix",
    expires_at: date(3),
    shares: [{ resource: "plant:7", role: "viewer", expires_at: date(2) }],
  });
  expect(invited.status).toBe(201);
  const scheduler = schedulerOf(service);
  for (const days of [0, 2, 3]) {
    service.setNow(day(days));
    await scheduler.run();
  }
  expect(await announcedBy(service)).toEqual([["cooperation.expired", date(3)]]);
});
