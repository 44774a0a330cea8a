/** Holds the records to each other: that owners, sides and portfolios are there, that counters count, that addresses agree. */

import { idOf } from "../ids.ts";
import { alive } from "../records.ts";
import { emailHash } from "../registry/decide-person.ts";
import { isThere, type Records } from "./examine-records.ts";
import type { Report } from "./finding.ts";

export function examineReferences(records: Records, report: Report): void {
  for (const [ref, head] of records.resources) {
    const resource = alive(head);
    if (resource === undefined) continue;
    if (!isThere(records, resource.owner)) report("relation", ref, `its owner ${resource.owner} is not there`);
    const portfolio = alive(records.resources.get(`portfolio:${resource.portfolio}`));
    if (resource.portfolio !== undefined && portfolio?.owner !== resource.owner)
      report("relation", ref, `its portfolio ${resource.portfolio} is not its owner's`);
  }
  const sides = [...records.cooperations.values()].flatMap(({ value }) => [value?.initiator, value?.partner]);
  const owners = [...records.resources.values()].map(({ value }) => value?.owner);
  for (const named of new Set([...owners, ...sides]))
    if (named !== undefined && !records.organizations.has(`organization:${named}`))
      report("head", `organization:${named}`, "has no record that can be read, though others name it");
  const shares = [...records.shares.values()].flatMap((head) => alive(head) ?? []);
  const live = Map.groupBy(shares, (share) => share.cooperation);
  for (const [object, { value }] of records.cooperations) {
    if (value === undefined || value.status === "ended") continue;
    // an organization may be deleted while it is invited: what it never answered binds nobody
    for (const side of [value.initiator, ...(value.status === "pending" ? [] : [value.partner])])
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
    if (value?.email !== undefined && holder !== idOf(object))
      report("email", object, `its address is held by ${holder ?? "nobody"}`);
  }
  for (const [object, { value }] of records.emails) {
    const address = value?.holder && records.people.get(`user:${value.holder}`)?.value?.email;
    if (value?.holder !== undefined && (!address || `email:${emailHash(address)}` !== object))
      report("email", object, `its holder ${value.holder} has another address`);
  }
}
