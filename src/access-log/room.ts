/**
 * Who loses a fact where there are too many (law 18): the owner who has most of them, and of its facts those of a user
 * who has more than the others. Finding them costs the same however many there are. Pure.
 */
import type { ByUser, Fact, Group, Table } from "./fact.ts";

/** So many are looked at where who was known to have most has no longer more. */
const LOOKED_AT = 16;

type Sized = { facts: Set<Fact> };

/** Remembers who has most, when one got more. */
export function grew(group: Group, part: ByUser): void {
  const { table } = group;
  const more = <T extends Sized>(known: T | undefined, one: T) =>
    known === undefined || one.facts.size > known.facts.size ? one : known;
  table.heavy = more(table.heavy, group);
  group.heavy = more(group.heavy, part);
}

/** Who was known to have most, or one of the first few, that has at least so many. */
function heavy<T extends Sized>(all: Map<string, T>, known: T | undefined, least: number): T | undefined {
  if (known !== undefined && known.facts.size >= least) return known;
  let left = LOOKED_AT;
  for (const one of all.values()) {
    if (one.facts.size >= least) return one;
    if (--left === 0) break;
  }
  return undefined;
}

/** The fact that makes room for one more of a user in a group; undefined where nobody has more than they and an equal share. */
export function factToDrop(table: Table, own: Group, user: string): Fact | undefined {
  const least = Math.max(table.facts / table.groups.size, own.facts.size + 1);
  table.heavy = heavy(table.groups, table.heavy, least);
  if (table.heavy !== undefined) {
    const group = table.heavy;
    group.heavy = heavy(group.parts, group.heavy, group.facts.size / group.parts.size);
    const [oldest] = (group.heavy ?? group).facts;
    return oldest;
  }
  // within one's own group it costs only who has more than one would have then: users can be invented
  own.heavy = heavy(own.parts, own.heavy, (own.parts.get(user)?.facts.size ?? 0) + 2);
  const [oldest] = own.heavy?.facts ?? [];
  return oldest;
}

/** Whether a group may have one more where nothing may be dropped: as long as it has fewer than there are places left. */
export const hasRoom = (table: Table, own: Group): boolean => own.facts.size < table.max - table.facts;
