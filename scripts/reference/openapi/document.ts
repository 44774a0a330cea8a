/**
 * The API's document, OpenAPI 3.1, made of the schemas that requests are held to, of what the routes say of themselves,
 * of the words and examples in `texts/` and of the replies that were recorded. Throws where an operation has no words,
 * or words have no operation.
 */
import { readFileSync } from "node:fs";
import { OpenAPIHono } from "@hono/zod-openapi";
import { ImportLine } from "../../../src/domain/registry/import-line.ts";
import { EVENT_STREAM } from "../../../src/http/event-stream.ts";
import { NDJSON } from "../../../src/http/ndjson.ts";
import type { Operation } from "../../../src/http/operation.ts";
import { ProblemView } from "../../../src/http/problem.ts";
import { EventView } from "../../../src/http/v1/event-view.ts";
import { ImportEvent } from "../../../src/http/v1/import/events.ts";
import { described, type Json, requestOf } from "./describe.ts";
import { HEADERS } from "./headers.ts";
import { OPERATIONS } from "./operations.ts";
import { nameOfProblem, problemSchemas } from "./problems.ts";
import { shareParts } from "./shared.ts";
import { TAGS } from "./tags.ts";
import { ACCESS_LOG_TEXTS } from "./texts/access-log.ts";
import { ASK_TEXTS } from "./texts/asks.ts";
import { MANY_TEXTS } from "./texts/bulk.ts";
import { ACCESS_TEXTS, STORES_TEXTS } from "./texts/checks.ts";
import { COOPERATION_TEXTS, SHARE_TEXTS } from "./texts/cooperations.ts";
import { BULK_TEXTS, HISTORY_TEXTS, IDENTITY_TEXTS, INSPECTION_TEXTS, OPERATIONS_TEXTS } from "./texts/operations.ts";
import { ORGANIZATION_TEXTS, RESOURCE_TEXTS } from "./texts/organizations.ts";
import { REGISTER_TEXTS } from "./texts/register.ts";
import { WAITING_TEXTS } from "./texts/waiting.ts";
import { exampleStream, webhooksOf } from "./webhooks.ts";
import type { Example, Recorded, Text, Texts } from "./world.ts";

const TEXTS: Texts = {
  ...ORGANIZATION_TEXTS,
  ...RESOURCE_TEXTS,
  ...COOPERATION_TEXTS,
  ...ASK_TEXTS,
  ...WAITING_TEXTS,
  ...SHARE_TEXTS,
  ...REGISTER_TEXTS,
  ...ACCESS_LOG_TEXTS,
  ...MANY_TEXTS,
  ...HISTORY_TEXTS,
  ...INSPECTION_TEXTS,
  ...BULK_TEXTS,
  ...OPERATIONS_TEXTS,
  ...IDENTITY_TEXTS,
  ...ACCESS_TEXTS,
  ...STORES_TEXTS,
};

const DESCRIPTION = `Concordat lets organizations work in each other's plants and portfolios without giving up ownership. It keeps cooperations, shares and delegations as relationships in OpenFGA, and answers whether somebody may do something.

Every call carries a service key. With scope \`check\` a service asks for decisions; with scope \`manage\` it acts for the person whom \`Acting-User\` names; with scope \`admin\` it keeps organizations, people and resources, for nobody in particular.

Errors are problems (RFC 9457) with a stable \`code\`; under \`/stores\` they are OpenFGA's own. Every change is answered with the new state, its \`ETag\`, and \`effective_by\`: a check that begins then or later answers from after it. Lists are \`{items, next_cursor}\`.

The examples are of the sample that \`npm start\` plays: Sunward Energy (anna) shares plant 7 with Brightfix Service (ben), who delegated it to tom. Ids that the service makes are your own in place of those shown.`;

/** By its SPDX identifier (OpenAPI 3.1). */
const LICENSE = { name: "Apache-2.0", identifier: "Apache-2.0" };

/** Where the replies are that the test of the examples recorded. */
const REPLIES = new URL("replies.json", import.meta.url);

/** Every example with the operation that it is of and its name. */
export const EXAMPLES: { operation: Operation; name: string; example: Example }[] = OPERATIONS.flatMap((operation) =>
  Object.entries(textOf(operation).examples).map(([name, example]) => ({ operation, name, example })),
);

function textOf({ operationId = "" }: Operation): Text {
  const text = TEXTS[operationId];
  if (text === undefined)
    throw new Error(`the operation ${operationId} has no text in scripts/reference/openapi/texts`);
  return text;
}

/** The replies that were recorded, by operation and name of the example. */
export const recordedReplies = (): Recorded => JSON.parse(readFileSync(REPLIES, "utf8"));

/** The document. `publicUrl` is where callers reach the service. */
export function openApiDocument(publicUrl: string): Json {
  const unknown = Object.keys(TEXTS).filter((id) => !OPERATIONS.some(({ operationId }) => operationId === id));
  if (unknown.length > 0) throw new Error(`described, and no operations: ${unknown.join(", ")}`);
  const app = new OpenAPIHono();
  for (const operation of OPERATIONS) app.openAPIRegistry.registerPath(requestOf(operation));
  app.openAPIRegistry.register("Problem", ProblemView);
  app.openAPIRegistry.register("ImportLine", ImportLine);
  app.openAPIRegistry.register("ImportEvent", ImportEvent);
  app.openAPIRegistry.register("Event", EventView);
  const document = app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Concordat",
      version: "1",
      description: DESCRIPTION,
      license: LICENSE,
    },
    // relative to this document (OpenAPI 3.1 §4.8.5): what was reached by one name is tried under the same
    servers: [
      { url: ".", description: "Where this document was read." },
      { url: publicUrl, description: "PUBLIC_URL." },
    ],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    security: [{ serviceKey: [] }],
  });
  const recorded = recordedReplies();
  const paths: Json = document.paths ?? {};
  for (const [of, name] of [
    [paths["/v1/import"].post.requestBody, "ImportLine"],
    [paths["/v1/import"].post.responses[200], "ImportEvent"],
    [paths["/v1/export"].get.responses[200], "ImportLine"],
  ])
    of.content[NDJSON].schema.contentSchema = { $ref: `#/components/schemas/${name}` };
  const streamed = paths["/v1/events"].get.responses[200].content[EVENT_STREAM];
  streamed.examples = { "one-event": { summary: "One event", value: exampleStream() } };
  for (const operation of OPERATIONS) {
    const found = paths[operation.path][operation.method];
    described(found, operation, textOf(operation), recorded[operation.operationId ?? ""] ?? {});
  }
  const { schemas, parameters: _, ...components } = document.components ?? {};
  const line: Json = schemas?.BatchLine ?? {};
  const [problem, says] = line.properties.problem.allOf;
  // with the problem that no operation has and a line may have
  line.properties.problem = {
    anyOf: [{ $ref: `#/components/schemas/${nameOfProblem("share_differs")}` }, problem],
    ...says,
  };
  const whole = {
    ...document,
    webhooks: webhooksOf(),
    components: {
      ...components,
      schemas: { ...schemas, ...problemSchemas() },
      securitySchemes: {
        serviceKey: {
          type: "http",
          scheme: "bearer",
          description:
            "A key of SERVICE_KEYS, or a JWT of one of ISSUERS (`/.well-known/oauth-protected-resource` lists them). An operation names the scopes of which it needs one.",
        },
      },
      headers: HEADERS,
    },
  };
  shareParts(whole);
  return whole;
}
