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
  const rung = RUNG[relation];
  const places = [object];
  for (const tuple of await engine.read({ object, relation: "portfolio" })) places.push(tuple.user);
  const admin = await engine.read({ object: owner, relation: "admin", user });
  if (admin.length > 0) return "own";
  if (rung === undefined) return undefined;
  const roles = await Promise.all(places.map((place) => engine.read({ object: place, relation: rung, user })));
  if (roles.flat().length > 0) return "own";

  const shared = await Promise.all(places.map((place) => engine.read({ object: place, relation: `shared_${rung}` })));
  const now = clock();
  const standing = shared.flat().filter(({ condition }) => {
    return condition?.name !== "not_expired" || now < new Date(condition.context.expires_at);
  });
  const answers = await engine.batchCheck(
    standing.map((tuple) => ({ user, relation: rung, object: shareOf(tuple.user) })),
    now,
  );
  const through = standing.find((_, n) => {
    const answer = answers[n];
    return answer !== undefined && "allowed" in answer && answer.allowed;
  });
  if (through === undefined) return undefined;
  const share = shareOf(through.user);
  const [link] = await engine.read({ object: share, relation: "cooperation" });
  return link && { cooperation: idOf(link.user), share: idOf(share) };
}

/** `share:s1` of `share:s1#viewer`. */
const shareOf = (userset: string) => userset.slice(0, userset.indexOf("#"));
