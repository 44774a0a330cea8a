/**
 * Which events a reader may see, and what of them: exactly what the routes of the histories show them. A service sees
 * every entry and no private reason; an admin sees the history of their organization, and those of the cooperations
 * that it is a side of, from the entry on by which it came to them (law 15).
 */
import { LRUCache } from "lru-cache";
import { type Caller, isService } from "../domain/caller.ts";
import type { StoredEvent } from "../domain/events/cloud-event.ts";
import type { Side } from "../domain/history.ts";
import { type CooperationId, idOfType, type OrganizationId, splitRef } from "../domain/ids.ts";
import { refuseUnlessAdmin } from "../domain/membership.ts";
import { type Cooperation, type Head, incarnationOf, isSide, type Organization } from "../domain/records.ts";
import { SIDES } from "../domain/relations.ts";
import type { Result } from "../domain/result.ts";
import { StoreDamaged } from "../faults.ts";
import type { Reads } from "../ports.ts";
import { actingIn } from "../store/acting.ts";
import { cooperationHead, organizationHead } from "../store/snapshot.ts";

/** Kept of cooperations, by who looks at many events; one that is damaged may be repaired meanwhile. */
const COOPERATIONS_KEPT_MAX = 10_000;
const COOPERATION_KEPT_MILLISECONDS = 60_000;

/** The side as which a reader sees an event; undefined where they do not see it. */
export type Look = (event: StoredEvent) => Promise<{ side: Side | undefined } | undefined>;

/**
 * How a caller looks at events: all of them, or those of one organization. Heads are read once for each look. A
 * cooperation whose head is damaged is named, and hides its own events alone.
 */
export async function lookAtEvents(
  reads: Reads,
  caller: Caller,
  organization: OrganizationId | undefined,
  damaged: (object: string, damage: StoreDamaged) => void,
): Promise<Result<Look>> {
  const service = isService(caller);
  if (organization === undefined)
    return service ? async () => ({ side: undefined }) : { code: "not_found", what: "organization" };
  const membership = await actingIn(reads, organization, caller);
  const refusal = service ? undefined : refuseUnlessAdmin(organization, membership);
  if (refusal) return refusal;
  // behind the role: of an organization that was created meanwhile under the id only its own events are shown
  const { n, value } = await organizationHead(reads, organization);
  if (n === 0) return { code: "not_found", what: "organization" };
  return lookOf({ organization, value, service }, cooperationReads(reads, damaged));
}

/** A cooperation as it is at one of its entries or later. */
type CooperationAt = (id: CooperationId, entry: number) => Promise<Cooperation | undefined>;

/** Each is read once, and again for an entry that is newer than what was read: by it another may have become a side. */
export function cooperationReads(reads: Reads, damaged: (object: string, damage: StoreDamaged) => void): CooperationAt {
  type Reading = Promise<Head<Cooperation> | undefined>;
  const known = new LRUCache<CooperationId, { reading: Reading }>({
    max: COOPERATIONS_KEPT_MAX,
    ttl: COOPERATION_KEPT_MILLISECONDS,
  });

  async function read(id: CooperationId): Promise<Head<Cooperation> | undefined> {
    try {
      return await cooperationHead(reads, id);
    } catch (error) {
      if (!(error instanceof StoreDamaged)) {
        known.delete(id);
        throw error;
      }
      damaged(`cooperation:${id}`, error);
      return undefined;
    }
  }

  return async (id, entry) => {
    const first = known.get(id);
    const head = await first?.reading;
    if (first !== undefined && (head === undefined || head.n >= entry)) return head?.value;
    const reading = read(id);
    known.set(id, { reading });
    return (await reading)?.value;
  };
}

/** Who looks: an organization, as it is, or for it a service, which sees every entry and no reason. */
type Looking = { organization: OrganizationId; value: Organization | undefined; service: boolean };

/** How an organization sees events. */
export function lookOf({ organization, value, service }: Looking, cooperationAt: CooperationAt): Look {
  async function sideIn(id: CooperationId, entry: number): Promise<{ side: Side | undefined } | undefined> {
    const cooperation = await cooperationAt(id, entry);
    if (cooperation === undefined) return undefined;
    const side = SIDES.find((one) => cooperation[one] === organization && (service || isSide(cooperation, one, value)));
    if (side === undefined) return undefined;
    if (service) return { side: undefined };
    // what was offered and taken back before somebody joined was never offered to them
    return side === "partner" && entry < (cooperation.partner_since ?? 1) ? undefined : { side };
  }

  return async ({ history, entry }) => {
    const [type] = splitRef(history);
    if (type === "cooperation") return sideIn(idOfType("cooperation", history), entry.common.n);
    if (history !== `organization:${organization}`) return undefined;
    if (service) return { side: undefined };
    return entry.common.n < incarnationOf(value?.incarnation) ? undefined : { side: "initiator" };
  };
}
