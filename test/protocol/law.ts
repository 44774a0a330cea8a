/** What an answer shows, and what a check is owed (law 13). */
import { type Engine, has, NOBODY, plus, type Scope, type State, USER, type Writes } from "./state.ts";
import type { World } from "./world.ts";

/** Who owns the resource when of the Writes in the log only `shown` count. */
function ownerBy(world: World, { log }: Engine, shown: Writes): Scope {
  const registration = log.findLast((write) => has(shown, write) && world.writes[write]?.gives !== undefined);
  return world.writes[registration ?? -1]?.gives ?? world.owner;
}

const showing = (world: World, { log }: Engine, shows: (touches: readonly Scope[], gives?: Scope) => boolean): Writes =>
  log.reduce((shown, write) => {
    const { touches, gives } = world.writes[write] ?? { touches: [] };
    return shows(touches, gives) ? plus(shown, write) : shown;
  }, 0);

/** What the engine reads first: who owns the resource, and the user's part. */
export const userPart = (world: World, engine: Engine): Writes =>
  showing(world, engine, (touches, gives) => gives !== undefined || touches.includes(USER));

/** What it reads then: the part of the owner that it has read. */
export function ownerPart(world: World, engine: Engine, part: Writes): Writes {
  const owner = ownerBy(world, engine, part);
  return part | showing(world, engine, (touches, gives) => gives === undefined && touches.includes(owner));
}

/** What the engine answers now. */
export const answerNow = (world: World, engine: Engine): Writes => ownerPart(world, engine, userPart(world, engine));

/**
 * Whether an answer pays what is owed. A registration shows in every answer, a Write on the user as well. A Write
 * on an organization shows while that one owns the resource. An answer by another owner pays for it too, but not
 * when it comes from before the registration on which the Write was decided.
 */
export function pays(world: World, engine: Engine, owed: Writes, answer: Writes): boolean {
  const owner = ownerBy(world, engine, answer);
  return engine.log.every((write, place) => {
    if (!has(owed, write) || has(answer, write)) return true;
    const { touches, gives } = world.writes[write] ?? { touches: [] };
    if (gives !== undefined || touches.includes(USER) || touches.includes(owner)) return false;
    const before = engine.log.slice(0, place);
    const decidedOn = before.findLast((earlier) => touches.includes(world.writes[earlier]?.gives ?? NOBODY));
    return decidedOn === undefined || has(answer, decidedOn);
  });
}

/** What a check is owed that begins now, on the writers' own replica or on another one. */
export function owedNow(world: World, state: State, onOwnReplica: boolean): Writes {
  const { engine, effective, late, shown } = state;
  if (world.owed === "each") return effective | shown | (onOwnReplica ? late : 0);
  const waiting = engine.log.findIndex((write) => world.writes[write]?.gives !== undefined && !has(effective, write));
  const settled = waiting < 0 ? engine.log : engine.log.slice(0, waiting);
  return settled.reduce((owed, write) => (has(effective, write) ? plus(owed, write) : owed), 0);
}

/** All writers are done and gone, and no lease is left to hold anything back. */
export const isQuiet = ({ writers, redis, late }: State): boolean =>
  late === 0 &&
  redis.leases.every((writers) => writers === 0) &&
  writers.every(({ at, write }) => write !== "in flight" && (at === "idle" || at === "replied" || at === "gone"));
