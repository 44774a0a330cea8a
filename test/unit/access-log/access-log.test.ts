/** When lines are written, what is lost, and what is refused meanwhile. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import type { AccessLog } from "../../../src/access-log/access-log.ts";
import { AuditUnavailable, EngineUnavailable } from "../../../src/faults.ts";
import { answered, countOf, logOver, memorySink, THROUGH } from "../../support/access-log.ts";

const through = async () => THROUGH;
const full = async () => {
  throw new Error("the disk is full");
};

function started(log: AccessLog): AccessLog {
  onTestFinished(() => log.close());
  log.start();
  return log;
}

test("a first access is written within a second, the others of its minute at the minute's end, and every one is counted", async () => {
  const { sink, lines } = memorySink();
  let now = Date.parse("2027-06-01T10:00:30Z");
  const { log } = logOver(sink, through, { clock: () => new Date(now) });
  started(log);
  log.record(answered("tom"));
  // a second, and what a busy machine takes
  await expect.poll(() => countOf(lines()), { timeout: 3000 }).toBe(1);
  for (let n = 0; n < 9; n++) log.record(answered("tom"));
  await sleep(600);
  expect(countOf(lines())).toBe(1);
  now += 31_000;
  await expect.poll(() => countOf(lines())).toBe(10);
  expect(lines()).toHaveLength(2);
  const any = expect.any(String);
  expect(lines()[0]).toEqual({
    ...{ kind: "access", path: "cooperation", cooperation: "c1", share: "s1" },
    ...{
      initiator: "sunward",
      partner: "brightfix",
      user: "tom",
      user_hash: any,
      salt: any,
      permission: "can_view",
      resource: "plant:7",
    },
    ...{ decision: true, caller: "portal", count: 1, request_id: "request of tom" },
    ...{ first: "2027-06-01T10:00:30.000Z", last: "2027-06-01T10:00:30.000Z" },
  });
});

test("what is none of a person on a plant or portfolio is no access, and own people's that the cache knows are not looked for", async () => {
  const { sink, lines } = memorySink();
  let looked = 0;
  const { log } = logOver(sink, async () => {
    looked++;
    return THROUGH;
  });
  const { question, ...rest } = answered("ben");
  log.record({ ...rest, question: { ...question, object: "cooperation:c1" } });
  log.record({ ...rest, question: { ...question, user: "organization:sunward" } });
  log.record({ ...rest, question: { ...question, relation: "viewer" } });
  log.record(answered("otto", "plant:7", { accessPath: "own" }));
  await log.close();
  expect([looked, lines()]).toEqual([0, []]);
});

test("while nothing can be written accesses are counted on, and written when it can be again: none is lost, none is twice", async () => {
  const { sink, lines, hold } = memorySink();
  const { log, lost } = logOver(sink, through);
  hold(full);
  started(log);
  for (let n = 0; n < 100; n++) log.record(answered("tom"));
  await expect.poll(() => log.state()).toBe("behind");
  for (let n = 0; n < 100; n++) log.record(answered("tom"));
  log.record(answered("ann"));
  hold(undefined);
  await expect.poll(() => log.state()).toBe("ok");
  await log.close();
  expect(countOf(lines(), ({ user }) => user === "tom")).toBe(200);
  expect(countOf(lines(), ({ user }) => user === "ann")).toBe(1);
  expect(lost).toEqual({});
});

test("what has no room is a gap with its number and its time, in the log itself", async () => {
  const { sink, lines } = memorySink();
  const { log, lost } = logOver(sink, through, { factsMax: { yes: 5, no: 5 } });
  for (let n = 0; n < 8; n++) log.record(answered(`user-${n}`));
  await log.close();
  expect(countOf(lines())).toBe(5);
  expect(lines()[0]).toMatchObject({ kind: "gap", reason: "full", lost: 3 });
  expect(lost).toEqual({ full: 3 });
});

test("what nobody can say any more is a gap, and no line says what it was", async () => {
  const { sink, lines } = memorySink();
  const { log } = logOver(sink, async () => ({ kind: "unknown" }));
  for (let n = 0; n < 3; n++) log.record(answered("tom"));
  started(log);
  await expect.poll(lines).toMatchObject([{ kind: "gap", reason: "unclassified", lost: 3 }]);
});

test("while the engine is away facts wait, and are written when it answers again", async () => {
  const { sink, lines } = memorySink();
  let isAway = true;
  const { log } = logOver(sink, async () => {
    if (isAway) throw new EngineUnavailable("away");
    return THROUGH;
  });
  started(log);
  log.record(answered("tom"));
  await sleep(600);
  expect(lines()).toEqual([]);
  isAway = false;
  await expect.poll(() => countOf(lines())).toBe(1);
});

test("what was not looked for when the service stops is a gap", async () => {
  const { sink, lines } = memorySink();
  const { log } = logOver(sink, async () => {
    throw new EngineUnavailable("away");
  });
  log.record(answered("tom"));
  await log.close();
  expect(lines()).toMatchObject([{ kind: "gap", reason: "stopped", lost: 1 }]);
});

test("of what is looked for when the service stops each access is in a line or in a gap, and none in both", async () => {
  const { sink, lines } = memorySink();
  const { log, lost } = logOver(sink, async () => {
    await sleep(50);
    return THROUGH;
  });
  started(log);
  for (let n = 0; n < 100; n++) log.record(answered(`user-${n}`));
  await sleep(400);
  await log.close();
  await sleep(200);
  expect(lost.stopped).toBeGreaterThan(0);
  expect(countOf(lines()) + (lost.stopped ?? 0)).toBe(100);
});

test("what is answered when the log has ended is said to be lost", async () => {
  const warned: unknown[] = [];
  const { log } = logOver(memorySink().sink, through, { warn: (...one) => warned.push(one) });
  await log.close();
  log.record(answered("tom"));
  expect(warned).toEqual([["access_log_lost", { lines: 0, waiting: 1 }]]);
});

test("a record that cannot be read costs its own fact alone, and is said", async () => {
  const { sink, lines } = memorySink();
  const warned: string[] = [];
  const { log } = logOver(
    sink,
    async ({ question }) => {
      if (question.user === "user:tom") throw new TypeError("damaged");
      return THROUGH;
    },
    { warn: (event) => warned.push(event) },
  );
  for (const user of ["tom", "ann", "ben"]) log.record(answered(user));
  started(log);
  await expect.poll(() => countOf(lines())).toBe(2);
  await expect.poll(lines).toContainEqual(expect.objectContaining({ reason: "unclassified", lost: 1 }));
  expect(warned).toEqual(["access_not_classified"]);
});

test("what was counted since the last line is behind what a batch says is written", async () => {
  const { sink, batches } = memorySink();
  let now = Date.parse("2027-06-01T10:00:02Z");
  const { log } = logOver(sink, through, { clock: () => new Date(now) });
  log.record(answered("tom"));
  started(log);
  await expect.poll(() => batches.length).toBe(1);
  now += 10_000;
  log.record(answered("tom"));
  now += 20_000;
  log.record(answered("ann"));
  await expect.poll(() => batches.length).toBe(2);
  expect(batches[1]?.through.toISOString()).toBe("2027-06-01T10:00:12.000Z");
});

test("a batch says up to when every access is written: not behind one that is still looked for", async () => {
  const { sink, batches } = memorySink();
  let now = 1_000_000;
  const slow = Promise.withResolvers<void>();
  const { log } = logOver(
    sink,
    async ({ question }) => {
      if (question.user === "user:slow") await slow.promise;
      return THROUGH;
    },
    { clock: () => new Date(now) },
  );
  log.record(answered("slow"));
  now += 1000;
  log.record(answered("tom"));
  started(log);
  await expect.poll(() => batches.length).toBe(1);
  expect(batches[0]?.through.getTime()).toBe(1_000_000);
  slow.resolve();
  await expect.poll(() => batches.length).toBe(2);
  expect(batches[1]?.through.getTime()).toBe(now);
});

test("`refuse` answers nothing while the log cannot be written, or is written slowly, and again when it is; `count` always", async () => {
  const { sink, hold } = memorySink();
  const refusing = started(logOver(sink, through, { loss: "refuse" }).log);
  const counting = started(logOver(sink, through).log);
  const isRefused = (log: AccessLog) => {
    try {
      log.admit();
      return false;
    } catch (error) {
      expect(error).toBeInstanceOf(AuditUnavailable);
      return true;
    }
  };
  await expect.poll(() => isRefused(refusing)).toBe(false);
  hold(full);
  refusing.record(answered("tom"));
  await expect.poll(() => isRefused(refusing)).toBe(true);
  expect(isRefused(counting)).toBe(false);
  hold(undefined);
  await expect.poll(() => isRefused(refusing)).toBe(false);
  const slow = Promise.withResolvers<void>();
  hold(() => slow.promise);
  refusing.record(answered("ann"));
  await expect.poll(() => isRefused(refusing)).toBe(true);
  slow.resolve();
  hold(undefined);
  await expect.poll(() => isRefused(refusing)).toBe(false);
});

test("`refuse` refuses only who asks for more than there is room for: nothing that was answered is lost, and others are answered", async () => {
  const { sink, lines } = memorySink();
  const { log, lost } = logOver(sink, through, { loss: "refuse", factsMax: { yes: 12, no: 12 } });
  started(log);
  await expect.poll(() => log.state()).toBe("ok");
  let answers = 0;
  const ask = (user: string, owner: string) => {
    try {
      log.admit();
      log.record(answered(user, "plant:7", { owner: `organization:${owner}` as const }));
      answers++;
      return true;
    } catch (error) {
      expect(error).toBeInstanceOf(AuditUnavailable);
      return false;
    }
  };
  const large = Array.from({ length: 50 }, (_, n) => ask(`user-${n}`, "sunward"));
  expect(large).toContain(false);
  expect(ask("tom", "brightfix")).toBe(true);
  await log.close();
  expect([countOf(lines()), lost]).toEqual([answers, {}]);
});

test("`refuse` answers nothing while nobody can say for long what accesses were, and gives up none of them", async () => {
  const { sink, lines } = memorySink();
  let isAway = true;
  let now = Date.now();
  const find = async () => {
    if (isAway) throw new EngineUnavailable("away");
    return THROUGH;
  };
  const { log } = logOver(sink, find, { loss: "refuse", clock: () => new Date(now) });
  started(log);
  await expect.poll(() => log.state()).toBe("ok");
  log.record(answered("tom"));
  now += 600_000;
  await expect.poll(() => log.state()).toBe("behind");
  expect(() => log.admit()).toThrow(AuditUnavailable);
  isAway = false;
  await expect.poll(() => log.state()).toBe("ok");
  await expect.poll(() => countOf(lines())).toBe(1);
});

test("`refuse` answers nothing before the log was opened", () => {
  const { sink } = memorySink();
  const { log } = logOver(sink, through, { loss: "refuse" });
  expect(() => log.admit()).toThrow(AuditUnavailable);
});
