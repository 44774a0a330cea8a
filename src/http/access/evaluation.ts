/**
 * `POST /access/v1/evaluation` (AuthZEN 1.0 §6): one decision; a denial is a 200 as well. `POST /access/v1/evaluations`
 * (§7): many, in their order. An item that is not valid is denied in its place, with the error in its context; a fault
 * of the engine fails the whole request: it decides no item.
 */
import type { Context, Hono } from "hono";
import { z } from "zod";
import {
  type AccessDecision,
  type AskedBy,
  type Evaluation,
  type EvaluationDeps,
  evaluate,
  evaluateAll,
  recordAnswers,
} from "../../check/evaluate.ts";
import { isObject } from "../../domain/json.ts";
import { pointerOf } from "../../domain/read-json.ts";
import type { Env } from "../env.ts";
import { refused } from "../problem.ts";
import { detailOf } from "../refusal-detail.ts";
import { REFUSALS } from "../refusals.ts";
import { EvaluationBody, invalidMembers, readBody } from "./body.ts";

/** More need several requests. */
const EVALUATIONS_MAX = 1000;

const SEMANTICS = ["execute_all", "deny_on_first_deny", "permit_on_first_permit"] as const;
type Semantic = (typeof SEMANTICS)[number];

/** The decision that ends the reply. All items are asked together and the rest is cut off: that costs less than one after the other. */
const LAST_DECISION: Record<Semantic, boolean | undefined> = {
  execute_all: undefined,
  deny_on_first_deny: false,
  permit_on_first_permit: true,
};

const EvaluationsBody = z.looseObject({
  evaluations: z.array(z.unknown()).max(EVALUATIONS_MAX).default([]),
  options: z.object({ evaluations_semantic: z.enum(SEMANTICS).default("execute_all") }).optional(),
});

/** The members that an item may inherit from the top level. */
const INHERITED = ["subject", "action", "resource", "context"] as const;

/** Throws EngineUnavailable, Overloaded: without an answer the reply is a 5xx, never a denial. */
export function evaluationRoutes(app: Hono<Env>, asking: EvaluationDeps): void {
  app.post("/access/v1/evaluation", async (c) => {
    const body = await readBody(c, EvaluationBody);
    return body instanceof Response ? body : answerEvaluation(c, asking, body);
  });
  app.post("/access/v1/evaluations", async (c) => {
    const body = await readBody(c, EvaluationsBody);
    if (body instanceof Response) return body;
    if (body.evaluations.length === 0) {
      const single = EvaluationBody.safeParse(body);
      return single.success ? answerEvaluation(c, asking, single.data) : invalidMembers(c, single.error);
    }

    const items = body.evaluations.map((item) => EvaluationBody.safeParse(withDefaults(item, body)));
    const valid = items.filter((item) => item.success).map((item) => item.data);
    const asked = valid.map(evaluationOf);
    const decisions = await evaluateAll(asking, asked, c.var.caller.bounds, () => c.req.raw.signal);
    const decided = decisions.map((decision, n) => decisionBody(decision, isTraced(valid[n] ?? {}))).values();
    const evaluations = items.map((item) => (item.success ? decided.next().value : invalidItem(item.error)));

    const last = LAST_DECISION[body.options?.evaluations_semantic ?? "execute_all"];
    const end = evaluations.findIndex((evaluation) => evaluation?.decision === last);
    const given = end < 0 ? evaluations.length : end + 1;
    // what is cut off is no answer to anybody
    const answered = items.slice(0, given).filter((item) => item.success).length;
    recordAnswers(asking, asked.slice(0, answered), decisions, askedBy(c));
    return c.json({ evaluations: evaluations.slice(0, given) });
  });
}

/** The reply to one evaluation. */
async function answerEvaluation(
  c: Context<Env>,
  asking: EvaluationDeps,
  body: z.infer<typeof EvaluationBody>,
): Promise<Response> {
  const decided = c.env?.decided ?? evaluate(asking, evaluationOf(body), askedBy(c), () => c.req.raw.signal);
  const decision = await decided;
  if (decision.kind === "outside") return refused(c, decision.outside);
  return c.json(decisionBody(decision, isTraced(body)));
}

/** Who asks, for the decision's bounds and its record. */
function askedBy({ var: { caller, requestId } }: Context<Env>): AskedBy {
  return { key: caller.key, bounds: caller.bounds, requestId };
}

/** Whether the request asks for a trace of its answer: `context.trace` is true. */
export function isTraced({ context }: { context?: Record<string, unknown> | undefined }): boolean {
  return context?.trace === true;
}

/** What a request asks, and why: not its properties, nor the rest of its context. */
export function evaluationOf({ subject, action, resource, context }: z.infer<typeof EvaluationBody>): Evaluation {
  return {
    subject: { type: subject.type, id: subject.id },
    action: action.name,
    resource: { type: resource.type, id: resource.id },
    purpose: context?.purpose,
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

/**
 * An item with the members that it inherits. A member of its own replaces the default as a whole: merged members could
 * join the id of one resource with the type of another.
 */
function withDefaults(item: unknown, defaults: Record<string, unknown>): unknown {
  if (!isObject(item)) return item;
  const inherited = INHERITED.filter((key) => Object.hasOwn(defaults, key)).map((key) => [key, defaults[key]]);
  return { ...Object.fromEntries(inherited), ...item };
}

function invalidItem(error: z.ZodError) {
  const message = error.issues.map(({ path, message }) => `${pointerOf(path)}: ${message}`).join("; ");
  return { decision: false, context: { code: "invalid_request", error: { status: 400, message } } };
}
