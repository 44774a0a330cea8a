/** What every point of a check uses: how it moves on, and how it is answered and judged. */
import type { Step } from "./explore.ts";
import { answerNow, pays } from "./law.ts";
import type { Setting } from "./protocol.ts";
import { changed, NO_GUESS, namesOf, type Reader, type State, type Writes } from "./state.ts";

export const idleReader = (name: string): Reader => ({
  name,
  at: "idle",
  owed: 0,
  guess: NO_GUESS,
  tokens: undefined,
  ownerRead: false,
  partRead: undefined,
  remembers: false,
  answer: undefined,
  youngerThan: 0,
  tooOld: false,
});

export const readerOf = (state: State, who: number): Reader => state.readers[who] ?? idleReader("nobody");

export const went = (state: State, who: number, to: Partial<Reader>): State => ({
  ...state,
  readers: changed(state.readers, [who], (before) => ({ ...before, ...to })),
});

/** The check is answered; the law is asked whether it may be. */
export function answers({ world }: Setting, state: State, who: number, what: string, answer: Writes): Step<State> {
  const { name, owed } = readerOf(state, who);
  const shown = world.law === "monotonic" ? state.shown | answer : state.shown;
  return {
    label: `${name} ${what} ${namesOf(answer)}`,
    to: { ...went(state, who, idleReader(name)), shown },
    wrong: pays(world, state.engine, owed, answer)
      ? undefined
      : `${namesOf(answer)} is answered, owed is ${namesOf(owed)}`,
  };
}

export const answersUnstored = (setting: Setting, state: State, who: number, why: string): Step<State> =>
  answers(
    setting,
    state,
    who,
    `${why}; asks the engine, stores nothing, answers`,
    answerNow(setting.world, state.engine),
  );
