/** OpenFGA's API in the OpenAPI document: that it is there, and what it is. Its bodies are OpenFGA's to describe. */
import { type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Env } from "../env.ts";
import { ErrorView } from "./error.ts";
import { NOT_OFFERED } from "./not-offered.ts";

const STORE = "/stores/{store_id}";

const ENDPOINTS = [
  ["get", "/stores", "ListStores: the one store there is; also with scope `check`"],
  ["get", STORE, "GetStore; likewise"],
  ["get", `${STORE}/authorization-models`, "ReadAuthorizationModels: the one model that answers"],
  ["get", `${STORE}/authorization-models/{id}`, "ReadAuthorizationModel"],
  ["get", `${STORE}/assertions/{authorization_model_id}`, "ReadAssertions"],
  [
    "post",
    `${STORE}/check`,
    "Check, from the cache when nothing is said but the question; of permissions also with scope `check`",
  ],
  ["post", `${STORE}/batch-check`, "BatchCheck, likewise"],
  ["post", `${STORE}/list-objects`, "ListObjects, likewise"],
  ["post", `${STORE}/streamed-list-objects`, "StreamedListObjects, likewise"],
  ["post", `${STORE}/list-users`, "ListUsers, likewise"],
  ["post", `${STORE}/expand`, "Expand"],
  ["post", `${STORE}/read`, "Read"],
  ["get", `${STORE}/changes`, "ReadChanges"],
  ["post", `${STORE}/write`, "Write, of tuples that mean an action; delegations with scope `manage` and `Acting-User`"],
] as const;

const anObject = z.looseObject({});

/** Adds the endpoints to the document of `app`. */
export function describeStores(app: OpenAPIHono<Env>): void {
  const described = [
    ...ENDPOINTS.map(([method, path, summary]) => ({ method, path, summary, isOffered: true })),
    ...NOT_OFFERED.map(([method, path, name, instead]) => {
      return { method, path, summary: `${name}: not offered. ${instead}`, isOffered: false };
    }),
  ];
  for (const { method, path, summary, isOffered } of described) {
    const params = z.object(Object.fromEntries([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name, z.string()])));
    const hasBody = isOffered && method === "post";
    app.openAPIRegistry.registerPath({
      method,
      path,
      summary,
      tags: ["OpenFGA's API"],
      request: { params, ...(hasBody && { body: { content: { "application/json": { schema: anObject } } } }) },
      responses: {
        ...(isOffered && {
          200: { description: "As OpenFGA answers.", content: { "application/json": { schema: anObject } } },
        }),
        default: {
          description: "An error, as OpenFGA has them.",
          content: { "application/json": { schema: ErrorView } },
        },
      },
    });
  }
}
