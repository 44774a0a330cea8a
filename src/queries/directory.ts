/**
 * The people of large organizations, and what searches look through: ids and names, kept in this process. It is made from
 * the store when somebody first asks, and brought up to the end of the organization's history before each answer, which
 * so has what was acknowledged before it was asked for. Who is written past the service is in no history, and is not seen
 * to join or leave until the process starts again.
 *
 * A name that was given through another organization is in no history of this one. It is found by the change log: at
 * once, or where that takes longer than WAIT_MILLISECONDS by a later search.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { errorFacts } from "../domain/error-facts.ts";
import { idOf, type OrganizationId, type Ref } from "../domain/ids.ts";
import { entryNumber } from "../domain/records.ts";
import { fold } from "../domain/search-folding.ts";
import type { Clock, TupleStore } from "../ports.ts";
import { objectsOfEntries } from "../store/history.ts";
import { inTurns, organizationHead } from "../store/snapshot.ts";
import {
  allOf,
  currentOf,
  fewPeople,
  LISTED,
  type Listed,
  type ListedDeps,
  type ListedKind,
  readName,
} from "./listed.ts";

/** How many people and resources are kept, of all organizations: about 240 bytes each. What was not asked for longest is dropped first. */
const KEPT_MAX = 500_000;
/** Where no role has more people than the engine's largest page, they are read, and not kept. */
const READ_MAX = 100;
/** How long a search waits for names that were given through other organizations. */
const WAIT_MILLISECONDS = 100;
/** For a Write that was slow to commit, and for clocks that differ. */
const MARGIN_MILLISECONDS = 10_000;

/** What is kept of an organization, up to this entry of its history. */
type Kept = { n: number; of: Map<Ref, Listed>; sorted?: Ref[] | undefined };

/** References in order, and what is known of each. */
export type Listing = { refs: readonly Ref[]; of: ReadonlyMap<Ref, Listed> };

export type DirectoryDeps = ListedDeps & {
  tupleStore: Pick<TupleStore, "readPage" | "changes">;
  clock: Clock;
  /** Runs what has the same key one after the other. */
  mutex: <T>(key: string, act: () => Promise<T>) => Promise<T>;
};

/** Both throw EngineUnavailable. */
export type Directory = {
  /** The people of an organization. */
  people(organization: OrganizationId): Promise<Listing>;
  /** The people or resources whose name or id holds the sought text. */
  find(organization: OrganizationId, kind: ListedKind, sought: string): Promise<Listing>;
};

/** The directory of a process. Nothing is read before somebody asks. */
export function createDirectory(deps: DirectoryDeps, { keptMax = KEPT_MAX, readMax = READ_MAX } = {}): Directory {
  const { tupleStore, clock, mutex, warn } = deps;
  const kept = new Map<string, Kept>();
  /** When the last reading of changed names began: by our clock and by a monotonic one. */
  let names = { began: 0, beganAt: 0 };

  /** What is kept, or made, up to an entry that was read before. In the lock of the organization. */
  async function upTo(key: string, organization: OrganizationId, kind: ListedKind, n: number): Promise<Kept> {
    const known = kept.get(key);
    // an import changes more than there was
    const changed =
      known === undefined || n - known.n > known.of.size
        ? undefined
        : await objectsOfEntries(tupleStore, `organization:${organization}`, known.n, n);
    if (known === undefined || changed === undefined) {
      const all = await allOf(deps, organization, kind);
      return { n, of: new Map(all.map((one) => [one.ref, one])) };
    }
    const refs = changed.filter((ref) => LISTED[kind].test(ref));
    // what is half done is done again by the next
    await inTurns(refs, async (ref) => {
      const one = await currentOf(tupleStore, organization, ref);
      if (known.of.has(ref) !== (one !== undefined)) known.sorted = undefined;
      if (one === undefined) known.of.delete(ref);
      else known.of.set(ref, one);
    });
    known.n = Math.max(known.n, n);
    return known;
  }

  /** What is kept of an organization, up to now. */
  async function current(organization: OrganizationId, kind: ListedKind): Promise<Kept> {
    // before what it covers
    const { n } = await organizationHead(tupleStore, organization);
    const key = keyOf(kind, organization);
    return mutex(`directory: ${key}`, async () => {
      const latest = await upTo(key, organization, kind, n);
      kept.delete(key);
      kept.set(key, latest);
      let count = [...kept.values()].reduce((sum, { of }) => sum + of.size, 0);
      for (const [other, { of }] of kept) {
        if (count <= keptMax || other === key) break;
        kept.delete(other);
        count -= of.size;
      }
      return latest;
    });
  }

  /** Reads what is not read yet of ids and names; the first time that takes long, and lists must not wait for it. */
  const readTexts = (organization: OrganizationId, kind: ListedKind, { of }: Kept) =>
    mutex(`directory: names of ${keyOf(kind, organization)}`, () =>
      inTurns(
        [...of.values()].filter(({ text }) => text === undefined),
        async (one) => {
          const { n, name } = await readName(tupleStore, one.ref);
          // what was replaced meanwhile may have another name: the next search reads it
          if (of.get(one.ref) === one) of.set(one.ref, { ...one, n, text: textOf(one.ref, name) });
        },
      ),
    );

  /** Has the names read again that were given since the last reading; at least those from before it was asked for. */
  async function noteNames(): Promise<void> {
    const asked = performance.now();
    await mutex("directory: names", async () => {
      if (names.beganAt > asked) return;
      const [began, beganAt] = [clock().getTime(), performance.now()];
      const since = new Date((names.began || began) - MARGIN_MILLISECONDS);
      // what is made later reads its names then
      const log = kept.size === 0 ? { changes: [], askedAt: began } : await tupleStore.changes(since, "user");
      for (const { object: ref, user } of log.changes.map(({ key }) => key))
        for (const { of } of kept.values()) {
          const { n, role } = of.get(ref) ?? {};
          if (n !== undefined && n < entryNumber(user)) of.set(ref, { ref, role });
        }
      names = { began: log.askedAt, beganAt };
    });
  }

  return {
    async people(organization) {
      const few = kept.has(keyOf("people", organization))
        ? undefined
        : await fewPeople(tupleStore, organization, readMax);
      if (few !== undefined) return { refs: [...few.keys()].sort(), of: few };
      const latest = await current(organization, "people");
      return { refs: sortedOf(latest), of: latest.of };
    },

    async find(organization, kind, sought) {
      const noting = kind === "people" ? noteNames() : Promise.resolve();
      const noted = noting.catch((error: unknown) => warn("names_not_read", errorFacts(error)));
      await Promise.race([noted, sleep(WAIT_MILLISECONDS, undefined, { ref: false })]);
      const latest = await current(organization, kind);
      await readTexts(organization, kind, latest);
      const wanted = fold(sought);
      // one without a text was replaced just now
      const refs = sortedOf(latest).filter((ref) => latest.of.get(ref)?.text?.includes(wanted) ?? true);
      return { refs, of: latest.of };
    },
  };
}

/** In the order of code units. Never changed, but replaced. */
function sortedOf(latest: Kept): readonly Ref[] {
  latest.sorted ??= [...latest.of.keys()].sort();
  return latest.sorted;
}

const keyOf = (kind: ListedKind, organization: OrganizationId) => `${kind} of ${organization}`;

/** The folded id and name, which no sought text spans: folded text has no line break. */
const textOf = (ref: Ref, name: string | undefined) => `${fold(idOf(ref))}\n${fold(name ?? "")}`;
