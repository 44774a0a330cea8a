/** What a check does on a miss. */
import type { Step } from "./explore.ts";
import { partsOf } from "./guess.ts";
import { joins } from "./join.ts";
import { answerNow, ownerPart, userPart } from "./law.ts";
import type { Act, Setting } from "./protocol.ts";
import { answers, answersUnstored, readerOf, went } from "./reader.ts";
import { type Guess, NOBODY, namesOf, type Reader, type State, scopeNames, type Tokens, USER } from "./state.ts";
import { transfers } from "./world.ts";

/** Without a guess the owner is read first. */
export const guesses: Act = (setting, state, who) => {
  const { owner, incarnation } = state.engine;
  if (owner === NOBODY) return [answersUnstored(setting, state, who, "reads that nobody owns it")];
  return [
    {
      label: `${readerOf(state, who).name} reads the owner ${scopeNames([owner])}, which makes a guess`,
      to: went(state, who, { at: "filling", guess: { owner, incarnation }, tokens: undefined }),
    },
  ];
};

/** The tokens come before the question: whatever is invalidated after that outdates what is stored. */
export const takes: Act = (setting, state, who) => {
  const { name, guess } = readerOf(state, who);
  const scopes = scopeNames([USER, guess.owner]);
  return setting.protocol.take(state.redis, guess.owner).flatMap(({ redis, tokens }) => {
    const taken = { ...state, redis };
    if (tokens === undefined) return [answersUnstored(setting, taken, who, `gets no tokens of ${scopes}`)];
    const begun: Partial<Reader> = {
      at: "asking",
      tokens,
      ownerRead: !transfers(setting.world),
      partRead: undefined,
      answer: undefined,
      youngerThan: state.late,
      tooOld: false,
    };
    const label = `${name} takes the tokens of ${scopes}`;
    const remembered = rememberedOf(setting, state, guess, tokens);
    const steps = [{ label, to: went(taken, who, begun) }];
    if (remembered !== undefined)
      steps.push({
        label: `${label}, remembers that the owner was confirmed`,
        to: went(taken, who, { ...begun, ...remembered }),
      });
    return steps;
  });
};

/** What a fill begins with whose replica remembers that its guess was confirmed. */
function rememberedOf(
  { protocol: { remembering } }: Setting,
  { confirmed, late }: State,
  guess: Guess,
  tokens: Tokens,
): Partial<Reader> | undefined {
  if (!remembering || confirmed?.owner !== guess.owner) return undefined;
  if (remembering.underToken && confirmed.token !== tokens.owner) return undefined;
  const youngerThan = remembering.lifeFrom === "confirmation" ? confirmed.youngerThan : late;
  return { ownerRead: true, remembers: true, youngerThan };
}

/** Then the owner and the question: one after the other, or both at a time. */
export const fills: Act = (setting, state, who) => {
  const { ownerRead, answer } = readerOf(state, who);
  const mayAsk = ownerRead || setting.protocol.owner !== "before the question, by name";
  return [
    ...(ownerRead ? [] : readsOwner(setting, state, who)),
    ...(answer === undefined && mayAsk ? [...asks(setting, state, who), ...joins(setting, state, who)] : []),
    ...(answer !== undefined && ownerRead ? stores(setting, state, who) : []),
  ];
};

/** Each part of the guess is confirmed, in any order, or another one made and all begun again. */
const readsOwner: Act = (setting, state, who) => {
  const { name, guess, partRead } = readerOf(state, who);
  const { owner, incarnation } = state.engine;
  if (owner === NOBODY) return [answersUnstored(setting, state, who, "reads that nobody owns it")];
  const parts = partsOf(setting);
  return parts
    .filter((part) => part !== partRead)
    .flatMap((part): Step<State>[] => {
      const read = `${name} reads ${part === "owner" ? `the owner ${scopeNames([owner])}` : "its registration"}`;
      if (guess[part] !== state.engine[part])
        return [
          {
            label: `${read}, not the guessed one, and fills again`,
            to: went(state, who, { at: "filling", guess: { owner, incarnation }, tokens: undefined }),
          },
        ];
      if (partRead === undefined && parts.length > 1)
        return [{ label: `${read}, as guessed`, to: went(state, who, { partRead: part }) }];
      return confirms(setting, state, who, `${read}, as guessed`);
    });
};

/** All of the guess is confirmed; its replica may remember that. */
function confirms({ protocol }: Setting, state: State, who: number, label: string): Step<State>[] {
  const { guess, tokens, youngerThan } = readerOf(state, who);
  const to = went(state, who, { ownerRead: true, partRead: undefined });
  if (!protocol.remembering || !tokens) return [{ label, to }];
  const confirmed = { owner: guess.owner, token: tokens.owner, youngerThan };
  return [
    { label, to },
    { label: `${label}, and its replica remembers that`, to: { ...to, confirmed } },
  ];
}

const asks: Act = ({ world }, state, who) => {
  const part = world.torn ? userPart(world, state.engine) : answerNow(world, state.engine);
  return [
    {
      label: `${readerOf(state, who).name} asks; the engine reads ${namesOf(part)}`,
      to: went(state, who, { at: world.torn ? "half asked" : "asking", answer: part }),
    },
  ];
};

export const readsOn: Act = (setting, state, who) => {
  const { name, answer = 0, ownerRead } = readerOf(state, who);
  const whole = ownerPart(setting.world, state.engine, answer);
  return [
    ...(ownerRead ? [] : readsOwner(setting, state, who)),
    {
      label: `${name}'s question: the engine reads on, ${namesOf(whole)}`,
      to: went(state, who, { at: "asking", answer: whole }),
    },
  ];
};

/** The SET may as well fail. */
export const stores: Act = (setting, state, who) => {
  const { tokens, guess, answer = 0, youngerThan, tooOld } = readerOf(state, who);
  const unstored = answers(setting, state, who, "stores nothing, answers", answer);
  if (tokens === undefined || tooOld) return [unstored];
  const entry = { answer, owner: guess.owner, tokens, youngerThan };
  const stored = { ...state, redis: { ...state.redis, entry } };
  return [answers(setting, stored, who, `stores under ${scopeNames([guess.owner])}, answers`, answer), unstored];
};
