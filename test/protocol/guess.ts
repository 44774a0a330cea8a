/**
 * Who a replica believes owns the resource: whatever was true once, or nothing. The guess is thus chosen anew for
 * every check, among all that a map in memory could hold, however long ago it was read or forgotten.
 */
import { byIncarnation, byName, type Setting } from "./protocol.ts";
import { type Engine, FIRST, type Guess, NO_GUESS, NOBODY, PAST, scopeNames, UNKNOWN } from "./state.ts";
import { transfers, type World } from "./world.ts";

/** With an incarnation when the replica read the owner from the engine, without when it met an entry that names it. */
export function possibleGuesses(setting: Setting, engine: Engine): Guess[] {
  const { owner, incarnation } = engine;
  const { world } = setting;
  if (!transfers(world)) return [{ owner, incarnation }];
  const known = guessesSoFar(world, engine);
  const named = [...new Set(known.map((guess) => guess.owner))].map((scope) => ({
    owner: scope,
    incarnation: UNKNOWN,
  }));
  const guesses = [...named, ...(byIncarnation(setting) ? known : [])];
  return [NO_GUESS, ...guesses.filter((guess) => guess.owner !== NOBODY)];
}

/** Whom the engine named as the owner until now, and by which registration; of those that are over only the owner counts. */
function guessesSoFar(world: World, { log, incarnation: current }: Engine): Guess[] {
  const known = [
    ...world.pastOwners.map((owner) => ({ owner, incarnation: PAST })),
    { owner: world.owner, incarnation: FIRST },
  ];
  for (const write of log) {
    const { gives, past } = world.writes[write] ?? {};
    if (gives === undefined) continue;
    known.push({ owner: gives, incarnation: past ? (known.at(-1)?.incarnation ?? FIRST) : write });
  }
  const merged = known.map((guess) => (guess.incarnation === current ? guess : { ...guess, incarnation: PAST }));
  return merged.filter(
    (guess, place) =>
      place ===
      merged.findIndex(({ owner, incarnation }) => owner === guess.owner && incarnation === guess.incarnation),
  );
}

/** Whether a fill can begin with it. Else the owner is read first, which makes a guess. */
export const suffices = (setting: Setting, { owner, incarnation }: Guess): boolean =>
  owner !== NOBODY && (!byIncarnation(setting) || incarnation !== UNKNOWN);

/** Whether the owner read in the fill is the guessed one. */
export const confirms = (setting: Setting, guess: Guess, { owner, incarnation }: Engine): boolean =>
  (!byName(setting) || owner === guess.owner) && (!byIncarnation(setting) || incarnation === guess.incarnation);

export const guessText = ({ owner, incarnation }: Guess): string =>
  owner === NOBODY
    ? "no guess"
    : `guessing ${scopeNames([owner])}${incarnation === PAST ? " by an earlier registration" : ""}`;
