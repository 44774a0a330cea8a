/** `POST …/check` (openfga.v1 Check): a decision, from the cache when nothing is said but the question. */
import { Hono } from "hono";
import { dated, isUsual, plainQuestion } from "../../check/asked.ts";
import type { Env } from "../env.ts";
import { decided, pass, readQuestion, type StoresDeps } from "./pass.ts";
import { refuseSupposition } from "./supposition.ts";

/** Throws EngineUnavailable or Overloaded when there is no answer: a fault is a 5xx and never a no. */
export function checkRoutes(deps: StoresDeps): Hono<Env> {
  const { engine, checker, clock } = deps;
  return new Hono<Env>().post("/stores/:store_id/check", async (c) => {
    const { body, refusal } = await readQuestion(c, deps);
    if (refusal !== undefined) return refusal;
    const refused = refuseSupposition(c, [body]);
    if (refused !== undefined) return refused;
    const question = isUsual(body, engine.api.modelId) ? plainQuestion(engine, body) : undefined;
    if (question === undefined) return pass(c, deps, { method: "POST", path: "/check", body: dated(body, clock()) });
    const { allowed } = await checker.check(question, () => c.req.raw.signal);
    return decided(c, deps, { allowed, resolution: "" });
  });
}
