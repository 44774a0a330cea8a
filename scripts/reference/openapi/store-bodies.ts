/** The bodies of OpenFGA's API as openfga.v1 has them: what this service reads of a request, and what OpenFGA answers. */
import { z } from "@hono/zod-openapi";

const text = z.string();
const Context = z.looseObject({});
const Condition = z.object({ name: text, context: Context.optional() });
const Key = z.object({ user: text, relation: text, object: text });
const TupleKey = Key.extend({ condition: Condition.optional() }).openapi("TupleKey");
const Supposed = z
  .object({ tuple_keys: z.array(TupleKey) })
  .describe("Tuples to suppose beside those in the store; scope `admin`.");
const Consistency = z
  .enum(["UNSPECIFIED", "MINIMIZE_LATENCY", "HIGHER_CONSISTENCY"])
  .describe("Answers are always as fresh as the strictest asks for.");
const Model = text.describe("The model that answers, or left out.");
const asked = {
  authorization_model_id: Model.optional(),
  context: Context.optional().describe("`current_time` asks of another time; scope `admin`."),
  consistency: Consistency.optional(),
};
export const Check = z.object({
  tuple_key: Key,
  contextual_tuples: Supposed.optional(),
  trace: z.boolean().optional(),
  ...asked,
});
export const Checked = z.looseObject({ allowed: z.boolean(), resolution: text.optional() });
const BatchItem = z.object({
  tuple_key: Key,
  contextual_tuples: Supposed.optional(),
  context: Context.optional(),
  correlation_id: text.regex(/^[\w-]{1,36}$/).describe("Its own within the batch."),
});
export const BatchCheck = z.object({
  checks: z.array(BatchItem).min(1).max(50),
  authorization_model_id: Model.optional(),
  consistency: Consistency.optional(),
});
export const BatchChecked = z.looseObject({
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
export const ListObjects = z.object({
  type: text,
  relation: text,
  user: text,
  contextual_tuples: Supposed.optional(),
  ...asked,
});
export const Objects = z.looseObject({ objects: z.array(text) });
export const StreamedObject = z
  .looseObject({
    result: z.looseObject({ object: text }).optional(),
    error: z.looseObject({ code: z.int(), message: text }).optional(),
  })
  .openapi("StreamedObject");
export const ListUsers = z.object({
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
export const Users = z.looseObject({ users: z.array(User) });
export const Expand = z.object({
  tuple_key: z.object({ relation: text, object: text }),
  authorization_model_id: Model.optional(),
  consistency: Consistency.optional(),
  contextual_tuples: Supposed.optional(),
});
export const Expanded = z.looseObject({ tree: z.looseObject({ root: Context.optional() }) });
export const Read = z.object({
  tuple_key: z.object({ user: text.optional(), relation: text.optional(), object: text.optional() }).optional(),
  page_size: z.int().min(1).max(100).optional(),
  continuation_token: text.optional(),
  consistency: Consistency.optional(),
});
const Shown = Key.extend({ condition: Condition.nullable().optional() });
export const Tuples = z.looseObject({
  tuples: z.array(z.looseObject({ key: Shown, timestamp: z.iso.datetime() })),
  continuation_token: text,
});
export const Changes = z.looseObject({
  changes: z.array(z.looseObject({ tuple_key: Shown, operation: text, timestamp: z.iso.datetime() })),
  continuation_token: text,
});
export const Write = z
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
export const Store = z.looseObject({
  id: text,
  name: text,
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});
export const Stores = z.looseObject({ stores: z.array(Store), continuation_token: text });
export const AuthorizationModel = z
  .looseObject({
    id: text,
    schema_version: text,
    type_definitions: z.array(z.looseObject({ type: text })),
    conditions: Context.optional(),
  })
  .openapi("AuthorizationModel");
export const Models = z.looseObject({ authorization_models: z.array(AuthorizationModel), continuation_token: text });
export const Assertions = z.looseObject({
  authorization_model_id: text,
  assertions: z.array(z.looseObject({ tuple_key: Key, expectation: z.boolean() })),
});

export const Page = {
  page_size: z.coerce.number().int().min(1).max(100).optional(),
  continuation_token: text.optional(),
};
