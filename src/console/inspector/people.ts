/** `/console/inspector/people/{user}`: all that a person can do on the objects of a type, why, and until when. */
import { html } from "hono/html";
import type { ConsoleApp, ConsoleContext, ConsoleDeps } from "../context.ts";
import { empty, type Html, pager, select, table } from "../parts.ts";
import { type Href, to, withQuery } from "../path.ts";
import { type AccessQuestion, actionNameOf, explainedAll } from "./explained.ts";
import type { Layouts } from "./layouts.ts";
import {
  askForm,
  graphPicture,
  inspecting,
  inspectorPage,
  objectLink,
  PAGES,
  refusedPage,
  sentence,
  untilCell,
} from "./shell.ts";
import { accessGraph, stepWords } from "./tree.ts";
import { whyHref } from "./why.ts";

/** Objects on one page: every permission on each is explained. */
const OBJECTS_ON_PAGE = 8;

type Search = { results: { id: string }[]; page?: { next_token?: string }; context?: { complete: boolean } };
type Kind = { type: string; permission: string; cursor?: string | undefined };

const personHref = (user: string, kind: Partial<Kind>): Href => withQuery(to`/console/inspector/people/${user}`, kind);

export function peoplePages(app: ConsoleApp, { engine: { permissions } }: ConsoleDeps, layouts: Layouts): void {
  app.get("/inspector/people", async (c) => {
    const { words } = inspecting(c);
    const user = c.req
      .query("user")
      ?.trim()
      .replace(/^user:/, "");
    if (user) return c.redirect(personHref(user, { type: c.req.query("type") ?? "" }), 303);
    return inspectorPage(c, { name: "people", title: words.person.choose, body: choosePerson(c, "", "plant") });
  });

  app.get("/inspector/people/:user", async (c) => {
    const { api, words } = inspecting(c);
    const user = c.req.param("user");
    const wanted = c.req.query("type") ?? "";
    const type = typesWith(wanted).length > 0 ? wanted : "plant";
    const known = typesWith(type);
    // the widest, which whoever has another has too
    const widest = known.find((one) => one === "can_view") ?? known[0] ?? "can_view";
    const cursor = c.req.query("cursor");
    const found = await api.send<Search>("POST", "/access/v1/search/resource", {
      subject: { type: "user", id: user },
      action: { name: actionNameOf(widest) },
      resource: { type },
      page: { limit: OBJECTS_ON_PAGE, ...(cursor && { token: cursor }) },
    });
    if (!found.ok) return refusedPage(c, found);
    const questions = found.value.results.flatMap(({ id }) =>
      known.map((permission): AccessQuestion => ({ user, permission, object: `${type}:${id}` })),
    );
    const explanations = await explainedAll(api, questions);
    if (!explanations.ok) return refusedPage(c, explanations);
    const allowed = explanations.value.filter(({ explanation }) => explanation.decision);
    const caption = words.person.caption(user, type);
    const { resource, permission: name, why, until } = words.columns;
    const rows = allowed.map(({ asked, explanation }) => [
      objectLink(asked.object),
      html`<code>${asked.permission}</code>`,
      html`${sentence(explanation.reason)} <a href="${whyHref(asked)}">${words.pages.why}</a>`,
      untilCell(c, explanation.until),
    ]);
    const graph = accessGraph(
      allowed.map(({ explanation }) => explanation),
      `user:${user}`,
      stepWords(words),
    );
    const next = found.value.page?.next_token;
    const body = html`${choosePerson(c, user, type)}<h2>${caption}</h2>
${rows.length === 0 ? empty(words.person.nothing) : html`${await graphPicture(words, layouts, graph, "person", caption)}${table({ caption, head: [resource, name, why, until], rows })}`}
${found.value.context?.complete === false && html`<p class="hint">${words.reach.capped}</p>`}
${pager(c.var.visit, next ? personHref(user, { type, cursor: next }) : undefined)}`;
    const fga = [["fga", "query", "list-objects", `user:${user}`, widest, type]];
    return inspectorPage(c, { name: "people", title: words.person.title(user), body, fga });
  });

  const typesWith = (type: string): readonly string[] => permissions.get(type) ?? [];

  function choosePerson(c: ConsoleContext, user: string, type: string): Html {
    const { words } = inspecting(c);
    const { person: label, personHint: hint } = words.fields;
    const options = [...permissions].flatMap(([one, has]) => (has.length === 0 ? [] : [{ value: one, text: one }]));
    return askForm(PAGES.people, words, [
      { name: "user", label, hint, value: user, required: true },
      select({ label: words.fields.type, name: "type", value: type, options }),
    ]);
  }
}
