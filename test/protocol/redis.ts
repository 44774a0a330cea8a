/**
 * What runs in Redis in one go: the scripts of lease, release and take, and the MGET of a hit, as they were agreed.
 * A script returns every outcome that it may have.
 */
import {
  changed,
  type Entry,
  MISSING,
  minus,
  plus,
  type Redis,
  type Scope,
  type Token,
  type Tokens,
  USER,
} from "./state.ts";

export const EMPTY: Redis = {
  tokens: [MISSING, MISSING, MISSING],
  leases: [0, 0, 0],
  entry: undefined,
  saved: undefined,
};

/** Above all tokens of a numbered state, so nobody has seen it: what a random number gives. */
export const FRESH = 100;

export type Invalidate = (redis: Redis, scopes: readonly Scope[]) => Redis[];
type Leases = (redis: Redis, scopes: readonly Scope[], writer: number) => Redis;

/** DEL of the tokens: a missing one matches nothing. */
export const invalidate: Invalidate = (redis, scopes) => [
  { ...redis, tokens: changed(redis.tokens, scopes, () => MISSING) },
];

export const addLease: Leases = (redis, scopes, writer) => ({
  ...redis,
  leases: changed(redis.leases, scopes, (writers) => plus(writers, writer)),
});

/** A writer takes away its own lease only. */
export const removeLease: Leases = (redis, scopes, writer) => ({
  ...redis,
  leases: changed(redis.leases, scopes, (writers) => minus(writers, writer)),
});

/** The writers' scripts, over one form of invalidation. */
export const writerScripts = (invalidates: Invalidate) => ({
  invalidate: invalidates,
  lease: (redis: Redis, scopes: readonly Scope[], writer: number): Redis[] =>
    invalidates(redis, scopes).map((invalidated) => addLease(invalidated, scopes, writer)),
  release: (redis: Redis, scopes: readonly Scope[], writer: number): Redis[] =>
    invalidates(redis, scopes).map((invalidated) => removeLease(invalidated, scopes, writer)),
});

export type Taken = { readonly redis: Redis; readonly tokens: Tokens | undefined };

export const isLeased = ({ leases }: Redis, owner: Scope): boolean => leases[USER] !== 0 || leases[owner] !== 0;

/** No tokens while either scope is leased; otherwise both, and missing ones are created. */
export function take(redis: Redis, owner: Scope): Taken[] {
  if (isLeased(redis, owner)) return [{ redis, tokens: undefined }];
  const made = (token: Token, scope: Scope) => (token === MISSING ? FRESH + scope : token);
  return [readTokens({ ...redis, tokens: changed(redis.tokens, [USER, owner], made) }, owner)];
}

export const readTokens = (redis: Redis, owner: Scope) => ({
  redis,
  tokens: { user: redis.tokens[USER] ?? MISSING, owner: redis.tokens[owner] ?? MISSING },
});

/** A hit: both tokens are there, and they are the entry's. */
export const matches = ({ tokens }: Redis, entry: Entry): boolean =>
  entry.tokens.user !== MISSING &&
  entry.tokens.user === tokens[USER] &&
  entry.tokens.owner !== MISSING &&
  entry.tokens.owner === tokens[entry.owner];

/** And the service sealed it: a MAC over key, value and tokens shows what others wrote. */
export const matchesSealed = (redis: Redis, entry: Entry): boolean => matches(redis, entry) && !entry.forged;

/** Redis comes back with old data. Its run id is new, so an old token counts as missing. */
export const restart = ({ saved }: Redis): Redis => ({ ...EMPTY, entry: saved?.entry });
