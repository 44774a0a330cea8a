/**
 * The tuples that decide what the people of one cooperation may do: enough that an engine with these tuples alone gives
 * the same answers about these people and objects. Every access path to a shared resource is included, also through
 * other cooperations.
 */
import { type CooperationId, idOf, idOfType, type ResourceRef } from "../../domain/ids.ts";
import { formerSide, SIDES } from "../../domain/relations.ts";
import { keyText, type Tuple } from "../../domain/tuples.ts";
import type { Reads } from "../../ports.ts";
import { adminsOf } from "../../store/people.ts";
import { jobRolesFrom, plantsIn } from "../../store/resources.ts";
import { cooperationHead, inTurns, sharesOf } from "../../store/snapshot.ts";

/** `users` and `objects` as `type:id`: the people who may have access because of it, and what they may have it to. */
export type Subgraph = { tuples: Tuple[]; users: string[]; objects: string[] };

/** The subgraph of a cooperation; undefined for an unknown one. */
export async function subgraphOf(reads: Reads, id: CooperationId): Promise<Subgraph | undefined> {
  const { value: cooperation } = await cooperationHead(reads, id);
  if (cooperation === undefined) return undefined;
  const { initiator, partner } = cooperation;
  // an ended cooperation gives access to nobody: those who have its sides' ids now have no part in it (law 15)
  if (cooperation.status === "ended")
    return { tuples: await sidesOf(reads, `cooperation:${id}`), users: [], objects: [`cooperation:${id}`] };

  const own = await sharesOf(reads, id);
  const refs = await inReach(reads, [...new Set(own.map(({ share }) => share.resource))]);
  const onResources = (await inTurns(refs, (ref) => factsOf(reads, ref))).flat();
  const shares = [...new Set([...sharesIn(onResources), ...own.map(({ share }) => `share:${share.id}`)])];
  const onShares = (await inTurns(shares, (share) => factsOf(reads, share))).flat();
  const cooperations = [...new Set([`cooperation:${id}`, ...usersIn(onShares, "cooperation")])];
  const onCooperations = (await inTurns(cooperations, (object) => sidesOf(reads, object))).flat();

  const holders = refs.flatMap((ref) => jobRolesFrom(onResources.filter(({ object }) => object === ref)));
  const delegates = own.flatMap(({ delegations }) => delegations);
  const admins = await inTurns([initiator, partner], async (org) => (org === undefined ? [] : adminsOf(reads, org)));
  const users = sorted(
    [...admins.flat(), ...[...holders, ...delegates].map(({ user }) => user)].map((u) => `user:${u}`),
  );

  // a person of whichever organization one of these cooperations brings in
  const organizations = [
    ...new Set([...usersIn(onCooperations, "organization"), ...usersIn(onResources, "organization")]),
  ];
  const places = organizations.flatMap((object) => users.map((user) => ({ object, user })));
  const onPeople = (await inTurns(places, (place) => reads.read(place))).flat();
  const twins = organizations.map((user) => ({ user, relation: "organization", object: `twin:${idOf(user)}` }));

  const isOfOthers = ({ user }: Tuple) => user.startsWith("user:") && !users.includes(user);
  const all = [...onCooperations, ...onShares, ...onResources, ...onPeople, ...twins].filter((one) => !isOfOthers(one));
  const byKey = new Map(all.map((tuple) => [keyText(tuple), tuple]));
  return {
    tuples: [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, tuple]) => tuple),
    users,
    objects: [`cooperation:${id}`, ...sorted(own.map(({ share }) => `share:${share.id}`)), ...sorted(refs)],
  };
}

/** Resources with the plants in them and the portfolios that hold them: a portfolio gives access to its plants. */
async function inReach(reads: Reads, shared: ResourceRef[]): Promise<ResourceRef[]> {
  const inside = await inTurns(shared, async (ref) =>
    ref.startsWith("portfolio:") ? plantsIn(reads, idOfType("portfolio", ref)) : [],
  );
  const outside = await inTurns(shared, async (ref) => {
    const links = ref.startsWith("plant:") ? await reads.read({ object: ref, relation: "portfolio" }) : [];
    return links.map(({ user }) => user as ResourceRef);
  });
  return [...new Set([...shared, ...inside.flat(), ...outside.flat()])];
}

/** The tuples of an object that answers depend on: without its records. */
async function factsOf(reads: Reads, object: string): Promise<Tuple[]> {
  return (await reads.read({ object })).filter(({ relation }) => relation !== "head");
}

// relation by relation: a cooperation's history may be long
async function sidesOf(reads: Reads, object: string): Promise<Tuple[]> {
  const relations = [...SIDES, ...SIDES.map(formerSide), "in_force"];
  return (await inTurns(relations, (relation) => reads.read({ object, relation }))).flat();
}

const sharesIn = (tuples: Tuple[]) =>
  tuples.filter(({ user }) => user.startsWith("share:")).map(({ user }) => user.split("#", 1)[0] ?? "");
const usersIn = (tuples: Tuple[], type: string) =>
  tuples.filter(({ user }) => user.startsWith(`${type}:`)).map(({ user }) => user);
const sorted = (refs: string[]) => [...new Set(refs)].sort();
