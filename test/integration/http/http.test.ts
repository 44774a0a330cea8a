/** What HTTP asks of every route alike: methods, encodings, request ids, the length of a refusal, the pages at the front. */
import { gzipSync } from "node:zlib";
import { expect } from "vitest";
import { loggable } from "../../../src/http/request-id.ts";
import { startProcess } from "../../support/process.ts";
import { rawConnection, replyIn } from "../../support/raw-http.ts";
import { ask, everything, ROUTES, seedRoutes, send, storesRoutes, type World } from "../../support/routes.ts";
import { cooperate, KEYS, type Service, seedWorld, test } from "../../support/service.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const NOT_DOCUMENTED = ["/", "/favicon.ico", "/openapi.json", "/docs", "/docs/", "/docs/start.js"];

/** Every route that takes a body, as a request that it would answer. */
function taking(service: Service, world: World) {
  const own = Object.entries(ROUTES).flatMap(([name, { by, path, body, headers = {} }]) => {
    const asked =
      by === "a service"
        ? { key: KEYS.admin }
        : by === "a checker"
          ? { key: KEYS.check }
          : { key: KEYS.manage, user: by };
    return body === undefined ? [] : [{ name, path: path(world), body: body(world), asked, headers }];
  });
  const stores = Object.entries(storesRoutes(service)).flatMap(([name, { path, body, isOffered }]) =>
    body === undefined || isOffered === false ? [] : [{ name, path, body, asked: { key: KEYS.admin }, headers: {} }],
  );
  return [...own, ...stores].map((one) => ({ ...one, method: one.name.split(" ")[0] ?? "" }));
}

/** A request without a body, whose reply may have none. */
async function asked({ app }: Service, method: string, path: string, key: string) {
  const reply = await app.request(path, { method, headers: { Authorization: `Bearer ${key}` } });
  const text = await reply.text();
  return {
    status: reply.status,
    headers: reply.headers,
    text,
    body: text.startsWith("{") ? JSON.parse(text) : undefined,
  };
}

test("an unknown method gets a 405 that names the allowed ones, on every path, and changes nothing", async ({
  service,
}) => {
  const world = await seedRoutes(service);
  const { paths } = (await send(service, "GET", "/openapi.json", undefined, {})).body;
  const before = await everything(service);
  const documented = Object.entries<object>(paths).map(([path, item]) => [
    path,
    Object.keys(item).map((method) => method.toUpperCase()),
  ]) as [string, string[]][];
  const all = [...documented, ...NOT_DOCUMENTED.map((path) => [path, ["GET"]] as [string, string[]])];
  expect(all.length).toBeGreaterThan(60);
  for (const [pattern, taken] of all) {
    const path = pattern
      .replace("{store_id}", service.deps.engine.api.storeId)
      .replace("{id}", pattern.includes("plants") ? "7" : world.active)
      .replace(/\{\w+\}/g, "x");
    const allow = [...taken, ...(taken.includes("GET") ? ["HEAD"] : []), "OPTIONS"].sort();
    for (const method of METHODS.filter((one) => !allow.includes(one) || one === "OPTIONS")) {
      const reply = await asked(service, method, path, KEYS.all);
      const what = `${method} ${path}`;
      expect(reply.headers.get("Allow")?.split(", ").sort(), what).toEqual(allow);
      if (method === "OPTIONS") expect([reply.status, reply.text], what).toEqual([204, ""]);
      else if (method === "HEAD") expect(reply.status, what).toBe(405);
      else if (path.startsWith("/stores"))
        expect([reply.status, reply.body], what).toEqual([
          405,
          { code: "unimplemented", message: "Method Not Allowed" },
        ]);
      else expect([reply.status, reply.body?.code], what).toEqual([405, "method_not_allowed"]);
    }
  }
  // where nothing is, no method is right, and who is not known learns of no method
  expect((await send(service, "PATCH", "/nowhere", undefined, {})).status).toBe(404);
  for (const path of ["/v1/me", "/access/v1/evaluation", "/stores"])
    expect((await send(service, "PATCH", path, undefined, {})).status, path).toBe(401);
  expect(await everything(service)).toEqual(before);
});

test("HEAD answers like GET, without the body", async ({ service }) => {
  await seedWorld(service);
  for (const path of ["/", "/livez", "/docs", "/openapi.json", "/v1/organizations/sunward", "/stores"]) {
    const get = await asked(service, "GET", path, KEYS.admin);
    const head = await asked(service, "HEAD", path, KEYS.admin);
    expect([head.status, head.text, head.headers.get("ETag")], path).toEqual([get.status, "", get.headers.get("ETag")]);
  }
});

test("a compressed body gets a 415 that names what is accepted, on every route, and changes nothing", async ({
  service,
}) => {
  const world = await seedRoutes(service);
  const before = await everything(service);
  const json = { "Content-Type": "application/json" };
  for (const { name, method, path, body, asked, headers } of taking(service, world)) {
    const bytes = gzipSync(JSON.stringify(body));
    for (const encoding of ["gzip", "br", "identity, gzip"]) {
      const more = { headers: { ...json, ...headers, "Content-Encoding": encoding } };
      const reply = await send(service, method, path, bytes, { ...asked, ...more });
      expect([reply.status, reply.headers.get("Accept-Encoding")], `${name} ${encoding}`).toEqual([415, "identity"]);
      expect(reply.body.code, name).toBe(path.startsWith("/stores") ? "validation_error" : "unsupported_media_type");
    }
  }
  expect(await everything(service)).toEqual(before);
  const headers = { "Content-Encoding": "identity" };
  const reply = await ask(service, world, "POST /access/v1/evaluation", { key: KEYS.check, headers });
  expect([reply.status, reply.body]).toEqual([200, { decision: true }]);
});

test("a repeated member is refused on every route with its pointer, and nothing changes", async ({ service }) => {
  const world = await seedRoutes(service);
  const before = await everything(service);
  for (const { name, method, path, body, asked, headers } of taking(service, world)) {
    const [first = "", value] = Object.entries(body)[0] ?? [];
    const text = JSON.stringify(body).replace("{", `{${JSON.stringify(first)}:${JSON.stringify(value)},`);
    const json = { "Content-Type": "application/json", ...headers };
    const reply = await send(service, method, path, text, { ...asked, headers: json });
    if (name === "POST /v1/import") {
      const [refused] = reply.text.split("\n").map((line) => line && JSON.parse(line));
      const errors = [{ pointer: `/${first}`, detail: "is named twice" }];
      expect(refused).toEqual({ event: "refused", line: 1, code: "invalid_request", errors });
    } else if (path.startsWith("/stores"))
      expect([reply.status, reply.body], name).toEqual([
        400,
        { code: "validation_error", message: `/${first} is named twice` },
      ]);
    else
      expect([reply.status, reply.body.errors], name).toEqual([
        400,
        [{ pointer: `/${first}`, detail: "is named twice" }],
      ]);
  }
  expect(await everything(service)).toEqual(before);
});

test("a question with two subjects is refused, so that the last of them never decides", async ({ service }) => {
  await seedWorld(service);
  const rest = '"action":{"name":"view"},"resource":{"type":"plant","id":"7"}';
  const anna = '"subject":{"type":"user","id":"anna"}';
  const two = `{"subject":{"type":"user","id":"mal"},${anna},${rest}}`;
  const headers = { "Content-Type": "application/json", "Content-Length": String(two.length) };
  for (const path of ["/access/v1/evaluation", "/access/v1/evaluations"]) {
    const asked = (text: string) =>
      send(service, "POST", path, text, {
        key: KEYS.check,
        headers: { ...headers, "Content-Length": String(text.length) },
      });
    expect((await asked(two)).status, path).toBe(400);
    expect((await asked(`{${anna},${rest}}`)).body, path).toEqual({ decision: true });
  }
});

test("a refusal lists at most twenty errors and says how many more there are, wherever it lists any", async ({
  service,
}) => {
  await seedWorld(service);
  const { id } = await cooperate(service, []);
  const unknown = Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`m${n}`, 1]));
  const reply = await service.as("anna", "POST", `/v1/cooperations/${id}/pause`, unknown);
  expect([reply.status, reply.body.errors.length, reply.body.more_errors]).toEqual([400, 20, 19_980]);
  const query = Array.from({ length: 30 }, (_, n) => `q${n}=1`).join("&");
  const inQuery = await service.admin("GET", `/v1/organizations/sunward?${query}`);
  expect([inQuery.status, inQuery.body.errors.length, inQuery.body.more_errors]).toEqual([400, 20, 10]);
  const few = await service.as("anna", "POST", `/v1/cooperations/${id}/pause`, { a: 1, b: 1 });
  expect([few.body.errors.length, "more_errors" in few.body]).toEqual([2, false]);

  const line = JSON.stringify({ kind: "organization", id: "x", name: "X", ...unknown }).slice(0, 30_000);
  const whole = `${line.slice(0, line.lastIndexOf(","))}}\n`;
  const imported = await send(service, "POST", "/v1/import", whole, {
    key: KEYS.admin,
    headers: { "Content-Type": "application/x-ndjson" },
  });
  const [refused] = imported.text.split("\n").map((event) => event && JSON.parse(event));
  expect([refused.event, refused.errors.length, refused.more_errors > 1000]).toEqual(["refused", 20, true]);

  const { path } = storesRoutes(service)["POST /stores/{store_id}/write"] ?? { path: "" };
  for (const body of [
    { writes: { tuple_keys: Array.from({ length: 20_000 }, () => ({})) } },
    { writes: { tuple_keys: [{ user: "user:otto", relation: "viewer", object: "plant:7", ...unknown }] } },
    {
      writes: {
        tuple_keys: Array.from({ length: 90 }, (_, n) => ({
          user: `user:p${n}`,
          relation: "can_view",
          object: "plant:7",
        })),
      },
    },
  ]) {
    const { status, body: error } = await send(service, "POST", path, body, { key: KEYS.admin });
    const lines = error.message.split("\n");
    expect([status, lines.length, lines.at(-1)]).toEqual([400, 21, expect.stringMatching(/^and \d+ more$/)]);
  }
});

test("a path with escaped fixed parts is not found, and an id in a path is decoded exactly once", async ({
  service,
}) => {
  await seedWorld(service);
  for (const path of [
    "/%6detrics",
    "/%72eadyz",
    "/%76%31/doctor",
    "/v1/%64octor",
    "/v1/exp%6frt",
    "/%73tores",
    "/%61ccess/v1/evaluation",
    "/access/v1/%65valuation",
    "/v1%2Fdoctor",
  ]) {
    const method = path.includes("valuation") ? "POST" : "GET";
    const reply = await send(service, method, path, method === "POST" ? {} : undefined, { key: KEYS.all });
    expect(reply.status, path).toBe(404);
  }
  const plain = await service.admin("GET", "/v1/organizations/sunward");
  expect((await service.admin("GET", "/v1/organizations/%73unward")).body).toEqual(plain.body);
  // an escape that is escaped is an id with a per cent sign in it
  expect((await service.admin("GET", "/v1/organizations/%2573unward")).status).toBe(404);
});

test("malformed HTTP is refused with a reason; a request target in raw UTF-8 is accepted and names no other id", async () => {
  const { url } = await startProcess();
  const get = async (path: string, version = "HTTP/1.1") => {
    const connection = await rawConnection(url);
    const key = `Authorization: Bearer ${KEYS.admin}`;
    connection.write(`GET ${path} ${version}\r\nHost: concordat\r\n${key}\r\nConnection: close\r\n\r\n`);
    return replyIn(await connection.rest());
  };
  for (const path of ["/v1/organizations/\xc3\xbc", "/v1/organizations/x/resources?search=\xc3\xbc"])
    expect(await get(path), path).toMatchObject({
      status: 400,
      body: { code: "invalid_request", detail: expect.stringMatching(/url/i) },
    });
  expect(await get("/livez", "HTTQ/1.1")).toMatchObject({ status: 400, body: { detail: expect.stringMatching(/./) } });
  expect((await get("/v1/organizations/%C3%BC")).status).toBe(404);
});

test("X-Request-ID is returned byte for byte, and written to log and history in printable characters", async () => {
  const { url, printed, output } = await startProcess();
  const sent = [
    "a b",
    "bfe9eb29-ab87-4ca3-be83-a1d5d8305716",
    "x".repeat(200),
    "tab\there",
    "\xc3\xa9\x85\x9b31m",
    'quote"\\back',
    "y".repeat(5000),
  ];
  const requests = [
    ["GET", "/livez", ""],
    ["PUT", "/v1/organizations/sunward", '{"name":"Sunward"}'],
    ["GET", "/v1/nowhere", ""],
    ["POST", "/access/v1/evaluation", "{}"],
    ["POST", "/stores", "{}"],
  ] as const;
  for (const id of sent) {
    for (const [method, path, body] of requests) {
      const connection = await rawConnection(url);
      const head = [`${method} ${path} HTTP/1.1`, "Host: concordat", "Connection: close", `X-Request-ID: ${id}`];
      const length = ["Content-Type: application/json", `Content-Length: ${body.length}`];
      connection.write(`${[...head, ...length, `Authorization: Bearer ${KEYS.all}`].join("\r\n")}\r\n\r\n${body}`);
      const came = await connection.rest();
      expect(/^x-request-id: (.*)\r$/im.exec(came)?.[1], `${method} ${path}`).toBe(id);
      expect(Number(came.split(" ")[1]), `${method} ${path}`).toBeLessThan(502);
    }
    const escaped = JSON.stringify(loggable(id)).replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
    await printed(new RegExp(`"request_id":${escaped},"key":"all","method":"PUT"`));
  }
  // the log holds only JSON, one line each
  expect(output()).toMatch(/^[\x20-\x7e\n]*$/);
  const headers = { Authorization: `Bearer ${KEYS.admin}` };
  const history = await fetch(`${url}/v1/organizations/sunward/history?limit=200`, { headers });
  const { items } = (await history.json()) as { items: { request_id: string }[] };
  // the first created it, and the others changed nothing
  expect(items.map(({ request_id }) => request_id)).toEqual(["a b"]);
});

test("the front page says what the service is and links its pages, which all exist", async ({ service }) => {
  const front = (Accept?: string) => send(service, "GET", "/", undefined, { headers: Accept ? { Accept } : {} });
  const json = await front("application/json");
  expect(json.headers.get("Vary")).toBe("Accept");
  const { what, ...pages } = json.body;
  expect(what).toMatch(/^Concordat/);
  const text = await front();
  expect(text.headers.get("Content-Type")).toMatch(/^text\/plain/);
  expect((await front("text/html,*/*;q=0.8")).text).toBe(text.text);
  expect(Object.values(pages)).toContain("/docs");
  for (const page of Object.values<string>(pages)) {
    expect(text.text).toContain(page);
    expect((await send(service, "GET", page, undefined, {})).status, page).toBe(200);
  }
  const icon = await send(service, "GET", "/favicon.ico", undefined, {});
  expect([icon.status, icon.text]).toEqual([204, ""]);
  const slash = await send(service, "GET", "/docs/", undefined, {});
  expect([slash.status, slash.headers.get("Location")]).toEqual([308, "../docs"]);
});

test("the viewer and its document use no absolute address, so they work under any host and prefix", async ({
  service,
}) => {
  const { text } = await send(service, "GET", "/docs", undefined, {});
  for (const prefix of ["http://localhost:3000/", "https://second.example/concordat/"]) {
    const page = new URL("docs", prefix);
    const named = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address = ""]) => new URL(address, page).href);
    const own = ["docs/swagger-ui.css", "openapi.json", "docs/swagger-ui-bundle.js", "docs/start.js"];
    expect(named).toEqual(own.map((address) => prefix + address));
    const start = await send(service, "GET", "/docs/start.js", undefined, {});
    const [, url = ""] = /url: "([^"]+)"/.exec(start.text) ?? [];
    const document = (await send(service, "GET", "/openapi.json", undefined, {})).body;
    expect(new URL(document.servers[0].url, new URL(url, page)).href).toBe(prefix);
    expect(document.servers[1].url).toBe("https://concordat.example");
  }
  expect(text).toMatch(/<div id="ui">/);
  expect(text).toMatch(/<noscript>.*openapi\.json/);
  expect((await send(service, "GET", "/docs/start.js", undefined, {})).text).toContain('docExpansion: "none"');
});
