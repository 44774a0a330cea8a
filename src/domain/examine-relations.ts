/**
 * Compares the store with `tuplesOf` of its records, both ways: what a record asks for
 * stands, and nothing else does. What a marked removal leaves behind is told apart.
 */
import { emailHash } from "./decide-person.ts";
import { alive, isThere, type Records } from "./examine-records.ts";
import type { Contents, Removed, Report } from "./finding.ts";
import { type ResourceRef, splitRef } from "./ids.ts";
import type { Share } from "./records.ts";
import {
  endText,
  keyText,
  sweepMark,
  type Tuple,
  tuplesOfCooperation,
  tuplesOfEmail,
  tuplesOfOrganization,
  tuplesOfResource,
  tuplesOfShare,
} from "./tuples.ts";

/** The relations that records ask for; people, job roles and delegations have no record and are examined apart. */
const RECORDED = [
  "organization",
  "holder",
  "initiator",
  "partner",
  "in_force",
  "cooperation",
  "owner",
  "portfolio",
  "shared_viewer",
  "shared_asset_manager",
  "shared_technical_manager",
];

/** What is removed and marked: whether a sweep is going to take away what stands on a share. */
export function isMarked(contents: Contents, shareId: string, share: Share | undefined): boolean {
  return (
    contents.has(sweepMark(`share:${shareId}`)) ||
    (share !== undefined && contents.has(sweepMark(`cooperation:${share.cooperation}`)))
  );
}

export function examineRelations(contents: Contents, records: Records, report: Report): void {
  const asked = new Map<string, Tuple>();
  /** What is being swept may stand or be gone already. */
  const passing = new Set<string>();
  const ask = (tuples: Tuple[], optional = false) => {
    for (const tuple of tuples) {
      asked.set(keyText(tuple), tuple);
      if (optional) passing.add(keyText(tuple));
    }
  };
  for (const [object, head] of records.organizations) if (alive(head)) ask(tuplesOfOrganization(idIn(object)));
  for (const [ref, { value }] of records.resources) if (value) ask(tuplesOfResource(ref as ResourceRef, value));
  for (const [object, { value }] of records.emails) ask(tuplesOfEmail(idIn(object), value?.holder));
  for (const { value } of records.cooperations.values()) if (value) ask(tuplesOfCooperation(value));
  for (const [object, { value }] of records.shares)
    if (value) ask(tuplesOfShare(value), isMarked(contents, idIn(object), value));

  for (const tuple of contents.all.filter(({ relation }) => RECORDED.includes(relation))) {
    const wanted = asked.get(keyText(tuple));
    if (wanted === undefined)
      report("relation", tuple.object, `${tuple.relation} ${tuple.user} stands unasked for`, {
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
      report("relation", tuple.object, `${tuple.relation} ${tuple.user} is missing, which ends ${endText(tuple)}`);
}

/** The objects whose records say whether a tuple should stand. */
function wordOn({ user, relation, object }: Tuple, records: Records): { by: string[]; trusting?: string[] } {
  const [type, id] = splitRef(object);
  if (type === "twin") return { by: [`organization:${id}`] };
  if (type === "email") return { by: [object], trusting: [user] };
  if (type === "cooperation") return { by: [object] };
  const share = relation.startsWith("shared_") ? (user.split("#", 1)[0] ?? user) : object;
  if (share.startsWith("share:")) {
    const { value } = records.shares.get(share) ?? {};
    return { by: value === undefined ? [share] : [share, `cooperation:${value.cooperation}`] };
  }
  const { value } = records.resources.get(object) ?? {};
  return { by: value === undefined ? [object] : [object, `organization:${value.owner}`] };
}

/** Whether an address without a head stands in its holder's record: then its head is what is missing. */
function isClaimed({ user, relation, object }: Tuple, records: Records): boolean {
  const address = relation === "holder" ? records.people.get(user)?.value?.email : undefined;
  return address !== undefined && `email:${emailHash(address)}` === object && !records.emails.has(object);
}

/** What records say of each other: owners, sides, counters, addresses. */
export function examineReferences(records: Records, report: Report): void {
  for (const [ref, head] of records.resources) {
    const resource = alive(head);
    if (resource === undefined) continue;
    if (!isThere(records, resource.owner)) report("relation", ref, `its owner ${resource.owner} is not there`);
    const portfolio = resource.portfolio && alive(records.resources.get(`portfolio:${resource.portfolio}`));
    if (resource.portfolio !== undefined && (portfolio as typeof resource | undefined)?.owner !== resource.owner)
      report("relation", ref, `its portfolio ${resource.portfolio} is not its owner's`);
  }
  const sides = [...records.cooperations.values()].flatMap(({ value }) => [value?.initiator, value?.partner]);
  const owners = [...records.resources.values()].map(({ value }) => value?.owner);
  for (const named of new Set([...owners, ...sides]))
    if (named !== undefined && !records.organizations.has(`organization:${named}`))
      report("head", `organization:${named}`, "has no record that can be read, though others name it");
  const shares = [...records.shares.values()].flatMap(({ value }) => (value?.removed_at === undefined ? [value] : []));
  const live = Map.groupBy(
    shares.filter((share) => share !== undefined),
    (share) => share.cooperation,
  );
  for (const [object, { value }] of records.cooperations) {
    if (value === undefined || value.status === "ended") continue;
    for (const side of [value.initiator, value.partner])
      if (side !== undefined && !isThere(records, side)) report("relation", object, `its side ${side} is not there`);
    if (value.partner === value.initiator) report("relation", object, "its partner is its initiator");
    const own = live.get(value.id) ?? [];
    if (own.length !== value.shares) report("count", object, `counts ${value.shares} shares and has ${own.length}`);
    if (new Set(own.map((share) => share.resource)).size < own.length)
      report("count", object, "shares one resource twice");
    for (const share of own)
      if (alive(records.resources.get(share.resource))?.owner !== value.initiator)
        report("relation", `share:${share.id}`, `${share.resource} is not the initiator's`);
  }
  for (const { value } of records.shares.values())
    if (value && !records.cooperations.has(`cooperation:${value.cooperation}`))
      report("relation", `share:${value.id}`, `its cooperation ${value.cooperation} is not there`);
  for (const [object, { value }] of records.people) {
    const holder = value?.email && records.emails.get(`email:${emailHash(value.email)}`)?.value?.holder;
    if (value?.email !== undefined && holder !== idIn(object))
      report("email", object, `its address is held by ${holder ?? "nobody"}`);
  }
  for (const [object, { value }] of records.emails) {
    const address = value?.holder && records.people.get(`user:${value.holder}`)?.value?.email;
    if (value?.holder !== undefined && (!address || `email:${emailHash(address)}` !== object))
      report("email", object, `its holder ${value.holder} has another address`);
  }
}

/** What was removed: marked, so that a sweep takes the rest away, or left behind for good. */
export function examineLeftovers(contents: Contents, records: Records, report: Report): void {
  for (const mark of contents.at("sweep:all", "pending")) {
    const user = mark.user as Removed;
    const cooperation = records.cooperations.get(user)?.value;
    const share = records.shares.get(user)?.value;
    const by = share === undefined ? [user] : [user, `cooperation:${share.cooperation}`];
    const gone = user.startsWith("share:")
      ? share === undefined || isOver(share, records)
      : cooperation?.status === "ended";
    if (gone)
      report("leftover", user, "was removed; what it left without effect is not swept yet", { sweep: user, by });
    else report("relation", user, "is marked to be swept and was never removed", { erase: [mark], by });
  }
  for (const [object, { value }] of records.shares) {
    if (value === undefined || isMarked(contents, idIn(object), value) || !isOver(value, records)) continue;
    const by = [object, `cooperation:${value.cooperation}`];
    report("relation", object, "was removed and no sweep is to come", { sweep: object as Removed, by });
  }
}

/** Whether a share was removed, or its cooperation has ended. */
function isOver(share: Share, records: Records): boolean {
  const { status } = records.cooperations.get(`cooperation:${share.cooperation}`)?.value ?? {};
  return share.removed_at !== undefined || status === "ended";
}

const idIn = (ref: string) => ref.slice(ref.indexOf(":") + 1);
