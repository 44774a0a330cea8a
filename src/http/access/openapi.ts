/** The AuthZEN endpoints in the OpenAPI document, from the schemas that their bodies are held to. */
import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { DENIALS } from "../../check/question.ts";
import type { Env } from "../env.ts";
import { ProblemView } from "../problem.ts";
import { ActionInput, EntityInput, EvaluationBody, PageBody, Sought } from "./body.ts";

const NotAsked = z
  .strictObject({
    code: z.enum([...(Object.keys(DENIALS) as (keyof typeof DENIALS)[]), "invalid_request", "outside_key"]),
    error: z
      .strictObject({ status: z.int(), message: z.string() })
      .optional()
      .describe("With `invalid_request` and `outside_key`."),
  })
  .describe("Beside `decision: false`: why the engine was not asked.");
const Trace = z
  .strictObject({
    source: z.enum(["hit", "miss", "engine"]),
    valid_until: z.iso.datetime().optional().describe("When a cached answer ends by itself."),
    via: z
      .union([z.literal("own"), z.strictObject({ cooperation: z.string(), share: z.string() })])
      .optional()
      .describe("How access came, once known."),
  })
  .describe("Where the question asked for a trace.");
const Decision = z
  .strictObject({ decision: z.boolean(), context: z.union([NotAsked, Trace]).optional() })
  .openapi("Decision");
const Page = z.strictObject({ next_token: z.string(), count: z.int(), total: z.int().optional() }).optional();
const results = (item: z.ZodType) =>
  z.strictObject({
    page: Page,
    context: z.strictObject({ complete: z.boolean() }).optional().describe("`complete: false`: there may be more."),
    results: z.array(item),
  });
const Part = z.strictObject({ type: z.string(), id: z.string() });

const ENDPOINTS = [
  ["evaluation", "May the subject do this? 200 whatever the answer", EvaluationBody, Decision],
  [
    "evaluations",
    "Many questions at once; an item replaces the defaults as a whole",
    EvaluationBody.partial().extend({
      evaluations: z.array(EvaluationBody.partial()).optional(),
      options: z
        .object({
          evaluations_semantic: z.enum(["execute_all", "deny_on_first_deny", "permit_on_first_permit"]).optional(),
        })
        .optional(),
    }),
    z.union([
      z.strictObject({ evaluations: z.array(Decision) }),
      Decision.describe("Without evaluations it is a single one."),
    ]),
  ],
  [
    "search/subject",
    "Who may?",
    z.object({ subject: Sought, action: ActionInput, resource: EntityInput, page: PageBody }),
    results(Part),
  ],
  [
    "search/resource",
    "On what?",
    z.object({ subject: EntityInput, action: ActionInput, resource: Sought, page: PageBody }),
    results(Part),
  ],
  [
    "search/action",
    "What may they do?",
    z.object({ subject: EntityInput, resource: EntityInput, page: PageBody }),
    results(z.strictObject({ name: z.string() })),
  ],
] as const;

const Configuration = z.strictObject({
  policy_decision_point: z.url(),
  access_evaluation_endpoint: z.url(),
  access_evaluations_endpoint: z.url(),
  search_subject_endpoint: z.url(),
  search_resource_endpoint: z.url(),
  search_action_endpoint: z.url(),
});
const tags = ["Check (AuthZEN 1.0)"];

/** Adds the endpoints to the document of `app`. */
export function describeAccess(app: OpenAPIHono<Env>): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/.well-known/authzen-configuration",
    summary: "Where the endpoints are",
    tags,
    security: [],
    responses: { 200: { description: "Answered.", content: { "application/json": { schema: Configuration } } } },
  });
  for (const [name, summary, body, reply] of ENDPOINTS)
    app.openAPIRegistry.registerPath({
      method: "post",
      path: `/access/v1/${name}`,
      summary,
      tags,
      request: { body: { content: { "application/json": { schema: body } }, required: true } },
      responses: {
        200: { description: "Answered.", content: { "application/json": { schema: reply } } },
        default: {
          description: "A problem; as `application/json` where `Accept` names that and no problem.",
          content: { "application/problem+json": { schema: ProblemView }, "application/json": { schema: ProblemView } },
        },
      },
    });
}
