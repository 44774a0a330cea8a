/**
 * Why a person may not: every access path that they could have, and its denial reasons, from the records. The engine
 * decides; this explains what to do about it. A path without a reason is reported: then records and tuples differ.
 */

import { type DenialReason, nearestFirst, type Path } from "../../domain/explain/denial-reason.ts";
import { denialsOfCooperation } from "../../domain/explain/share-denials.ts";
import type { Side } from "../../domain/history.ts";
import { splitRef } from "../../domain/ids.ts";
import { type Cooperation, isSide } from "../../domain/records.ts";
import type { Question, TupleStore } from "../../ports.ts";
import { cooperationHead, organizationHead, resourceHead, shareHead } from "../../store/snapshot.ts";
import { type AskedPerson, asAdmin, personOf } from "./asked-person.ts";
import { pathsToResource } from "./resource-paths.ts";

type Reads = Pick<TupleStore, "read" | "readSome">;

/** The closed access paths of a denied question, nearest first and at least one; `complete` is false when shares were left out. Throws EngineUnavailable. */
export async function closedPaths(
  reads: Reads,
  { user: ref, relation, object }: Question,
  now: Date,
): Promise<{ paths: Path[]; complete: boolean }> {
  const [type, user] = splitRef(ref);
  const only = (denial: DenialReason) => ({ paths: [{ through: object, denials: [denial] }], complete: true });
  if (type !== "user") return only({ code: "subject_no_user", subject: ref });
  const missing = await whyMissing(reads, object);
  if (missing !== undefined) return only(missing);
  const person = await personOf(reads, user);
  if (person === undefined) return only({ code: "user_unknown", user });
  const found = await pathsOf(reads, person, relation, object, now);
  // a path without a reason, or an object without a path: the engine denied it all the same
  const open: Path[] = found.paths.length > 0 ? found.paths : [{ through: object, denials: [] }];
  const paths = open.map(({ through, denials }): Path => {
    return { through, denials: denials.length > 0 ? denials : [{ code: "records_differ", object: through }] };
  });
  return { paths: nearestFirst(paths), complete: found.complete };
}

/** Why an object gives no access: it is unknown or deleted. */
async function whyMissing(reads: Reads, object: string): Promise<DenialReason | undefined> {
  const [type, id] = splitRef(object);
  const unknown: DenialReason = { code: "object_unknown", object };
  const ended = (value: { deleted_at?: string | undefined } | undefined): DenialReason | undefined => {
    if (value === undefined) return unknown;
    return value.deleted_at === undefined
      ? undefined
      : { code: "object_deleted", object, deleted_at: value.deleted_at };
  };
  switch (type) {
    case "plant":
    case "portfolio":
      return ended((await resourceHead(reads, `${type}:${id}`)).value);
    case "organization":
      return ended((await organizationHead(reads, id)).value);
    case "cooperation":
      return (await cooperationHead(reads, id)).value === undefined ? unknown : undefined;
    default:
      return (await shareHead(reads, id)).value === undefined ? unknown : undefined;
  }
}

async function pathsOf(
  reads: Reads,
  person: AskedPerson,
  permission: string,
  object: string,
  now: Date,
): Promise<{ paths: Path[]; complete: boolean }> {
  const [type, id] = splitRef(object);
  const all = (paths: Path[]) => ({ paths, complete: true });
  switch (type) {
    case "plant":
    case "portfolio":
      return pathsToResource(reads, person, permission, `${type}:${id}`, now);
    case "organization":
      return all([asAdmin(person, id)]);
    case "cooperation": {
      const { value } = await cooperationHead(reads, id);
      return all(value === undefined ? [] : await pathsToCooperation(reads, person, permission, value));
    }
    default: {
      const { value: share } = await shareHead(reads, id);
      const cooperation = share && (await cooperationHead(reads, share.cooperation)).value;
      if (cooperation === undefined) return all([]);
      const denials = denialsOfCooperation(cooperation, now);
      const own = cooperation.partner === undefined ? [] : asAdmin(person, cooperation.partner).denials;
      return all([{ through: `cooperation:${cooperation.id}`, denials: [...denials, ...own] }]);
    }
  }
}

/** The sides of a cooperation whose admins a permission is for (model.fga, type cooperation). */
async function pathsToCooperation(
  reads: Reads,
  person: AskedPerson,
  permission: string,
  cooperation: Cooperation,
): Promise<Path[]> {
  const { id, status, initiator, partner, ended_as, ended_at } = cooperation;
  const through = `cooperation:${id}`;
  const pathOf = async (side: Side, organization: string): Promise<Path> => {
    const isIts = status !== "ended" || isSide(cooperation, side, (await organizationHead(reads, organization)).value);
    if (isIts) return asAdmin(person, organization);
    // the organization that was its side was deleted, even if another has its id now
    return {
      through,
      denials: [{ code: "cooperation_ended", cooperation: id, initiator, partner, ended_as, ended_at }],
    };
  };
  const ofInitiator = await pathOf("initiator", initiator);
  if (permission === "can_manage") return [ofInitiator];
  const ofPartner: Path =
    partner === undefined
      ? { through, denials: [{ code: "cooperation_invited", cooperation: id, initiator, partner }] }
      : await pathOf("partner", partner);
  return permission === "can_answer" ? [ofPartner] : [ofInitiator, ofPartner];
}
