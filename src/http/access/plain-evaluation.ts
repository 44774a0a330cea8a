/**
 * The evaluation that services send all day, ahead of the middlewares: those make
 * several web-standard objects a request, and together cost many times what a hit does.
 * Whatever is not plain (no key with scope `check`, not JSON, no length, too long) goes
 * on to the ordinary route, which answers in words. It is counted, not logged.
 */
import { randomUUID } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { type Asking, evaluate } from "../../check/evaluate.ts";
import { suffices } from "../../domain/scope-needs.ts";
import type { FindKey, ServiceKey } from "../../domain/service-keys.ts";
import { presentedKey } from "../caller.ts";
import type { Env } from "../env.ts";
import { safeRequestId } from "../request-id.ts";
import { EvaluationBody, isJson, readBody } from "./body.ts";
import { decisionBody, evaluationOf, isTraced } from "./evaluation.ts";

/** On every reply. Callers are services: what tells browsers apart frames and origins says nothing to them. */
const HEADERS = {
  "Content-Type": "application/json",
  "Cache-Control": "no-store",
  "X-Content-Type-Options": "nosniff",
};

/** For `POST /access/v1/evaluation`, before any `use`. Lets EngineUnavailable and Overloaded through. */
export function plainEvaluation(asking: Asking, findKey: FindKey, bodyBytesMax: number): MiddlewareHandler<Env> {
  const isPlain = (c: Context) =>
    // a body without a length would have to be counted as it comes
    Number(c.req.header("Content-Length") ?? Number.NaN) <= bodyBytesMax &&
    isJson(c) &&
    c.req.header("Acting-User") === undefined;
  const plainKey = (c: Context): ServiceKey | undefined => {
    const key = isPlain(c) ? presentedKey(c, findKey) : undefined;
    return key && suffices(key.scopes, "permission") ? key : undefined;
  };

  return async (c, next) => {
    const key = plainKey(c);
    if (key === undefined) return next();
    const requestId = safeRequestId(c) ?? randomUUID();
    c.set("requestId", requestId);
    try {
      const { body, refusal } = await readBody(c, EvaluationBody);
      if (refusal !== undefined) return withHeaders(refusal, requestId);
      const decision = await evaluate(asking, evaluationOf(body), key.bounds, () => c.req.raw.signal);
      if (decision.outside !== undefined) return next();
      const reply = JSON.stringify(decisionBody(decision, isTraced(body)));
      // not `c.body`: that makes a Headers of them, which the server then takes apart again
      return new Response(reply, { headers: { ...HEADERS, "X-Request-ID": requestId } });
    } catch (error) {
      // the reply is made by the app's error handler, out of what is set here
      c.header("X-Request-ID", requestId);
      c.header("Cache-Control", HEADERS["Cache-Control"]);
      c.header("X-Content-Type-Options", HEADERS["X-Content-Type-Options"]);
      throw error;
    }
  };
}

function withHeaders(refusal: Response, requestId: string): Response {
  refusal.headers.set("X-Request-ID", requestId);
  refusal.headers.set("Cache-Control", HEADERS["Cache-Control"]);
  refusal.headers.set("X-Content-Type-Options", HEADERS["X-Content-Type-Options"]);
  return refusal;
}
