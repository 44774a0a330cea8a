/**
 * `/console/inspector/tuples`: what is stored, page by page to the end. OpenFGA finds the tuples of an object, and those of
 * a user in a type; for other filters a page looks through a part of the store, and says how much.
 */
import { html } from "hono/html";
import type { Api, ApiAnswer } from "../api.ts";
import type { ConsoleApp, ConsoleDeps } from "../context.ts";
import { pager } from "../parts.ts";
import { withQuery } from "../path.ts";
import { askForm, inspecting, inspectorPage, PAGES, refusedPage } from "./shell.ts";
import { storePath } from "./store-path.ts";
import { type ReadPage, TUPLE_PAGE, tupleTable } from "./tuple-table.ts";

/** `object` is an object, or a type alone. */
type Filter = { object: string; relation: string; user: string };

/** So many reads for one page, and no more: then it is shown with what was found. */
const READS_MAX = 10;
/** A page that has so many is full. */
const ENOUGH = 50;

type Found = { tuples: ReadPage["tuples"]; next: string; scanned: number };

/** What OpenFGA can look for, and what is left to look at in what it finds. */
function keyOf({ object, relation, user }: Filter): object | undefined {
  const isObject = /:./.test(object);
  const type = object.split(":", 1)[0] ?? "";
  if (!isObject && (type === "" || user === "")) return undefined;
  return { object: isObject ? object : `${type}:`, ...(relation && { relation }), ...(user && { user }) };
}

/** Whether a tuple is of the type, relation and user, where no object is named. */
const matches = ({ object, relation, user }: Filter, { key }: ReadPage["tuples"][number]): boolean =>
  (object === "" || key.object.startsWith(`${object.split(":", 1)[0]}:`)) &&
  (relation === "" || key.relation === relation) &&
  (user === "" || key.user === user);

async function find(api: Api, path: string, filter: Filter, after: string): Promise<ApiAnswer<Found>> {
  const key = keyOf(filter);
  const found: Found = { tuples: [], next: after, scanned: 0 };
  for (let reads = 1; ; reads++) {
    const page = await api.send<ReadPage>("POST", `${path}/read`, {
      ...(key && { tuple_key: key }),
      page_size: TUPLE_PAGE,
      ...(found.next !== "" && { continuation_token: found.next }),
    });
    if (!page.ok) return page;
    const { tuples, continuation_token } = page.value;
    found.scanned += tuples.length;
    found.tuples.push(...(key === undefined ? tuples.filter((one) => matches(filter, one)) : tuples));
    found.next = continuation_token;
    if (found.next === "" || found.tuples.length >= ENOUGH || reads === READS_MAX) return { ...page, value: found };
  }
}

export function tuplePages(app: ConsoleApp, { clock }: ConsoleDeps): void {
  app.get("/inspector/tuples", async (c) => {
    const { api, words } = inspecting(c);
    const { object = "", relation = "", user = "", cursor = "" } = c.req.query();
    const filter = { object: object.trim(), relation: relation.trim(), user: user.trim() };
    const store = await storePath(api);
    if (!store.ok) return refusedPage(c, store);
    const found = await find(api, store.value, filter, cursor);
    if (!found.ok) return refusedPage(c, found);
    const { tuples, next, scanned } = found.value;
    const { fields } = words;
    const form = askForm(PAGES.tuples, words, [
      { name: "object", label: fields.typeOrObject, hint: fields.typeOrObjectHint, value: object },
      { name: "relation", label: fields.relation, value: relation },
      { name: "user", label: fields.user, hint: fields.userHint, value: user },
    ]);
    const body = html`${form}${tupleTable(c, words.tuples.caption, tuples, clock())}
${scanned > tuples.length && html`<p class="hint">${words.tuples.scanned(scanned)}</p>`}
${next !== "" && html`<p class="hint">${words.tuples.more}</p>`}
${pager(c.var.visit, next === "" ? undefined : withQuery(PAGES.tuples, { ...filter, cursor: next }))}`;
    const set = Object.entries(keyOf(filter) ?? {}).flatMap(([name, value]) => [`--${name}`, `${value}`]);
    return inspectorPage(c, {
      name: "tuples",
      title: words.tuples.title,
      body,
      fga: [["fga", "tuple", "read", ...set]],
    });
  });
}
