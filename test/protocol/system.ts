/** A protocol in a world, as a system to explore. */
import { numbered, reduced } from "./canonical.ts";
import { happenings } from "./environment.ts";
import type { Step, System } from "./explore.ts";
import { keyOf } from "./key.ts";
import { answerNow, isQuiet, pays } from "./law.ts";
import type { Act, Setting } from "./protocol.ts";
import { idleReader } from "./reader.ts";
import { EMPTY } from "./redis.ts";
import { FIRST, namesOf, type Reader, type State } from "./state.ts";
import type { World } from "./world.ts";

/**
 * How much is taken together (`canonical.ts`): `reduced` all; `numbered` only checks that begin, look and take tokens
 * in one go, for protocols in which a lost token may come back or be met again; `by value` not even the tokens' numbers,
 * for tokens that count; `whole` nothing.
 */
export type Walk = "reduced" | "numbered" | "by value" | "whole";

export function systemOf(setting: Setting, walk: Walk): System<State> {
  const { world } = setting;
  return {
    initial: initialState(world),
    steps: (state) => steps(setting, state, walk),
    canonical: (state) =>
      walk === "by value" ? state : numbered(walk === "reduced" ? reduced(setting, state) : state),
    key: keyOf,
    ...(walk !== "whole" && { passing: (state: State) => state.readers.some(isOnItsWay) }),
    ...(world.law === "contained" && { wrong: (state: State) => leftStale(setting, state) }),
    hitsStayWithinReach: world.law === "live",
  };
}

const initialState = (world: World): State => ({
  redis: EMPTY,
  engine: { log: [], owner: world.owner, incarnation: FIRST },
  writers: world.writes.map(() => ({ at: "idle", write: "not sent" })),
  readers: Array.from({ length: world.readers }, (_, place) => idleReader(`R${place + 1}`)),
  confirmed: undefined,
  effective: 0,
  late: 0,
  repeated: 0,
  shown: 0,
});

/** A check that has begun and has no tokens yet. */
const isOnItsWay = ({ at }: Reader): boolean => at === "looking" || at === "guessing" || at === "filling";

function steps(setting: Setting, state: State, walk: Walk): Step<State>[] {
  const { writer, reader } = setting.protocol;
  const act = (acts: Act | undefined, who: number) => acts?.(setting, state, who) ?? [];
  const hurried = walk === "whole" ? -1 : state.readers.findIndex(isOnItsWay);
  const acting = [...state.readers.entries()].filter(([who]) => hurried < 0 || who === hurried);
  const checks = acting.flatMap(([who, { at }]) => act(reader[at], who));
  if (hurried >= 0) return checks;
  return [
    ...happenings(setting, state),
    ...[...state.writers.entries()].flatMap(([who, { at }]) => act(writer[at], who)),
    ...checks,
  ];
}

function leftStale({ world, protocol }: Setting, state: State): string | undefined {
  const { engine, redis } = state;
  if (!redis.entry || !isQuiet(state) || !protocol.matches(redis, redis.entry)) return undefined;
  const now = answerNow(world, engine);
  if (pays(world, engine, now, redis.entry.answer)) return undefined;
  return `all is quiet, the entry says ${namesOf(redis.entry.answer)}, the engine ${namesOf(now)}`;
}
