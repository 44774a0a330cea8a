/**
 * Why a person may not: every access path that they could have, and its denial reasons, from the records. The engine
 * decides; this explains what to do about it. A path without a reason is reported: then records and tuples differ.
 */

import type { DenialReason, Path } from "../../domain/explain/denial-reason.ts";
import { asAdmin, denialsOfCooperation, nearestFirst } from "../../domain/explain/denials.ts";
import type { Side } from "../../domain/history.ts";
import { idOfType, type OrganizationId, type Ref, splitRef } from "../../domain/ids.ts";
import { type Cooperation, isSide } from "../../domain/records.ts";
import type { Question } from "../../ports.ts";
import { personOf } from "../../store/people.ts";
import { cooperationHead, organizationHead, resourceHead, shareHead } from "../../store/snapshot.ts";
import type { Asking, FoundPaths } from "./ended-paths.ts";
import { pathsToResource } from "./resource-paths.ts";

/** The closed access paths of a denied question, nearest first and at least one; `complete` is false when shares were left out. Throws EngineUnavailable. */
export async function closedPaths(
  reads: Asking["reads"],
  { user: ref, relation, object }: Question,
  now: Date,
): Promise<{ paths: Path[]; complete: boolean }> {
  const [type] = splitRef(ref);
  const user = idOfType("user", ref);
  const only = (denial: DenialReason) => ({ paths: [{ through: object, denials: [denial] }], complete: true });
  if (type !== "user") return only({ code: "subject_no_user", subject: ref });
  const pathsFor = await pathsTo(reads, object);
  if (typeof pathsFor === "object") return only(pathsFor);
  const person = await personOf(reads, user);
  if (person === undefined) return only({ code: "user_unknown", user });
  const found = await pathsFor({ reads, person, permission: relation, now });
  // a path without a reason, or an object without a path: the engine denied it all the same
  const open: Path[] = found.paths.length > 0 ? found.paths : [{ through: object, denials: [] }];
  const paths = open.map(({ through, denials }): Path => {
    return { through, denials: denials.length > 0 ? denials : [{ code: "records_differ", object: through }] };
  });
  return { paths: nearestFirst(paths), complete: found.complete };
}

/** Looks for the paths to an object; or why nobody has one: it is unknown or deleted. */
async function pathsTo(
  reads: Asking["reads"],
  object: Ref,
): Promise<DenialReason | ((asking: Asking) => Promise<FoundPaths>)> {
  const [type, name] = splitRef(object);
  const unknown: DenialReason = { code: "object_unknown", object };
  const missing = (value: { deleted_at?: string | undefined } | undefined): DenialReason | undefined => {
    if (value === undefined) return unknown;
    const { deleted_at } = value;
    return deleted_at === undefined ? undefined : { code: "object_deleted", object, deleted_at };
  };
  const all = (paths: Path[]): FoundPaths => ({ paths, complete: true });
  switch (type) {
    case "plant":
    case "portfolio": {
      const { value } = await resourceHead(reads, `${type}:${name}`);
      return missing(value) ?? ((asking) => pathsToResource(asking, `${type}:${name}`));
    }
    case "organization": {
      const id = idOfType("organization", object);
      const { value } = await organizationHead(reads, id);
      return (
        missing(value) ??
        (async ({ person, permission }) => all([asAdmin(person, id, { acts: permission !== "can_manage" })]))
      );
    }
    case "cooperation": {
      const { value } = await cooperationHead(reads, idOfType("cooperation", object));
      if (value === undefined) return unknown;
      return async (asking) => all(await pathsToCooperation(asking, value));
    }
    default: {
      const { value: share } = await shareHead(reads, idOfType("share", object));
      if (share === undefined) return unknown;
      return async ({ person, now }) => {
        const { value: cooperation } = await cooperationHead(reads, share.cooperation);
        if (cooperation === undefined) return all([]);
        const denials = denialsOfCooperation(cooperation, now);
        const own =
          cooperation.partner === undefined ? [] : asAdmin(person, cooperation.partner, { acts: true }).denials;
        return all([{ through: `cooperation:${cooperation.id}`, denials: [...denials, ...own] }]);
      };
    }
  }
}

/** The sides of a cooperation whose admins a permission is for (model.fga, type cooperation). */
async function pathsToCooperation(
  { reads, person, permission, now }: Asking,
  cooperation: Cooperation,
): Promise<Path[]> {
  const { id, status, initiator, partner } = cooperation;
  const through = `cooperation:${id}`;
  const pathOf = async (side: Side, organization: OrganizationId): Promise<Path> => {
    const isIts = status !== "ended" || isSide(cooperation, side, (await organizationHead(reads, organization)).value);
    // otherwise the organization that was its side was deleted, even if another has its id now
    return isIts
      ? asAdmin(person, organization, { acts: true })
      : { through, denials: denialsOfCooperation(cooperation, now) };
  };
  const ofInitiator = await pathOf("initiator", initiator);
  if (permission === "can_manage") return [ofInitiator];
  const ofPartner: Path =
    partner === undefined
      ? { through, denials: [{ code: "cooperation_invited", cooperation: id, initiator, partner }] }
      : await pathOf("partner", partner);
  return permission === "can_answer" ? [ofPartner] : [ofInitiator, ofPartner];
}
