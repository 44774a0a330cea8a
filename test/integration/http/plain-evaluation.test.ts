/** A plain evaluation is answered before the app, and its reply is the app's own; all else is left to the app, as it was sent. */
import { expect } from "vitest";
import { EngineUnavailable } from "../../../src/faults.ts";
import { listen } from "../../support/listening.ts";
import { rawConnection, replyIn } from "../../support/raw-http.ts";
import { createService, KEYS, type Service, seedWorld, test, withKeys } from "../../support/service.ts";

const BOUND = "a-key-bound-to-brightfix";
const QUESTION = question("anna");

function question(user: string, more: object = {}): string {
  const asked = { subject: { type: "user", id: user }, action: { name: "view" }, resource: { type: "plant", id: "7" } };
  return JSON.stringify({ ...asked, ...more });
}

/** The request that is plain, with these header lines in place of its own. */
function request(
  body = QUESTION,
  lines: string[] = [],
  { key = KEYS.check as string, target = "/access/v1/evaluation" } = {},
) {
  const names = lines.map((line) => line.split(":", 1)[0]);
  const own = [
    "Host: localhost:8080",
    `Authorization: Bearer ${key}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body, "latin1")}`,
    "X-Request-ID: r-1",
    "Connection: close",
  ].filter((line) => !names.includes(line.split(":", 1)[0]));
  return `POST ${target} HTTP/1.1\r\n${[...own, ...lines].join("\r\n")}\r\n\r\n${body}`;
}

/** Answered before the app: every one with a decision. */
const PLAIN: Record<string, string> = {
  "a yes": request(),
  "a no": request(question("nobody")),
  "a denial": request(question("anna", { action: { name: "fly" } })),
  "an id that no engine holds": request(question("an na")),
  "a type that is not known": request(question("anna", { resource: { type: "moon", id: "7" } })),
  "an id beyond ASCII": request(Buffer.from(question("änna")).toString("latin1")),
  "members that nobody reads": request(question("anna", { context: { current_time: "x" }, more: [1] })),
  "a charset": request(QUESTION, ["Content-Type: application/json; charset=utf-8"]),
  "an admin's key": request(QUESTION, [], { key: KEYS.admin }),
  "a bearer in small letters": request(QUESTION, [`Authorization: bearer  ${KEYS.check} `]),
  "a request id with spaces": request(QUESTION, ["X-Request-ID: a b  c"]),
  "a body in UTF-8 with its mark": request(`\xef\xbb\xbf${QUESTION}`),
};

/** The app's, with a decision or without. */
const ORDINARY: Record<string, string> = {
  "no key": request(QUESTION, ["Authorization: none"]),
  "another key": request(QUESTION, [], { key: "another-key-of-the-tests" }),
  "a key without the scope": request(QUESTION, [], { key: KEYS.manage }),
  "a key and another one": request(QUESTION, [`Authorization: Bearer ${KEYS.check}`, "Authorization: Bearer x"]),
  "two content types": request(QUESTION, ["Content-Type: application/json", "Content-Type: text/plain"]),
  "an acting user": request(QUESTION, ["Acting-User: user:anna"]),
  "no JSON by its type": request(QUESTION, ["Content-Type: text/plain"]),
  "no type": request(QUESTION, ["Content-Type:"]),
  "a compressed body": request(QUESTION, ["Content-Encoding: gzip"]),
  "an unprintable request id": request(QUESTION, ["X-Request-ID: \xe4"]),
  "a request id that is too long": request(QUESTION, [`X-Request-ID: ${"x".repeat(300)}`]),
  "a body that is too long": request(" ".repeat(256 * 1024 + 1)),
  "a chunked body": request("", ["Transfer-Encoding: chunked"]).replace(
    /Content-Length: 0\r\n(.*)$/s,
    `$1${Buffer.byteLength(QUESTION).toString(16)}\r\n${QUESTION}\r\n0\r\n\r\n`,
  ),
  "a host that is none": request(QUESTION, ["Host: a b"]),
  "a host in capitals": request(QUESTION, ["Host: LOCALHOST"]),
  "a query": request(QUESTION, [], { target: "/access/v1/evaluation?x" }),
  "an absolute target": request(QUESTION, [], { target: "http://localhost/access/v1/evaluation" }),
  "an escape in the path": request(QUESTION, [], { target: "/access/v1/%65valuation" }),
  "another method": request().replace("POST", "PUT"),
  // these are read first, and then the app's
  "an empty body": request(""),
  "no JSON": request("{"),
  "bytes that are no UTF-8": request(question("\xff")),
  "a member that is named twice": request(QUESTION.replace("{", '{"subject":1,')),
  "a member that is missing": request(question("anna", { subject: undefined })),
  "a list": request("[]"),
  "a key that is bound elsewhere": request(QUESTION, [], { key: BOUND }),
  "an error in JSON alone": request("{}", ["Accept: application/json"]),
};

/** Of every reply; the others of an ordinary one are for browsers. */
const SAME = [
  "Content-Type",
  "Content-Length",
  "Cache-Control",
  "X-Content-Type-Options",
  "X-Request-ID",
  "Connection",
];

/** The service with a bound key beside its own, and what it logs. */
function logging(service: Service, changes: Partial<Service["deps"]> = {}) {
  const logged: string[] = [];
  const log = (level: string, event: string) => void logged.push(`${level} ${event}`);
  const bound = { name: "bound", scopes: ["check" as const], organizations: ["brightfix"], key: BOUND };
  return { service: withKeys(service, [bound], { log, ...changes }), logged };
}

async function answer(url: string, text: string) {
  const connection = await rawConnection(url);
  connection.write(text);
  return replyIn(await connection.rest());
}

test("a plain evaluation is answered before the app, and every reply is as the app's own", async ({ service }) => {
  await seedWorld(service);
  const { service: asked, logged } = logging(service);
  const [quick, ordinary] = [await listen(asked), await listen(asked, { isOrdinary: true })];
  for (const [name, text] of Object.entries({ ...PLAIN, ...ORDINARY })) {
    const wanted = await answer(ordinary.url, text);
    logged.length = 0;
    const is = await answer(quick.url, text);
    expect([is.status, is.body], name).toEqual([wanted.status, wanted.body]);
    const names = name in PLAIN ? SAME : [...wanted.headers.keys()].filter((header) => header !== "date");
    for (const header of names) expect(is.headers.get(header), `${name}: ${header}`).toBe(wanted.headers.get(header));
    if (name in PLAIN) expect(is.body, name).toHaveProperty("decision");
    // a host that is none is refused before the app as well
    if (name !== "a host that is none") expect(logged.length, `${name}: ${logged}`).toBe(name in PLAIN ? 0 : 1);
  }
  await Promise.all([quick.close(), ordinary.close()]);
});

test("requests of one connection are answered in their order, plain or not", async ({ service }) => {
  await seedWorld(service);
  const { url, close } = await listen(service);
  const connection = await rawConnection(url);
  const kept = (user: string, id: string) => request(question(user), [`X-Request-ID: ${id}`, "Connection: keep-alive"]);
  connection.write(
    kept("anna", "1") + kept("nobody", "2") + request("{", ["X-Request-ID: 3", "Connection: keep-alive"]),
  );
  connection.write(request(QUESTION, ["X-Request-ID: 4"]));
  const came = await connection.rest();
  expect([...came.matchAll(/^x-request-id: (.*)\r$/gim)].map(([, id]) => id)).toEqual(["1", "2", "3", "4"]);
  expect([...came.matchAll(/"decision":(\w+)/g)].map(([, decision]) => decision)).toEqual(["true", "false", "true"]);
  await close();
});

test("an engine that fails is asked once, and the reply is a fault with the request's id", async ({ service }) => {
  await seedWorld(service);
  let asked = 0;
  const check = async () => {
    asked++;
    throw new EngineUnavailable("it does not answer");
  };
  const { service: failing, logged } = logging(service, {
    checker: { ...service.deps.checker, check },
  });
  const { url, close } = await listen(failing);
  const { status, headers, body } = await answer(url, request());
  expect([status, headers.get("Retry-After"), headers.get("X-Request-ID")]).toEqual([503, "1", "r-1"]);
  expect(body.code).toBe("engine_unavailable");
  expect(asked).toBe(1);
  expect(logged).toEqual(["error engine_unavailable", "info request"]);
  await close();
});

test("a caller that leaves ends the work for it, and is no failure of ours", async ({ service }) => {
  await seedWorld(service);
  const signals: (AbortSignal | undefined)[] = [];
  const check: Service["deps"]["checker"]["check"] = async (_, signal) => {
    const gone = signal?.();
    signals.push(gone);
    await new Promise((resolve) => gone?.addEventListener("abort", resolve));
    throw new EngineUnavailable("aborted");
  };
  const { service: waiting, logged } = logging(service, { checker: { ...service.deps.checker, check } });
  const { url, close } = await listen(waiting);
  const caller = await rawConnection(url);
  caller.write(request());
  await expect.poll(() => signals.length).toBe(1);
  expect(signals[0]?.aborted).toBe(false);
  caller.socket.destroy();
  await expect.poll(() => logged).toContain("info caller_gone");
  expect(signals[0]?.aborted).toBe(true);

  logged.length = 0;
  const breaking = await rawConnection(url);
  breaking.write(request().slice(0, -5));
  breaking.socket.end();
  await expect.poll(() => logged).toContain("info caller_gone");
  expect(logged.some((line) => line.startsWith("error"))).toBe(false);
  expect(signals).toHaveLength(1);
  await close();
});

test("while the service is stopping a plain reply ends its connection", async ({ service }) => {
  await seedWorld(service);
  let isStopping = false;
  const stopping = createService(service.deps, { stopping: () => isStopping });
  const { url, close } = await listen(stopping);
  const connection = await rawConnection(url);
  connection.write(request(QUESTION, ["Connection: keep-alive"]));
  expect(await connection.came(/"decision":true/)).not.toMatch(/connection: close/i);
  isStopping = true;
  connection.write(request(QUESTION, ["Connection: keep-alive"]));
  expect(await connection.rest()).toMatch(/connection: close/i);
  await close();
});
