/** OpenFGA's API as operations, with bodies as openfga.v1 has them: what this service reads of them, and what OpenFGA answers. */
import { z } from "@hono/zod-openapi";
import type { Operation } from "../../../src/http/operation.ts";
import { ErrorView } from "../../../src/http/stores/error.ts";
import { NOT_OFFERED } from "../../../src/http/stores/not-offered.ts";

const text = z.string();
const Context = z.looseObject({});
const Condition = z.object({ name: text, context: Context.optional() });
const Key = z.object({ user: text, relation: text, object: text });
const TupleKey = Key.extend({ condition: Condition.optional() }).openapi("TupleKey");
const Supposed = z
  .object({ tuple_keys: z.array(TupleKey) })
  .describe("Tuples that are supposed to stand; scope `admin`.");
const Consistency = z
  .enum(["UNSPECIFIED", "MINIMIZE_LATENCY", "HIGHER_CONSISTENCY"])
  .describe("Answers are always as fresh as the strictest asks for.");
const Model = text.describe("The model that answers, or left out.");
const asked = {
  authorization_model_id: Model.optional(),
  context: Context.optional().describe("`current_time` asks of another time; scope `admin`."),
  consistency: Consistency.optional(),
};
const Check = z.object({
  tuple_key: Key,
  contextual_tuples: Supposed.optional(),
  trace: z.boolean().optional(),
  ...asked,
});
const Checked = z.looseObject({ allowed: z.boolean(), resolution: text.optional() });
const BatchItem = z.object({
  tuple_key: Key,
  contextual_tuples: Supposed.optional(),
  context: Context.optional(),
  correlation_id: text.regex(/^[\w-]{1,36}$/).describe("Its own within the batch."),
});
const BatchCheck = z.object({
  checks: z.array(BatchItem).min(1).max(50),
  authorization_model_id: Model.optional(),
  consistency: Consistency.optional(),
});
const BatchChecked = z.looseObject({
  result: z
    .record(
      text,
      z.looseObject({
        allowed: z.boolean().optional(),
        error: z.looseObject({ message: text.optional() }).optional(),
      }),
    )
    .describe("By correlation id."),
});
const ListObjects = z.object({
  type: text,
  relation: text,
  user: text,
  contextual_tuples: Supposed.optional(),
  ...asked,
});
const Objects = z.looseObject({ objects: z.array(text) });
const StreamedObject = z
  .looseObject({
    result: z.looseObject({ object: text }).optional(),
    error: z.looseObject({ code: z.int(), message: text }).optional(),
  })
  .openapi("StreamedObject");
const ListUsers = z.object({
  object: z.object({ type: text, id: text }),
  relation: text,
  user_filters: z
    .array(z.object({ type: text, relation: text.optional() }))
    .min(1)
    .max(1),
  contextual_tuples: z.array(TupleKey).optional(),
  ...asked,
});
const User = z.looseObject({
  object: z.looseObject({ type: text, id: text }).optional(),
  userset: z.looseObject({ type: text, id: text, relation: text }).optional(),
  wildcard: z.looseObject({ type: text }).optional(),
});
const Users = z.looseObject({ users: z.array(User) });
const Expand = z.object({
  tuple_key: z.object({ relation: text, object: text }),
  authorization_model_id: Model.optional(),
  consistency: Consistency.optional(),
  contextual_tuples: Supposed.optional(),
});
const Expanded = z.looseObject({ tree: z.looseObject({ root: Context.optional() }) });
const Read = z.object({
  tuple_key: z.object({ user: text.optional(), relation: text.optional(), object: text.optional() }).optional(),
  page_size: z.int().min(1).max(100).optional(),
  continuation_token: text.optional(),
  consistency: Consistency.optional(),
});
const Shown = Key.extend({ condition: Condition.nullable().optional() });
const Tuples = z.looseObject({
  tuples: z.array(z.looseObject({ key: Shown, timestamp: z.iso.datetime() })),
  continuation_token: text,
});
const Changes = z.looseObject({
  changes: z.array(z.looseObject({ tuple_key: Shown, operation: text, timestamp: z.iso.datetime() })),
  continuation_token: text,
});
const Write = z
  .strictObject({
    writes: z
      .strictObject({ tuple_keys: z.array(TupleKey).min(1), on_duplicate: z.enum(["error", "ignore"]).optional() })
      .optional(),
    deletes: z
      .strictObject({ tuple_keys: z.array(TupleKey).min(1), on_missing: z.enum(["error", "ignore"]).optional() })
      .optional(),
    authorization_model_id: Model.optional(),
  })
  .describe("At most 100 tuples, all or none of them.");
const Store = z.looseObject({ id: text, name: text, created_at: z.iso.datetime(), updated_at: z.iso.datetime() });
const Stores = z.looseObject({ stores: z.array(Store), continuation_token: text });
const AuthorizationModel = z
  .looseObject({
    id: text,
    schema_version: text,
    type_definitions: z.array(z.looseObject({ type: text })),
    conditions: Context.optional(),
  })
  .openapi("AuthorizationModel");
const Models = z.looseObject({ authorization_models: z.array(AuthorizationModel), continuation_token: text });
const Assertions = z.looseObject({
  authorization_model_id: text,
  assertions: z.array(z.looseObject({ tuple_key: Key, expectation: z.boolean() })),
});

const Page = { page_size: z.coerce.number().int().min(1).max(100).optional(), continuation_token: text.optional() };
const STORE = "/stores/{store_id}";

/** Status of an error, and when it is answered. Codes are OpenFGA's (openfga.v1 ErrorCode and its like). */
const OF_ALL = {
  400: "The request is not one that OpenFGA takes: `validation_error` and other codes of openfga.v1.ErrorCode.",
  401: "`bearer_token_missing`, `unauthenticated`: there is no key, or none of SERVICE_KEYS.",
  403: "`forbidden`: the key's scopes do not allow it, or it is bound to less; the message says which.",
  429: "`resource_exhausted`: a rate limit is reached.",
  500: "`internal_error`: something is wrong on our side, or in the store.",
  503: "`unavailable`, `resource_exhausted`: OpenFGA does not answer. Nothing was decided or written.",
};
const OF_STORE = { 404: "`store_id_not_found`: there is one store, and this is another." };
const OF_BODIES = {
  413: "`validation_error`: more than 256 KiB.",
  415: "`validation_error`: a body that is compressed.",
};
const OF_WRITES = {
  409: "`Aborted`: a tuple of that key stands with another condition.",
  504: "`deadline_exceeded`: it is not known whether it was written. Read before you repeat it.",
};
const NOT_HERE = { 501: "`unimplemented`: the message says what to use." };

type Parts = {
  method: Operation["method"];
  path: string;
  operationId: string;
  summary: string;
  answers: Operation["answers"];
};

function operation({
  query,
  body,
  reply,
  errors,
  ...parts
}: Parts & {
  query?: z.ZodObject;
  body?: z.ZodType;
  reply?: { schema: z.ZodType; description?: string };
  errors: Record<number, string>;
}): Operation {
  const params = z.object(Object.fromEntries([...parts.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name, text])));
  // OpenFGA words an error of a stream as a line of it
  const view = parts.operationId === "streamedListObjects" ? z.union([ErrorView, StreamedObject]) : ErrorView;
  const error = (description: string) => ({ description, content: { "application/json": { schema: view } } });
  const { description = "As OpenFGA answers.", schema } = reply ?? {};
  return {
    ...parts,
    tags: ["OpenFGA's API"],
    refuses: [],
    request: {
      ...(parts.path.includes("{") && { params }),
      ...(query && { query }),
      ...(body && { body: { content: { "application/json": { schema: body } }, required: true } }),
    },
    responses: {
      ...(schema && { 200: { description, content: { "application/json": { schema } } } }),
      ...Object.fromEntries(Object.entries(errors).map(([status, when]) => [status, error(when)])),
      default: error("An error, as OpenFGA has them."),
    },
  };
}

const get = (
  path: string,
  operationId: string,
  summary: string,
  answers: Parts["answers"],
  schema: z.ZodType,
  query?: z.ZodObject,
) =>
  operation({
    method: "get",
    path,
    operationId,
    summary,
    answers,
    reply: { schema },
    errors: path === "/stores" ? OF_ALL : { ...OF_ALL, ...OF_STORE },
    ...(query && { query }),
  });
const post = (
  path: string,
  operationId: string,
  summary: string,
  answers: Parts["answers"],
  body: z.ZodType,
  schema: z.ZodType,
) =>
  operation({
    method: "post",
    path: `${STORE}${path}`,
    operationId,
    summary,
    answers,
    body,
    reply:
      operationId === "streamedListObjects"
        ? { schema, description: "A JSON object a line, as they are found." }
        : { schema },
    errors: { ...OF_ALL, ...OF_STORE, ...OF_BODIES, ...(operationId === "write" ? OF_WRITES : {}) },
  });

/** All of it that is offered, and by name what is not. */
export const STORES_OPERATIONS: Operation[] = [
  get(
    "/stores",
    "listStores",
    "ListStores: the one store there is; also with scope `check`",
    "checker",
    Stores,
    z.object({ name: text.optional(), ...Page }),
  ),
  get(STORE, "getStore", "GetStore; likewise", "checker", Store),
  get(
    `${STORE}/authorization-models`,
    "readAuthorizationModels",
    "ReadAuthorizationModels: the one model that answers",
    "service",
    Models,
    z.object(Page),
  ),
  get(
    `${STORE}/authorization-models/{id}`,
    "readAuthorizationModel",
    "ReadAuthorizationModel",
    "service",
    z.looseObject({ authorization_model: AuthorizationModel }),
  ),
  get(`${STORE}/assertions/{authorization_model_id}`, "readAssertions", "ReadAssertions", "service", Assertions),
  post(
    "/check",
    "check",
    "Check, from the cache when nothing is said but the question; of permissions also with scope `check`",
    "checker",
    Check,
    Checked,
  ),
  post("/batch-check", "batchCheck", "BatchCheck, likewise", "checker", BatchCheck, BatchChecked),
  post("/list-objects", "listObjects", "ListObjects, likewise", "checker", ListObjects, Objects),
  post(
    "/streamed-list-objects",
    "streamedListObjects",
    "StreamedListObjects, likewise",
    "checker",
    ListObjects,
    StreamedObject,
  ),
  post("/list-users", "listUsers", "ListUsers, likewise", "checker", ListUsers, Users),
  post("/expand", "expand", "Expand", "service", Expand, Expanded),
  post("/read", "read", "Read", "service", Read, Tuples),
  get(
    `${STORE}/changes`,
    "readChanges",
    "ReadChanges",
    "service",
    Changes,
    z.object({ type: text.optional(), start_time: text.optional(), ...Page }),
  ),
  post(
    "/write",
    "write",
    "Write, of tuples that mean an action; delegations with scope `manage` and `Acting-User`",
    "either",
    Write,
    z.strictObject({}),
  ),
  ...NOT_OFFERED.map(([method, path, name, instead]) =>
    operation({
      method,
      path,
      operationId: `${name[0]?.toLowerCase()}${name.slice(1)}`,
      summary: `${name}: not offered. ${instead}`,
      answers: "service",
      errors: { ...OF_ALL, ...(path === "/stores" ? {} : OF_STORE), ...NOT_HERE },
    }),
  ),
];
