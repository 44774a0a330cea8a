/** How a check begins and looks for its answer: one MGET of the entry and both tokens, under a guess who owns the resource. */
import type { Step } from "./explore.ts";
import { guessText, possibleGuesses, suffices } from "./guess.ts";
import { owedNow } from "./law.ts";
import type { Act } from "./protocol.ts";
import { answers, answersUnstored, readerOf, went } from "./reader.ts";
import { type State, scopeNames, UNKNOWN } from "./state.ts";

/** A check begins, with what the replica believes of the owner. */
export const begins: Act = (setting, state, who) => {
  const { name } = readerOf(state, who);
  const onOwnReplica = setting.world.law === "own replica" && who === 0;
  const owed = owedNow(setting.world, state, onOwnReplica);
  if (onOwnReplica && state.late !== 0 && !setting.protocol.trustsWhilePending)
    return [
      answersUnstored(setting, went(state, who, { owed }), who, "begins while its replica's invalidates are pending"),
    ];
  return possibleGuesses(setting, state.engine).map((guess) => ({
    label: `${name} begins, ${guessText(guess)}`,
    to: went(state, who, { at: "looking", owed, guess }),
  }));
};

/** A miss is always possible: the cache is slow, or the entry comes only now. */
export const looks: Act = (setting, state, who) => {
  const { name, guess } = readerOf(state, who);
  const { entry } = state.redis;
  const at = suffices(setting, guess) ? "filling" : "guessing";
  const steps: Step<State>[] = [{ label: `${name} misses`, to: went(state, who, { at }) }];
  if (entry && entry.owner !== guess.owner)
    steps.push({
      label: `${name} finds an entry under ${scopeNames([entry.owner])}, guesses that and looks again`,
      to: went(state, who, { guess: { owner: entry.owner, incarnation: UNKNOWN } }),
    });
  else if (entry && setting.protocol.matches(state.redis, entry))
    steps.push({ ...answers(setting, state, who, "hits, answers", entry.answer), isHit: true });
  return steps;
};
