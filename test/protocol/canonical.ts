/**
 * Which states behave alike. `protocol.test.ts` checks the reductions against a walk without them.
 *
 * 1. Of tokens only sameness counts: they are numbered in the order in which the state holds them.
 * 2. A random token does not come back. Once it is no longer its scope's, an entry that holds it is no entry, and a
 *    fill that holds it stores nothing.
 * 3. A token that neither an entry nor a fill holds, nor what a replica remembers, counts as missing: the next fill
 *    cannot distinguish the two.
 * 4. A check that will store nothing, and that shares tokens and so perhaps a question with no other one, is as good
 *    as idle: others see nothing of it, and its answer is right, because the engine gives it after the check began,
 *    and from all that is committed. So nothing is owed to a fill, either, unless it may still join another one's question.
 * 5. Incarnations do not return: a fill that guessed one which is over never stores.
 * 6. Whether an entry is younger than a late reply matters only until that reply's TTL is over.
 * 7. Between two registrations the order of the Writes does not matter: answers show sets.
 * 8. Checks differ by nothing but their names, unless one of them runs on the writers' replica.
 *
 * And one that `system.ts` uses: a check begins, looks and takes tokens in one go. Nothing is lost: what it is owed
 * only grows if it begins later, a miss is always possible, and a guess is whatever was true once.
 */

import { keyOfReader } from "./key.ts";
import { byIncarnation, type Setting } from "./protocol.ts";
import { idleReader } from "./reader.ts";
import {
  type Confirmed,
  type Engine,
  type Entry,
  MISSING,
  PAST,
  type Reader,
  type State,
  type Token,
  type Tokens,
  UNKNOWN,
  USER,
} from "./state.ts";
import type { World } from "./world.ts";

/** The state with its tokens numbered, and nothing else changed (1). */
export function numbered(state: State): State {
  const numbers = new Map<Token, Token>([[MISSING, MISSING]]);
  const number = (token: Token): Token => {
    const known = numbers.get(token) ?? numbers.size;
    numbers.set(token, known);
    return known;
  };
  const both = ({ user, owner }: Tokens): Tokens => ({ user: number(user), owner: number(owner) });
  const ofEntry = (entry: Entry | undefined) => entry && { ...entry, tokens: both(entry.tokens) };
  const { tokens, entry, saved } = state.redis;
  return {
    ...state,
    confirmed: state.confirmed && { ...state.confirmed, token: number(state.confirmed.token) },
    redis: {
      ...state.redis,
      tokens: tokens.map(number),
      entry: ofEntry(entry),
      saved: saved && { tokens: saved.tokens.map(number), entry: ofEntry(saved.entry) },
    },
    readers: state.readers.map((reader) => (reader.tokens ? { ...reader, tokens: both(reader.tokens) } : reader)),
  };
}

/** The one state that represents all that behave like it (2 to 8), tokens not yet numbered. */
export function reduced(setting: Setting, state: State): State {
  const { world } = setting;
  const { redis, engine, late } = state;
  const readers = state.readers.map((reader) => reducedReader(setting, state, reader));
  if (world.law !== "own replica") readers.sort((a, b) => (keyOfReader(a) < keyOfReader(b) ? -1 : 1));
  const entry =
    redis.entry && isCurrent(state, redis.entry.tokens, redis.entry.owner)
      ? { ...redis.entry, youngerThan: redis.entry.youngerThan & late }
      : undefined;
  const held = [entry?.tokens, ...readers.map(({ tokens }) => tokens)];
  const confirmed = reducedConfirmed(setting, state);
  const isHeld = (token: Token) =>
    held.some((both) => both?.user === token || both?.owner === token) || confirmed?.token === token;
  return {
    ...state,
    confirmed,
    engine: { ...engine, log: orderless(world, engine) },
    redis: { ...redis, tokens: redis.tokens.map((token) => (isHeld(token) ? token : MISSING)), entry },
    readers,
  };
}

/** One that was confirmed under a token that is lost is remembered for nothing, where that counts (2). */
function reducedConfirmed({ protocol }: Setting, { confirmed, redis, late }: State): Confirmed | undefined {
  if (confirmed === undefined) return undefined;
  const isLost = confirmed.token === MISSING || confirmed.token !== redis.tokens[confirmed.owner];
  if (isLost && protocol.remembering?.underToken) return undefined;
  return { ...confirmed, youngerThan: confirmed.youngerThan & late };
}

export const haveSameTokens = ({ tokens: a }: Reader, { tokens: b }: Reader): boolean =>
  a !== undefined && b !== undefined && a.user === b.user && a.owner === b.owner;

const isCurrent = ({ redis: { tokens } }: State, { user, owner }: Tokens, scope: number): boolean =>
  user !== MISSING && user === tokens[USER] && owner !== MISSING && owner === tokens[scope];

function reducedReader(setting: Setting, state: State, reader: Reader): Reader {
  const { name, at, owed, tokens, guess, ownerRead, partRead, answer, tooOld, youngerThan } = reader;
  if (at === "idle") return reader;
  const countsIncarnation = byIncarnation(setting) && !ownerRead && partRead !== "incarnation";
  const isOver = countsIncarnation && guess.incarnation !== state.engine.incarnation;
  const holdsCurrent = tokens !== undefined && isCurrent(state, tokens, guess.owner);
  const mayShare = setting.protocol.coalescing !== undefined;
  const isShared = mayShare && state.readers.some((other) => other !== reader && haveSameTokens(other, reader));
  const counts = mayShare ? holdsCurrent || isShared : holdsCurrent && !tooOld && !isOver;
  if (!counts) return idleReader(name);
  const incarnation = countsIncarnation ? guess.incarnation : UNKNOWN;
  return {
    ...reader,
    owed: mayShare && answer === undefined ? owed : 0,
    guess: { owner: guess.owner, incarnation: isOver ? PAST : incarnation },
    youngerThan: youngerThan & state.late,
  };
}

function orderless(world: World, { log }: Engine): readonly number[] {
  if (log.length < 2) return log;
  const isRegistration = (write: number) => world.writes[write]?.gives !== undefined;
  const runs: number[][] = [[]];
  for (const write of log)
    if (isRegistration(write)) runs.push([write], []);
    else runs.at(-1)?.push(write);
  return runs.flatMap((run) => run.sort((a, b) => a - b));
}
