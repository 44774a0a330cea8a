/** `POST /access/v1/search/resource` (AuthZEN 1.0 §8.5): on what the subject may do the action. */
import { Hono } from "hono";
import { z } from "zod";
import type { EvaluationDeps } from "../../check/evaluate.ts";
import { searchResources } from "../../check/search.ts";
import type { Env } from "../env.ts";
import { ActionInput, EntityInput, PageBody, readBody, Sought } from "./body.ts";
import { searchReply } from "./search-reply.ts";

const Body = z.object({
  subject: EntityInput,
  action: ActionInput,
  resource: Sought,
  context: z.looseObject({}).optional(),
  page: PageBody,
});

export function searchResourceRoutes(asking: EvaluationDeps): Hono<Env> {
  return new Hono<Env>().post("/access/v1/search/resource", async (c) => {
    const { body, refusal } = await readBody(c, Body);
    if (refusal !== undefined) return refusal;
    const { type } = body.resource;
    const query = { subject: body.subject, action: body.action.name, type };
    const result = await searchResources(asking, query, body.page ?? {}, c.var.caller.bounds);
    return searchReply(c, result, body.page !== undefined, (id) => ({ type, id }));
  });
}
