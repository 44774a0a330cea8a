/**
 * Compares the store with the tuples of its records, in both directions: what a record requires
 * exists, and nothing else does. What a sweep is deleting may exist or not. Tuples of a form that Concordat does
 * not write are named too, and the other examinations answer for every other form: no tuple is passed over in silence.
 */
import { tuplesOfWebhook, webhookOfVersion } from "../events/webhook-record.ts";
import { idOf, idOfType, type ResourceRef, splitRef } from "../ids.ts";
import { tuplesOfPreset } from "../preset-record.ts";
import { alive } from "../records.ts";
import { emailHash } from "../registry/decide-person.ts";
import { fits, formOf, type Relation, relationOfTuple, WRITTEN } from "../relations.ts";
import { dueProblem } from "../schedule.ts";
import {
  tuplesOfCooperation,
  tuplesOfEmail,
  tuplesOfOrganization,
  tuplesOfResource,
  tuplesOfShare,
  tuplesOfSides,
} from "../state-tuples.ts";
import { endText, keyText, type Tuple } from "../tuples.ts";
import { isMarked, sidesAtEnd } from "./examine-leftovers.ts";
import type { Records } from "./examine-records.ts";
import type { Contents, Report } from "./finding.ts";

/** The relations that records ask for; people, job roles and delegations have no record and are examined apart. */
const RECORDED: (Relation["kind"] | undefined)[] = [
  "twin",
  "holder",
  "side",
  "former_side",
  "in_force",
  "cooperation",
  "owner",
  "portfolio",
  "shared",
  "upcoming",
  "webhook_owner",
  "version",
  "preset_owner",
];

export function examineRelations(contents: Contents, records: Records, report: Report): void {
  const asked = new Map<string, Tuple>();
  /** What is being swept may exist or not. */
  const passing = new Set<string>();
  const ask = (tuples: Tuple[], optional = false) => {
    for (const tuple of tuples) {
      asked.set(keyText(tuple), tuple);
      if (optional) passing.add(keyText(tuple));
    }
  };
  for (const [object, head] of records.organizations)
    if (alive(head)) ask(tuplesOfOrganization(idOfType("organization", object)));
  for (const [ref, { value }] of records.resources) if (value) ask(tuplesOfResource(ref as ResourceRef, value));
  for (const [object, { value }] of records.emails) ask(tuplesOfEmail(idOf(object), value?.holder));
  for (const [object, head] of records.webhooks) {
    const webhook = alive(head);
    if (webhook !== undefined) ask(tuplesOfWebhook(object, webhook));
  }
  for (const [object, head] of records.presets) {
    const preset = alive(head);
    if (preset !== undefined) ask(tuplesOfPreset(object, preset));
  }
  for (const { value } of records.cooperations.values()) {
    if (value === undefined) continue;
    ask(tuplesOfCooperation(value));
    if (value.status !== "ended") continue;
    const { kept, unsettled } = sidesAtEnd(contents, records, value);
    // a side whose organization is not there any more has no tuple, or one that the next sweep takes
    ask(
      tuplesOfSides(value, "former").filter((tuple) => unsettled.length > 0 || !kept.includes(tuple.relation)),
      true,
    );
    ask(unsettled, true);
  }
  for (const [object, { value }] of records.shares)
    if (value) ask(tuplesOfShare(value), isMarked(contents, idOfType("share", object), value));

  for (const tuple of contents.all.filter((one) => RECORDED.includes(relationOfTuple(one)?.kind))) {
    const wanted = asked.get(keyText(tuple));
    if (wanted === undefined)
      report("relation", tuple.object, `${tuple.relation} ${tuple.user} is required by no record`, {
        erase: isClaimed(tuple, records) ? [] : [tuple],
        ...wordOn(tuple, records),
      });
    else if (endText(wanted) !== endText(tuple))
      report(
        "relation",
        tuple.object,
        `${tuple.relation} ${tuple.user} ends ${endText(tuple)}, its record says ${endText(wanted)}`,
      );
  }
  for (const [text, tuple] of asked)
    if (!contents.has(tuple) && !passing.has(text))
      report("relation", tuple.object, `${tuple.relation} ${tuple.user} is missing${untilText(tuple)}`);
}

const untilText = (tuple: Tuple) => (tuple.condition === undefined ? "" : `, with the date ${endText(tuple)}`);

/** The objects whose records say whether a tuple should exist. */
function wordOn({ user, relation, object }: Tuple, records: Records): { by: string[]; trusting?: string[] } {
  const [type, id] = splitRef(object);
  if (type === "twin") return { by: [`organization:${id}`] };
  if (type === "email") return { by: [object], trusting: [user] };
  if (type === "cooperation" || type === "preset") return { by: [object] };
  const { kind } = relationOfTuple({ relation, object }) ?? {};
  const share = kind === "shared" || kind === "upcoming" ? (user.split("#", 1)[0] ?? user) : object;
  if (type === "webhook")
    return { by: [relation === "version" ? webhookOfVersion({ user, relation, object }) : object] };
  if (share.startsWith("share:")) {
    const { value } = records.shares.get(share) ?? {};
    return { by: value === undefined ? [share] : [share, `cooperation:${value.cooperation}`] };
  }
  const { value } = records.resources.get(object) ?? {};
  return { by: value === undefined ? [object] : [object, `organization:${value.owner}`] };
}

/** Whether an address without a head is in its holder's record: then its head is what is missing. */
function isClaimed({ user, relation, object }: Tuple, records: Records): boolean {
  const address = relation === "holder" ? records.people.get(user)?.value?.email : undefined;
  return address !== undefined && `email:${emailHash(address)}` === object && !records.emails.has(object);
}

/** Tuples that another model left, or that were written under one; and marks where no sweep and no scheduler looks. */
export function examineStrays(contents: Contents, report: Report): void {
  for (const tuple of contents.all) {
    const { user, relation, object } = tuple;
    const stray = (detail: string) =>
      report("stray", object, `${relation} ${user} ${detail}`, { erase: [tuple], by: [] });
    if (!fits(WRITTEN, tuple)) stray(`(${formOf(tuple)}) is nothing that Concordat writes`);
    if (object.startsWith("sweep:") && object !== "sweep:all") stray("is where no sweep looks");
    const problem = relationOfTuple(tuple)?.kind === "due" ? dueProblem(tuple) : undefined;
    if (problem !== undefined) stray(problem);
  }
}
