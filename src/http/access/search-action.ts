/** `POST /access/v1/search/action` (AuthZEN 1.0 §8.6): what the subject may do on the resource. An `action` is ignored when sent. */
import { Hono } from "hono";
import { z } from "zod";
import type { EvaluationDeps } from "../../check/evaluate.ts";
import { searchActions } from "../../check/search.ts";
import type { Env } from "../env.ts";
import { EntityInput, PageBody, readBody } from "./body.ts";
import { searchReply } from "./search-reply.ts";

const Body = z.object({
  subject: EntityInput,
  resource: EntityInput,
  context: z.looseObject({}).optional(),
  page: PageBody,
});

export function searchActionRoutes(asking: EvaluationDeps): Hono<Env> {
  return new Hono<Env>().post("/access/v1/search/action", async (c) => {
    const { body, refusal } = await readBody(c, Body);
    if (refusal !== undefined) return refusal;
    const result = await searchActions(asking, body, body.page ?? {}, c.var.caller.bounds, () => c.req.raw.signal);
    return searchReply(c, result, body.page !== undefined, (name) => ({ name }));
  });
}
