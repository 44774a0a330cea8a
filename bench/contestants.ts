/** The systems of a run: started with the same world, seen to agree, and what they keep filled. */
import { agree, askAll, type Expected, expectedAnswers, expectedRefusals } from "./agree.ts";
import { cannotOf } from "./cannot.ts";
import { type Contestant, rest } from "./measure.ts";
import { STARTS } from "./plan.ts";
import { hitQuestions, makeStreams, meetings } from "./streams.ts";
import type { System } from "./system.ts";
import { makeWorld } from "./world.ts";
import { isRelationship, tuplesOfWorld } from "./world-tuples.ts";

const WORLD_SEED = 1;
const AGREED_OF_EACH_KIND = 50;
const PRIMED_OF_EACH_KIND = 10;
/** The limit for access paths: what is not found by then would be found while hits are measured, so the run fails. */
const SETTLE_SECONDS_MAX = 120;

/** `missing` are the systems that this machine has not what they need for; `bytesPerDecision` of those that report it, by name. */
export type Contest = { contestants: Contestant[]; missing: string[]; bytesPerDecision: Map<string, number> };

/** Starts systems by name on a world of this scale. Each is given to `started` at once, to be stopped however this ends. */
export async function startContest(
  scale: number,
  names: readonly string[],
  options: { at: Date; started: (system: System) => void; say: (text: string) => void },
): Promise<Contest> {
  const world = makeWorld(scale, WORLD_SEED);
  const tuples = tuplesOfWorld(world).filter(isRelationship).length;
  const streams = makeStreams(world);
  const questions = hitQuestions(world);
  const sample = [
    ...expectedAnswers(questions, AGREED_OF_EACH_KIND),
    ...expectedRefusals(questions, AGREED_OF_EACH_KIND),
  ];
  const contest: Contest = { contestants: [], missing: [], bytesPerDecision: new Map() };
  for (const name of names) {
    const start = STARTS[name];
    if (start === undefined)
      throw new Error(`There is no system ${name}; there are ${Object.keys(STARTS).join(", ")}.`);
    options.say(`${name}: starting on ${tuples} tuples`);
    const system = await start(world, options.at);
    if ("reason" in system) {
      contest.missing.push(name);
      options.say(`${name} is left out: ${system.reason}`);
      continue;
    }
    options.started(system);
    contest.contestants.push({ system, tuples, streams, walks: new Map() });
    await agree(system, sample);
    options.say(`${name} ${system.version}: agrees with the laws in ${sample.length} answers`);
    for (const law of cannotOf(name)) options.say(`${name} cannot: ${law}`);
    if (system.keeping === undefined) {
      rest(system);
      continue;
    }
    const met = meetings(world).map((question) => ({ question, answer: false }));
    const meet = () => agree(system, met);
    await meet();
    const { keeping } = system;
    // what keeps nothing between its requests has met nothing either
    if (system.counts) system.refill = meet;
    const expected = expectedAnswers(questions);
    const bytes = await fill(keeping, expected, expectedRefusals(questions, PRIMED_OF_EACH_KIND));
    Object.assign(keeping, {
      kept: questions.admin[0],
      refill: () => askAll(keeping, expected),
    } satisfies Pick<System, "kept" | "refill">);
    if (bytes !== undefined) contest.bytesPerDecision.set(name, bytes);
    rest(keeping);
    rest(system);
  }
  return contest;
}

/**
 * Asks everything once for the answers, and again until every access path is known, which is
 * found after the reply. Gives what the cache then takes for each answer, where it reports that.
 */
async function fill(keeping: NonNullable<System["keeping"]>, expected: Expected[], priming: Expected[]) {
  // scripts and buffers, which are there once and not for each answer
  await agree(keeping, priming);
  const bytesBefore = await keeping.cacheBytes?.();
  await agree(keeping, expected);
  const giveUpAt = performance.now() + SETTLE_SECONDS_MAX * 1000;
  let calls = (await keeping.counts?.())?.engineCalls;
  for (let before: number | undefined; calls !== before; ) {
    if (performance.now() > giveUpAt) throw new Error(`hits still ask the engine after ${SETTLE_SECONDS_MAX} s`);
    before = calls;
    await agree(keeping, expected);
    calls = (await keeping.counts?.())?.engineCalls;
  }
  const bytesAfter = await keeping.cacheBytes?.();
  return bytesBefore === undefined || bytesAfter === undefined
    ? undefined
    : (bytesAfter - bytesBefore) / expected.length;
}
