/**
 * Entries of a cooperation's history in words, each with what it takes to see that it is as it was written: its hash is
 * computed anew from what the reader may see of it.
 */
import { html } from "hono/html";
import type { z } from "zod";
import { chainHash, hashOf } from "../domain/history.ts";
import type { EntryView } from "../http/v1/history.ts";
import type { Visit } from "./context.ts";
import type { Names } from "./names.ts";
import { type Content, dateText, type Html, table } from "./parts.ts";

export type Entry = z.infer<typeof EntryView>;
type Reading = Pick<Visit, "words" | "language">;

const DATES = ["starts_at", "expires_at", "step_down_at", "review_by", "resume_at"];

/** Whether an entry matches its hash, and `older`, where the page has it, is the entry that it was chained to. */
export function isVerified({ reason: _, proof, ...common }: Entry, older: Entry | undefined): boolean {
  const { previous, hash, initiator_only, partner_only } = proof;
  const isLinked = older === undefined || (older.n === common.n - 1 && older.proof.hash === previous);
  const own = hashOf(common);
  return isLinked && own === proof.common && hash === chainHash(previous, own, initiator_only, partner_only);
}

/** What was done, in a word or two. */
export const actionText = ({ words }: Reading, { action }: Entry): string => words.records.action[action] ?? action;

/** Who did it. The service has no name. */
export const actorText = ({ words }: Reading, { actor }: Entry, names: Pick<Names, "person">): string =>
  actor.startsWith("user:")
    ? names.person(actor)
    : actor === "service:scheduler"
      ? words.records.history.service
      : actor;

/** What it was about, member by member: as it was and as it is where it changed. */
export function entryDetail(visit: Reading, { object, before, after }: Entry, names: Names): Html {
  const { member, history } = visit.words.records;
  const ofShare = object.startsWith("share:") ? names.share(object.slice("share:".length)) : undefined;
  const isKnown = before?.resource !== undefined || after?.resource !== undefined;
  const lines: Content[] = ofShare !== undefined && !isKnown ? [line(member.resource ?? "", ofShare)] : [];
  for (const [name, label] of Object.entries(member)) {
    const [was, is] = [before?.[name], after?.[name]];
    const show = (value: unknown) => valueText(visit, name, value, names);
    if (was === undefined && is === undefined) continue;
    // what something is about is said also where it stays the same
    if (was === is && name !== "resource" && name !== "user") continue;
    if (before === undefined || after === undefined || was === is) lines.push(line(label, show(is ?? was)));
    else lines.push(line(label, html`${show(was)} ${history.to} ${show(is)}`));
  }
  return html`${lines.length > 0 && html`<ul class="plain">${lines}</ul>`}`;
}

/** Entries as a table: when, who, what. `isHeaded`: under a heading that says the caption. */
export function entriesTable(
  visit: Reading,
  caption: string,
  entries: readonly Entry[],
  names: Names,
  isHeaded = false,
): Html {
  const { history: say } = visit.words.records;
  const rows = entries.map((entry): Content[] => [
    dateText(visit, entry.at),
    html`<bdi>${actorText(visit, entry, names)}</bdi>`,
    actionText(visit, entry),
    entryDetail(visit, entry, names),
  ]);
  return table({ caption, isHeaded, head: [say.when, say.who, say.what, say.detail], rows });
}

const line = (label: string, value: Content): Html => html`<li>${label}: <bdi>${value}</bdi></li>`;

/** A member of a record as people read it. */
export function valueText({ words, language }: Reading, name: string, value: unknown, names: Names): Content {
  if (value === undefined || value === null)
    return DATES.includes(name) ? words.frame.never : words.records.history.nothing;
  const text = String(value);
  if (DATES.includes(name)) return dateText({ words, language }, text);
  const { role, status }: { role: Record<string, string>; status: Record<string, string> } = words.frame;
  if (name === "role") return role[text] ?? text;
  if (name === "status") return status[text] ?? text;
  if (name === "resource") return names.resource(text);
  return name === "user" ? names.person(text) : text;
}
