/**
 * Holds replies of an app to its own OpenAPI document, whatever test asked for them: everything JSON under `/v1` and
 * `/access` is what the document says of its route and status, to the last member.
 */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { expect } from "vitest";
import type { createApp } from "../../src/app.ts";

type App = ReturnType<typeof createApp>;
type Document = { paths: Record<string, Record<string, { responses: Record<string, { content?: object }> }>> };
type Route = { pattern: RegExp; path: string; method: string; responses: Record<string, { content?: object }> };

/** The document is the same for every app but for its URL, and its schemas take long to compile. */
let known: Promise<(method: string, path: string, status: number, type: string) => ValidateFunction | undefined>;

async function schemasOf(app: App): ReturnType<() => typeof known> {
  const document = (await (await app.request("/openapi.json")).json()) as Document;
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
    const at = String(status) in route.responses ? String(status) : "default";
    const content = route.responses[at]?.content ?? {};
    expect(Object.keys(content), `${method} ${route.path} ${status}`).toContain(type);
    const parts = ["paths", route.path, route.method, "responses", at, "content", type, "schema"].map(escaped);
    const ref = `api#/${parts.join("/")}`;
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
    if (!/^\/(v1|access)\//.test(pathname) || !/^application\/(problem\+)?json$/.test(type)) return reply;
    known ??= schemasOf(app);
    const validate = (await known)(request.method, pathname, reply.status, type);
    if (validate === undefined) return reply;
    const text = await reply.clone().text();
    const problems = validate(JSON.parse(text)) ? [] : validate.errors;
    expect(problems, `${request.method} ${pathname} ${reply.status} ${text.slice(0, 500)}`).toEqual([]);
    return reply;
  };
  return app;
}
