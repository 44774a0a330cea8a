/** `POST /access/v1/evaluation` (AuthZEN 1.0 §6): one decision. A denial is a 200 as well. */
import { type Context, Hono } from "hono";
import type { z } from "zod";
import { type AccessDecision, type Evaluation, type EvaluationDeps, evaluate } from "../../check/evaluate.ts";
import type { Env } from "../env.ts";
import { refused } from "../problem.ts";
import { detailOf, REFUSALS } from "../refusals.ts";
import { EvaluationBody, readBody } from "./body.ts";

/** Throws EngineUnavailable, Overloaded: without an answer the reply is a 5xx, never a denial. */
export function evaluationRoutes(asking: EvaluationDeps): Hono<Env> {
  return new Hono<Env>().post("/access/v1/evaluation", async (c) => {
    const body = await readBody(c, EvaluationBody);
    return body instanceof Response ? body : answerEvaluation(c, asking, body);
  });
}

/** The reply to one evaluation. */
export async function answerEvaluation(
  c: Context<Env>,
  asking: EvaluationDeps,
  body: z.infer<typeof EvaluationBody>,
): Promise<Response> {
  const decision = await evaluate(asking, evaluationOf(body), c.var.caller.bounds, () => c.req.raw.signal);
  if (decision.kind === "outside") return refused(c, decision.outside);
  return c.json(decisionBody(decision, isTraced(body)));
}

/** Whether the request asks for a trace of its answer: `context.trace` is true. */
export function isTraced({ context }: { context?: Record<string, unknown> | undefined }): boolean {
  return context?.trace === true;
}

/** The part of a request that the decision depends on: not its properties and context. */
export function evaluationOf({ subject, action, resource }: z.infer<typeof EvaluationBody>): Evaluation {
  return {
    subject: { type: subject.type, id: subject.id },
    action: action.name,
    resource: { type: resource.type, id: resource.id },
  };
}

/**
 * A decision in AuthZEN's form. Without a trace its context has no ids or times: equal questions get equal bodies. A
 * trace has the source of the answer, its expiry in the cache, and the access path once it is known.
 */
export function decisionBody(decided: AccessDecision, traced: boolean) {
  if (decided.kind === "unasked") return { decision: false, context: { code: decided.code } };
  if (decided.kind === "outside") {
    const { outside } = decided;
    const error = { status: REFUSALS[outside.code][0], message: detailOf(outside) };
    return { decision: false, context: { code: outside.code, error } };
  }
  const { allowed: decision, source, validUntil, accessPath } = decided.checked;
  if (!traced) return { decision };
  const valid_until = validUntil && new Date(validUntil).toISOString();
  return { decision, context: { source, valid_until, via: accessPath } };
}
