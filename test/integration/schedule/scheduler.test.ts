/** The scheduler: what has a date is announced on time or late, and once, whatever the clock, the engine and other replicas do. */
import { expect } from "vitest";
import type { ActionDeps } from "../../../src/actions/run/action.ts";
import { EngineUnavailable } from "../../../src/faults.ts";
import type { TupleStore } from "../../../src/ports.ts";
import { doctor } from "../../../src/queries/doctor.ts";
import {
  announcedBy,
  at,
  BEGIN,
  DAY_MILLISECONDS,
  date,
  dated,
  day,
  redate,
  schedulerOf,
} from "../../support/schedule.ts";
import { cooperate, createService, seedWorld, test } from "../../support/service.ts";

test("the end of a cooperation, a share and a delegation is reminded of 30, 7 and 1 days before, and announced, each once", async ({
  service,
}) => {
  at(service);
  const end = date(40);
  await dated(service, { cooperation: date(42), share: date(41), delegation: end });
  const scheduler = schedulerOf(service);
  const announced: Record<number, unknown> = {};
  for (let days = 0; days <= 45; days++) {
    service.setNow(day(days));
    const before = (await announcedBy(service)).length;
    await scheduler.run();
    await scheduler.run();
    const now = (await announcedBy(service)).slice(before);
    if (now.length > 0) announced[days] = now.toSorted();
    // what is announced changes no access: the date has ended it, and nothing but the date
    expect(await service.may("tom", "view", "plant:7"), `day ${days}`).toBe(days < 40);
  }
  const of = (thing: string, last: number, ...more: string[]) => [
    [last - 30, `${thing}.ending`, 30, date(last), ...more],
    [last - 7, `${thing}.ending`, 7, date(last), ...more],
    [last - 1, `${thing}.ending`, 1, date(last), ...more],
    [last, `${thing}.expired`, date(last), ...more],
  ];
  const expected = [...of("cooperation", 42), ...of("share", 41), ...of("delegation", 40, "tom")];
  const byDay = Map.groupBy(expected, ([on]) => on);
  expect(announced).toEqual(
    Object.fromEntries([...byDay].map(([on, list]) => [on, list.map(([, ...one]) => one).toSorted()])),
  );
  expect(await doctor(service.deps.tupleStore)).toEqual([]);
  expect(scheduler.doneTo()).toBe(day(45).getTime());
  // nothing that is done leaves a mark
  const marks = (await service.deps.tupleStore.readAll()).filter(({ relation }) => relation === "due");
  expect(marks).toEqual([]);
});

test("what is dated for ten days is reminded of twice, and what has no date never", async ({ service }) => {
  at(service);
  await dated(service, { share: date(10) });
  const scheduler = schedulerOf(service);
  for (let days = 0; days <= 12; days++) {
    service.setNow(day(days));
    await scheduler.run();
  }
  expect((await announcedBy(service)).map(([type, days]) => [type, days])).toEqual([
    ["share.ending", 7],
    ["share.ending", 1],
    ["share.expired", date(10)],
  ]);
  // found by their types, also by the partner
  for (const [type, count] of [
    ["share.ending", 2],
    ["share.expired", 1],
    ["delegation.ending", 0],
  ]) {
    const { body } = await service.as("ben", "GET", `/v1/events?organization=brightfix&types=concordat.${type}`);
    expect(body.items.map((item: { type: string }) => item.type)).toEqual(Array(count).fill(`concordat.${type}`));
  }
});

test("a date that is moved while its end is being announced is not announced", async ({ service }) => {
  at(service);
  const { share } = await dated(service, { share: date(2) });
  await schedulerOf(service).run();
  service.setNow(day(2));
  const { tupleStore, engine } = service.deps;
  const other = at(createService({ tupleStore, engine }), day(2));
  let isMoved = false;
  const write: TupleStore["write"] = async (written) => {
    if (!isMoved) await redate(other, share, date(60));
    isMoved = true;
    return tupleStore.write(written);
  };
  const late = schedulerOf(service, { actions: { ...service.deps, tupleStore: { ...tupleStore, write } } });
  await late.run();
  await late.run();
  expect([isMoved, await announcedBy(service)]).toEqual([true, []]);
  service.setNow(day(31));
  await late.run();
  expect(await announcedBy(service)).toEqual([["share.ending", 30, date(60)]]);
});

test("a clock that was ahead hides nothing that comes later by the right one", async ({ service }) => {
  at(service, day(20));
  await seedWorld(service);
  const ahead = schedulerOf(service);
  await ahead.run();
  await ahead.keep();
  service.setNow(BEGIN);
  await cooperate(service, [{ resource: "plant:7", role: "viewer", expires_at: date(3) }]);
  const scheduler = schedulerOf(service);
  await scheduler.run();
  await scheduler.keep();
  service.setNow(day(3));
  await schedulerOf(service).run();
  expect(await announcedBy(service)).toEqual([["share.expired", date(3)]]);
});

test("after an outage only the latest of several reminders is announced, and an expiry without any", async ({
  service,
}) => {
  at(service);
  await dated(service, { share: date(40), cooperation: date(200) });
  await schedulerOf(service).run();
  // another process, which knows only what the store says
  service.setNow(day(35));
  const late = schedulerOf(service);
  await late.run();
  expect(await announcedBy(service)).toEqual([["share.ending", 7, date(40)]]);
  service.setNow(day(41));
  await schedulerOf(service).run();
  await late.run();
  expect(await announcedBy(service)).toEqual([
    ["share.ending", 7, date(40)],
    ["share.expired", date(40)],
  ]);
});

test("a date that was moved or cleared meanwhile is not announced, and the new one is", async ({ service }) => {
  at(service);
  const { cooperation, share } = await dated(service, { cooperation: date(8), share: date(37) });
  const scheduler = schedulerOf(service);
  await scheduler.run();
  // between the mark and its moment, and not seen by the scheduler before it comes
  service.setNow(day(0.5));
  await redate(service, cooperation, null);
  // its reminder of 7 days comes in the minute of the old one's of 30
  await redate(service, share, date(14));
  service.setNow(day(1.5));
  await scheduler.run();
  expect(await announcedBy(service)).toEqual([]);
  for (const days of [7, 9, 13, 15]) {
    service.setNow(day(days));
    await scheduler.run();
  }
  expect(await announcedBy(service)).toEqual([
    ["share.ending", 7, date(14)],
    ["share.ending", 1, date(14)],
    ["share.expired", date(14)],
  ]);
});

test("what was removed, revoked or ended is not announced", async ({ service }) => {
  at(service);
  const { cooperation, share } = await dated(service, { cooperation: date(40), share: date(40), delegation: date(40) });
  const scheduler = schedulerOf(service);
  await scheduler.run();
  expect((await service.as("ben", "DELETE", `${share}/delegations/tom`)).status).toBe(200);
  service.setNow(day(11));
  await scheduler.run();
  expect((await announcedBy(service)).map(([type]) => type).toSorted()).toEqual(["cooperation.ending", "share.ending"]);
  expect((await service.as("anna", "DELETE", share)).status).toBe(200);
  service.setNow(day(34));
  await scheduler.run();
  expect((await announcedBy(service)).map(([type]) => type)).toHaveLength(3);
  expect((await service.as("anna", "DELETE", cooperation)).status).toBe(200);
  await service.settled();
  service.setNow(day(41));
  await scheduler.run();
  expect((await announcedBy(service)).map(([type]) => type)).toHaveLength(3);
  expect(await doctor(service.deps.tupleStore)).toEqual([]);
});

test("two replicas at once, with clocks a second apart and each killed once, announce each thing once", async ({
  service,
}) => {
  at(service);
  const end = date(40);
  await dated(service, { cooperation: end, share: end, delegation: end });
  const { tupleStore, engine } = service.deps;
  const other = createService({ tupleStore, engine });
  let both = [schedulerOf(service), schedulerOf(other)];
  for (const days of [0, 10, 10.5, 33, 33.5, 39, 40, 41]) {
    service.setNow(day(days));
    other.setNow(new Date(day(days).getTime() + 1000));
    await Promise.all(both.map((one) => one.run()));
    // without a word: what it had not kept is read and done again
    if (days === 10) both = [both[0] as (typeof both)[0], schedulerOf(other)];
    if (days === 33) both = [schedulerOf(service), both[1] as (typeof both)[0]];
  }
  const announced = await announcedBy(service);
  for (const thing of ["cooperation", "share", "delegation"]) {
    const own = announced.filter(([type]) => type.startsWith(`${thing}.`));
    expect(
      own.map(([type, days]) => (type === `${thing}.ending` ? days : "expired")),
      thing,
    ).toEqual([30, 7, 1, "expired"]);
  }
  expect(await doctor(tupleStore)).toEqual([]);
});

test("the sender of an invitation is reminded a day before it expires, unless it was answered", async ({ service }) => {
  at(service);
  await seedWorld(service);
  const invite = async (email: string) => {
    const path = "/v1/organizations/sunward/cooperations";
    const reply = await service.as("anna", "POST", path, { email });
    expect(reply.status).toBe(201);
    return reply.body.id as string;
  };
  const open = await invite("new@elsewhere.example");
  await invite("other@elsewhere.example");
  const scheduler = schedulerOf(service);
  await scheduler.run();
  service.setNow(day(5));
  expect((await service.as("anna", "POST", `/v1/cooperations/${open}/resend`)).status).toBe(200);
  await scheduler.run();
  const items = [];
  for (const days of [12, 13, 18.5, 20]) {
    service.setNow(day(days));
    await scheduler.run();
    items.push((await announcedBy(service)).length);
  }
  expect(items).toEqual([0, 1, 2, 2]);
  expect(await announcedBy(service)).toEqual([
    ["cooperation.invitation_ending", 1, date(14)],
    [
      "cooperation.invitation_ending",
      1,
      `${new Date(day(5).getTime() + 14 * DAY_MILLISECONDS).toISOString().slice(0, 19)}Z`,
    ],
  ]);
});

test("what was dated before there was a scheduler is marked; what expired before is not announced", async ({
  service,
}) => {
  at(service);
  const { cooperation } = await dated(service, { share: date(20), delegation: date(2) });
  service.setNow(day(3));
  const scheduler = schedulerOf(service);
  await scheduler.run();
  for (const days of [4, 12, 14, 19]) {
    service.setNow(day(days));
    await scheduler.run();
  }
  expect(await announcedBy(service)).toEqual([
    ["share.ending", 7, date(20)],
    ["share.ending", 1, date(20)],
  ]);
  await redate(service, cooperation, date(20));
  // set and over between two ticks: it is marked in the first, and done in a minute that begins then
  for (const days of [21, 21.002]) {
    service.setNow(day(days));
    await scheduler.run();
  }
  expect(
    (await announcedBy(service))
      .slice(2)
      .map(([type]) => type)
      .toSorted(),
  ).toEqual(["cooperation.expired", "share.expired"]);
});

test("while the engine is away nothing is announced, and all of it once when it is back", async ({ service }) => {
  at(service);
  await dated(service, { cooperation: date(40), share: date(40) });
  await schedulerOf(service).run();
  let calls = 0;
  let failsFrom = Number.POSITIVE_INFINITY;
  const unlessAway =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (++calls >= failsFrom) throw new EngineUnavailable("away");
      return call(...args);
    };
  const { tupleStore } = service.deps;
  const store: TupleStore = {
    ...tupleStore,
    read: unlessAway(tupleStore.read),
    readPage: unlessAway(tupleStore.readPage),
    write: unlessAway(tupleStore.write),
    erase: unlessAway(tupleStore.erase),
  };
  const actions: ActionDeps = { ...service.deps, tupleStore: store, patienceMilliseconds: 50 };
  const failing = schedulerOf(service, { store, actions });
  service.setNow(day(10));
  // cut off at one call after the other: between any two of them a process may die
  for (failsFrom = 1; failsFrom < 60; failsFrom++) {
    calls = 0;
    const failure = await failing.tick().then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failure === undefined && calls < failsFrom) break;
    expect(failure).toBeInstanceOf(EngineUnavailable);
  }
  failsFrom = Number.POSITIVE_INFINITY;
  await failing.run();
  expect((await announcedBy(service)).toSorted()).toEqual([
    ["cooperation.ending", 30, date(40)],
    ["share.ending", 30, date(40)],
  ]);
  for (const days of [33, 39, 40]) {
    service.setNow(day(days));
    await failing.run();
  }
  expect((await announcedBy(service)).length).toBe(8);
  expect(await doctor(tupleStore)).toEqual([]);
});
