/**
 * `POST …/list-objects`, `…/streamed-list-objects` and `…/list-users` (openfga.v1):
 * as of now, unless the question names a time. OpenFGA ends a list at its cap and its
 * deadline without a word, and so does this.
 */
import { Hono } from "hono";
import { dated } from "../../check/asked.ts";
import type { Env } from "../env.ts";
import { answer, pass, readQuestion, type StoresDeps } from "./pass.ts";

export function listRoutes(deps: StoresDeps): Hono<Env> {
  const app = new Hono<Env>();
  for (const path of ["/list-objects", "/list-users"])
    app.post(`/stores/:store_id${path}`, async (c) => {
      const { body, refusal } = await readQuestion(c, deps);
      return refusal ?? pass(c, deps, { method: "POST", path, body: dated(body, deps.clock()) });
    });
  // each object as it is found, a JSON object a line; an error comes as a line too
  app.post("/stores/:store_id/streamed-list-objects", async (c) => {
    const { body, refusal } = await readQuestion(c, deps);
    if (refusal !== undefined) return refusal;
    const request = { method: "POST" as const, path: "/streamed-list-objects", body: dated(body, deps.clock()) };
    return answer(c, await deps.engine.api.stream(request, c.req.raw.signal));
  });
  return app;
}
