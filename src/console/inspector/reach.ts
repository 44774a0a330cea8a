/** `/console/inspector/reach/{object}`: everybody who has a permission on an object, why, and until when. */
import { html } from "hono/html";
import type { ConsoleApp, ConsoleContext } from "../context.ts";
import { empty, type Html, pager, table } from "../parts.ts";
import { type Href, to, withQuery } from "../path.ts";
import { actionNameOf, entityOf, explainedAll } from "./explained.ts";
import type { Layouts } from "./layouts.ts";
import { askForm, graphPicture, inspecting, inspectorPage, PAGES, refusedPage, sentence, untilCell } from "./shell.ts";
import { accessGraph, stepWords } from "./tree.ts";
import { whyHref } from "./why.ts";

/** People whose access is explained on one page. */
const PEOPLE_ON_PAGE = 20;

type Search = { results: { id: string }[]; page?: { next_token?: string }; context?: { complete: boolean } };

const reachHref = (object: string, permission: string, cursor?: string): Href =>
  withQuery(to`/console/inspector/reach/${object}`, { permission, cursor });

export function reachPages(app: ConsoleApp, layouts: Layouts): void {
  app.get("/inspector/reach", async (c) => {
    const { words } = inspecting(c);
    const { object = "", permission = "" } = c.req.query();
    if (object.trim() !== "") return c.redirect(reachHref(object.trim(), permission.trim()), 303);
    return inspectorPage(c, { name: "reach", title: words.reach.choose, body: chooseObject(c, "", "can_view") });
  });

  app.get("/inspector/reach/:object", async (c) => {
    const { api, words } = inspecting(c);
    const object = c.req.param("object");
    const permission = c.req.query("permission") || "can_view";
    const cursor = c.req.query("cursor");
    const found = await api.send<Search>("POST", "/access/v1/search/subject", {
      subject: { type: "user" },
      action: { name: actionNameOf(permission) },
      resource: entityOf(object),
      page: { limit: PEOPLE_ON_PAGE, ...(cursor && { token: cursor }) },
    });
    if (!found.ok) return refusedPage(c, found);
    const questions = found.value.results.map(({ id }) => ({ user: id, permission, object }));
    const explanations = await explainedAll(api, questions);
    if (!explanations.ok) return refusedPage(c, explanations);
    const caption = words.reach.caption(permission, object);
    const { person, why, until } = words.columns;
    const rows = explanations.value.map(({ asked, explanation }) => [
      html`<a href="${to`/console/inspector/people/${asked.user}`}"><bdi>${asked.user}</bdi></a>`,
      html`${sentence(explanation.reason)} <a href="${whyHref(asked)}">${words.pages.why}</a>`,
      untilCell(c, explanation.until),
    ]);
    const graph = accessGraph(
      explanations.value.map(({ explanation }) => explanation),
      object,
      stepWords(words),
    );
    const next = found.value.page?.next_token;
    const body = html`${chooseObject(c, object, permission)}<h2>${caption}</h2>
${rows.length === 0 ? empty(words.reach.nobody) : html`${await graphPicture(words, layouts, graph, "reach", caption)}${table({ caption, head: [person, why, until], rows })}`}
${found.value.context?.complete === false && html`<p class="hint">${words.reach.capped}</p>`}
${pager(c.var.visit, next ? reachHref(object, permission, next) : undefined)}`;
    const fga = [["fga", "query", "list-users", "--object", object, "--relation", permission, "--user-filter", "user"]];
    return inspectorPage(c, { name: "reach", title: words.reach.title(object), body, fga });
  });
}

function chooseObject(c: ConsoleContext, object: string, permission: string): Html {
  const { words } = inspecting(c);
  const { fields } = words;
  return askForm(PAGES.reach, words, [
    { name: "object", label: fields.object, hint: fields.objectHint, value: object, required: true },
    { name: "permission", label: fields.permission, hint: fields.permissionHint, value: permission, required: true },
  ]);
}
