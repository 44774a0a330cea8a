/** What became of each line of a batch, or would become of it: as a table, a line of result for each. */
import { html } from "hono/html";
import type { z } from "zod";
import type { BatchView } from "../../http/v1/batch-view.ts";
import { type ApiAnswer, v1Path } from "../api.ts";
import type { ConsoleContext } from "../context.ts";
import { named } from "../names.ts";
import { type Content, dateText, type Html, table } from "../parts.ts";
import type { Opened } from "./opened.ts";
import { refusalText } from "./refusal-shown.ts";

export type ShownBatch = z.infer<typeof BatchView>;
type Line = ShownBatch["lines"][number];
type SharedAs = NonNullable<Line["is"]>;

/** `nameOf`: what a resource is called. */
export function batchLines(c: ConsoleContext, batch: ShownBatch, nameOf: (ref: string) => string): Html {
  const { words } = c.var.console;
  const { lines: say, many } = words.permissions;
  const outcomes = batch.dry_run ? say.would : say.did;
  const shown = ({ role, expires_at }: SharedAs): Content =>
    html`${words.frame.role[role]}, ${expires_at === null ? words.frame.never : html`${say.until} ${dateText(c.var.visit, expires_at)}`}`;
  const detail = ({ is, was, problem, repeated }: Line): Content => {
    if (problem !== undefined)
      return html`${refusalText(c.var.visit, problem) ?? `${problem.title}.`} <span class="hint" lang="en">${problem.detail}</span>`;
    const change = is && (was === null ? shown(is) : html`${shown(was)} ${words.records.history.to} ${shown(is)}`);
    return html`${change}${repeated && html` (${many.repeated})`}`;
  };
  const rows = batch.lines.map((one): Content[] => [
    String(one.line),
    html`<bdi>${one.resource === null ? "" : nameOf(one.resource)}</bdi>`,
    html`<span class="outcome" data-outcome="${one.outcome}">${outcomes[one.outcome]}</span>`,
    detail(one),
  ]);
  const { done, same, refused, not_reached, stopped } = batch;
  const caption = batch.dry_run ? say.preview(done, same, refused) : say.summary(done, same, refused, not_reached);
  return html`${table({ caption, head: [say.line, say.resource, say.outcome, say.detail], rows })}
${stopped !== null && html`<div class="notice" data-kind="warning" role="alert"><p>${say.stopped}</p><p>${stopped.detail}</p></div>`}`;
}

/** What the initiator's resources are called: those shared, and of each type as many as one list has. */
export async function resourceNames(
  c: ConsoleContext,
  { cooperation, names }: Opened,
): Promise<(ref: string) => string> {
  const path = v1Path`/v1/organizations/${cooperation.initiator.id}/resources`;
  type Found = ApiAnswer<{ items: { resource: string; name: string | null }[] }>;
  const found: Found = await c.var.console.api.get(path, { limit: 200 });
  const known = new Map((found.ok ? found.value.items : []).map(({ resource, name }) => [resource, name]));
  return (ref) => {
    const name = known.get(ref);
    return name === undefined ? names.resource(ref) : named(ref.slice(ref.indexOf(":") + 1), name);
  };
}
