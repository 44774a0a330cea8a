/**
 * `POST /stores/{store_id}/write` (openfga.v1 Write), guarded: a tuple is written when it is an action that the caller
 * may take, and refused by name otherwise. All or nothing, with every error in OpenFGA's form.
 */
import type { Hono } from "hono";
import { z } from "zod";
import type { ActionDeps } from "../../actions/run/action.ts";
import { createWriteAgain } from "../../actions/write-again.ts";
import { WRITE_TUPLES_MAX } from "../../domain/plan.ts";
import type { Env } from "../env.ts";
import { overlooked } from "../precondition.ts";
import { invalid, openFgaError, outsideKey } from "./error.ts";
import { isOtherModel, modelNotFound, readMembers, type StoresDeps } from "./pass.ts";
import { outsideWrite } from "./within-key.ts";
import { answerWrite, exceeded, listedText } from "./write-answer.ts";

const Condition = z.strictObject({
  name: z.string(),
  context: z
    .record(z.string(), z.unknown())
    .nullish()
    .transform((context) => context ?? undefined),
});
const Key = z.strictObject({
  user: z.string(),
  relation: z.string(),
  object: z.string(),
  condition: Condition.nullish().transform((condition) => condition ?? undefined),
});
const option = z
  .enum(["", "error", "ignore"])
  .nullish()
  .transform((text) => (text === "ignore" ? "ignore" : "error"));

/** WriteRequest. Unlike OpenFGA it refuses unknown members: a misspelled condition would be an expiry that never comes. */
const WriteRequest = z.strictObject({
  writes: z.strictObject({ tuple_keys: z.array(Key).min(1), on_duplicate: option }).nullish(),
  deletes: z.strictObject({ tuple_keys: z.array(Key).min(1), on_missing: option }).nullish(),
  authorization_model_id: z.string().nullish(),
});

const MODEL_ID = /^[ABCDEFGHJKMNPQRSTVWXYZ0-9]{26}$/;

/** The one route, for authenticated callers. Throws EngineUnavailable, Contended, OutcomeUnknown. */
export function writeRoutes(app: Hono<Env>, deps: ActionDeps & StoresDeps): void {
  const writeTuples = createWriteAgain();
  app.post("/stores/:store_id/write", async (c) => {
    const names = overlooked(c);
    if (names.length > 0) return invalid(c, `${names.join(", ")}: not honoured here, leave it out`);
    const body = await readMembers(c);
    if (body instanceof Response) return body;
    const parsed = WriteRequest.safeParse(body);
    if (!parsed.success) return invalid(c, listedText(parsed.error.issues.flatMap(issueTexts)));
    const { writes, deletes, authorization_model_id: model } = parsed.data;
    if (isOtherModel(model, deps.engine.api.modelId)) return modelNotFound(c, model);
    if (model && !MODEL_ID.test(model)) return invalid(c, "authorization_model_id: is not the id of a model");
    if (!writes && !deletes)
      return openFgaError(
        c,
        400,
        "invalid_write_input",
        "Invalid input. Make sure you provide at least one write, or at least one delete",
      );
    const [written, deleted] = [writes?.tuple_keys ?? [], deletes?.tuple_keys ?? []];
    if (written.length + deleted.length > WRITE_TUPLES_MAX) return exceeded(c);
    const outside = await outsideWrite(c, deps, { writes: written, deletes: deleted });
    if (outside !== undefined) return outsideKey(c, outside);
    const { caller, requestId } = c.var;
    const call = { caller, requestId };
    const outcome = await writeTuples(deps, call, {
      writes: written,
      deletes: deleted,
      onDuplicate: writes?.on_duplicate ?? "error",
      onMissing: deletes?.on_missing ?? "error",
    });
    return answerWrite(c, outcome);
  });
}

function issueTexts(issue: z.core.$ZodIssue): string[] {
  const text = (path: readonly PropertyKey[], message: string) => {
    const place = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`)).join("");
    return `${place.replace(/^\./, "") || "the body"}: ${message}`;
  };
  return issue.code === "unrecognized_keys"
    ? issue.keys.map((key) => text([...issue.path, key], "is not known here"))
    : [text(issue.path, issue.message)];
}
