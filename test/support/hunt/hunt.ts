/**
 * The hunt for a stale answer: checks are asked on every replica without a pause while
 * actions change what they depend on. A check that began after an action's reply and
 * `effective_by`, and ended before the next action that it depends on was sent, has one right
 * answer: the oracle's (law 13).
 */
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { Source } from "../../../src/ports.ts";
import type { Reply, Service } from "../service.ts";
import { EXPECTED_REFUSALS, FIRST, type Field, type Step, TRACKS, worldOf } from "./field.ts";
import { type Asked, createTruth } from "./truth.ts";

const READERS_PER_REPLICA = 2;
const ACTORS = 2;
/** How often the next action is sent before the one before it is effective. */
const HURRY = 0.3;

export type Report = {
  checks: number;
  /** Checks that had one right answer. */
  judged: number;
  sources: Record<Source, number>;
  done: number;
  refused: number;
  /** Each as a sentence. */
  violations: string[];
};

/** Whether it was done, and what to wait for until every check answers from after it. */
export type Acted = { done: boolean; effective: () => Promise<void> };
export type Act = (step: Step, replicas: Service[]) => Promise<Acted>;

export type Hunt = {
  replicas: Service[];
  field: Field;
  seconds: number;
  /** How many checks are to be asked; until then the fault happens again. */
  checks?: number;
  /** When it may end; the hunt continues until then. */
  isEnough?: (report: Report) => boolean;
  /** What happens to the cache meanwhile; begins with the hunt, which waits for its end. */
  fault?: () => Promise<void>;
  /** How the actions are done, instead of by any replica. */
  act?: Act;
};

/** Enough was judged, hit and done, so that finding nothing means something. */
const isConclusive = ({ judged, sources, done }: Report) => judged > 200 && sources.hit > 100 && done > 10;

const draw = <T>(from: readonly T[]): T => from[Math.floor(Math.random() * from.length)] ?? expect.fail("none");

/** What a reply says of what was done. */
export function actedBy({ status, body }: Reply): Acted {
  if (status >= 400) {
    expect(EXPECTED_REFUSALS, JSON.stringify(body)).toContain(body.code);
    return { done: false, effective: async () => {} };
  }
  return { done: true, effective: () => until(Date.parse(body.effective_by)) };
}

/** Asks one of the replicas. */
export const askAny: Act = async (step, replicas) => actedBy(await step.send(draw(replicas)));

/** Resolves when the clock says so, and never before. */
async function until(milliseconds: number): Promise<void> {
  while (Date.now() < milliseconds) await sleep(milliseconds - Date.now());
}

/** Hunts for some seconds. Throws when a check or an action found no answer. */
export async function hunt({
  replicas,
  field,
  seconds,
  checks = 0,
  fault,
  act = askAny,
  isEnough = isConclusive,
}: Hunt): Promise<Report> {
  const truth = createTruth(TRACKS, worldOf, FIRST);
  const sources: Report["sources"] = { hit: 0, miss: 0, engine: 0 };
  const report: Report = { checks: 0, judged: 0, sources, done: 0, refused: 0, violations: [] };
  let isOver = false;

  async function ask(replica: Service, question: Asked): Promise<void> {
    const { user, permission, resource } = question;
    const before = truth.of(question);
    const beganAt = Date.now();
    const checked = await replica.deps.checker.check({ user: `user:${user}`, relation: permission, object: resource });
    const after = truth.of(question);
    report.checks++;
    sources[checked.source]++;
    if (before === undefined || before.since !== after?.since) return;
    report.judged++;
    if (checked.allowed === before.allowed) return;
    const what = `${user} ${permission} ${resource} on replica ${replicas.indexOf(replica)}`;
    const when = `${new Date(beganAt).toISOString()} to ${new Date().toISOString()}`;
    report.violations.push(`${what}, ${when}: ${checked.source} says ${checked.allowed}; last ${last.join(" | ")}`);
  }

  /** The last actions, for whoever must understand a violation. */
  const last: string[] = [];

  async function change(track: string): Promise<void> {
    let state = truth.state(track);
    const effective: Promise<void>[] = [];
    truth.open(track);
    do {
      const step = draw(field.steps(track, state));
      const acted = await act(step, replicas);
      if (acted.done) report.done++;
      else report.refused++;
      if (!acted.done) continue;
      last.push(`${new Date().toISOString()} ${track}: ${state} → ${step.to}`);
      if (last.length > 12) last.shift();
      state = step.to;
      effective.push(acted.effective());
    } while (Math.random() < HURRY);
    await Promise.all(effective);
    truth.settle(track, state);
  }

  async function reader(replica: Service): Promise<void> {
    while (!isOver) await ask(replica, draw(truth.questions));
  }

  async function actor(): Promise<void> {
    while (!isOver) {
      const track = draw(Object.keys(TRACKS).filter((one) => !truth.isOpen(one)));
      const beganAt = performance.now();
      await change(track);
      // in the quiet between, answers are stored and hit, however slow the machine is
      await sleep(Math.random() * 3 * (performance.now() - beganAt));
    }
  }

  const readers = replicas.flatMap((replica) => Array.from({ length: READERS_PER_REPLICA }, () => reader(replica)));
  const actors = Array.from({ length: ACTORS }, actor);
  const time = async () => {
    do await Promise.all([sleep(seconds * 1000), fault?.()]);
    while (!isOver && report.checks < checks);
    while (!isOver && !isEnough(report)) await sleep(100);
  };
  const stop = () => {
    isOver = true;
  };
  const all = [time().then(stop), ...readers, ...actors].map((one) =>
    one.catch((error: unknown) => {
      stop();
      throw error;
    }),
  );
  for (const ended of await Promise.allSettled(all)) if (ended.status === "rejected") throw ended.reason;
  // without further changes, every replica is asked everything, from the cache where allowed
  for (let times = 0; times < 2; times++)
    for (const replica of replicas) await Promise.all(truth.questions.map((question) => ask(replica, question)));
  return report;
}

/** Prints what came of a hunt. */
export function printReport(name: string, { checks, judged, sources, done, refused, violations }: Report): void {
  const from = Object.entries(sources).map(([source, times]) => `${times} ${source}`);
  console.log(
    `${name}: ${checks} checks (${from.join(", ")}), ${judged} judged, ${done} actions, ${refused} refused, ${violations.length} violations`,
  );
}
