/** `/console/inspector/objects/{object}`: an object with what is next to it as a graph, its record, and every tuple on it. */
import { html } from "hono/html";
import { v1Path } from "../api.ts";
import type { ConsoleApp, ConsoleContext, ConsoleDeps } from "../context.ts";
import { type Html, pager, table } from "../parts.ts";
import { to, withQuery } from "../path.ts";
import { entityOf } from "./explained.ts";
import type { Graph, GraphEdge, GraphNode } from "./graph.ts";
import type { Layouts } from "./layouts.ts";
import { proofOf, type VerifiedReply } from "./proof.ts";
import {
  askForm,
  graphPicture,
  inspecting,
  inspectorPage,
  notDrawn,
  objectLink,
  PAGES,
  refusedPage,
  sentence,
  untilCell,
} from "./shell.ts";
import { storePath } from "./store-path.ts";
import { objectHref } from "./tree.ts";
import { type ReadPage, TUPLE_PAGE, tupleTable } from "./tuple-table.ts";

type Described = {
  tuple: { user: string; relation: string; object: string };
  says: string;
  expires_at?: string;
  expired?: boolean;
  record?: Record<string, unknown>;
};
type Inspection = {
  as_object: Described[];
  as_user: Described[];
  cut: { object: string; relation?: string; user?: string }[];
};

export function objectPages(app: ConsoleApp, { clock }: ConsoleDeps, layouts: Layouts): void {
  app.get("/inspector/objects", async (c) => {
    const { words } = inspecting(c);
    const object = c.req.query("object")?.trim();
    if (object) return c.redirect(objectHref(object), 303);
    return inspectorPage(c, { name: "objects", title: words.object.choose, body: chooseObject(c) });
  });

  app.get("/inspector/objects/:object", async (c) => {
    const { api, words } = inspecting(c);
    const object = c.req.param("object");
    const inspection = await api.get<Inspection>(v1Path`/v1/inspect/${object}`);
    if (!inspection.ok) return refusedPage(c, inspection);
    const store = await storePath(api);
    if (!store.ok) return refusedPage(c, store);
    const cursor = c.req.query("cursor");
    const read = await api.send<ReadPage>("POST", `${store.value}/read`, {
      tuple_key: { object },
      page_size: TUPLE_PAGE,
      ...(cursor && { continuation_token: cursor }),
    });
    if (!read.ok) return refusedPage(c, read);
    const verified = await verifiedHistory(c, object);
    if (verified?.ok === false) return refusedPage(c, verified);
    const { as_object, as_user, cut } = inspection.value;
    const title = words.object.graph(object);
    const next = read.value.continuation_token;
    // with some left out it would say of who is not in it that they are not there
    const drawn =
      cut.length > 0
        ? notDrawn(words, "too_large")
        : await graphPicture(words, layouts, neighbourhood(object, [...as_object, ...as_user], words), "object", title);
    const body = html`${chooseObject(c)}${linksOf(c, object)}
${verified?.ok === true && proofOf(c, verified.value)}
<h2>${title}</h2><p class="hint">${words.object.graphNote}</p>
${drawn}
${recordOf(c, as_object)}
${tupleTable(c, words.object.on, read.value.tuples, clock())}
${pager(c.var.visit, next ? withQuery(objectHref(object), { cursor: next }) : undefined)}
${namedIn(c, as_user)}
${cut.length > 0 && html`<p>${words.object.cut}</p><ul>${cut.map((one) => html`<li>${cutLink(one)}</li>`)}</ul>`}`;
    const fga = [["fga", "tuple", "read", "--object", object]];
    return inspectorPage(c, { name: "objects", title: words.object.title(object), body, fga });
  });
}

function chooseObject(c: ConsoleContext): Html {
  const { words } = inspecting(c);
  const { object: label, objectHint: hint } = words.fields;
  return askForm(PAGES.objects, words, [{ name: "object", label, hint, value: c.req.param("object"), required: true }]);
}

/** What else there is about an object of its type. */
function linksOf(c: ConsoleContext, object: string): Html {
  const { words } = inspecting(c);
  const { type, id } = entityOf(object);
  const links = [
    ["plant", "portfolio"].includes(type) &&
      html`<li><a href="${to`/console/inspector/reach/${object}`}">${words.object.reach}</a></li>`,
    type === "cooperation" &&
      html`<li><a href="${to`/console/inspector/cooperations/${id}`}">${words.object.timeline}</a></li>`,
    type === "organization" &&
      html`<li><a href="${withQuery(objectHref(object), { verify: 1 })}">${words.object.verify}</a></li>`,
    type === "user" && html`<li><a href="${to`/console/inspector/people/${id}`}">${words.object.person}</a></li>`,
  ].filter((link) => link !== false);
  return html`${links.length > 0 && html`<ul class="links">${links}</ul>`}`;
}

/** Whether an organization's history holds, where that is asked: all of it is read for it. That of a cooperation is with its timeline. */
async function verifiedHistory(c: ConsoleContext, object: string) {
  const { type, id } = entityOf(object);
  if (type !== "organization" || c.req.query("verify") !== "1") return undefined;
  return inspecting(c).api.get<VerifiedReply>(v1Path`/v1/organizations/${id}/history/verify`);
}

/** The object, what is written in its relations, and what it is written in; heads and entries carry records and are no neighbours. */
function neighbourhood(
  object: string,
  tuples: readonly Described[],
  words: { until(date: string): string; ended(date: string): string },
): Graph {
  const nodes = new Map<string, GraphNode>();
  const node = (ref: string): string => {
    const [id = ref] = ref.split("#", 1);
    const type = id.slice(0, id.indexOf(":"));
    nodes.set(id, { id, label: id, kind: id === object ? `type-${type} start` : `type-${type}`, href: objectHref(id) });
    return id;
  };
  node(object);
  const edges = tuples
    .filter(({ tuple }) => tuple.relation !== "head")
    .map(({ tuple, expires_at, expired }): GraphEdge => {
      const date =
        expires_at === undefined ? [] : [expired ? words.ended(day(expires_at)) : words.until(day(expires_at))];
      const label = [tuple.relation, ...date].join(" ");
      return { from: node(tuple.user), to: node(tuple.object), label, kind: expired ? "over" : "yes" };
    });
  return { nodes: [...nodes.values()], edges };
}

const day = (date: string): string => date.slice(0, 10);

function recordOf(c: ConsoleContext, tuples: readonly Described[]): Html {
  const { words } = inspecting(c);
  const record = tuples.find((one) => one.record !== undefined)?.record;
  if (record === undefined) return html``;
  const rows = Object.entries(record).map(([name, value]) => [
    html`<code>${name}</code>`,
    html`<bdi>${typeof value === "string" ? value : JSON.stringify(value)}</bdi>`,
  ]);
  const { field, text } = words.columns;
  return html`${table({ caption: words.object.record, head: [field, text], rows })}`;
}

function namedIn(c: ConsoleContext, tuples: readonly Described[]): Html {
  const { words } = inspecting(c);
  if (tuples.length === 0) return html``;
  const { object, relation, user, says, until, state } = words.columns;
  const rows = tuples.map((one) => [
    objectLink(one.tuple.object),
    html`<code>${one.tuple.relation}</code>`,
    html`<bdi>${one.tuple.user}</bdi>`,
    sentence(one.says),
    untilCell(c, one.expires_at),
    one.expired ? words.object.over : words.object.inForce,
  ]);
  const caption = words.object.asUser;
  return html`${table({ caption, head: [object, relation, user, says, until, state], rows })}`;
}

/** The page of all tuples that a read of the first hundred left out. */
const cutLink = (filter: { object: string; relation?: string; user?: string }): Html =>
  html`<a href="${withQuery(PAGES.tuples, filter)}"><bdi>${[filter.object, filter.relation, filter.user].filter(Boolean).join(" ")}</bdi></a>`;
