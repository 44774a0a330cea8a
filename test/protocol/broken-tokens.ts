/** Tokens that look right and are not: they come back, or their absence counts as a value. */
import { sequential } from "./agreed.ts";
import type { Protocol } from "./protocol.ts";
import { EMPTY, FRESH, type Invalidate, isLeased, readTokens, type Taken, writerScripts } from "./redis.ts";
import { changed, MISSING, type Redis, type Scope, USER } from "./state.ts";

const over = (invalidate: Invalidate, protocol: Protocol): Protocol => ({
  ...protocol,
  ...writerScripts(invalidate),
  releaseOfRepetition: invalidate,
});

/** An invalidation that sets a new random token instead of taking the old one away. */
const setAnew: Invalidate = (redis, scopes) => [
  { ...redis, tokens: changed(redis.tokens, scopes, (_, scope) => FRESH + scope) },
];

const takeAsTheyAre = (redis: Redis, owner: Scope): Taken[] =>
  isLeased(redis, owner) ? [{ redis, tokens: undefined }] : [readTokens(redis, owner)];

/** An evicted token equals one that was never there. */
export const missingMatchesMissing: Protocol = {
  ...over(setAnew, sequential),
  take: takeAsTheyAre,
  matches: ({ tokens }, entry) => entry.tokens.user === tokens[USER] && entry.tokens.owner === tokens[entry.owner],
};

const takeWhatIsThere = (redis: Redis, owner: Scope): Taken[] =>
  takeAsTheyAre(redis, owner).map(({ tokens, ...taken }) => ({
    ...taken,
    tokens: tokens?.user === MISSING || tokens?.owner === MISSING ? undefined : tokens,
  }));

/** Only writers make tokens. */
export const missingNeverMade = (protocol: Protocol): Protocol => ({
  ...over(setAnew, protocol),
  take: takeWhatIsThere,
});

const COUNT_MAX = 5;
const countUp: Invalidate = (redis, scopes) =>
  scopes.some((scope) => (redis.tokens[scope] ?? 0) >= COUNT_MAX)
    ? []
    : [{ ...redis, tokens: changed(redis.tokens, scopes, (count) => count + 1) }];

/** After an eviction it counts from the start. */
export const counter: Protocol = {
  ...over(countUp, sequential),
  take: (redis, owner) =>
    isLeased(redis, owner)
      ? [{ redis, tokens: undefined }]
      : [readTokens({ ...redis, tokens: changed(redis.tokens, [USER, owner], (count) => count || 1) }, owner)],
};

/** Time moves on, but a clock may be set back. */
const CLOCK_READINGS = [1, 2];
const stamp = (redis: Redis, scopes: readonly Scope[]): Redis[] =>
  CLOCK_READINGS.filter((reading) => scopes.every((scope) => reading > (redis.tokens[scope] ?? 0))).map((reading) => ({
    ...redis,
    tokens: changed(redis.tokens, scopes, () => reading),
  }));
const absent = ({ tokens }: Redis, owner: Scope) => [USER, owner].filter((scope) => tokens[scope] === MISSING);

export const clock: Protocol = {
  ...over(stamp, sequential),
  take: (redis, owner) => {
    if (isLeased(redis, owner)) return [{ redis, tokens: undefined }];
    const missing = absent(redis, owner);
    return (missing.length === 0 ? [redis] : stamp(redis, missing)).map((made) => readTokens(made, owner));
  },
};

/** A token does not show that Redis returned with old data. */
export const restartsWithOldTokens: Protocol = { ...sequential, restart: ({ saved }) => ({ ...EMPTY, ...saved }) };
