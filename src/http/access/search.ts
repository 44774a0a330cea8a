/**
 * `POST /access/v1/search/{subject,resource,action}` (AuthZEN 1.0 §8): which subjects may do an action on a resource,
 * on which resources a subject may do it, and which actions a subject may do on a resource.
 */
import type { Context, Hono } from "hono";
import { z } from "zod";
import type { EvaluationDeps } from "../../check/evaluate.ts";
import { type SearchResult, searchActions, searchResources, searchSubjects } from "../../check/search.ts";
import type { Env } from "../env.ts";
import { fault, refused } from "../problem.ts";
import { ActionInput, EntityInput, PageBody, readBody, Sought } from "./body.ts";

const Common = z.object({ context: z.looseObject({}).optional(), page: PageBody });
const SubjectSearch = Common.extend({ subject: Sought, action: ActionInput, resource: EntityInput });
const ResourceSearch = Common.extend({ subject: EntityInput, action: ActionInput, resource: Sought });
/** An `action` is ignored when sent. */
const ActionSearch = Common.extend({ subject: EntityInput, resource: EntityInput });

export function searchRoutes(app: Hono<Env>, asking: EvaluationDeps): void {
  app.post("/access/v1/search/subject", async (c) => {
    const body = await readBody(c, SubjectSearch);
    if (body instanceof Response) return body;
    const { type } = body.subject;
    const query = { type, action: body.action.name, resource: body.resource };
    const result = await searchSubjects(asking, query, body.page ?? {}, c.var.caller.bounds);
    return searchReply(c, result, body, (id) => ({ type, id }));
  });
  app.post("/access/v1/search/resource", async (c) => {
    const body = await readBody(c, ResourceSearch);
    if (body instanceof Response) return body;
    const { type } = body.resource;
    const query = { subject: body.subject, action: body.action.name, type };
    const result = await searchResources(asking, query, body.page ?? {}, c.var.caller.bounds);
    return searchReply(c, result, body, (id) => ({ type, id }));
  });
  app.post("/access/v1/search/action", async (c) => {
    const body = await readBody(c, ActionSearch);
    if (body instanceof Response) return body;
    const signal = () => c.req.raw.signal;
    const { caller, requestId } = c.var;
    const askedBy = { key: caller.key, bounds: caller.bounds, requestId };
    const result = await searchActions(asking, body, body.page ?? {}, askedBy, signal);
    return searchReply(c, result, body, (name) => ({ name }));
  });
}

/** The reply to a search (§8.3): `page` only when one was asked for, `context` only when the engine may have stopped early. */
function searchReply(
  c: Context,
  result: SearchResult,
  asked: z.infer<typeof Common>,
  entityOf: (id: string) => object,
): Response {
  if (result.kind === "outside") return refused(c, result.outside);
  if (result.kind === "invalid_page_token")
    return fault(c, "invalid_page_token", {
      detail:
        "Send the same search as for the first page, with the token of the page before; or begin without a token.",
    });
  return c.json({
    ...(asked.page !== undefined && { page: result.page }),
    ...(!result.complete && { context: { complete: false } }),
    results: result.ids.map(entityOf),
  });
}
