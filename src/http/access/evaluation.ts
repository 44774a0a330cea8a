/** `POST /access/v1/evaluation` (AuthZEN 1.0 §6): one decision. It is a 200 whatever it says. */
import { type Context, Hono } from "hono";
import type { z } from "zod";
import type { Asking } from "../../check/ask.ts";
import { type Decision, type Evaluation, evaluate } from "../../check/evaluate.ts";
import { EvaluationBody, readBody } from "./body.ts";

/** Throws EngineUnavailable when the engine gave no answer: a fault is a 5xx and never a denial. */
export function evaluationRoutes(asking: Asking): Hono {
  return new Hono().post("/access/v1/evaluation", async (c) => {
    const { body, refusal } = await readBody(c, EvaluationBody);
    return refusal ?? answerEvaluation(c, asking, body);
  });
}

/** The reply to one evaluation. */
export async function answerEvaluation(
  c: Context,
  asking: Asking,
  body: z.infer<typeof EvaluationBody>,
): Promise<Response> {
  return c.json(decisionBody(await evaluate(asking, evaluationOf(body))));
}

/** The part of a request that decides: properties and context do not. */
export function evaluationOf({ subject, action, resource }: z.infer<typeof EvaluationBody>): Evaluation {
  return {
    subject: { type: subject.type, id: subject.id },
    action: action.name,
    resource: { type: resource.type, id: resource.id },
  };
}

/** A decision as AuthZEN spells it. Its context holds no ids or times: the same question gets the same body. */
export function decisionBody({ decision, code }: Decision) {
  return code === undefined ? { decision } : { decision, context: { code } };
}
