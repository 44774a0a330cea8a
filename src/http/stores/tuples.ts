/**
 * What is written: `POST …/read` and `…/expand`, `GET …/changes` (openfga.v1 Read,
 * Expand, ReadChanges), with OpenFGA's filters, pages and tokens. Conditions are shown
 * and not evaluated.
 */
import { Hono } from "hono";
import { fresh } from "../../check/asked.ts";
import type { Env } from "../env.ts";
import { readMembers } from "./body.ts";
import { pass, readQuestion, type StoresDeps } from "./pass.ts";

export function tupleRoutes(deps: StoresDeps): Hono<Env> {
  const app = new Hono<Env>();
  app.post("/stores/:store_id/read", async (c) => {
    const { body, refusal } = await readMembers(c);
    return refusal ?? pass(c, deps, { method: "POST", path: "/read", body: fresh(body) });
  });
  app.post("/stores/:store_id/expand", async (c) => {
    const { body, refusal } = await readQuestion(c, deps);
    return refusal ?? pass(c, deps, { method: "POST", path: "/expand", body });
  });
  app.get("/stores/:store_id/changes", (c) =>
    pass(c, deps, { method: "GET", path: `/changes${new URL(c.req.url).search}` }),
  );
  return app;
}
