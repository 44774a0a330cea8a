/**
 * How access came: whether an allowed person is one of the owner's own people there,
 * or through which cooperation and share. Found out after the first hit, behind the
 * reply, one at a time, and kept with the entry: nobody waits for it.
 */
import { idOf } from "../domain/ids.ts";
import type { Clock, DecisionCache, Engine, Entry, Question, Via } from "../ports.ts";

/** The rung behind each permission; sharing is the owner's admins' alone. */
const RUNG: Record<string, string> = {
  can_view: "viewer",
  can_manage_technical: "technical_manager",
  can_manage_commercial: "asset_manager",
  can_operate: "operator",
};

type ViaDeps = { engine: Engine; cache: Pick<DecisionCache, "store">; clock: Clock };

/** Finds out for an entry that does not know it yet; does nothing while it is at another one. */
export function createRemember(deps: ViaDeps): (question: Question, entry: Entry) => void {
  let busy = false;
  return (question, entry) => {
    if (busy || !entry.allowed || entry.via !== undefined) return;
    busy = true;
    findVia(deps, question, entry)
      .then((via) => {
        if (via !== undefined) deps.cache.store(question, { ...entry, via }, "same");
      })
      // the answer does not depend on it; the next hit tries again
      .catch(() => {})
      .finally(() => {
        busy = false;
      });
  };
}

/** How an allowed question is allowed now; own people first. Undefined when it no longer is. Throws EngineUnavailable. */
export async function findVia(
  { engine, clock }: Omit<ViaDeps, "cache">,
  { user, relation, object }: Question,
  { owner }: Pick<Entry, "owner">,
): Promise<Via | undefined> {
  const now = clock();
  const areSo = async (questions: Question[]) => {
    const answers = await engine.batchCheck(questions, now);
    return answers.map((answer) => "allowed" in answer && answer.allowed);
  };
  const rung = RUNG[relation];
  const inside = object.startsWith("plant:") ? await engine.expand({ object, relation: "portfolio" }) : [];
  const places = [object, ...inside];
  const roles = rung === undefined ? [] : places.map((place) => ({ user, relation: rung, object: place }));
  const own = await areSo([{ user, relation: "admin", object: owner }, ...roles]);
  if (own.includes(true)) return "own";
  if (rung === undefined || rung === "operator") return undefined;

  const shared = await Promise.all(
    places.map(async (place) => {
      const usersets = await engine.expand({ object: place, relation: `shared_${rung}` });
      return usersets.map((userset) => ({ place, userset }));
    }),
  );
  const standing = shared.flat();
  // both halves of the path, each with its dates
  const onResource = await areSo(
    standing.map(({ place, userset }) => ({ user: userset, relation: `shared_${rung}`, object: place })),
  );
  const onShare = await areSo(standing.map(({ userset }) => ({ user, relation: rung, object: shareOf(userset) })));
  const through = standing.find((_, n) => onResource[n] && onShare[n]);
  if (through === undefined) return undefined;
  const share = shareOf(through.userset);
  const [cooperation] = await engine.expand({ object: share, relation: "cooperation" });
  return cooperation === undefined ? undefined : { cooperation: idOf(cooperation), share: idOf(share) };
}

/** `share:s1` of `share:s1#viewer`. */
const shareOf = (userset: string) => userset.slice(0, userset.indexOf("#"));
