/** One operation of the document: its scopes, parameters, problems by status, headers and examples. */
import type { Answered, Operation } from "../../../src/http/operation.ts";
import { PROBLEMS, type ProblemCode } from "../../../src/http/problem.ts";
import { type Header, headersOf } from "./headers.ts";
import { codesOf, nameOfProblem } from "./problems.ts";
import { type Example, PREPARATIONS, type Recorded, type Text } from "./world.ts";

// a document is read and changed member by member
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Json = any;

const PROBLEM = "application/problem+json";
const JSON_TYPE = "application/json";

/** The scopes of which one suffices, and what else the caller says. */
const CALLERS: Record<Exclude<Answered, "nobody">, { scopes: string[]; says: string }> = {
  person: { scopes: ["manage"], says: "Scope `manage`, for the person whom `Acting-User` names." },
  service: { scopes: ["admin"], says: "Scope `admin`, and no `Acting-User`." },
  either: {
    scopes: ["manage", "admin"],
    says: "Scope `manage` for the person whom `Acting-User` names, or scope `admin` without it.",
  },
  anyone: { scopes: ["manage", "admin"], says: "Scope `manage` or `admin`; no acting user is needed." },
  checker: { scopes: ["check", "admin"], says: "Scope `check` or `admin`." },
};

/** What every path parameter is, by the segment before it. */
const PARAMETERS: Record<string, string> = {
  "organizations/{org}": "The organization's id: your own, percent-encoded.",
  "people/{user}": "The person's id: your own, percent-encoded.",
  "roles/{user}": "The person's id: your own, percent-encoded.",
  "delegations/{user}": "The person's id: your own, percent-encoded.",
  "plants/{id}": "The plant's id: your own, percent-encoded.",
  "portfolios/{id}": "The portfolio's id: your own, percent-encoded.",
  "cooperations/{id}": "The cooperation's id.",
  "shares/{id}": "The share's id.",
  "asks/{n}": "The number of the ask in its cooperation.",
  "webhooks/{name}": "The endpoint's name: 1 to 40 small letters, digits or -.",
  "presets/{name}": "The preset's name: 1 to 40 small letters, digits or -.",
  "inspect/{object}": "Any object of the store, `type:id`, percent-encoded.",
  "stores/{store_id}": "The store's id, which ListStores answers.",
  "authorization-models/{id}": "The id of the model that answers.",
  "assertions/{authorization_model_id}": "The id of the model that answers.",
};

/** What every query parameter is, where its schema does not say it. */
const QUERIES: Record<string, string> = {
  limit: "How many items a page has.",
  cursor: "`next_cursor` of the page before.",
  type: "Of this type alone.",
  format: "`ndjson` is what an import takes.",
  name: "Of this name alone.",
  page_size: "How many items a page has.",
  continuation_token: "Of the page before.",
  start_time: "From then on: an RFC 3339 date-time.",
};

const actingUser = (answers: Answered, user: string | undefined) => ({
  name: "Acting-User",
  in: "header",
  required: answers === "person",
  schema: { type: "string", pattern: "^user:" },
  example: `user:${user ?? "anna"}`,
  description: "Whom the call is made for, percent-encoded; needs scope `manage`.",
});

/** The operation without what only this project's tools read. */
export function requestOf(operation: Operation) {
  const { answers: _, refuses: __, middleware: ___, ...config } = operation;
  return config;
}

/** Completes an operation of the document in its place. */
export function described(found: Json, operation: Operation, text: Text, replies: Recorded[string]): void {
  const { answers, path } = operation;
  const isStores = path.startsWith("/stores");
  const caller = answers === "nobody" ? undefined : CALLERS[answers];
  found.description = caller === undefined ? text.says : `${text.says}\n\n${caller.says}`;
  if (caller !== undefined) found.security = caller.scopes.map((scope) => ({ serviceKey: [scope] }));
  const [first] = Object.values(text.examples);
  found.parameters = parametersOf(found.parameters ?? [], operation, first);
  if (found.parameters.length === 0) delete found.parameters;
  if (!isStores) Object.assign(found.responses, problemsOf(operation));
  const created = ["postOrganizationsCooperations", "postCooperationsShares"].includes(operation.operationId ?? "");
  for (const [status, response] of Object.entries<Json>(found.responses)) {
    const own: Header[] = [
      ...(isStores ? (["Openfga-Store-Id", "Openfga-Authorization-Model-Id"] as const) : []),
      ...(hasEtag(operation, status) ? (["ETag"] as const) : []),
      ...(created && status === "201" ? (["Location"] as const) : []),
    ];
    response.headers = headersOf(status, answers === "nobody", own);
  }
  for (const [name, example] of Object.entries(text.examples)) addExample(found, name, example, replies[name]);
}

function parametersOf(parameters: Json[], { answers, path, method }: Operation, first: Example | undefined): Json[] {
  const [pathname = "", query = ""] = first?.to.split("?") ?? [];
  const values = pathname.split("/");
  const segments = path.split("/");
  const shown = new URLSearchParams(query);
  for (const parameter of parameters) {
    const at = segments.indexOf(`{${parameter.name}}`);
    const inPath = parameter.in === "path" ? PARAMETERS[segments.slice(at - 1, at + 1).join("/")] : undefined;
    parameter.description = inPath ?? parameter.description ?? parameter.schema?.description ?? QUERIES[parameter.name];
    if (inPath !== undefined) parameter.example = decodeURIComponent(values[at] ?? "");
    const value = parameter.in === "query" ? shown.get(parameter.name) : null;
    if (value !== null)
      parameter.example = ["integer", "number"].includes(parameter.schema?.type) ? Number(value) : value;
    if (parameter.schema !== undefined) delete parameter.schema.description;
  }
  const isTaken = answers === "person" || (answers === "either" && (path.startsWith("/v1/") || method === "post"));
  return isTaken ? [...parameters, actingUser(answers, first?.by)] : parameters;
}

/** The replies of an operation that says no, by status, each code with its schema. */
function problemsOf(operation: Operation): Json {
  const isAccess = operation.path.startsWith("/access/");
  const content = (schema: object) => ({
    [PROBLEM]: { schema },
    ...(isAccess && { [JSON_TYPE]: { schema } }),
  });
  const problems = [...codesOf(operation)].map(([status, codes]) => {
    const description = codes.map((code) => `\`${code}\`: ${PROBLEMS[code][1]}.`).join("\n\n");
    return [status, { description, content: content(schemaOf(codes)) }] as const;
  });
  const before = schemasOf(["method_not_allowed", "request_timeout", "headers_too_large"]);
  const fallback = {
    description: `\`method_not_allowed\`, \`request_timeout\`, \`headers_too_large\`: before it is known what is asked. Or a problem of a later version.${isAccess ? " As `application/json` where `Accept` names that and no problem." : ""}`,
    content: content({ anyOf: [...before, { $ref: "#/components/schemas/Problem" }] }),
  };
  return { ...Object.fromEntries(problems), ...(operation.answers !== "nobody" && { default: fallback }) };
}

const schemasOf = (codes: readonly ProblemCode[]) =>
  codes.map((code) => ({ $ref: `#/components/schemas/${nameOfProblem(code)}` }));

function schemaOf(codes: readonly ProblemCode[]): object {
  const refs = schemasOf(codes);
  const [only, ...more] = refs;
  if (only !== undefined && more.length === 0) return only;
  const mapping = Object.fromEntries(codes.map((code, n) => [code, refs[n]?.$ref]));
  return { oneOf: refs, discriminator: { propertyName: "code", mapping } };
}

/** Whether the reply of that status is a state with its number. */
function hasEtag({ responses }: Operation, status: string): boolean {
  const schema = (responses as Json)[status]?.content?.[JSON_TYPE]?.schema;
  const options: Json[] = schema?.options ?? [schema];
  return options.some((option) => option?.shape?.etag !== undefined);
}

function addExample(
  found: Json,
  name: string,
  { to, by, body, after, long }: Example,
  reply: Recorded[string][string] | undefined,
) {
  const summary = `${name[0]?.toUpperCase()}${name.slice(1)}`;
  const steps = (after === undefined ? [] : PREPARATIONS[after]).map(({ does }) => `\`${does}\``).join(", ");
  const asked = `\`${found.method ?? ""} ${to}\``.replace("` ", "`");
  const description = `${asked}${by === undefined ? "" : ` for ${by}`}, on the sample${steps && `, after ${steps}`}.`;
  const add = (media: Json, value: unknown, more = "") => {
    media.examples = { ...media.examples, [keyOf(name)]: { summary, description: description + more, value } };
  };
  for (const media of body === undefined ? [] : Object.values<Json>(found.requestBody.content)) add(media, body);
  if (reply === undefined) return;
  const contents = Object.entries<Json>(found.responses[reply.status].content ?? {});
  for (const [type, media] of contents)
    if (type.split(";", 1)[0] === reply.type) add(media, reply.body, long && " The beginning of it.");
}

/** A name in the document, which takes letters, digits and `.-_` alone. */
const keyOf = (name: string): string => name.replace(/[^\w]+/g, "-");
