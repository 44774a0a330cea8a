/** Checks that look right and are not, each with the one thing it leaves out or does otherwise. */
import { agreedReader, beside, remembering, sequential } from "./agreed.ts";
import { stores } from "./fill.ts";
import type { Act, Protocol } from "./protocol.ts";
import { answersUnstored, readerOf, went } from "./reader.ts";
import { isLeased } from "./redis.ts";
import { NOBODY, scopeNames, USER } from "./state.ts";

/** A fill may take longer than the TTL. */
export const ttlFromStore: Protocol = { ...sequential, ttlFrom: "store" };

export const trustsWhilePending: Protocol = { ...sequential, trustsWhilePending: true };

/** The owner's name alone does not distinguish an earlier registration from the current one. */
export const besideByName: Protocol = { ...beside, owner: "beside the question, by name" };

/** The same registration: what is written past the service makes another one the owner under it. */
export const besideByIncarnation: Protocol = { ...beside, owner: "beside the question, by incarnation" };

/** An owner of before beside the registration of now: both may be found so, one before the owner comes back and one behind it. */
export const guessesAtOnce: Protocol = { ...beside, guessReads: "at once" };

/** Whatever became of the owner's token since: another owner may have come and gone. */
export const remembersUnderAnyToken: Protocol = {
  ...remembering,
  remembering: { underToken: false, lifeFrom: "confirmation" },
};

/** An entry that rests on what was confirmed long ago counts as long as one that does not. */
export const remembersAsIfNew: Protocol = { ...remembering, remembering: { underToken: true, lifeFrom: "fill" } };

const confirmed: Act = (...at) =>
  agreedReader.filling(...at).map((step) => ({ ...step, to: went(step.to, at[2], { ownerRead: true }) }));

/** Believes its guess. */
export const trustsGuess: Protocol = { ...sequential, reader: { ...agreedReader, filling: confirmed } };

const missesIntoReading: Act = (setting, state, who) =>
  agreedReader
    .looking(setting, state, who)
    .map((step) =>
      readerOf(step.to, who).at === "filling" ? { ...step, to: went(step.to, who, { at: "guessing" }) } : step,
    );

/** Reads the owner, and takes the tokens after that. */
export const ownerThenTokens: Protocol = {
  ...sequential,
  reader: { ...agreedReader, looking: missesIntoReading, filling: confirmed },
};

const corrects: Act = (setting, state, who) => {
  const { ownerRead, guess, name } = readerOf(state, who);
  const { owner } = state.engine;
  if (ownerRead || owner === guess.owner || owner === NOBODY) return agreedReader.asking(setting, state, who);
  return [
    {
      label: `${name} reads the owner ${scopeNames([owner])}, not the guessed one`,
      to: went(state, who, { at: "owner's token", guess: { ...guess, owner }, ownerRead: true }),
    },
  ];
};

const takesOwnersToken: Act = (setting, state, who) => {
  const { name, guess, tokens } = readerOf(state, who);
  return setting.protocol.take(state.redis, guess.owner).map(({ redis, tokens: now }) =>
    now && tokens
      ? {
          label: `${name} takes the token of ${scopeNames([guess.owner])}`,
          to: went({ ...state, redis }, who, { at: "asking", tokens: { user: tokens.user, owner: now.owner } }),
        }
      : answersUnstored(setting, state, who, "gets no token"),
  );
};

/** On another owner than guessed it takes that one's token only now, and keeps the user's. */
export const lateToken: Protocol = {
  ...sequential,
  reader: { ...agreedReader, asking: corrects, "owner's token": takesOwnersToken },
};

/** Looks at tokens and leases once more before it stores: superfluous where invalidates come in one script with leases. */
export const looksTwice = (protocol: Protocol): Protocol => ({
  ...protocol,
  reader: {
    ...agreedReader,
    asking: (setting, state, who) => {
      const { name, answer, tokens, guess } = readerOf(state, who);
      if (answer === undefined) return agreedReader.asking(setting, state, who);
      const { redis } = state;
      const same = redis.tokens[USER] === tokens?.user && redis.tokens[guess.owner] === tokens?.owner;
      return same && !isLeased(redis, guess.owner)
        ? [{ label: `${name} finds its tokens again and no lease`, to: went(state, who, { at: "checked again" }) }]
        : [answersUnstored(setting, state, who, "finds other tokens or a lease")];
    },
    "checked again": stores,
  },
});
