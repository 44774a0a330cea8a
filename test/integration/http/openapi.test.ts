/** The API's description: valid, with every route and no other, true of every reply, and readable without a network. */
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import { inspectRoutes } from "hono/dev";
import { expect } from "vitest";
import { FAULTS } from "../../../src/http/problem.ts";
import { REFUSALS } from "../../../src/http/refusals.ts";
import { placeOfReply } from "../../support/reply-schemas.ts";
import { ask, OPEN_ROUTES, PUSH_ROUTE, ROUTES, seedRoutes, send, storesRoutes } from "../../support/routes.ts";
import { KEYS, type Service, test } from "../../support/service.ts";

const documentOf = async (service: Service) => (await send(service, "GET", "/openapi.json", undefined, {})).body;

/** Its operations by path and method, with the parameters and replies that they refer to. */
async function operationsOf(service: Service): Promise<Record<string, Record<string, Operation>>> {
  const { paths, components } = await documentOf(service);
  const resolved = (part: { $ref?: string }) => {
    const [kind = "", name = ""] = part.$ref?.split("/").slice(2) ?? [];
    return part.$ref === undefined ? part : components[kind][name];
  };
  for (const item of Object.values<Record<string, Operation>>(paths))
    for (const operation of Object.values(item)) {
      operation.parameters = operation.parameters?.map(resolved) ?? [];
      for (const [status, response] of Object.entries(operation.responses))
        operation.responses[status] = resolved(response);
    }
  return paths;
}

test("the document is valid OpenAPI 3.1, and every reference in it has a target", async ({ service }) => {
  const validator = new Validator();
  const document = await documentOf(service);
  expect(await validator.validate(structuredClone(document))).toMatchObject({ valid: true });
  expect([document.openapi, validator.version]).toEqual(["3.1.0", "3.1"]);
  for (const [, ref = ""] of JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)) {
    const found = ref
      .slice(2)
      .split("/")
      .reduce((at, part) => at?.[part], document);
    expect(found, ref).toBeDefined();
  }
  expect((await new Validator().validate({ ...document, paths: { nowhere: 1 } })).valid).toBe(false);
});

test("every served route is documented, and every documented one is served", async ({ service }) => {
  const served = inspectRoutes(service.app)
    .filter(({ isMiddleware, path }) => !isMiddleware && !/^\/($|docs|openapi\.json|favicon\.ico)/.test(path))
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
  const { paths } = await documentOf(service);
  const documented = Object.entries<object>(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect([...new Set(served)].sort()).toEqual(documented.sort());
});

type Parameter = { $ref?: string; in?: string; name: string; description?: string; required?: boolean };
type Operation = {
  operationId?: string;
  summary?: string;
  description?: string;
  tags: [string];
  parameters?: Parameter[];
  responses: Record<string, { $ref?: string; headers?: object }>;
  security?: unknown[];
};

test("every operation has a name of its own, for clients that are generated", async ({ service }) => {
  const { paths } = await documentOf(service);
  const operations = Object.entries<Record<string, { operationId?: string }>>(paths);
  const namesOf = (some: typeof operations) =>
    some.flatMap(([, item]) => Object.values(item)).map((operation) => operation.operationId);
  const names = namesOf(operations);
  const ofV1 = namesOf(operations.filter(([path]) => path.startsWith("/v1/")));
  expect(ofV1.filter((name) => !/^[a-z]+[A-Z]\w+$/.test(name ?? ""))).toEqual([]);
  expect(names.filter((name) => !/^[a-z]\w+$/.test(name ?? ""))).toEqual([]);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toEqual(expect.arrayContaining(["getOrganizationsPeopleByUser", "evaluate", "batchCheck"]));
});

test("every operation, parameter and group is described, and the licence is named", async ({ service }) => {
  const { tags, info } = await documentOf(service);
  expect(info.license).toEqual({ name: "Apache-2.0", identifier: "Apache-2.0" });
  for (const { name, description } of tags) expect(description, name).toMatch(/\w/);
  for (const [path, item] of Object.entries(await operationsOf(service)))
    for (const [method, { description, parameters = [] }] of Object.entries(item)) {
      expect(description, `${method} ${path}`).toMatch(/\w/);
      for (const parameter of parameters)
        expect(parameter.description, `${method} ${path} ${parameter.name}`).toMatch(/\w/);
    }
});

test("Acting-User is named where it is taken and nowhere else, and required where nothing is done without it", async ({
  service,
}) => {
  const world = await seedRoutes(service);
  const operations = await operationsOf(service);
  for (const name of Object.keys(ROUTES).filter((one) => one.includes(" /v1/"))) {
    const [method = "", path = ""] = name.split(" ");
    const parameter = operations[path]?.[method.toLowerCase()]?.parameters?.find(({ name }) => name === "Acting-User");
    if (parameter?.required) {
      const { status, body } = await ask(service, world, name, { key: KEYS.all });
      expect([status, body.code], name).toEqual([400, "acting_user_required"]);
    } else if (parameter === undefined && path !== "/v1/invitations/preview") {
      const { status, body } = await ask(service, world, name, { key: KEYS.all, user: "anna" });
      expect([status, body.code], name).toEqual([403, "insufficient_scope"]);
    }
  }
});

test("every operation has a summary and a tag of the list, and says which parameters and problems it has", async ({
  service,
}) => {
  const { tags } = await documentOf(service);
  const paths = await operationsOf(service);
  const names = tags.map(({ name }: { name: string }) => name);
  const used = new Set<string>();
  for (const [path, item] of Object.entries<Record<string, Operation>>(paths))
    for (const [method, operation] of Object.entries(item)) {
      const { summary, tags: own, parameters = [], responses, security } = operation;
      expect(summary, path).toMatch(/\w/);
      expect(names, path).toContain(own[0]);
      used.add(own[0]);
      const inPath = parameters.filter((one) => one.in === "path");
      expect(
        inPath.map(({ name }) => `{${name}}`),
        path,
      ).toEqual(path.match(/\{\w+\}/g) ?? []);
      const isOpen = [PUSH_ROUTE, ...OPEN_ROUTES].includes(`${method.toUpperCase()} ${path}`);
      if (isOpen) expect(security, path).toEqual([]);
      else expect(Object.keys(responses), path).toContain("default");
    }
  expect([...used].sort()).toEqual([...names].sort());
});

test("the document names every code of a problem, and the headers that say when to ask again and what is allowed", async ({
  service,
}) => {
  const { components } = await documentOf(service);
  const paths = await operationsOf(service);
  const { description } = components.schemas.Problem.properties.code;
  for (const code of [...Object.keys(FAULTS), ...Object.keys(REFUSALS)]) expect(description).toContain(`\`${code}\``);
  for (const [path, item] of Object.entries<Record<string, Operation>>(paths))
    for (const { responses } of Object.values(item)) {
      if (!("default" in responses)) continue;
      for (const [status, { headers }] of Object.entries(responses)) {
        const named = Object.keys(headers ?? {});
        expect(named, path).toEqual(expect.arrayContaining(["RateLimit", "RateLimit-Policy"]));
        expect(named.includes("Retry-After") && named.includes("Allow"), path).toBe(status === "default");
      }
    }
});

/** Holds replies to the document's schema for their route and status. */
async function replyCheck(service: Service) {
  const document = await documentOf(service);
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema(document, "api");
  const escaped = (part: string) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));
  return (name: string, status: number, body: unknown) => {
    const [method = "", path = ""] = name.split(" ");
    const { place, types } = placeOfReply(document, path, method.toLowerCase(), status);
    expect(types, `${name} ${status}`).not.toEqual([]);
    const [type = ""] = types;
    // OpenFGA's API has errors of its own shape
    const isProblem = status >= 400 && !path.startsWith("/stores");
    expect(type === "application/problem+json", `${name} ${status}`).toBe(isProblem);
    const parts = [...place, "content", type, "schema"];
    const validate = ajv.compile({ $ref: `api#/${parts.map(escaped).join("/")}` });
    expect(validate(body) ? [] : validate.errors, `${name} ${status} ${JSON.stringify(body)}`).toEqual([]);
  };
}

test("every reply, allowed or refused, matches the document for its route and status", async ({ service }) => {
  const world = await seedRoutes(service);
  const check = await replyCheck(service);
  const statuses = new Set<number>();
  for (const name of OPEN_ROUTES) {
    const { status, body, text } = await send(service, "GET", name.slice(4), undefined, {});
    // metrics are text, everything else is JSON
    check(name, status, body ?? text);
  }
  for (const [name, { path, body }] of Object.entries(storesRoutes(service)))
    for (const key of [undefined, KEYS.check, KEYS.admin]) {
      const reply = await send(service, name.split(" ")[0] ?? "", path, body, { key });
      check(name, reply.status, reply.body);
      statuses.add(reply.status);
    }
  for (const [name, route] of Object.entries(ROUTES)) {
    const asked = [
      undefined,
      {},
      { key: KEYS.check },
      { key: KEYS.admin },
      { key: KEYS.manage, user: "otto" },
    ] as const;
    for (const as of [...asked.slice(1), undefined]) {
      if (as !== undefined && "user" in as && route.path(world).endsWith("/people/otto")) continue;
      const { status, body, text } = await ask(service, world, name, as);
      // lines of JSON are text as well
      check(name, status, body ?? text);
      statuses.add(status);
    }
  }
  expect([...statuses].sort()).toEqual(expect.arrayContaining([200, 201, 400, 401, 403, 409, 429, 501]));
});

test("dry runs, confirmations, repeats and creations are documented too", async ({ service }) => {
  const world = await seedRoutes(service);
  const check = await replyCheck(service);
  const invite = "POST /v1/organizations/{org}/cooperations";
  const cooperations = "/v1/organizations/sunward/cooperations";
  const did = async (name: string, user: string, path: string, body: object | undefined, expected: number) => {
    const [method = ""] = name.split(" ");
    const reply = await service.as(user, method, path, body);
    expect(reply.status, JSON.stringify(reply.body)).toBe(expected);
    check(name, reply.status, reply.body);
  };
  await did(invite, "anna", cooperations, { email: "ben@brightfix.example" }, 200);
  await did(invite, "anna", `${cooperations}?dry_run=true`, { email: "x@y.example" }, 200);
  const share = { resource: "plant:7", role: "asset_manager" };
  const shares = "POST /v1/cooperations/{id}/shares";
  await did(shares, "anna", `/v1/cooperations/${world.active}/shares`, share, 200);
  await did(
    shares,
    "anna",
    `/v1/cooperations/${world.active}/shares?dry_run=true`,
    { ...share, resource: "plant:8" },
    200,
  );
  const delegation = "PUT /v1/shares/{id}/delegations/{user}";
  const eva = `/v1/shares/${world.share}/delegations/eva`;
  await did(delegation, "ben", `${eva}?dry_run=true`, { role: "asset_manager" }, 200);
  await did(delegation, "ben", eva, { role: "asset_manager", expires_at: "2099-01-01T00:00:00Z" }, 201);
  await did(delegation, "ben", eva, { role: "viewer" }, 200);
  await did("PATCH /v1/shares/{id}", "anna", `/v1/shares/${world.share}`, { role: "viewer" }, 200);
  await did(
    "GET /v1/organizations/{org}/people/{user}",
    "ben",
    "/v1/organizations/brightfix/people/eva",
    undefined,
    200,
  );
  const received = "GET /v1/organizations/{org}/incoming-shares";
  await did(received, "ben", "/v1/organizations/brightfix/incoming-shares", undefined, 200);
  const plant = "PUT /v1/plants/{id}";
  await did(plant, "anna", "/v1/plants/7?dry_run=true", { owner: "sunward", portfolio: "north" }, 200);
  const created = await service.admin("PUT", "/v1/plants/9", { owner: "sunward" });
  check(plant, created.status, created.body);
  for (const [user, action, decision] of [
    ["ben", "view", true],
    ["tom", "manage_commercial", false],
    ["lea", "view", false],
    ["ben", "fly", false],
  ] as const) {
    const question = { subject: { type: "user", id: user }, action: { name: action } };
    const explained = await service.admin("POST", "/v1/explain", { ...question, resource: { type: "plant", id: "7" } });
    expect([explained.status, explained.body.decision], user).toEqual([200, decision]);
    check("POST /v1/explain", explained.status, explained.body);
  }
});

test("the viewer loads from its own origin alone, and every file it names is there", async ({ service }) => {
  const page = await send(service, "GET", "/docs", undefined, {});
  expect([page.status, page.headers.get("Content-Type")]).toEqual([200, expect.stringMatching(/^text\/html/)]);
  const policy = page.headers.get("Content-Security-Policy") ?? "";
  expect(policy).toContain("default-src 'self'");
  expect(policy).not.toMatch(/https?:|\*|script-src[^;]*unsafe/);
  const named = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = ""]) => path);
  expect(named.length).toBeGreaterThan(2);
  for (const name of named.filter((one) => one !== "openapi.json")) {
    expect(name).toMatch(/^docs\//);
    const path = `/${name}`;
    const file = await send(service, "GET", path, undefined, {});
    expect([file.status, file.text.length > 0, file.headers.get("X-Content-Type-Options")], path).toEqual([
      200,
      true,
      "nosniff",
    ]);
    expect(file.headers.get("Content-Type"), path).toMatch(path.endsWith(".css") ? /^text\/css/ : /^text\/javascript/);
  }
  const start = await send(service, "GET", "/docs/start.js", undefined, {});
  expect(start.text).toContain('"openapi.json"');
  expect(start.text).not.toMatch(/https?:/);
  expect((await send(service, "GET", "/docs/nothing.js", undefined, {})).status).toBe(404);
});

test("no key and no secret is in the document", async ({ service }) => {
  const text = JSON.stringify(await documentOf(service));
  for (const secret of [...Object.values(KEYS), service.deps.invitation.secret]) expect(text).not.toContain(secret);
  expect(text).toContain("https://concordat.example");
});
