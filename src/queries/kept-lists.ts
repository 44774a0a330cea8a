/**
 * The people and resources of organizations as this process keeps them: made from the store when somebody first asks, and
 * brought up to the end of the organization's history before each answer, which so has what was acknowledged before it
 * was asked for. Who is written past the service is in no history, and is not seen to join or leave until it is made anew.
 *
 * What is kept is bounded, and dropped when nobody asked for it for a while. What is too large to be kept is made for
 * each answer, and costs no other organization its place.
 */
import { LRUCache } from "lru-cache";
import type { OrganizationId, Ref } from "../domain/ids.ts";
import type { Clock } from "../ports.ts";
import { objectsOfEntries } from "../store/history.ts";
import { inTurns, organizationHead } from "../store/snapshot.ts";
import { allOf, currentOf, LISTED, type Listed, type ListedDeps, type ListedKind } from "./listed.ts";

/** An estimate of the memory that is kept, in bytes; no organization's people or resources take more than half of it. */
const KEPT_MAX_BYTES = 128 * 1024 * 1024;
/** An item without its characters, and a character of the widest kind: measured. */
const ITEM_BYTES = 140;
const CHARACTER_BYTES = 2;
/** People are read anew behind more entries than these, by one call for each role. Entries are read so many at a time. */
const ENTRIES_MAX = 200;
/** What nobody asked for in this time is dropped. */
const IDLE_MILLISECONDS = 10 * 60_000;

/**
 * What is kept of an organization, up to entry `n` of its history. `rebuiltAt`: when names were last taken over without
 * their entries, by a monotonic clock. `isLong`: with its names it is too large.
 */
export type Kept = {
  readonly kind: ListedKind;
  readonly of: Map<Ref, Listed>;
  n: number;
  rebuiltAt: number;
  isLong: boolean;
  sorted?: Ref[] | undefined;
  bytes?: number | undefined;
};

export type KeptDeps = ListedDeps & {
  clock: Clock;
  /** Runs what has the same key one after the other. */
  mutex: <T>(key: string, act: () => Promise<T>) => Promise<T>;
};

/** How much is kept, and for how long without being asked for. */
export type KeptLimits = { keptMaxBytes?: number; idleMilliseconds?: number };

export type KeptLists = {
  readonly idleMilliseconds: number;
  /** What is kept, or made, up to now. Throws EngineUnavailable. */
  current(organization: OrganizationId, kind: ListedKind): Promise<Kept>;
  /** Whether anything is kept of the organization. */
  knows(organization: OrganizationId, kind: ListedKind): boolean;
  /** Weighs it again after its texts were read. False where it has become too large, and is no longer kept. */
  keep(organization: OrganizationId, latest: Kept): boolean;
  /** Whether this is what is kept. */
  holds(organization: OrganizationId, latest: Kept): boolean;
  /** The people that are kept, by organizations. */
  people(): Kept[];
};

/** Keeps nothing yet. */
export function createKeptLists(
  deps: KeptDeps,
  { keptMaxBytes = KEPT_MAX_BYTES, idleMilliseconds = IDLE_MILLISECONDS }: KeptLimits = {},
): KeptLists {
  const { tupleStore, clock, mutex } = deps;
  const kept = new LRUCache<string, Kept>({
    maxSize: keptMaxBytes,
    maxEntrySize: Math.ceil(keptMaxBytes / 2),
    sizeCalculation: bytesOf,
    ttl: idleMilliseconds,
    // an erased name must not wait for somebody who asks
    ttlAutopurge: true,
    ttlResolution: 0,
    perf: { now: () => clock().getTime() },
  });

  /** Set anew: the cache weighs, and counts the time, when something is set. */
  function keep(key: string, latest: Kept): boolean {
    kept.delete(key);
    kept.set(key, latest);
    return kept.has(key);
  }

  /** Reads all of it; the names of people stay, and are read again where the change log says so. */
  async function rebuild(one: Kept, organization: OrganizationId, n: number): Promise<void> {
    const all = await allOf(deps, organization, one.kind);
    const known = new Map(one.kind === "people" ? one.of : []);
    one.of.clear();
    // of somebody with two roles the first counts, as everywhere
    for (const { ref, role } of all) if (!one.of.has(ref)) one.of.set(ref, { ...known.get(ref), ref, role });
    changed(one);
    one.n = n;
    if (known.size > 0) one.rebuiltAt = performance.now();
  }

  /** Reads again what the entries up to `n` are about; some at a time, so that one who fails leaves less to the next. */
  async function catchUp(one: Kept, organization: OrganizationId, n: number): Promise<void> {
    const object = `organization:${organization}`;
    while (one.n < n) {
      const to = Math.min(n, one.n + ENTRIES_MAX);
      const objects = await objectsOfEntries(tupleStore, object, one.n, to);
      // a repair of roles is an entry about the organization
      if (objects === undefined || (one.kind === "people" && objects.includes(object)))
        return rebuild(one, organization, n);
      const refs = objects.filter((ref) => LISTED[one.kind].test(ref));
      await inTurns(refs, async (ref) => {
        const item = await currentOf(tupleStore, organization, ref);
        if (one.of.has(ref) !== (item !== undefined)) changed(one);
        if (item === undefined) one.of.delete(ref);
        else one.of.set(ref, item);
      });
      one.n = to;
    }
  }

  /** In the lock of the organization; `seen`: its head, which was read before. */
  async function upTo(key: string, organization: OrganizationId, kind: ListedKind, seen: number): Promise<Kept> {
    const headOf = async () => (await organizationHead(tupleStore, organization)).n;
    let known = kept.get(key);
    // who held the lock before may have seen a later one
    let n = known !== undefined && seen < known.n ? await headOf() : seen;
    if (known !== undefined && n < known.n) {
      // the store was restored from a backup
      kept.clear();
      known = undefined;
    }
    const one = known ?? { kind, of: new Map<Ref, Listed>(), n: 0, rebuiltAt: 0, isLong: false };
    // resources are read in sorted pages, which takes longer than an entry for each of them
    const entriesMax = kind === "people" ? ENTRIES_MAX : Math.max(ENTRIES_MAX, one.of.size);
    if (known === undefined || n - known.n > entriesMax) {
      await rebuild(one, organization, n);
      // whose role changed while the roles were read may be in none of them
      n = await headOf();
    }
    await catchUp(one, organization, n);
    return one;
  }

  return {
    idleMilliseconds,
    people: () => [...kept.values()].filter(({ kind }) => kind === "people"),
    knows: (organization, kind) => kept.has(keyOf(organization, kind)),
    holds: (organization, latest) => kept.peek(keyOf(organization, latest.kind)) === latest,

    keep(organization, latest) {
      latest.bytes = undefined;
      return keep(keyOf(organization, latest.kind), latest);
    },

    async current(organization, kind) {
      const { n } = await organizationHead(tupleStore, organization);
      const key = keyOf(organization, kind);
      return mutex(`directory: ${key}`, async () => {
        const latest = await upTo(key, organization, kind, n);
        keep(key, latest);
        return latest;
      });
    },
  };
}

/** In the order of code units. Never changed, but replaced. */
export function sortedOf(latest: Kept): readonly Ref[] {
  latest.sorted ??= [...latest.of.keys()].sort();
  return latest.sorted;
}

/** Items came or went. */
function changed(one: Kept): void {
  one.sorted = undefined;
  one.bytes = undefined;
}

function bytesOf(one: Kept): number {
  one.bytes ??= [...one.of.values()].reduce(
    (sum, { ref, text = "" }) => sum + ITEM_BYTES + CHARACTER_BYTES * (ref.length + text.length),
    ITEM_BYTES,
  );
  return one.bytes;
}

const keyOf = (organization: OrganizationId, kind: ListedKind) => `${kind} of ${organization}`;
