/**
 * Who loses and who gains what by a change, in names: what a dry run of the API says of it, shown before anything is
 * written.
 */
import { html } from "hono/html";
import type { z } from "zod";
import type { DryRunView, ImpactView } from "../http/v1/views.ts";
import type { Visit } from "./context.ts";
import type { Names } from "./names.ts";
import { type Content, dateText, type Html, table } from "./parts.ts";

export type ShownImpact = z.infer<typeof ImpactView>;
/** The reply to a dry run. */
export type DryRun = z.infer<typeof DryRunView>;

/** Lines of a list that are shown; the rest is counted, so that a page stays small. */
const LINES_MAX = 100;

const IDS: Pick<Names, "person" | "resource"> = { person: (user) => user, resource: (ref) => ref };

/** Whether a change takes something from somebody: access, or the time it lasts. */
export const takesAway = ({ loses, redated }: ShownImpact): boolean =>
  loses.length > 0 ||
  redated.some(({ until, was_until }) => until !== null && (was_until === null || until < was_until));

type Row = ShownImpact["loses"][number] & { was_until?: string | null };

/** The impacts of a change as lists: who loses what, who gains what, whose access ends on another date. */
export function impactList(
  impact: ShownImpact | readonly ShownImpact[],
  visit: Pick<Visit, "words" | "language">,
  names: Pick<Names, "person" | "resource"> = IDS,
): Html {
  const impacts: readonly ShownImpact[] = "loses" in impact ? [impact] : impact;
  const { impact: words } = visit.words.permissions;
  const [loses, gains, redated] = (["loses", "gains", "redated"] as const).map((kind): Row[] =>
    impacts.flatMap((one): Row[] => one[kind]),
  ) as [Row[], Row[], Row[]];
  if (loses.length + gains.length + redated.length === 0) return html`<p>${words.nothing}</p>`;
  return html`${list(words.loses, loses, visit, names)}${list(words.gains, gains, visit, names)}${list(words.redated, redated, visit, names)}`;
}

function list(
  caption: string,
  rows: readonly Row[],
  visit: Pick<Visit, "words" | "language">,
  names: Pick<Names, "person" | "resource">,
): Html | false {
  const { impact: words } = visit.words.permissions;
  if (rows.length === 0) return false;
  const lines = [...joined(rows).values()];
  const end = (until: string | null) => (until === null ? visit.words.frame.never : dateText(visit, until));
  const cells = ({ row, permissions }: Line): Content[] => [
    html`<bdi>${names.person(row.user)}</bdi>`,
    html`<bdi>${names.resource(row.resource)}</bdi>`,
    permissions.map((one) => words.what[one] ?? one).join(", "),
    row.was_until === undefined ? end(row.until) : html`${end(row.until)} (${words.was} ${end(row.was_until)})`,
  ];
  const left = lines.length - LINES_MAX;
  return html`${table({
    caption,
    head: [words.person, words.resource, words.access, words.until],
    rows: lines.slice(0, LINES_MAX).map(cells),
  })}${left > 0 && html`<p class="hint">${words.more(left)}</p>`}`;
}

type Line = { row: Row; permissions: string[] };

/** One line for a person, a resource and a date, with all permissions that end or begin with it. */
function joined(rows: readonly Row[]): Map<string, Line> {
  const lines = new Map<string, Line>();
  for (const row of rows) {
    const key = JSON.stringify([row.user, row.resource, row.until, row.was_until]);
    const line = lines.get(key) ?? { row, permissions: [] };
    line.permissions.push(row.permission);
    lines.set(key, line);
  }
  return lines;
}
