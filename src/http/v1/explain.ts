/** `POST /v1/explain`: the question of `/access/v1/evaluation`, answered with its reason. For services. */
import { z } from "@hono/zod-openapi";
import { DENIALS, questionOf, unaskedCode } from "../../check/question.ts";
import { isService, needsService } from "../../domain/caller.ts";
import { explain } from "../../queries/explain/explain.ts";
import { ActionInput, EntityInput } from "../access/body.ts";
import { refused } from "../problem.ts";
import { ExplanationView, explanationView } from "./explanation-view.ts";
import { route, type V1Deps, v1 } from "./route.ts";

const post = route({
  method: "post",
  path: "/explain",
  tag: "Inspection",
  summary: "Explain why a check is allowed or denied (scope admin)",
  answers: "service",
  refuses: [],
  body: z.strictObject({ subject: EntityInput, action: ActionInput, resource: EntityInput }),
  reply: ExplanationView,
});

export const EXPLAIN_OPERATIONS = [post];

export function explainRoutes(deps: V1Deps) {
  const app = v1();
  app.openapi(post, async (c) => {
    if (!isService(c.var.caller)) return refused(c, needsService("to explain a check"));
    const { subject, action, resource } = c.req.valid("json");
    const asked = { subject, action: action.name, resource };
    const code = unaskedCode(deps.engine, asked);
    if (code === undefined)
      return c.json(explanationView(await explain(deps, questionOf(subject, action.name, resource))));
    const says = DENIALS[code];
    return c.json({
      decision: false,
      reason: says,
      at: deps.clock().toISOString(),
      until: null,
      paths: [{ through: `${resource.type}:${resource.id}`, limits: [{ code, says }] }],
      complete: true,
      tree: null,
    });
  });
  return app;
}
