/**
 * The common evaluation, before the middlewares: these make several web-standard objects for each request, which cost
 * many times as much as a hit. A request that is not plain (no key with scope `check`, not JSON, compressed, no length,
 * too long, an unprintable request id) is left to the ordinary route, which answers in words. A plain one is counted
 * and not logged.
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
import { bodyIn, EvaluationBody } from "./body.ts";
import { decisionBody, evaluationOf, isTraced } from "./evaluation.ts";

/** On every reply. Callers are services: headers about frames and origins are for browsers. */
const HEADERS = {
  "Content-Type": "application/json",
  "Cache-Control": "no-store",
  "X-Content-Type-Options": "nosniff",
};

/** For `POST /access/v1/evaluation`, before any `use`. Throws EngineUnavailable, Overloaded, BodyBroken. */
export function plainEvaluation(asking: EvaluationDeps, findKey: FindKey): MiddlewareHandler<Env> {
  /** The key of a plain request. */
  function plainKey(c: Context): ServiceKey | undefined {
    // a body without a length would have to be counted while it is read
    const isShort = Number(c.req.header("Content-Length") ?? Number.NaN) <= BODY_BYTES_MAX;
    if (!isShort || !isJson(c) || c.req.header("Content-Encoding") !== undefined) return undefined;
    if (c.req.header("Acting-User") !== undefined) return undefined;
    const key = presentedKey(c, findKey);
    return key && suffices(key.scopes, "permission") ? key : undefined;
  }

  return async (c, next) => {
    const key = plainKey(c);
    const requestId = c.req.header("X-Request-ID") || randomUUID();
    // Node would send an unprintable id back in UTF-8, not as it came
    if (key === undefined || loggable(requestId) !== requestId) return next();
    c.set("requestId", requestId);
    try {
      const body = bodyIn(c, EvaluationBody, await wholeBody(c));
      if (body instanceof Response) return withHeaders(body, requestId);
      const decision = await answerFor(key, () =>
        evaluate(asking, evaluationOf(body), key.bounds, () => c.req.raw.signal),
      );
      if (decision.kind === "outside") return next();
      const reply = JSON.stringify(decisionBody(decision, isTraced(body)));
      // not `c.body`: it makes a Headers object, which the server then takes apart again
      return new Response(reply, { headers: { ...HEADERS, "X-Request-ID": requestId } });
    } catch (error) {
      // the app's error handler makes the reply, with the headers that are set here
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
