/**
 * Measures who may do what, in every situation that a cooperation can be in, on a model
 * in a store of its own. Every answer is the engine's; nothing here knows what it should
 * be. The golden matrix of the tests is printed from it, and a model is compared by it
 * with the one that it replaces.
 */
import { splitRef } from "../../src/domain/ids.ts";
import { difference, type Tuple } from "../../src/domain/tuples.ts";
import type { Engine, Question, TupleStore } from "../../src/ports.ts";
import { type Actor, AT, type Situation, type Target, type World, worldOf } from "./worlds.ts";

/** A situation with all its answers. */
export type Measured = World & {
  permissions: ReadonlyMap<string, readonly string[]>;
  /** By `answerKey`; see `allowed`. */
  answers: Map<string, boolean>;
};

// Deletes and writes together stay within the 100 that one Write takes.
const PART = 50;

const ATTEMPTS_MAX = 5;

/** The key of an answer. */
export const answerKey = (actor: Actor, target: Target, permission: string) =>
  `${actor.label} | ${target.label} | ${permission}`;

/** Every `can_*` that the engine knows for a target. */
export function permissionsOf(measured: Measured, target: Target): readonly string[] {
  return measured.permissions.get(splitRef(target.ref)[0]) ?? [];
}

/** What the engine said. Throws for what was never asked. */
export function allowed(measured: Measured, actor: Actor, target: Target, permission: string): boolean {
  const answer = measured.answers.get(answerKey(actor, target, permission));
  if (answer === undefined) throw new Error(`never asked: ${answerKey(actor, target, permission)}`);
  return answer;
}

/**
 * Writes every situation into one store, state after state, and asks every actor for every permission on every target.
 * `spelledFor` gives a fact's tuples as the store's model takes them: none where it has nothing for it. Throws when a
 * question has no answer.
 */
export async function measure(
  situations: readonly Situation[],
  engine: Pick<Engine, "batchCheck" | "permissions">,
  tupleStore: Pick<TupleStore, "write">,
  spelledFor: (tuple: Tuple) => Tuple[] = (tuple) => [tuple],
): Promise<Measured[]> {
  const worlds = situations.map((situation, n) => worldOf(situation, `s${n}`));
  for (const { states } of worlds) {
    let before: Tuple[] = [];
    for (const state of states.map((tuples) => tuples.flatMap(spelledFor))) {
      await writeAll(tupleStore, difference(before, state));
      before = state;
    }
  }
  const { permissions } = engine;
  const measured = worlds.map((world): Measured => ({ ...world, permissions, answers: new Map() }));
  for (const one of measured) {
    const cells = cellsOf(one);
    const answers = await askAll(
      engine,
      cells.map(({ actor, target, permission }) => ({ user: actor.user, relation: permission, object: target.ref })),
    );
    for (const [n, { actor, target, permission }] of cells.entries())
      one.answers.set(answerKey(actor, target, permission), answers.get(n) === true);
  }
  return measured;
}

/** The answer to each question, by its place. A fault, of a busy engine say, is no answer: it is asked again. */
async function askAll(engine: Pick<Engine, "batchCheck">, questions: Question[]): Promise<Map<number, boolean>> {
  const answers = new Map<number, boolean>();
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const open = questions.map((question, n) => ({ question, n })).filter(({ n }) => !answers.has(n));
    if (open.length === 0) return answers;
    const replies = await engine.batchCheck(
      open.map(({ question }) => question),
      AT,
    );
    for (const [index, { n }] of open.entries()) {
      const reply = replies[index];
      if (reply !== undefined && "allowed" in reply) answers.set(n, reply.allowed);
    }
  }
  const unanswered = questions.find((_, n) => !answers.has(n));
  if (unanswered !== undefined) throw new Error(`no answer to ${JSON.stringify(unanswered)}`);
  return answers;
}

/** Every cell of a situation's block, in its order. */
export function cellsOf(measured: Measured): { actor: Actor; target: Target; permission: string }[] {
  return measured.actors.flatMap((actor) =>
    measured.targets.flatMap((target) =>
      permissionsOf(measured, target).map((permission) => ({ actor, target, permission })),
    ),
  );
}

/** Takes any number of tuples, as nobody else may: the worlds are built before anybody asks. */
async function writeAll(tupleStore: Pick<TupleStore, "write">, { deletes, writes }: ReturnType<typeof difference>) {
  for (let start = 0; start < writes.length || start < deletes.length; start += PART) {
    const part = { deletes: deletes.slice(start, start + PART), writes: writes.slice(start, start + PART) };
    const outcome = await tupleStore.write(part);
    if (outcome !== "committed") throw new Error(`a world was not written: ${outcome}`);
  }
}
