/**
 * From changed tuples to the cache scopes whose answers they may change. The owner behind a tuple that names neither a
 * person nor an owner is looked up and taken from the changed tuples, where what was deleted with its owner still has one;
 * when it cannot be found any more, all scopes are invalidated.
 */
import { Semaphore } from "async-mutex";
import { type CacheScope, reachOf } from "../domain/cache-scopes.ts";
import { idOf } from "../domain/ids.ts";
import { formerSide } from "../domain/relations.ts";
import type { TupleKey } from "../domain/tuples.ts";
import type { Reads } from "../ports.ts";

/** Parallel reads: a partner may have a thousand cooperations. */
const READS_MAX = 16;

/** The scopes of all of them; `all` when one cannot be resolved. Throws EngineUnavailable. */
export async function resolveScopes(reads: Reads, keys: TupleKey[]): Promise<CacheScope[] | "all"> {
  const scopes = new Set<CacheScope>();
  const changed = Map.groupBy(keys.filter(isOwning), ({ object }) => object);
  const known = new Map<string, Promise<CacheScope[] | undefined>>();
  const find = async (object: string) => {
    const [now, then] = [await lookUp(reads, object), changed.get(object)?.map(({ user }) => user)];
    return now === undefined ? then : [...now, ...(then ?? [])];
  };
  const ownersOf = (object: string) => {
    const owners = known.get(object) ?? find(object);
    known.set(object, owners);
    return owners;
  };
  for (const key of keys) {
    const reach = reachOf(key);
    if (reach.kind === "nothing") continue;
    if (reach.kind === "scope") scopes.add(reach.scope);
    else {
      // both ends: a share that was moved past the service also reached the owner behind its other end
      const found = [await ownersOf(reach.object), await ownersOf(reach.from)];
      if (found.every((owners) => owners === undefined)) return "all";
      for (const scope of found.flatMap((owners) => owners ?? [])) scopes.add(scope);
    }
  }
  return [...scopes];
}

/** Whether a tuple says who owns its object, or did. */
function isOwning<Key extends TupleKey>(key: Key): key is Key & { user: CacheScope } {
  const { user, relation } = key;
  return ["owner", "initiator", formerSide("initiator")].includes(relation) && user.startsWith("organization:");
}

/** The owners behind an object now; undefined when they cannot be found. */
async function lookUp(reads: Reads, object: string): Promise<CacheScope[] | undefined> {
  const [type] = object.split(":", 1);
  switch (type) {
    case "plant":
    case "portfolio":
      return organizations(reads, object, "owner");
    case "cooperation":
      return initiatorOf(reads, object);
    case "share":
      return initiators(reads, await reads.read({ object, relation: "cooperation" }), (link) => link.user);
    case "twin": {
      // a twin is on the paths of those whose partner its organization is: of nobody, when it is new
      const partner = `organization:${idOf(object)}`;
      const bonds = await reads.read({ object: "cooperation:", relation: "partner", user: partner });
      return (await initiators(reads, bonds, (bond) => bond.object)) ?? [];
    }
    default:
      return undefined;
  }
}

async function organizations(reads: Reads, object: string, relation: string): Promise<CacheScope[] | undefined> {
  const tuples = await reads.read({ object, relation });
  const found = tuples.map(({ user }) => user).filter((user): user is CacheScope => user.startsWith("organization:"));
  return found.length > 0 ? found : undefined;
}

/** Also of an ended cooperation: its end may be the change. */
async function initiatorOf(reads: Reads, cooperation: string): Promise<CacheScope[] | undefined> {
  const now = await organizations(reads, cooperation, "initiator");
  return now ?? organizations(reads, cooperation, formerSide("initiator"));
}

async function initiators(
  reads: Reads,
  tuples: readonly TupleKey[],
  cooperationOf: (tuple: TupleKey) => string,
): Promise<CacheScope[] | undefined> {
  const turns = new Semaphore(READS_MAX);
  const read = (tuple: TupleKey) => initiatorOf(reads, cooperationOf(tuple));
  const found = await Promise.all(tuples.map((tuple) => turns.runExclusive(() => read(tuple))));
  const scopes = found.flatMap((one) => one ?? []);
  return scopes.length > 0 ? scopes : undefined;
}
