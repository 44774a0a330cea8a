/** How concurrent misses share one question. Who joins never stores. */
import type { Act } from "./protocol.ts";
import { answers, readerOf, went } from "./reader.ts";
import type { Reader } from "./state.ts";

/** A check with tokens of its own may join a question instead of asking itself. */
export const joins: Act = ({ protocol: { coalescing } }, state, who) => {
  const mine = readerOf(state, who);
  if (!coalescing || (coalescing.confirmedBy === "the joiner" && !mine.ownerRead)) return [];
  return state.readers
    .filter((leader, place) => place !== who && isAsking(leader) && coalescing.mayShare(mine, leader))
    .filter(({ tooOld }) => coalescing.olderThanTtl || !tooOld)
    .map(({ name }) => ({ label: `${mine.name} joins ${name}'s question`, to: went(state, who, { at: "joined" }) }));
};

const isAsking = ({ at }: Reader): boolean => at === "asking" || at === "half asked";

/** It gets the answer once the leader's guess is confirmed, and fills again where the leader does. */
export const waits: Act = (setting, state, who) => {
  const { coalescing } = setting.protocol;
  const mine = readerOf(state, who);
  const leader = state.readers.find(
    (other, place) => place !== who && isAsking(other) && coalescing?.mayShare(mine, other),
  );
  if (!leader)
    return [
      {
        label: `${mine.name} is left alone, and fills again`,
        to: went(state, who, { at: "filling", tokens: undefined }),
      },
    ];
  const isConfirmed = leader.ownerRead || coalescing?.confirmedBy !== "the leader";
  if (leader.at !== "asking" || leader.answer === undefined || !isConfirmed) return [];
  return [answers(setting, state, who, `gets ${leader.name}'s answer, answers`, leader.answer)];
};
