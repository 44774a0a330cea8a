/**
 * The people of a partner who have access through a cooperation, with their names: its admins, and whom something is
 * delegated to, suspended or not. Only while both sides are in it: of one that has ended, and of an offer, nobody is named (law 15).
 */
import type { UserId } from "../../domain/ids.ts";
import { type Cooperation, isAccepted } from "../../domain/records.ts";
import type { HELD_AS } from "../../domain/register/rights.ts";
import type { Reads } from "../../ports.ts";
import { adminsOf } from "../../store/people.ts";
import { personHead, sharesOf } from "../../store/snapshot.ts";

/** How each of them has it, by their ids in order; of an admin to whom something is delegated too, as an admin. */
export async function holdersOf(
  reads: Reads,
  cooperation: Cooperation,
): Promise<ReadonlyMap<UserId, (typeof HELD_AS)[number]>> {
  const { id, partner } = cooperation;
  if (!isAccepted(cooperation) || partner === undefined) return new Map();
  const [admins, shares] = await Promise.all([adminsOf(reads, partner), sharesOf(reads, id)]);
  const delegates = shares.flatMap(({ delegations }) => delegations.map(({ user }) => user));
  const held = new Map([
    ...delegates.map((user) => [user, "delegate"] as const),
    ...admins.map((user) => [user, "admin"] as const),
  ]);
  return new Map([...held].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** One of them. */
export async function holderView(reads: Reads, user: UserId, heldAs: (typeof HELD_AS)[number]) {
  const { value } = await personHead(reads, user);
  return { user, name: value?.name ?? null, held_as: heldAs };
}
