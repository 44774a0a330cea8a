/**
 * Who a replica believes owns the resource: whatever was true once, or nothing. The guess is thus chosen anew for
 * every check, among all that a map in memory could hold, however long ago it was read or forgotten.
 */
import { byIncarnation, byName, type Setting } from "./protocol.ts";
import {
  type Engine,
  FIRST,
  type Guess,
  type GuessPart,
  NO_GUESS,
  NOBODY,
  PAST,
  scopeNames,
  UNKNOWN,
} from "./state.ts";
import { transfers, type World } from "./world.ts";

/**
 * With an incarnation when the replica read the owner from the engine, without when it met an entry that names it. They are
 * two reads; an owner beside an earlier registration is not among the guesses, because no fill confirms that one.
 */
export function possibleGuesses(setting: Setting, engine: Engine): Guess[] {
  const { owner, incarnation } = engine;
  const { world } = setting;
  if (!transfers(world)) return [{ owner, incarnation }];
  const known = guessesSoFar(world, engine);
  const named = [...new Set(known.map((guess) => guess.owner))].map((scope) => ({
    owner: scope,
    incarnation: UNKNOWN,
  }));
  const atOnce = setting.protocol.guessReads === "at once" ? [PAST, incarnation] : [];
  const mixed = known.flatMap((guess) => atOnce.map((one) => ({ ...guess, incarnation: one })));
  const guesses = [...named, ...(byIncarnation(setting) ? distinct([...known, ...mixed]) : [])];
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
  return distinct(merged);
}

const distinct = (guesses: Guess[]): Guess[] =>
  guesses.filter(
    (guess, place) =>
      place ===
      guesses.findIndex(({ owner, incarnation }) => owner === guess.owner && incarnation === guess.incarnation),
  );

/** Whether a fill can begin with it. Else the owner is read first, which makes a guess. */
export const suffices = (setting: Setting, { owner, incarnation }: Guess): boolean =>
  owner !== NOBODY && (!byIncarnation(setting) || incarnation !== UNKNOWN);

/** What of a guess a fill confirms: each is a read of its own, and something may be written in between. */
export const partsOf = (setting: Setting): GuessPart[] => [
  ...(byName(setting) ? ["owner" as const] : []),
  ...(byIncarnation(setting) ? ["incarnation" as const] : []),
];

export const guessText = ({ owner, incarnation }: Guess): string =>
  owner === NOBODY
    ? "no guess"
    : `guessing ${scopeNames([owner])}${incarnation === PAST ? " by an earlier registration" : ""}`;
