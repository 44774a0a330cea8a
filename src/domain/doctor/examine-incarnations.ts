/**
 * Which of the organizations that had an id a record speaks of (law 15). A version from before incarnations keeps none,
 * and leaves them out of a record that it writes anew. Histories say which: so where a record says nothing, it is known.
 */
import { SIDES } from "../relations.ts";
import type { LastFacts } from "./examine-histories.ts";
import type { Records } from "./examine-records.ts";
import type { Report } from "./finding.ts";

/** Reports organizations that were created again, and the sides of cooperations that are these, whose records do not say so. */
export function examineIncarnations(records: Records, facts: LastFacts, report: Report): void {
  /** The entry that created who had the id at that time: the newest where none is given. */
  const createdBy = (organization: string, at?: string) =>
    facts
      .beginnings(organization)
      .filter((entry) => entry.action === "create" && (at === undefined || entry.at <= at))
      .at(-1)?.n ?? 1;
  for (const [object, { value }] of records.organizations) {
    const incarnation = createdBy(object);
    if (value === undefined || value.incarnation !== undefined || incarnation === 1) continue;
    const detail = `does not say that its entry ${incarnation} created it, under an id that another had before`;
    report("incarnation", object, detail, { restore: { incarnation }, by: [object] });
  }
  for (const [object, { value }] of records.cooperations)
    for (const side of SIDES) {
      const field = `${side}_incarnation` as const;
      if (value?.[side] === undefined || value[field] !== undefined) continue;
      const organization = `organization:${value[side]}`;
      const beginnings = facts.beginnings(object);
      const joined = side === "partner" ? beginnings.find(({ action }) => action === "join") : undefined;
      const at = (joined ?? beginnings.at(0))?.at;
      const incarnation = at === undefined ? 1 : createdBy(organization, at);
      if (incarnation === 1) continue;
      const detail = `does not say that its ${side} is the ${value[side]} that entry ${incarnation} created`;
      report("incarnation", object, detail, {
        restore: { [field]: incarnation },
        by: [object],
        trusting: [organization],
      });
    }
}
