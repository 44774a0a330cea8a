/**
 * The access path of an allowed person: own people of the owner, or a cooperation and its share. It is looked for after
 * the first hit, in the background, one question at a time, and stored with the entry: no reply waits for it. A path
 * that no date can change is also kept here, for later entries under the same tokens: while tokens are current, nothing
 * was written that could change it.
 */
import { LRUCache } from "lru-cache";
import { idOf } from "../domain/ids.ts";
import { sharedRelation } from "../domain/relations.ts";
import { JOB_ROLES, PERMISSION_OF } from "../domain/roles.ts";
import type { AccessPath, CacheEntry, Clock, DecisionCache, Engine, Question } from "../ports.ts";

/** About 30 MB when full. */
const KNOWN_MAX = 100_000;

/** Later than any date in the store: what holds then is not limited by a date. */
const WITHOUT_END = new Date("9999-12-31T23:59:59Z");

/** The tokens and the entry's expiry it was found under; `isLasting`: no date can change it. */
type Known = Pick<CacheEntry, "userToken" | "ownerToken" | "validUntil"> & {
  accessPath: AccessPath | undefined;
  isLasting: boolean;
};

export type AccessPaths = {
  /** The path for a new entry, where it is known already. */
  of(question: Question, entry: CacheEntry): AccessPath | undefined;
  /** Looks for the path of an entry that was hit and has none; does nothing while another look-up runs. */
  remember(question: Question, entry: CacheEntry): void;
};

type PathDeps = { engine: Engine; clock: Clock };

export function createAccessPaths(deps: { engine: Engine; cache: Pick<DecisionCache, "store"> }): AccessPaths {
  const known = new LRUCache<string, Known>({ max: KNOWN_MAX });
  const keyOf = ({ user, relation, object }: Question) => JSON.stringify([user, relation, object]);
  let busy = false;

  function knownOf(question: Question, entry: CacheEntry): Known | undefined {
    const found = known.get(keyOf(question));
    return found?.userToken === entry.userToken && found.ownerToken === entry.ownerToken ? found : undefined;
  }

  return {
    of(question, entry) {
      const found = entry.allowed ? knownOf(question, entry) : undefined;
      return found?.isLasting ? found.accessPath : undefined;
    },
    remember(question, entry) {
      if (busy || !entry.allowed || entry.accessPath !== undefined) return;
      // this entry's path was looked for: it is being stored, or there is none
      if (knownOf(question, entry)?.validUntil === entry.validUntil) return;
      busy = true;
      // as of the entry's end: dates only end access, so what is a path then is one all the time until then
      findAccessPath({ ...deps, clock: () => new Date(entry.validUntil) }, question, entry)
        .then(({ accessPath, isLasting }) => {
          const { userToken, ownerToken, validUntil } = entry;
          known.set(keyOf(question), { userToken, ownerToken, validUntil, accessPath, isLasting });
          if (accessPath !== undefined) deps.cache.store(question, { ...entry, accessPath }, "same");
        })
        // no answer depends on it, and the next hit tries again
        .catch(() => {})
        .finally(() => {
          busy = false;
        });
    },
  };
}

type FoundPath = Pick<Known, "accessPath" | "isLasting">;

/** The path by which a question is allowed then (`clock`), own people first, and whether it has no date. Without `accessPath` when it is not allowed. Throws EngineUnavailable. */
export async function findAccessPath(
  { engine, clock }: PathDeps,
  { user, relation, object }: Question,
  { owner }: Pick<CacheEntry, "owner">,
): Promise<FoundPath> {
  const now = clock();
  const areSo = async (questions: Question[], at = now) => {
    const answers = await engine.batchCheck(questions, at);
    return answers.map((answer) => "allowed" in answer && answer.allowed);
  };
  const rung = JOB_ROLES.find((role) => PERMISSION_OF[role] === relation);
  const inside = object.startsWith("plant:") ? await engine.expand({ object, relation: "portfolio" }) : [];
  const places = [object, ...inside];
  const roles = rung === undefined ? [] : places.map((place) => ({ user, relation: rung, object: place }));
  const own = await areSo([{ user, relation: "admin", object: owner }, ...roles]);
  if (own.includes(true)) return { accessPath: "own", isLasting: true };
  const none: FoundPath = { accessPath: undefined, isLasting: false };
  if (rung === undefined || rung === "operator") return none;

  const shared = await Promise.all(
    places.map(async (place) => {
      const usersets = await engine.expand({ object: place, relation: sharedRelation(rung) });
      return usersets.map((userset) => ({ place, userset }));
    }),
  );
  const paths = shared.flat().map(({ place, userset }): [Question, Question] => [
    { user: userset, relation: sharedRelation(rung), object: place },
    { user, relation: rung, object: shareOf(userset) },
  ]);
  const through = paths[await firstThatHolds(engine, paths, now)];
  if (through === undefined) return none;
  const share = through[1].object;
  const [cooperation] = await engine.expand({ object: share, relation: "cooperation" });
  if (cooperation === undefined) return none;
  const forever = await areSo(through, WITHOUT_END);
  return { accessPath: { cooperation: idOf(cooperation), share: idOf(share) }, isLasting: !forever.includes(false) };
}

/**
 * Which of these paths is the first of which both halves hold then: each half has dates of its own. -1 where none does.
 * The first alone is asked about first: most paths hold, and each is a question of several reads. Throws EngineUnavailable.
 */
export async function firstThatHolds(
  engine: Pick<Engine, "batchCheck">,
  paths: readonly [Question, Question][],
  at: Date,
): Promise<number> {
  const firstOf = async (some: readonly [Question, Question][]) => {
    const answers = await engine.batchCheck(some.flat(), at);
    const holds = answers.map((answer) => "allowed" in answer && answer.allowed);
    return some.findIndex((_, n) => holds[n * 2] && holds[n * 2 + 1]);
  };
  if ((await firstOf(paths.slice(0, 1))) === 0) return 0;
  const other = await firstOf(paths.slice(1));
  return other < 0 ? other : other + 1;
}

/** `share:s1` of `share:s1#viewer`. */
const shareOf = (userset: string) => userset.slice(0, userset.indexOf("#"));
