/** `POST /access/v1/search/subject` (AuthZEN 1.0 §8.4): who may do the action on the resource. */
import { Hono } from "hono";
import { z } from "zod";
import type { EvaluationDeps } from "../../check/evaluate.ts";
import { searchSubjects } from "../../check/search.ts";
import type { Env } from "../env.ts";
import { ActionInput, EntityInput, PageBody, readBody, Sought } from "./body.ts";
import { searchReply } from "./search-reply.ts";

const Body = z.object({
  subject: Sought,
  action: ActionInput,
  resource: EntityInput,
  context: z.looseObject({}).optional(),
  page: PageBody,
});

export function searchSubjectRoutes(asking: EvaluationDeps): Hono<Env> {
  return new Hono<Env>().post("/access/v1/search/subject", async (c) => {
    const { body, refusal } = await readBody(c, Body);
    if (refusal !== undefined) return refusal;
    const { type } = body.subject;
    const query = { type, action: body.action.name, resource: body.resource };
    const result = await searchSubjects(asking, query, body.page ?? {}, c.var.caller.bounds);
    return searchReply(c, result, body.page !== undefined, (id) => ({ type, id }));
  });
}
