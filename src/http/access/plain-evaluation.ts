/**
 * The evaluation that services send all day, ahead of the middlewares: those make
 * several web-standard objects a request, and together cost many times what a hit does.
 * Whatever is not plain (no key with scope `check`, not JSON, compressed, no length, too
 * long, an odd request id) goes on to the ordinary route, which answers in words. It is counted, not logged.
 */
import { randomUUID } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { type EvaluationDeps, evaluate } from "../../check/evaluate.ts";
import { suffices } from "../../domain/key-scopes.ts";
import type { FindKey, ServiceKey } from "../../domain/service-keys.ts";
import { BODY_BYTES_MAX, isJson, wholeBody } from "../body.ts";
import { answerFor, presentedKey } from "../caller.ts";
import type { Env } from "../env.ts";
import { loggable } from "../request-id.ts";
import { EvaluationBody, heldBody } from "./body.ts";
import { decisionBody, evaluationOf, isTraced } from "./evaluation.ts";

/** On every reply. Callers are services: what tells browsers apart frames and origins says nothing to them. */
const HEADERS = {
  "Content-Type": "application/json",
  "Cache-Control": "no-store",
  "X-Content-Type-Options": "nosniff",
};

/** For `POST /access/v1/evaluation`, before any `use`. Lets EngineUnavailable, Overloaded and BodyBroken through. */
export function plainEvaluation(asking: EvaluationDeps, findKey: FindKey): MiddlewareHandler<Env> {
  /** The key of a plain request. */
  function plainKey(c: Context): ServiceKey | undefined {
    // a body without a length would have to be counted as it comes
    const isShort = Number(c.req.header("Content-Length") ?? Number.NaN) <= BODY_BYTES_MAX;
    if (!isShort || !isJson(c) || c.req.header("Content-Encoding") !== undefined) return undefined;
    if (c.req.header("Acting-User") !== undefined) return undefined;
    const key = presentedKey(c, findKey);
    return key && suffices(key.scopes, "permission") ? key : undefined;
  }

  return async (c, next) => {
    const key = plainKey(c);
    const requestId = c.req.header("X-Request-ID") || randomUUID();
    // one that is not printable would make of the reply's headers what Node makes of its text: UTF-8
    if (key === undefined || loggable(requestId) !== requestId) return next();
    c.set("requestId", requestId);
    try {
      const { body, refusal } = heldBody(c, EvaluationBody, await wholeBody(c));
      if (refusal !== undefined) return withHeaders(refusal, requestId);
      const decision = await answerFor(key, () =>
        evaluate(asking, evaluationOf(body), key.bounds, () => c.req.raw.signal),
      );
      if (decision.kind === "outside") return next();
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
