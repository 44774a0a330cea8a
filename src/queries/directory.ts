/**
 * The people of large organizations, and what searches find among people and resources, from what this process keeps
 * (`kept-lists.ts`): what was acknowledged before somebody asked is in each answer. Small organizations are read.
 */
import type { OrganizationId, Ref } from "../domain/ids.ts";
import { fold } from "../domain/search-folding.ts";
import type { TupleStore } from "../ports.ts";
import { createKeptLists, type KeptLimits, sortedOf } from "./kept-lists.ts";
import { createKeptNames, type NamesDeps } from "./kept-names.ts";
import { fewPeople, type Listed, type ListedKind } from "./listed.ts";

/** The engine's largest page: where there are no more people they are read, and not kept. */
const READ_MAX = 100;

/** References in order, and what is known of each. */
export type Listing = { refs: readonly Ref[]; of: ReadonlyMap<Ref, Listed> };

export type DirectoryDeps = NamesDeps & { tupleStore: Pick<TupleStore, "readPage"> };

/** Both throw EngineUnavailable. */
export type Directory = {
  /** The people of an organization. */
  people(organization: OrganizationId): Promise<Listing>;
  /**
   * The people or resources whose name or id holds the sought text, and those whose text is not known: whoever shows one
   * looks in what it shows. Throws Contended where somebody else's first search of the organization takes too long.
   */
  find(organization: OrganizationId, kind: ListedKind, sought: string): Promise<Listing>;
};

/** The directory of a process. Nothing is read before somebody asks. */
export function createDirectory(
  deps: DirectoryDeps,
  { readMax = READ_MAX, ...limits }: KeptLimits & { readMax?: number } = {},
): Directory {
  const kept = createKeptLists(deps, limits);
  const names = createKeptNames(deps, kept);

  return {
    async people(organization) {
      names.forgetOld();
      const few = kept.knows(organization, "people")
        ? undefined
        : await fewPeople(deps.tupleStore, organization, readMax);
      if (few !== undefined) return { refs: [...few.keys()].sort(), of: few };
      const latest = await kept.current(organization, "people");
      return { refs: sortedOf(latest), of: latest.of };
    },

    async find(organization, kind, sought) {
      names.forgetOld();
      if (kind === "people") await names.note();
      const latest = await kept.current(organization, kind);
      await names.read(organization, latest);
      const wanted = fold(sought);
      const refs = sortedOf(latest).filter((ref) => latest.of.get(ref)?.text?.includes(wanted) ?? true);
      return { refs, of: latest.of };
    },
  };
}
