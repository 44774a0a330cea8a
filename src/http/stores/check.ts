/** `POST …/check` (openfga.v1 Check): a decision, from the cache when the body has nothing but the question. */
import { Hono } from "hono";
import { outsideQuestion } from "../../check/within.ts";
import type { Env } from "../env.ts";
import { outsideKey } from "./error.ts";
import { decided, pass, readQuestion, type StoresDeps } from "./pass.ts";
import { asCheck } from "./permission-only.ts";
import { dated, isUsual, plainQuestion } from "./questions.ts";
import { outsideQuestions } from "./within-key.ts";

/** Throws EngineUnavailable, Overloaded: without an answer the reply is a 5xx, never a "no". */
export function checkRoutes(deps: StoresDeps): Hono<Env> {
  const { engine, checker, clock } = deps;
  return new Hono<Env>().post("/stores/:store_id/check", async (c) => {
    const body = await readQuestion(c, deps, (one) => [asCheck(one)]);
    if (body instanceof Response) return body;
    const question = isUsual(body, engine.api.modelId) ? plainQuestion(engine, body) : undefined;
    if (question === undefined) {
      const [outside] = await outsideQuestions(c, deps, [asCheck(body).names]);
      if (outside !== undefined) return outsideKey(c, outside);
      return pass(c, deps, { method: "POST", path: "/check", body: dated(body, clock()) });
    }
    const { allowed, owner } = await checker.check(question, () => c.req.raw.signal);
    // a hit knows the owner
    const { relation: permission, object } = question;
    const outside = await outsideQuestion(engine, c.var.caller.bounds, { permission, object, owner });
    if (outside !== undefined) return outsideKey(c, outside);
    return decided(c, deps, { allowed, resolution: "" });
  });
}
