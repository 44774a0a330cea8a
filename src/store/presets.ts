/** Presets as the store has them, and the plants that one means now. */
import type { OrganizationId, PortfolioId, ResourceRef } from "../domain/ids.ts";
import { type Preset, type PresetId, PresetRecord, presetNameOf, presetObject } from "../domain/preset-record.ts";
import { alive, type Head, headFrom } from "../domain/records.ts";
import type { Reads, TupleStore } from "../ports.ts";
import { resourceHead } from "./snapshot.ts";

export async function presetHead(reads: Reads, id: PresetId): Promise<Head<Preset>> {
  const object = presetObject(id);
  return headFrom(object, await reads.read({ object, relation: "head" }), PresetRecord);
}

/** What the presets of an organization are called, in order. */
export async function presetNamesOf(reads: Reads, organization: OrganizationId): Promise<string[]> {
  const owned = { object: "preset:", relation: "organization", user: `organization:${organization}` };
  return (await reads.read(owned)).map(({ object }) => presetNameOf(object)).sort();
}

/**
 * The plants in a portfolio of an organization, by their references; undefined where it is not theirs, and with
 * `complete: false` where there are more than `max`.
 */
export async function plantsOfOwn(
  tupleStore: Pick<TupleStore, "read" | "readSome">,
  organization: OrganizationId,
  portfolio: PortfolioId,
  max: number,
): Promise<{ plants: ResourceRef[]; complete: boolean } | undefined> {
  const [head, found] = await Promise.all([
    resourceHead(tupleStore, `portfolio:${portfolio}`),
    tupleStore.readSome({ object: "plant:", relation: "portfolio", user: `portfolio:${portfolio}` }, max),
  ]);
  if (alive(head)?.owner !== organization) return undefined;
  const plants = found.tuples.map(({ object }) => object as ResourceRef);
  return { plants: plants.sort(), complete: found.complete };
}
