/** `/console/inspector/cooperations/{id}`: a cooperation over time as a picture and as rows, and whether its history holds. */
import { html } from "hono/html";
import type { Common } from "../../domain/history.ts";
import { type Api, type ApiAnswer, v1Path } from "../api.ts";
import type { ConsoleApp, ConsoleContext, ConsoleDeps } from "../context.ts";
import { badge, dateText, type Html, table } from "../parts.ts";
import { to } from "../path.ts";
import type { Words } from "../words.ts";
import { drawTimeline, LANES_MAX } from "./draw-timeline.ts";
import { proofOf, type VerifiedReply } from "./proof.ts";
import { askForm, inspecting, inspectorPage, objectLink, PAGES, refusedPage, scrolled } from "./shell.ts";
import { type Lane, type Timeline, timelineOf } from "./timeline.ts";

type Cooperation = {
  status: keyof Words["frame"]["status"];
  initiator: { name: string };
  partner: { name: string } | null;
};
type History = { items: Common[]; next_cursor: string | null };

const PAGE = 200;
/** Older entries are left out, and the page says so. */
const PAGES_MAX = 5;
/** Rows of actions on the page, the newest. */
const ACTIONS_MAX = 100;

export function timelinePages(app: ConsoleApp, { clock }: ConsoleDeps): void {
  app.get("/inspector/cooperations", async (c) => {
    const { words } = inspecting(c);
    const id = c.req.query("id")?.trim();
    if (id) return c.redirect(to`/console/inspector/cooperations/${id}`, 303);
    return inspectorPage(c, { name: "cooperations", title: words.timeline.choose, body: chooseCooperation(c, "") });
  });

  app.get("/inspector/cooperations/:id", async (c) => {
    const { api, words } = inspecting(c);
    const id = c.req.param("id");
    const cooperation = await api.get<Cooperation>(v1Path`/v1/cooperations/${id}`);
    if (!cooperation.ok) return refusedPage(c, cooperation);
    const history = await historyOf(api, id);
    if (!history.ok) return refusedPage(c, history);
    const verified = await api.get<VerifiedReply>(v1Path`/v1/cooperations/${id}/history/verify`);
    if (!verified.ok) return refusedPage(c, verified);
    const { entries, isWhole } = history.value;
    const now = clock();
    const timeline = timelineOf(entries, now);
    const { status, initiator, partner } = cooperation.value;
    const title = words.timeline.picture(initiator.name, partner?.name ?? words.timeline.somebody);
    const body = html`${chooseCooperation(c, id)}
<p>${badge(c.var.visit, status)} ${objectLink(`cooperation:${id}`)}</p>
<h2><bdi>${title}</bdi></h2>
${!isWhole && html`<p class="notice" data-kind="note">${words.timeline.cut(entries.length)}</p>`}
${timeline.lanes.length > LANES_MAX && html`<p class="hint">${words.timeline.lanes(LANES_MAX)}</p>`}
${scrolled(words, title, drawTimeline(timeline, now, "timeline", { ...textsOf(c), title }))}
${barTable(c, timeline)}${actionTable(c, timeline)}${proofOf(c, verified.value)}`;
    return inspectorPage(c, { name: "cooperations", title: words.timeline.title(id), body });
  });
}

function chooseCooperation(c: ConsoleContext, id: string): Html {
  const { words } = inspecting(c);
  const { cooperation: label, cooperationHint: hint } = words.fields;
  return askForm(PAGES.cooperations, words, [{ name: "id", label, hint, value: id, required: true }]);
}

/** The entries, oldest first: all, or the newest where they are too many. */
async function historyOf(api: Api, id: string): Promise<ApiAnswer<{ entries: Common[]; isWhole: boolean }>> {
  const entries: Common[] = [];
  let cursor: string | undefined;
  for (let page = 1; ; page++) {
    const found = await api.get<History>(v1Path`/v1/cooperations/${id}/history`, { limit: PAGE, cursor });
    if (!found.ok) return found;
    const { items, next_cursor } = found.value;
    entries.push(...items);
    cursor = next_cursor ?? undefined;
    if (cursor === undefined || page === PAGES_MAX)
      return { ...found, value: { entries: entries.reverse(), isWhole: cursor === undefined } };
  }
}

const dateOf = (time: number): string => new Date(time).toISOString().slice(0, 16).replace("T", " ");

/** The words of the picture. */
function textsOf(c: ConsoleContext) {
  const { words } = inspecting(c);
  const { timeline } = words;
  const lane = ({ thing, resource }: Lane): string => {
    if (thing.kind === "cooperation") return timeline.cooperation;
    return thing.kind === "share" ? timeline.share(resource ?? thing.share) : timeline.delegation(thing.user);
  };
  const kind = (name: string) => timeline.kinds[name] ?? name;
  return {
    now: timeline.now,
    lane,
    kind,
    bar: (of: Lane, bar: Lane["bars"][number]) =>
      timeline.bar(
        lane(of),
        kind(bar.kind),
        dateOf(bar.from),
        bar.to === undefined ? words.noEnd : words.until(dateOf(bar.to)),
      ),
    mark: ({ action, actor, at }: Timeline["marks"][number]) => timeline.mark(action, actor, dateOf(Date.parse(at))),
  };
}

const instantOf = (c: ConsoleContext, time: number): Html => dateText(c.var.visit, new Date(time).toISOString());

function barTable(c: ConsoleContext, { lanes }: Timeline): Html {
  const { words } = inspecting(c);
  const { what, kind, from, to: until, by } = words.columns;
  const texts = textsOf(c);
  const rows = lanes.flatMap((lane) =>
    lane.bars.map((bar) => [
      html`<bdi>${texts.lane(lane)}</bdi>`,
      texts.kind(bar.kind),
      instantOf(c, bar.from),
      bar.to === undefined ? words.noEnd : instantOf(c, bar.to),
      html`<bdi>${bar.by}</bdi>`,
    ]),
  );
  return table({ caption: words.timeline.table, head: [what, kind, from, until, by], rows });
}

function actionTable(c: ConsoleContext, { marks }: Timeline): Html {
  const { words } = inspecting(c);
  const { number, action, by, object, from } = words.columns;
  const rows = marks
    .slice(-ACTIONS_MAX)
    .map((entry) => [
      entry.n,
      html`<code>${entry.action}</code>`,
      dateText(c.var.visit, entry.at),
      html`<bdi>${entry.actor}</bdi>`,
      objectLink(entry.object),
    ]);
  return html`<details class="actions-taken"><summary>${words.timeline.actions}</summary>
${table({ caption: words.timeline.actions, head: [number, action, from, by, object], rows })}</details>`;
}
