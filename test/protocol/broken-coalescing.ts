/** Shared questions that look right and are not. */
import { agreedReader, beside, sequential } from "./agreed.ts";
import { haveSameTokens } from "./canonical.ts";
import type { Act, Coalescing, Protocol } from "./protocol.ts";
import { readerOf, went } from "./reader.ts";

const shared = (protocol: Protocol, change: Partial<Coalescing>): Protocol => ({
  ...protocol,
  coalescing: { mayShare: haveSameTokens, olderThanTtl: false, confirmedBy: "the leader", ...change },
});

/** A fill that got no tokens asks in the open, so that others may join it. */
const fillsWithoutTokens: Act = (setting, state, who) => {
  const { name, guess } = readerOf(state, who);
  return setting.protocol.take(state.redis, guess.owner).map(({ redis, tokens }) => ({
    label: `${name} ${tokens ? "takes the tokens" : "gets no tokens"}`,
    to: went({ ...state, redis }, who, {
      at: "asking",
      tokens,
      ownerRead: true,
      answer: undefined,
      youngerThan: state.late,
    }),
  }));
};

/** The same question is not the same moment. */
export const byQuestion: Protocol = {
  ...shared(sequential, { mayShare: () => true }),
  reader: { ...agreedReader, filling: fillsWithoutTokens },
};

/** No tokens are not the same tokens. */
export const byMissingTokens: Protocol = {
  ...shared(sequential, {
    mayShare: ({ tokens: mine }, { tokens: theirs }) => mine === undefined && theirs === undefined,
  }),
  reader: { ...agreedReader, filling: fillsWithoutTokens },
};

/** Tokens of a Write whose release failed stay as they were; only the age shows it. */
export const olderThanTtl: Protocol = shared(sequential, { olderThanTtl: true });

/** Beside the question nobody has confirmed the guess yet under which the leader asks. */
export const unconfirmed: Protocol = shared(beside, { confirmedBy: "nobody" });

/** The leader may have guessed an earlier registration than the joiner has confirmed. */
export const confirmedByJoiner: Protocol = shared(beside, { confirmedBy: "the joiner" });
