/** Nobody keeps what is due of others from being done: neither by having very much, nor by what is damaged. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { slotFor, slotTuple } from "../../../src/domain/schedule.ts";
import type { Tuple } from "../../../src/domain/tuples.ts";
import type { TupleStore } from "../../../src/ports.ts";
import { doctor } from "../../../src/queries/doctor.ts";
import { putMark } from "../../../src/schedule/marks.ts";
import { anyId } from "../../support/ids.ts";
import { announcedBy, DAY_MILLISECONDS, schedulerOf } from "../../support/schedule.ts";
import { cooperate, type Service, seedWorld, test } from "../../support/service.ts";

const BEGIN = new Date("2027-01-10T08:00:30Z");
const END = "2027-01-11T08:00:00Z";
const LATER = new Date("2027-01-11T08:01:00Z");
const MARK = { date: END, since: BEGIN.toISOString() };

/** A share that ends, which is marked. */
async function marked(service: Service) {
  service.setNow(BEGIN);
  await seedWorld(service);
  await cooperate(service, [{ resource: "plant:7", role: "viewer", expires_at: END }]);
  const scheduler = schedulerOf(service);
  await scheduler.run();
  // so that the next one need not mark it again
  await scheduler.keep();
}

const slotOf = (organization: string) => slotFor(new Date(END), BEGIN, anyId(organization));

test("an organization with very much that is due keeps nobody waiting, and no more than a page of it is read at once", async ({
  service,
}) => {
  const { tupleStore } = service.deps;
  await marked(service);
  const MARKS = 60;
  for (let n = 0; n < MARKS; n++)
    await putMark(
      tupleStore,
      slotOf("aaa"),
      { date: "ends", thing: { kind: "share", share: anyId(`none${n}`) } },
      MARK,
    );
  let pageMax = 0;
  const store: TupleStore = {
    ...tupleStore,
    // each of its things takes its time
    read: async (filter) => {
      if (filter.object.startsWith("share:none")) await sleep(50);
      expect(filter.object, "slots are read by pages").not.toMatch(/^schedule:\d{12}\./);
      return tupleStore.read(filter);
    },
    readPage: async (filter, page) => {
      const read = await tupleStore.readPage(filter, page);
      pageMax = Math.max(pageMax, read?.tuples.length ?? 0);
      return read;
    },
  };
  const scheduler = schedulerOf(service, { store });
  service.setNow(LATER);
  expect(await scheduler.tick()).toEqual({ more: true });
  expect(await announcedBy(service)).toEqual([["share.expired", END]]);
  // the lag is that of what is left
  expect(scheduler.doneTo()).toBeLessThan(LATER.getTime());
  await scheduler.run();
  expect(scheduler.doneTo()).toBe(LATER.getTime());
  expect(pageMax).toBe(20);
  expect(scheduler.events().filter((event) => event === "mark_of_nothing")).toHaveLength(MARKS);
  expect((await tupleStore.readAll()).filter(({ relation }) => relation === "due")).toEqual([]);
});

test("damaged marks are named and deleted, a damaged thing is put off, and all else is done in the same turn", async ({
  service,
}) => {
  const { tupleStore } = service.deps;
  await marked(service);
  const slot = slotOf("sunward");
  const cooperation = anyId("01BROKEN");
  const broken: Tuple = {
    user: `entry:cooperation.${cooperation}.1`,
    relation: "head",
    object: `cooperation:${cooperation}`,
    condition: { name: "record", context: { fields: { nonsense: "1" } } },
  };
  const record = (fields: Record<string, string>) => ({ name: "record", context: { fields } }) as const;
  const stray = (user: string, fields: Record<string, string>): Tuple => ({
    user,
    relation: "due",
    object: slot.ref,
    condition: record(fields),
  });
  const hour = slotTuple(slot).object;
  const strays = [
    stray("due:nonsense", MARK),
    stray("due:ends.share.x", {}),
    stray("due:ends.share.y", { date: "soon", since: "ever" }),
    { user: "schedule:nonsense", relation: "due", object: hour },
    { user: "schedule:202701110900.sunward", relation: "due", object: hour },
  ];
  for (const tuple of [broken, ...strays])
    expect(await tupleStore.write({ deletes: [], writes: [tuple] })).toBe("committed");
  await putMark(tupleStore, slot, { date: "ends", thing: { kind: "cooperation", cooperation } }, MARK);
  await putMark(tupleStore, slot, { date: "ends", thing: { kind: "share", share: anyId("01GONE") } }, MARK);
  const named = (await doctor(tupleStore)).filter(({ object }) => object.startsWith("schedule:"));
  expect(named.map(({ kind, object }) => [kind, object])).toEqual([
    ["stray", hour],
    ["stray", hour],
    ["stray", slot.ref],
  ]);

  const scheduler = schedulerOf(service);
  service.setNow(LATER);
  expect(await scheduler.tick()).toEqual({ more: false });
  expect(await announcedBy(service)).toEqual([["share.expired", END]]);
  const count = (event: string) => scheduler.events().filter((one) => one === event).length;
  expect([count("mark_damaged"), count("mark_of_nothing"), count("put_off")]).toEqual([5, 1, 1]);
  const left = (await tupleStore.readAll()).filter(({ relation }) => relation === "due");
  // an hour later, and again an hour later as long as it is damaged
  expect(left.map(({ object }) => object).toSorted()).toEqual([
    "schedule:2027011109",
    expect.stringMatching(/^schedule:20270111090\d\.sunward$/),
  ]);
  service.setNow(new Date(LATER.getTime() + DAY_MILLISECONDS / 20));
  await scheduler.run();
  expect(count("put_off")).toBe(2);
});
