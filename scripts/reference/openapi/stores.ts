/** OpenFGA's API as operations: what is offered, what is not, and its errors by status. */
import { z } from "@hono/zod-openapi";
import type { Operation } from "../../../src/http/operation.ts";
import { ErrorView } from "../../../src/http/stores/error.ts";
import { NOT_OFFERED } from "../../../src/http/stores/routes.ts";
import {
  Assertions,
  AuthorizationModel,
  BatchCheck,
  BatchChecked,
  Changes,
  Check,
  Checked,
  Expand,
  Expanded,
  ListObjects,
  ListUsers,
  Models,
  Objects,
  Page,
  Read,
  Store,
  Stores,
  StreamedObject,
  Tuples,
  Users,
  Write,
} from "./store-bodies.ts";

const text = z.string();
const STORE = "/stores/{store_id}";

/** Status of an error, and when it is answered. Codes are OpenFGA's (openfga.v1 ErrorCode and its like). */
const OF_ALL = {
  400: "The request is not one that OpenFGA takes: `validation_error` and other codes of openfga.v1.ErrorCode.",
  401: "`bearer_token_missing`, `unauthenticated`: there is no key, or none of SERVICE_KEYS, and no valid token of ISSUERS.",
  403: "`forbidden`: the key's scopes do not allow it, or it is bound to less; the message says which.",
  429: "`resource_exhausted`: a rate limit is reached.",
  500: "`internal_error`: something is wrong on our side, or in the store.",
  503: "`unavailable`, `resource_exhausted`: OpenFGA, or the issuer of a token, does not answer. Nothing was decided or written.",
};
const OF_STORE = { 404: "`store_id_not_found`: there is one store, and this is another." };
const OF_BODIES = {
  413: "`validation_error`: more than 256 KiB.",
  415: "`validation_error`: a body that is compressed.",
};
const OF_WRITES = {
  409: "`Aborted`: the store has a tuple of that key with another condition.",
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
    "ListStores: there is one store",
    "checker",
    Stores,
    z.object({ name: text.optional(), ...Page }),
  ),
  get(STORE, "getStore", "GetStore", "checker", Store),
  get(
    `${STORE}/authorization-models`,
    "readAuthorizationModels",
    "ReadAuthorizationModels: the one model in use",
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
  post("/check", "check", "Check; permissions of people are answered from the cache", "checker", Check, Checked),
  post("/batch-check", "batchCheck", "BatchCheck", "checker", BatchCheck, BatchChecked),
  post("/list-objects", "listObjects", "ListObjects", "checker", ListObjects, Objects),
  post("/streamed-list-objects", "streamedListObjects", "StreamedListObjects", "checker", ListObjects, StreamedObject),
  post("/list-users", "listUsers", "ListUsers", "checker", ListUsers, Users),
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
  post("/write", "write", "Write tuples that mean an action", "either", Write, z.strictObject({})),
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
