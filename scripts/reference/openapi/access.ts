/** The AuthZEN endpoints as operations, from the schemas that their bodies are held to. */
import { z } from "@hono/zod-openapi";
import { DENIALS } from "../../../src/check/question.ts";
import { ActionInput, EntityInput, EvaluationBody, PageBody, Sought } from "../../../src/http/access/body.ts";
import type { Operation } from "../../../src/http/operation.ts";

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
      .describe("How access was granted, where it is known."),
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

const Batch = EvaluationBody.partial().extend({
  evaluations: z
    .array(EvaluationBody.partial())
    .optional()
    .describe("At most 1000. What an item leaves out is taken from beside `evaluations`."),
  options: z
    .object({
      evaluations_semantic: z
        .enum(["execute_all", "deny_on_first_deny", "permit_on_first_permit"])
        .optional()
        .describe("Which decision ends the reply; `execute_all` by default."),
    })
    .optional(),
});
const Decisions = z.union([
  z.strictObject({ evaluations: z.array(Decision) }),
  Decision.describe("Without evaluations it is a single one."),
]);

const Configuration = z.strictObject({
  policy_decision_point: z.url(),
  access_evaluation_endpoint: z.url(),
  access_evaluations_endpoint: z.url(),
  search_subject_endpoint: z.url(),
  search_resource_endpoint: z.url(),
  search_action_endpoint: z.url(),
});
const tags = ["Check (AuthZEN 1.0)"];

const post = (path: string, operationId: string, summary: string, body: z.ZodType, reply: z.ZodType): Operation => ({
  method: "post",
  path: `/access/v1/${path}`,
  operationId,
  summary,
  tags,
  answers: "checker",
  refuses: [
    ...(path.startsWith("search/") ? (["invalid_page_token"] as const) : []),
    // what is recorded
    ...(["search/subject", "search/resource"].includes(path) ? [] : (["audit_unavailable"] as const)),
  ],
  request: { body: { content: { "application/json": { schema: body } }, required: true } },
  responses: { 200: { description: "Answered.", content: { "application/json": { schema: reply } } } },
});

/** AuthZEN's, in the order of its specification. */
export const ACCESS_OPERATIONS: Operation[] = [
  {
    method: "get",
    path: "/.well-known/authzen-configuration",
    operationId: "getAuthzenConfiguration",
    summary: "Discover the endpoints",
    tags,
    security: [],
    answers: "nobody",
    refuses: [],
    responses: { 200: { description: "Answered.", content: { "application/json": { schema: Configuration } } } },
  },
  post("evaluation", "evaluate", "Check: may the subject do this?", EvaluationBody, Decision),
  post("evaluations", "evaluateMany", "Check many questions at once", Batch, Decisions),
  post(
    "search/subject",
    "searchSubjects",
    "Search the subjects that may do this",
    z.object({ subject: Sought, action: ActionInput, resource: EntityInput, page: PageBody }),
    results(Part),
  ),
  post(
    "search/resource",
    "searchResources",
    "Search the resources on which the subject may do this",
    z.object({ subject: EntityInput, action: ActionInput, resource: Sought, page: PageBody }),
    results(Part),
  ),
  post(
    "search/action",
    "searchActions",
    "Search the actions that the subject may do on the resource",
    z.object({ subject: EntityInput, resource: EntityInput, page: PageBody }),
    results(z.strictObject({ name: z.string() })),
  ),
];
