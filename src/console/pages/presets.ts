/**
 * `/console/cooperations/{id}/permissions/presets`: what an organization shares again and again, applied to a cooperation. The
 * preview says what becomes of each resource, and who loses what where a role is lowered.
 */
import { hash, randomUUID } from "node:crypto";
import { html } from "hono/html";
import { type ApiAnswer, v1Path } from "../api.ts";
import type { ConsoleApp, ConsoleContext } from "../context.ts";
import { readForm } from "../form.ts";
import { type DryRun, impactList, type ShownImpact, takesAway } from "../impact.ts";
import { page, problemPage } from "../page.ts";
import { button, checkbox, type Html, hidden, linkButton, select } from "../parts.ts";
import { type Href, to, withQuery } from "../path.ts";
import { batchLines, resourceNames, type ShownBatch } from "./batch-lines.ts";
import { type Opened, openCooperation } from "./opened.ts";
import { permissionsHref } from "./permission-parts.ts";

/** Changed shares whose impact is looked at, each by a request. */
const LOOKED_AT_MAX = 25;

type Presets = { items: { name: string }[] };

export function presetsPages(app: ConsoleApp): void {
  app.get("/cooperations/:id/permissions/presets", async (c) => {
    const opened = await openCooperation(c);
    if (opened instanceof Response) return opened;
    const chosen = { name: c.req.query("preset") ?? "", overwrite: c.req.query("overwrite") === "on" };
    return previewPage(c, opened, chosen, await dryRun(c, opened, chosen));
  });
  app.post("/cooperations/:id/permissions/presets", async (c) => {
    const opened = await openCooperation(c);
    if (opened instanceof Response) return opened;
    const { permissions } = c.var.console.words;
    const form = await readForm(c);
    const name = form.text("preset") ?? "";
    const overwrite = form.text("overwrite") === "on";
    const tried = await dryRun(c, opened, { name, overwrite });
    if (!tried.ok) return problemPage(c, tried);
    // what somebody else did meanwhile is not overwritten unseen
    if (seenIn(tried.value) !== form.text("seen")) return previewPage(c, opened, { name, overwrite }, tried, true);
    const idempotencyKey = form.text("key") ?? randomUUID();
    const applied = await apply(c, opened, name, { overwrite }, { idempotencyKey });
    if (!applied.ok) return problemPage(c, applied);
    const { stopped } = applied.value;
    const again = withQuery(presetsHref(opened), { preset: name, overwrite: overwrite ? "on" : undefined });
    const body = html`<p><a href="${permissionsHref(opened)}">${permissions.title}</a></p>
${batchLines(c, applied.value, await resourceNames(c, opened))}
${stopped !== null && html`<p>${linkButton(again, { text: permissions.presets.previewAgain })}</p>`}`;
    return page(c, { title: permissions.presets.title(name), nav: "cooperations", body });
  });
}

const presetsHref = ({ id, at }: Opened): Href => at(to`/console/cooperations/${id}/permissions/presets`);

const apply = (
  c: ConsoleContext,
  { id }: Opened,
  name: string,
  body: { overwrite: boolean },
  options: { dryRun?: boolean; idempotencyKey?: string },
): Promise<ApiAnswer<ShownBatch>> =>
  c.var.console.api.send("POST", v1Path`/v1/cooperations/${id}/presets/${name}/apply`, body, options);

/** The choice of a preset, where there is one; on the page of the permissions. */
export async function presetForm(c: ConsoleContext, opened: Opened): Promise<Html | false> {
  const { presets } = c.var.console.words.permissions;
  const path = v1Path`/v1/organizations/${opened.cooperation.initiator.id}/presets`;
  const found = await c.var.console.api.get<Presets>(path, { limit: 200 });
  if (!found.ok || found.value.items.length === 0) return false;
  const options = found.value.items.map(({ name }) => ({ value: name, text: name }));
  return html`<section aria-labelledby="presets"><h2 id="presets">${presets.heading}</h2>
<form class="search" method="get" action="${to`/console/cooperations/${opened.id}/permissions/presets`}">
${hidden("organization", opened.organization)}
${select({ label: presets.label, name: "preset", hint: presets.hint, options })}
${button({ text: presets.preview, kind: "quiet" })}</form></section>`;
}

const dryRun = (c: ConsoleContext, opened: Opened, { name, overwrite }: Chosen) =>
  apply(c, opened, name, { overwrite }, { dryRun: true });

/** What a preview showed: of each line what is and what becomes of it, or why nothing does. */
function seenIn({ lines }: ShownBatch): string {
  const shown = lines.map(({ resource, outcome, was, is, problem }) => [resource, outcome, was, is, problem?.code]);
  return hash("sha256", JSON.stringify(shown), "base64url");
}

type Chosen = { name: string; overwrite: boolean };

async function previewPage(
  c: ConsoleContext,
  opened: Opened,
  { name, overwrite }: Chosen,
  tried: ApiAnswer<ShownBatch>,
  isAnother = false,
): Promise<Response> {
  const { permissions } = c.var.console.words;
  const { presets } = permissions;
  if (!tried.ok) return problemPage(c, tried);
  const batch = tried.value;
  const differs = overwrite || batch.lines.some(({ problem }) => problem?.code === "share_differs");
  const body = html`<p><a href="${permissionsHref(opened)}">${permissions.title}</a></p>
${isAnother && html`<div class="notice" data-kind="warning" role="alert"><p>${presets.another}</p></div>`}
${batchLines(c, batch, await resourceNames(c, opened))}
${await lowered(c, opened, batch)}
${
  differs &&
  html`<form class="stack" method="get" action="${to`/console/cooperations/${opened.id}/permissions/presets`}">
${hidden("organization", opened.organization)}${hidden("preset", name)}
${checkbox({ label: presets.overwrite, name: "overwrite", checked: overwrite })}
${button({ text: presets.previewAgain, kind: "quiet" })}</form>`
}
${applyForm(c, opened, { name, overwrite }, seenIn(batch))}`;
  return page(c, { title: presets.title(name), nav: "cooperations", body, status: isAnother ? 412 : 200 });
}

function applyForm(c: ConsoleContext, opened: Opened, { name, overwrite }: Chosen, seen: string): Html {
  const { words } = c.var.console;
  return html`<form class="actions" method="post" action="${presetsHref(opened)}">
${hidden("preset", name)}${hidden("overwrite", overwrite ? "on" : undefined)}${hidden("key", randomUUID())}${hidden("seen", seen)}
${button({ text: words.permissions.presets.submit })}
${linkButton(permissionsHref(opened), { text: words.frame.cancel, kind: "quiet" })}</form>`;
}

/** Who loses what by the shares that the preset changes: a batch does not say it, a change of each share does. */
async function lowered(c: ConsoleContext, opened: Opened, { lines }: ShownBatch): Promise<Html | false> {
  const { presets } = c.var.console.words.permissions;
  // a preview names no shares
  const shares = new Map(opened.cooperation.shares.map(({ resource, id }) => [resource, id]));
  const changed = lines.flatMap(({ was, is, resource }) => {
    const share = resource === null ? undefined : shares.get(resource);
    return was === null || is === null || share === undefined ? [] : [{ share, is }];
  });
  const impacts: ShownImpact[] = [];
  for (const { share, is } of changed.slice(0, LOOKED_AT_MAX)) {
    const { role, expires_at, step_down_at } = is;
    const body = { role, expires_at, ...(role !== "viewer" && { step_down_at }) };
    const tried = await c.var.console.api.send<DryRun>("PATCH", v1Path`/v1/shares/${share}`, body, { dryRun: true });
    if (tried.ok) impacts.push(...tried.value.impact.filter(takesAway));
  }
  const left = changed.length - LOOKED_AT_MAX;
  if (impacts.length === 0 && left <= 0) return false;
  return html`<div class="notice" data-kind="warning"><p>${presets.lowered}</p>
${impactList(impacts, c.var.visit, opened.names)}${left > 0 && html`<p>${presets.notShown(left)}</p>`}</div>`;
}
