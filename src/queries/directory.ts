/**
 * The people of large organizations, and what searches find among people and resources, from what this process keeps
 * (`kept-lists.ts`): what was acknowledged before somebody asked is in each answer. Small organizations are read.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { OrganizationId, Ref } from "../domain/ids.ts";
import { fold } from "../domain/search-folding.ts";
import type { TupleStore } from "../ports.ts";
import { createKeptLists, type KeptLimits, sortedOf } from "./kept-lists.ts";
import { createKeptNames, type NamesDeps } from "./kept-names.ts";
import { fewPeople, type Listed, type ListedKind } from "./listed.ts";

/** The engine's largest page: where there are no more people they are read, and not kept. */
const READ_MAX = 100;

/** How long a search waits until the names of an organization are read, the first time. */
const FIRST_MILLISECONDS = 1000;

/** References in order, and what is known of each. `isLeftOut`: it is known by now that it was not sought. */
export type Listing = { refs: readonly Ref[]; of: ReadonlyMap<Ref, Listed>; isLeftOut(ref: Ref): boolean };

export type DirectoryDeps = NamesDeps & { tupleStore: Pick<TupleStore, "readPage"> };

/** Both throw EngineUnavailable, and Contended where the lists of an organization are made for too long. */
export type Directory = {
  /** The people of an organization. */
  people(organization: OrganizationId): Promise<Listing>;
  /**
   * The people or resources whose name or id holds the sought text, and those whose text is not known: whoever shows one
   * looks in what it shows. Names are read on behind the reply where it takes longer, in the order of the references.
   */
  find(organization: OrganizationId, kind: ListedKind, sought: string): Promise<Listing>;
};

/** The directory of a process. Nothing is read before somebody asks. */
export function createDirectory(
  deps: DirectoryDeps,
  {
    readMax = READ_MAX,
    firstMilliseconds = FIRST_MILLISECONDS,
    ...limits
  }: KeptLimits & { readMax?: number; firstMilliseconds?: number } = {},
): Directory {
  const kept = createKeptLists(deps, limits);
  const names = createKeptNames(deps, kept);

  return {
    async people(organization) {
      names.forgetOld();
      const few = kept.knows(organization, "people")
        ? undefined
        : await fewPeople(deps.tupleStore, organization, readMax);
      if (few !== undefined) return { refs: [...few.keys()].sort(), of: few, isLeftOut: () => false };
      const latest = await kept.current(organization, "people");
      return { refs: sortedOf(latest), of: latest.of, isLeftOut: () => false };
    },

    async find(organization, kind, sought) {
      names.forgetOld();
      if (kind === "people") await names.note();
      const latest = await kept.current(organization, kind);
      const reading = names.read(organization, latest);
      // what it could not read whoever shows it reads
      reading.catch(() => {});
      await Promise.race([reading, sleep(firstMilliseconds, undefined, { ref: false })]);
      const wanted = fold(sought);
      const isLeftOut = (ref: Ref) => latest.of.get(ref)?.text?.includes(wanted) === false;
      return { refs: sortedOf(latest).filter((ref) => !isLeftOut(ref)), of: latest.of, isLeftOut };
    },
  };
}
