/**
 * `POST /v1/explain`: the question of `/access/v1/evaluation`, answered with its reason: plain words beside what a
 * program acts on. For services.
 */
import { z } from "@hono/zod-openapi";
import { DENIALS, questionOf, unaskedCode } from "../../check/question.ts";
import { isService, needsService } from "../../domain/caller.ts";
import { hasPassed } from "../../domain/expiry.ts";
import { DENIAL_REASONS, type Path, sayingOf } from "../../domain/explain/denial-reason.ts";
import { type Branch, holds, wordsOf } from "../../domain/explain/explanation.ts";
import { expiryOf } from "../../domain/tuples.ts";
import { type Explanation, explain } from "../../queries/explain/explain.ts";
import { ActionInput, EntityInput } from "../access/body.ts";
import { refused } from "../problem.ts";
import { routesUnder, type V1App, type V1Deps } from "./route.ts";

const define = routesUnder("Inspection");

const Instant = z.iso.datetime();
const TupleKeyView = z.strictObject({ user: z.string(), relation: z.string(), object: z.string() });

const BranchView = z
  .strictObject({
    holds: z.boolean(),
    says: z.string(),
    tuple: TupleKeyView.optional().describe("One that was found."),
    expires_at: Instant.optional(),
    expired: z.boolean().optional(),
    // what follows from the tuple's user
    get next() {
      return BranchView.optional();
    },
    get any_of() {
      return z.array(BranchView).optional();
    },
    get all_of() {
      return z.array(BranchView).optional();
    },
    get none_of() {
      return z.array(BranchView).optional();
    },
  })
  .openapi("Branch");
/** A branch, and those behind it in members of its own kind. */
export type DescribedBranch = z.infer<typeof BranchView>;

const CODES = [...Object.keys(DENIAL_REASONS), ...Object.keys(DENIALS)];
const DenialReasonView = z
  .looseObject({ code: z.enum(CODES).describe("Branch on it: the sentence may change."), says: z.string() })
  .describe("The other members depend on the code.")
  .openapi("DenialReason");
const PathView = z.strictObject({
  through: z
    .string()
    .describe("What access would come through: a share, an organization, a cooperation, or the resource."),
  limits: z.array(DenialReasonView).describe("Every denial reason on this path."),
});

const ExplanationView = z
  .strictObject({
    decision: z.boolean(),
    reason: z.string(),
    at: Instant.describe("The instant that dates were compared with."),
    until: Instant.nullable().describe("When access that is there ends by itself."),
    paths: z.array(PathView).describe("Of a denial: the access paths that are closed, the nearest first."),
    complete: z.boolean().describe("false: there was too much to read, and something is left out."),
    tree: z.union([BranchView, z.null()]).describe("null when the engine was not asked."),
  })
  .openapi("Explanation");

const post = define.post("/explain", "Explain why a check is allowed or denied (scope admin)", {
  answers: "service",
  refuses: [],
  body: z.strictObject({
    subject: EntityInput,
    action: ActionInput,
    resource: EntityInput,
    at: z.iso
      .datetime({ offset: true })
      .optional()
      .describe(
        "Another instant than now (RFC 3339) to compare dates with. It is answered from what is written now: what was deleted since, or starts on a date, is not supposed.",
      ),
  }),
  reply: ExplanationView,
});

export const EXPLAIN_OPERATIONS = [post];

export function explainRoutes(app: V1App, deps: V1Deps) {
  app.openapi(post, async (c) => {
    if (!isService(c.var.caller)) return refused(c, needsService("to explain a check"));
    const { subject, action, resource, at } = c.req.valid("json");
    const clock = at === undefined ? deps.clock : () => new Date(at);
    const asked = { subject, action: action.name, resource };
    const code = unaskedCode(deps.engine, asked);
    if (code === undefined)
      return c.json(explanationView(await explain({ ...deps, clock }, questionOf(subject, action.name, resource))));
    const says = DENIALS[code];
    return c.json({
      decision: false,
      reason: says,
      at: clock().toISOString(),
      until: null,
      paths: [{ through: `${resource.type}:${resource.id}`, limits: [{ code, says }] }],
      complete: true,
      tree: null,
    });
  });
}

/** The reply to an explanation. */
function explanationView({ decision, reason, at, until, paths, tree, question, complete }: Explanation) {
  return {
    decision,
    reason,
    at: at.toISOString(),
    until: until ?? null,
    paths: paths.map(pathView),
    complete,
    tree: branchView(tree, question.user, at),
  };
}

const pathView = ({ through, denials }: Path) => ({
  through,
  limits: denials.map((denial) => {
    const { code, ...data } = denial;
    return { code, says: sayingOf(denial), ...data };
  }),
});

function branchView(branch: Branch, user: string, at: Date): DescribedBranch {
  const shown = { holds: holds(branch, at), says: wordsOf(branch, user, at) };
  const all = (of: Branch[]) => of.map((one) => branchView(one, user, at));
  switch (branch.kind) {
    case "tuple": {
      const { user: holder, relation, object } = branch.tuple;
      const expiry = expiryOf(branch.tuple);
      return {
        ...shown,
        tuple: { user: holder, relation, object },
        ...(expiry !== undefined && { expires_at: expiry, expired: hasPassed(expiry, at) }),
        ...(branch.next && { next: branchView(branch.next, user, at) }),
      };
    }
    case "any":
      return { ...shown, any_of: all(branch.of) };
    case "all":
      return { ...shown, all_of: all(branch.of) };
    case "none":
      return { ...shown, none_of: all([branch.of]) };
    case "missing":
    case "unseen":
      return shown;
  }
}
