/**
 * The workloads as lists of requests. `hit` walks through few questions, all of them
 * asked before; `miss` through so many that none is asked a second time in a run, and none that a hit asks,
 * about resources that were asked about before; `first` through resources that were not;
 * `mix` draws questions by Zipf's law, with one action among a hundred.
 */

import { OPERATIONS, type OperationWorkload, operationsOf } from "./operations.ts";
import { interleaved, KINDS, type Kind, makeQuestions } from "./questions.ts";
import { type Random, seededRandom } from "./random.ts";
import type { Operation, Question, Sent, System } from "./system.ts";
import type { World } from "./world.ts";

export type Workload = "hit" | "miss" | `miss:${Kind}` | "first" | "mix" | "batch20" | OperationWorkload;

const HIT_QUESTIONS = 100;
const MISS_QUESTIONS = 20_000;
const MIX_REQUESTS_AN_ACTION = 100;
/** For each of its connections as many, and in these whole pairs of actions. */
const MIX_REQUESTS = 32 * 3 * 2 * MIX_REQUESTS_AN_ACTION;
const BATCH_QUESTIONS = 20;
// two seeds, so that what a miss asks was never asked by a hit but by chance
const HIT_SEED = 1;
const MISS_SEED = 2;

/**
 * A process meets a resource once and asks it many questions. Met beforehand are two fifths of what a hundred
 * organizations have, in a larger world as many, in a smaller one all: so many that no question of a miss is
 * asked a second time in a run.
 */
const MET_OF_FIVE = 2;
const MET_ORGANIZATIONS_MAX = 100;
const isMetIn = (world: World) => {
  const isSmall = world.organizations.length < MET_ORGANIZATIONS_MAX;
  return (object: string): boolean => {
    const [, organization, number] = /^\w+:org-(\d+)-\w+-(\d+)$/.exec(object) ?? [];
    return isSmall || (Number(organization) < MET_ORGANIZATIONS_MAX && Number(number) % 5 < MET_OF_FIVE);
  };
};

/** A question about each resource that the misses ask about, whose answer is no. */
export function meetings(world: World): Question[] {
  const isMet = isMetIn(world);
  return world.resources
    .filter(({ ref }) => isMet(ref))
    .map(({ ref }) => ({ user: "user:nobody", relation: "can_view", object: ref }));
}

/** All that the hit workloads ask, the mix among them. */
export const hitQuestions = (world: World): Record<Kind, Question[]> => makeQuestions(world, HIT_QUESTIONS, HIT_SEED);

export type Streams = {
  requests(system: Pick<System, "request" | "batch" | "operation">, workload: Workload): Sent[];
};

const ACTIONS: readonly Operation["kind"][] = ["delegate", "revoke", "pause", "resume", "share", "unshare"];

/** The workloads of a world. */
export function makeStreams(world: World): Streams {
  const hit = hitQuestions(world);
  const isMet = isMetIn(world);
  // what a hit asks is asked before the misses too, to see that all systems agree, and may still be kept
  const asked = new Set(interleaved(hit).map(textOf));
  const unasked = (questions: Record<Kind, Question[]>) => mapKinds(questions, (one) => !asked.has(textOf(one)));
  const miss = unasked(makeQuestions(world, MISS_QUESTIONS, MISS_SEED, isMet));
  const first = unasked(makeQuestions(world, MISS_QUESTIONS, MISS_SEED, (object) => !isMet(object)));
  const operations = operationsOf(world);
  const lists = new Map<Workload, (Question | Operation)[]>([
    ["hit", interleaved(hit)],
    // from the other end than those of one kind, so that neither asks what the other just did
    ["miss", interleaved(miss).reverse().slice(0, MISS_QUESTIONS)],
    ["first", onceEach(interleaved(first))],
    ...KINDS.map((kind): [Workload, Question[]] => [`miss:${kind}`, miss[kind]]),
    ["mix", mixOf(world, interleaved(hit), seededRandom(HIT_SEED))],
    ...OPERATIONS.map((workload): [Workload, Operation[]] => [workload, operations[workload]]),
  ]);
  return {
    requests: (system, workload) => {
      if (workload === "batch20") return batchesOf(interleaved(hit)).flatMap((batch) => system.batch?.(batch) ?? []);
      return (lists.get(workload) ?? []).flatMap((one): Sent[] => {
        if (!("kind" in one)) return [system.request(one)];
        const request = system.operation?.(one);
        return request === undefined ? [] : [{ ...request, isAction: ACTIONS.includes(one.kind) }];
      });
    },
  };
}

const textOf = (question: Question): string => JSON.stringify(question);

const mapKinds = (questions: Record<Kind, Question[]>, keep: (question: Question) => boolean) =>
  Object.fromEntries(KINDS.map((kind) => [kind, questions[kind].filter(keep)])) as Record<Kind, Question[]>;

/** One question about each resource. */
const onceEach = (questions: Question[]): Question[] => [
  ...new Map(questions.map((question) => [question.object, question])).values(),
];

/** The nth most asked question is asked 1/n times as often as the first. */
function mixOf(world: World, questions: Question[], random: Random): (Question | Operation)[] {
  let sum = 0;
  const sums = questions.map((_, rank) => (sum += 1 / (rank + 1)));
  const resolution = 2 ** 30;
  const draw = () => {
    const at = (random.below(resolution) / resolution) * sum;
    return questions[sums.findIndex((upTo) => at < upTo)] as Question;
  };
  const actions = actionsOf(world, MIX_REQUESTS / MIX_REQUESTS_AN_ACTION);
  return Array.from({ length: MIX_REQUESTS }, (_, n) =>
    n % MIX_REQUESTS_AN_ACTION === 0 ? (actions[n / MIX_REQUESTS_AN_ACTION] as Operation) : draw(),
  );
}

/** A delegation is taken back and then given again, one after the other, each in another cooperation. */
function actionsOf(world: World, count: number): Operation[] {
  const partners = new Map(world.cooperations.map(({ id, partner }) => [id, partner]));
  const cooperationOf = new Map(world.shares.map(({ id, cooperation }) => [id, cooperation]));
  // a date would have to be given again
  const undated = world.delegations.filter(({ expiresAt }) => expiresAt === undefined);
  const byCooperation = Map.groupBy(undated, ({ share }) => cooperationOf.get(share));
  const chosen = [...byCooperation].flatMap(([cooperation, [delegation]]) => {
    const admin = world.people.find(
      (one) => cooperation && one.organization === partners.get(cooperation) && one.role === "admin",
    );
    return delegation && admin ? [{ admin: admin.user, ...delegation }] : [];
  });
  return Array.from({ length: count }, (_, n) => {
    const { admin, share, user, role } = chosen[Math.floor(n / 2) % chosen.length] as (typeof chosen)[number];
    return { kind: n % 2 === 0 ? "revoke" : "delegate", admin, share, user, role };
  });
}

function batchesOf(questions: Question[]): Question[][] {
  return Array.from({ length: Math.floor(questions.length / BATCH_QUESTIONS) }, (_, n) =>
    questions.slice(n * BATCH_QUESTIONS, (n + 1) * BATCH_QUESTIONS),
  );
}
