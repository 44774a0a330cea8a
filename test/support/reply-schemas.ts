/**
 * Holds replies of an app to the OpenAPI document, whatever test asked for them: everything JSON under `/v1`,
 * `/access` and `/stores` is what the document says of its route and status, to the last member of what is ours. An
 * operation names each of its errors; only what is answered before an operation is known may be left to `default`.
 */
import { readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { expect } from "vitest";
import type { createApp } from "../../src/app.ts";

type App = ReturnType<typeof createApp>;
type Responses = Record<string, { content?: object; $ref?: string }>;
type Document = {
  paths: Record<string, Record<string, { responses: Responses }>>;
  components: { responses: Responses };
};
type Route = { pattern: RegExp; path: string; method: string; responses: Responses };

/** Answered before it is known what is asked: another method, a request that never ends, too many headers. */
const BEFORE_OPERATIONS = [405, 408, 431];

/** Where a reply of a route is in the document, through references: the parts of its pointer, and its media types. */
export function placeOfReply(document: Document, path: string, method: string, status: number) {
  const { responses = {} } = document.paths[path]?.[method] ?? {};
  const at = String(status) in responses ? String(status) : "default";
  const name = responses[at]?.$ref?.split("/").at(-1);
  const response = name === undefined ? responses[at] : document.components.responses[name];
  const place = name === undefined ? ["paths", path, method, "responses", at] : ["components", "responses", name];
  return { at, place, types: Object.keys(response?.content ?? {}) };
}

/** Read from the file that the service serves, not asked for: it would be a request that the test has not made. Its schemas take long to compile. */
let known: (method: string, path: string, status: number, type: string) => ValidateFunction | undefined;

function schemas(): typeof known {
  const document: Document = JSON.parse(readFileSync(new URL("../../openapi.json", import.meta.url), "utf8"));
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema(document, "api");
  const escaped = (part: string) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));
  const routes = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { responses }]): Route => {
      const pattern = new RegExp(`^${path.replaceAll(".", "\\.").replace(/\{\w+\}/g, "[^/]+")}$`);
      return { pattern, path, method, responses };
    }),
  );
  const compiled = new Map<string, ValidateFunction>();
  return (method, path, status, type) => {
    const route = routes.find((one) => one.method === method.toLowerCase() && one.pattern.test(path));
    if (route === undefined) return undefined;
    const { at, place, types } = placeOfReply(document, route.path, route.method, status);
    expect(types, `${method} ${route.path} ${status}`).toContain(type);
    if (at === "default")
      expect(BEFORE_OPERATIONS, `${method} ${route.path} ${status} is not listed`).toContain(status);
    const ref = `api#/${[...place, "content", type, "schema"].map(escaped).join("/")}`;
    const validate = compiled.get(ref) ?? ajv.compile({ $ref: ref });
    compiled.set(ref, validate);
    return validate;
  };
}

/** The app, with every reply held to the document. */
export function held(app: App): App {
  const answer = app.fetch;
  app.fetch = async (request, ...rest) => {
    const reply = await answer(request, ...rest);
    const { pathname } = new URL(request.url);
    const [type = ""] = (reply.headers.get("Content-Type") ?? "").split(";", 1);
    if (!/^\/(v1|access|stores)(\/|$)/.test(pathname) || !/^application\/(problem\+)?json$/.test(type)) return reply;
    known ??= schemas();
    const validate = known(request.method, pathname, reply.status, type);
    if (validate === undefined) return reply;
    // a line for each object, read while it is made: whoever reads it here would wait for its end
    if (pathname.endsWith("/streamed-list-objects") && reply.status === 200) return reply;
    const text = await reply.clone().text();
    const problems = validate(JSON.parse(text)) ? [] : validate.errors;
    expect(problems, `${request.method} ${pathname} ${reply.status} ${text.slice(0, 500)}`).toEqual([]);
    return reply;
  };
  return app;
}
