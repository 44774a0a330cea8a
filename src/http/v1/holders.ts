/** `GET /v1/cooperations/{id}/people`: who has access through a cooperation, by name, for the admins of both sides. */
import { z } from "@hono/zod-openapi";
import { HELD_AS } from "../../domain/register/rights.ts";
import { isRefusal } from "../../domain/result.ts";
import { holdersOf, holderView } from "../../queries/views/people.ts";
import { findCooperation } from "../../queries/views/reader.ts";
import { PageQuery, pageOf } from "../page.ts";
import { refused } from "../problem.ts";
import { listed, routesUnder, type V1App, type V1Deps } from "./route.ts";
import { listOf } from "./views.ts";

const define = routesUnder("Cooperations");

const HolderView = z
  .strictObject({
    user: z.string(),
    name: z.string().nullable(),
    held_as: z.enum(HELD_AS).describe("`admin`: as an admin of the partner; `delegate`: it was delegated to them."),
  })
  .openapi("Holder");

const list = define.get("/cooperations/{id}/people", "List the people of the partner who have access through it", {
  answers: "either",
  refuses: ["not_found", "not_admin", "suspended"],
  query: PageQuery,
  reply: listOf(HolderView),
});

export const HOLDER_OPERATIONS = [list];

export function holderRoutes(app: V1App, { tupleStore }: V1Deps) {
  app.openapi(list, async (c) => {
    const { id } = c.req.valid("param");
    const found = await findCooperation(tupleStore, id, c.var.caller);
    if (isRefusal(found)) return refused(c, found);
    const holders = await holdersOf(tupleStore, found.cooperation);
    const page = await pageOf([...holders.keys()], ["holders", id], c.req.valid("query"), async (user) => {
      const heldAs = holders.get(user);
      return heldAs && holderView(tupleStore, user, heldAs);
    });
    return listed(c, page);
  });
}
