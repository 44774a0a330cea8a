/**
 * What is written: `POST …/read` and `…/expand`, `GET …/changes` (openfga.v1 Read,
 * Expand, ReadChanges), with OpenFGA's filters, pages and tokens. Conditions are shown
 * and not evaluated; of a history's private reasons, and of what an endpoint keeps
 * sealed, the hashes are shown alone.
 */
import type { Hono } from "hono";
import { withoutPrivate } from "../../domain/history.ts";
import type { Env } from "../env.ts";
import { outsideKey } from "./error.ts";
import { answer, pass, readMembers, readQuestion, type StoresDeps } from "./pass.ts";
import { fresh } from "./questions.ts";
import { outsideChanges, outsideObjectOf } from "./within-key.ts";

export function tupleRoutes(app: Hono<Env>, deps: StoresDeps): void {
  const { api } = deps.engine;
  app.post("/stores/:store_id/read", async (c) => {
    const body = await readMembers(c);
    if (body instanceof Response) return body;
    const outside = await outsideObjectOf(c, deps, body.tuple_key);
    if (outside !== undefined) return outsideKey(c, outside);
    const reply = await api.ask({ method: "POST", path: "/read", body: fresh(body) }, c.req.raw.signal);
    return answer(c, { ...reply, body: withoutReasons(reply) });
  });
  app.post("/stores/:store_id/expand", async (c) => {
    const body = await readQuestion(c, deps);
    if (body instanceof Response) return body;
    const outside = await outsideObjectOf(c, deps, body.tuple_key);
    return outside === undefined ? pass(c, deps, { method: "POST", path: "/expand", body }) : outsideKey(c, outside);
  });
  app.get("/stores/:store_id/changes", async (c) => {
    const outside = outsideChanges(c);
    if (outside !== undefined) return outsideKey(c, outside);
    const request = { method: "GET" as const, path: `/changes${new URL(c.req.url).search}` };
    const reply = await api.ask(request, c.req.raw.signal);
    return answer(c, { ...reply, body: withoutReasons(reply) });
  });
}

/** OpenFGA's reply with tuples in it, each as it may be shown; one without a private part to the letter. */
function withoutReasons({ status, body }: { status: number; body: string }): string {
  if (status !== 200 || !/_only|sealed/.test(body)) return body;
  return JSON.stringify(JSON.parse(body, (name, value) => (name === "fields" ? withoutPrivate(value) : value)));
}
