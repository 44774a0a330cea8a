/**
 * Who a replica believes owns the resource: whatever was true once, or nothing. The guess is thus chosen anew for
 * every check, among all that a map in memory could hold, however long ago it was read or forgotten.
 */
import { byIncarnation, type Setting } from "./protocol.ts";
import { type Engine, type Guess, NO_GUESS, NOBODY, PAST, type Scope, scopeNames, UNKNOWN } from "./state.ts";
import { transfers, type World } from "./world.ts";

/** With an incarnation when the replica read the owner from the engine, without when it met an entry that names it. */
export function possibleGuesses(setting: Setting, engine: Engine): Guess[] {
  const { owner, incarnation } = engine;
  const { world } = setting;
  if (!transfers(world)) return [{ owner, incarnation }];
  const past = pastOwners(world, engine);
  const named = [...new Set([...past, owner])].map((scope) => ({ owner: scope, incarnation: UNKNOWN }));
  const read = [...past.map((scope) => ({ owner: scope, incarnation: PAST })), { owner, incarnation }];
  return [NO_GUESS, ...[...named, ...(byIncarnation(setting) ? read : [])].filter((guess) => guess.owner !== NOBODY)];
}

/** Who owned the resource by registrations that are over. */
function pastOwners(world: World, { log }: Engine): Scope[] {
  const registrations = log.map((write) => world.writes[write]?.gives).filter((gives) => gives !== undefined);
  return [...new Set([...world.pastOwners, ...[world.owner, ...registrations].slice(0, -1)])];
}

/** Whether a fill can begin with it. Else the owner is read first, which makes a guess. */
export const suffices = (setting: Setting, { owner, incarnation }: Guess): boolean =>
  owner !== NOBODY && (!byIncarnation(setting) || incarnation !== UNKNOWN);

/** Whether the owner read in the fill is the guessed one. */
export const confirms = (setting: Setting, guess: Guess, { owner, incarnation }: Engine): boolean =>
  owner === guess.owner && (!byIncarnation(setting) || incarnation === guess.incarnation);

export const guessText = ({ owner, incarnation }: Guess): string =>
  owner === NOBODY
    ? "no guess"
    : `guessing ${scopeNames([owner])}${incarnation === PAST ? " by an earlier registration" : ""}`;
