/**
 * Distinguishes what a removal left behind from damage: marked, it is swept, in part or not yet;
 * without a mark no sweep is to come.
 */
import { idOfType, type ShareId } from "../ids.ts";
import { alive, type Cooperation, incarnationOf, type Organization, type Share } from "../records.ts";
import { formerSide } from "../relations.ts";
import { sweepMark, tuplesOfSides } from "../state-tuples.ts";
import type { Tuple } from "../tuples.ts";
import type { Records } from "./examine-records.ts";
import type { Contents, Removed, Report } from "./finding.ts";

/** Whether a sweep is going to delete the tuples of a share: it, or its cooperation, is marked as removed. */
export function isMarked(contents: Contents, shareId: ShareId, share: Share | undefined): boolean {
  return (
    contents.has(sweepMark(`share:${shareId}`)) ||
    (share !== undefined && contents.has(sweepMark(`cooperation:${share.cooperation}`)))
  );
}

/** What was removed: marked, so that a sweep takes the rest away, or left behind for good. */
export function examineLeftovers(contents: Contents, records: Records, report: Report): void {
  for (const mark of contents.at("sweep:all", "pending")) {
    const user = mark.user as Removed;
    const cooperation = records.cooperations.get(user)?.value;
    const share = records.shares.get(user)?.value;
    const by = share === undefined ? [user] : [user, `cooperation:${share.cooperation}`];
    const isRemoved = user.startsWith("organization:")
      ? wasDeleted(records.organizations.get(user)?.value)
      : user.startsWith("share:")
        ? share === undefined || isOver(share, records)
        : cooperation?.status === "ended";
    if (isRemoved)
      report("leftover", user, "was removed; what it left without effect is not swept yet", { sweep: user, by });
    else report("relation", user, "is marked to be swept and was never removed", { erase: [mark], by });
  }
  for (const [object, { value }] of records.cooperations) {
    if (value?.status !== "ended" || contents.has(sweepMark(object as Removed))) continue;
    for (const { relation, user } of sidesAtEnd(contents, records, value).unsettled)
      report("leftover", object, `${relation} ${user} is still there though it has ended`, {
        sweep: object as Removed,
        by: [object],
      });
  }
  for (const [object, { value }] of records.shares) {
    if (value === undefined || isMarked(contents, idOfType("share", object), value) || !isOver(value, records))
      continue;
    const by = [object, `cooperation:${value.cooperation}`];
    report("relation", object, "was removed and no sweep is to come", { sweep: object as Removed, by });
  }
}

/**
 * The sides of an ended cooperation. `kept`: the relations that stay, those of organizations that exist.
 * `unsettled`: tuples for a sweep to see to, left by a version that had no former sides, or of organizations that went.
 */
export function sidesAtEnd(
  contents: Contents,
  records: Records,
  cooperation: Cooperation,
): { kept: string[]; unsettled: Tuple[] } {
  const isThere = ({ user, relation }: Tuple) => {
    const side = relation === formerSide("initiator") ? "initiator" : "partner";
    const head = records.organizations.get(user);
    const organization = alive(head);
    // one without a record is damage, and nothing to go by
    if (organization === undefined) return head === undefined;
    return incarnationOf(organization.incarnation) === incarnationOf(cooperation[`${side}_incarnation`]);
  };
  const former = tuplesOfSides(cooperation, "former");
  const unwanted = [...tuplesOfSides(cooperation, "present"), ...former.filter((tuple) => !isThere(tuple))];
  return {
    kept: former.filter(isThere).map(({ relation }) => relation),
    unsettled: unwanted.filter((tuple) => contents.has(tuple)),
  };
}

const wasDeleted = (organization: Organization | undefined) =>
  organization?.deleted_at !== undefined || organization?.incarnation !== undefined;

/** Whether a share was removed, or its cooperation has ended. */
function isOver(share: Share, records: Records): boolean {
  const { status } = records.cooperations.get(`cooperation:${share.cooperation}`)?.value ?? {};
  return share.removed_at !== undefined || status === "ended";
}
