/**
 * How access came: whether an allowed person is one of the owner's own people there,
 * or through which cooperation and share. Found out after the first hit, behind the
 * reply, one at a time, and kept with the entry: nobody waits for it. What no date can
 * change is also kept here, for the entries that follow under the same tokens: while
 * they stand, nothing was written that could change it.
 */
import { LRUCache } from "lru-cache";
import { idOf } from "../domain/ids.ts";
import { sharedRelation } from "../domain/relations.ts";
import { JOB_ROLES, PERMISSION_OF } from "../domain/roles.ts";
import type { AccessPath, CacheEntry, Clock, DecisionCache, Engine, Question } from "../ports.ts";

/** About 30 MB when full. */
const KNOWN_MAX = 100_000;

/** No date of ours lies behind it: what holds then holds without a date. */
const WITHOUT_END = new Date("9999-12-31T23:59:59Z");

/** Under which tokens it was found, and when that began; `lasting`: no date can change it. */
type Known = Pick<CacheEntry, "userToken" | "ownerToken" | "validUntil"> & {
  accessPath: AccessPath | undefined;
  lasting: boolean;
};

export type AccessPaths = {
  /** How access came for a new entry, where that is known already. */
  of(question: Question, entry: CacheEntry): AccessPath | undefined;
  /** Finds out for an entry that was hit and does not know it yet; does nothing while it is at another one. */
  remember(question: Question, entry: CacheEntry): void;
};

type ViaDeps = { engine: Engine; cache: Pick<DecisionCache, "store">; clock: Clock };

export function createAccessPaths(deps: ViaDeps): AccessPaths {
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
      return found?.lasting ? found.accessPath : undefined;
    },
    remember(question, entry) {
      if (busy || !entry.allowed || entry.accessPath !== undefined) return;
      // looked for in this entry's life already: either it is on its way, or there is none
      if (knownOf(question, entry)?.validUntil === entry.validUntil) return;
      busy = true;
      findAccessPath(deps, question, entry)
        .then(({ accessPath, lasting }) => {
          const { userToken, ownerToken, validUntil } = entry;
          known.set(keyOf(question), { userToken, ownerToken, validUntil, accessPath, lasting });
          if (accessPath !== undefined) deps.cache.store(question, { ...entry, accessPath }, "same");
        })
        // the answer does not depend on it; the next hit tries again
        .catch(() => {})
        .finally(() => {
          busy = false;
        });
    },
  };
}

type FoundPath = { accessPath: AccessPath | undefined; lasting: boolean };

/** How an allowed question is allowed now, own people first, and whether without a date. No `accessPath` when it no longer is. Throws EngineUnavailable. */
export async function findAccessPath(
  { engine, clock }: Omit<ViaDeps, "cache">,
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
  if (own.includes(true)) return { accessPath: "own", lasting: true };
  const none: FoundPath = { accessPath: undefined, lasting: false };
  if (rung === undefined || rung === "operator") return none;

  const shared = await Promise.all(
    places.map(async (place) => {
      const usersets = await engine.expand({ object: place, relation: sharedRelation(rung) });
      return usersets.map((userset) => ({ place, userset }));
    }),
  );
  // both halves of each path, each with its dates
  const paths = shared.flat().map(({ place, userset }): [Question, Question] => [
    { user: userset, relation: sharedRelation(rung), object: place },
    { user, relation: rung, object: shareOf(userset) },
  ]);
  const holds = await areSo(paths.flat());
  const through = paths.find((_, n) => holds[n * 2] && holds[n * 2 + 1]);
  if (through === undefined) return none;
  const share = through[1].object;
  const [cooperation] = await engine.expand({ object: share, relation: "cooperation" });
  if (cooperation === undefined) return none;
  const forever = await areSo(through, WITHOUT_END);
  return { accessPath: { cooperation: idOf(cooperation), share: idOf(share) }, lasting: !forever.includes(false) };
}

/** `share:s1` of `share:s1#viewer`. */
const shareOf = (userset: string) => userset.slice(0, userset.indexOf("#"));
