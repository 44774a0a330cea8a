/** `…/history`: what happened to a cooperation or an organization, newest first, with what it takes to verify it. */

import { isService } from "../../domain/caller.ts";
import type { Side } from "../../domain/history.ts";
import { isRefusal } from "../../domain/refusal.ts";
import { refuseUnlessAdmin } from "../../domain/standing.ts";
import { historyOf } from "../../queries/history.ts";
import { findCooperation, sideOf } from "../../queries/reader.ts";
import { organizationHead, standingIn } from "../../queries/snapshot.ts";
import { cursorAfter, PageQuery, readCursor } from "../page.ts";
import { refused } from "../problem.ts";
import { listed, notFound, organizationParam, route, ulidParam, type V1Deps, v1 } from "./route.ts";
import { EntryView, listOf } from "./views.ts";

const tag = "History";

const ofCooperation = route({
  method: "get",
  path: "/cooperations/{id}/history",
  tag,
  summary: "A cooperation's history, for both sides",
  params: ulidParam,
  query: PageQuery,
  reply: listOf(EntryView),
});
const ofOrganization = route({
  method: "get",
  path: "/organizations/{org}/history",
  tag,
  summary: "An organization's history, for its admins",
  params: organizationParam,
  query: PageQuery,
  reply: listOf(EntryView),
});

export function historyRoutes(deps: V1Deps) {
  const { relationships } = deps;
  const app = v1();

  async function page(object: string, side: Side | undefined, { limit, cursor }: PageQuery) {
    const from = readCursor(["history", object], cursor);
    if (from === "foreign") return from;
    const before = from.after === undefined ? undefined : Number(from.after);
    const { items, next } = await historyOf(relationships, object, side, { before, limit });
    return { items, next_cursor: next === undefined ? null : cursorAfter(["history", object], String(next)) };
  }

  app.openapi(ofCooperation, async (c) => {
    const { id } = c.req.valid("param");
    const found = await findCooperation(relationships, id, c.var.caller);
    if (isRefusal(found)) return refused(c, found);
    return listed(c, await page(`cooperation:${id}`, sideOf(found.reader), c.req.valid("query")));
  });
  app.openapi(ofOrganization, async (c) => {
    const { org } = c.req.valid("param");
    const { caller } = c.var;
    const standing = await standingIn(relationships, org, caller);
    const refusal = isService(caller) ? undefined : refuseUnlessAdmin(org, standing);
    if (refusal) return refused(c, refusal);
    if ((await organizationHead(relationships, org)).n === 0) return notFound(c, "organization");
    // an organization's own reasons are its history's first private part
    const side = standing === "admin" ? "initiator" : undefined;
    return listed(c, await page(`organization:${org}`, side, c.req.valid("query")));
  });
  return app;
}
