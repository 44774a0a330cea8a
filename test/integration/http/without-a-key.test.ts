/**
 * Who has no key costs next to nothing: no body is read for them, nothing is made anew,
 * and no connection is theirs for longer than seconds. Held on the process, over sockets.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { connection, test } from "../../support/engine.ts";
import { startFaultyNetwork } from "../../support/faulty-network.ts";
import { startProcess } from "../../support/process.ts";
import { rawConnection, replyIn } from "../../support/raw-http.ts";
import { KEYS } from "../../support/service.ts";

const CHUNK = `10000\r\n${"x".repeat(65_536)}\r\n`;

/** Every kind of path that takes a body, as [method, path]. */
const TAKING: [method: string, path: string][] = [
  ["POST", "/access/v1/evaluation"],
  ["POST", "/access/v1/evaluations"],
  ["POST", "/access/v1/search/subject"],
  ["PUT", "/v1/organizations/sunward"],
  ["PATCH", "/v1/shares/x"],
  ["POST", "/v1/explain"],
  ["POST", "/v1/import"],
  ["POST", "/stores/x/check"],
  ["POST", "/stores/x/write"],
];

const head = (method: string, path: string, ...headers: string[]) =>
  [`${method} ${path} HTTP/1.1`, "Host: concordat", "Content-Type: application/json", ...headers, "", ""].join("\r\n");

test("a slow body without a length is not waited for without a key: 401, and the connection ends, on every path", async () => {
  const { url, output } = await startProcess();
  const wrong = `Authorization: Bearer ${KEYS.check}x`;
  for (const [method, path] of TAKING)
    for (const headers of [[], [wrong]]) {
      const connection = await rawConnection(url);
      connection.write(head(method, path, "Transfer-Encoding: chunked", ...headers));
      connection.write("1\r\n{\r\n");
      // the end of the body never comes
      const reply = replyIn(await connection.rest());
      expect(reply.status, `${method} ${path}`).toBe(401);
    }
  // a refused key is worth a warning; nothing else is
  expect(output()).not.toMatch(/"level":(40(?!.*"denied":"unauthorized")|50)|internal/);
});

test("a body is not read for a key of another scope either", async () => {
  const { url } = await startProcess();
  for (const [path, key] of [
    ["/access/v1/evaluation", KEYS.manage],
    ["/v1/organizations/sunward", KEYS.check],
    ["/stores/x/write", KEYS.check],
  ]) {
    const connection = await rawConnection(url);
    connection.write(head("PUT", path ?? "", "Transfer-Encoding: chunked", `Authorization: Bearer ${key}`));
    expect(replyIn(await connection.rest()).status, path).toBe(403);
  }
});

test("hundreds of uploads without a key are all refused, and none is read to its end", async () => {
  const { url } = await startProcess();
  const replies = await Promise.all(
    Array.from({ length: 300 }, async () => {
      const connection = await rawConnection(url);
      connection.write(head("POST", "/access/v1/evaluation", "Transfer-Encoding: chunked"));
      for (let sent = 0; sent < 4; sent++) connection.write(CHUNK);
      return replyIn(await connection.rest()).status;
    }),
  );
  expect(new Set(replies)).toEqual(new Set([401]));
});

test("a connection that sends nothing, or never finishes, is closed; an idle one after a reply as well", async () => {
  const { url } = await startProcess();
  const key = `Authorization: Bearer ${KEYS.all}`;
  const open = async (begun: string) => {
    const connection = await rawConnection(url);
    connection.write(begun);
    return connection.rest();
  };
  const [silent, headers, body, idle] = await Promise.all([
    open(""),
    open("GET /livez HTTP/1.1\r\nHost: concordat\r\nX-Slow: "),
    open(`${head("PUT", "/v1/organizations/sunward", "Content-Length: 17", key)}{"name":`),
    open(head("GET", "/livez")),
  ]);
  expect(replyIn(silent)).toMatchObject({ status: 408, body: { code: "request_timeout" } });
  expect(replyIn(headers)).toMatchObject({ status: 408, body: { code: "request_timeout" } });
  expect(replyIn(body)).toMatchObject({ status: 408, body: { code: "request_timeout" } });
  expect(replyIn(idle).status).toBe(200);
});

test("an import may take longer than any other request", async () => {
  const { url } = await startProcess();
  const connection = await rawConnection(url);
  const headers = [`Authorization: Bearer ${KEYS.admin}`, "Transfer-Encoding: chunked"];
  connection.write(head("POST", "/v1/import", ...headers).replace("application/json", "application/x-ndjson"));
  const line = (id: string) => `${JSON.stringify({ kind: "organization", id, name: id })}\n`;
  const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
  connection.write(chunk(line("first")));
  await connection.came(/^HTTP\/1\.1 200 /);
  // longer than the deadline of other requests, with the time in which the server looks for those that are over it
  await sleep(13_000);
  connection.write(`${chunk(line("second"))}0\r\n\r\n`);
  const came = await connection.came(/"event":"end"/);
  expect(came).toMatch(/"read":2,"done":2/);
});

test("beyond the maximum of connections the next is closed, the log says so once, and a freed place is used again", async () => {
  const { url, printed, output } = await startProcess({ CONNECTIONS_MAX: "10" });
  const open = await Promise.all(Array.from({ length: 10 }, () => rawConnection(url)));
  for (let count = 0; count < 5; count++) expect(await (await rawConnection(url)).rest()).toBe("");
  await printed(/"connections_full","connections":10/);
  expect(output().match(/connections_full/g)).toHaveLength(1);
  for (const { socket } of open) socket.destroy();
  // the places are free when the server has seen the ends
  while ((await fetch(`${url}/livez`).catch(() => undefined))?.status !== 200) await sleep(20);
});

test("an import whose reply is not read delays the next import only for seconds", async () => {
  const { url } = await startProcess();
  const post = head("POST", "/v1/import", `Authorization: Bearer ${KEYS.admin}`, "Connection: close");
  const importing = async (lines: string) => {
    const connection = await rawConnection(url);
    const type = post.replace("application/json", "application/x-ndjson");
    connection.write(type.replace("\r\n\r\n", `\r\nContent-Length: ${lines.length}\r\n\r\n${lines}`));
    return connection;
  };
  // each line is refused in some hundred bytes: more than the buffers of the connection hold
  const { socket } = await importing("x\n".repeat(100_000));
  socket.pause();
  const line = `${JSON.stringify({ kind: "organization", id: "next", name: "Next" })}\n`;
  let came = "";
  for (let tries = 0; !came.includes('"event":"end"'); tries++) {
    came = await (await importing(line)).rest();
    // it does wait: the first is still running
    if (tries === 0) expect(came).toContain('"code":"contended"');
    await sleep(500);
  }
  expect(came).toMatch(/"done":1/);
});

test("the size of all headers is bounded, and beyond it a 431 says so", async () => {
  const { url } = await startProcess();
  const long = async (bytes: number) => {
    const connection = await rawConnection(url);
    connection.write(head("GET", "/livez", `X-Request-ID: ${"x".repeat(bytes)}`, "Connection: close"));
    return replyIn(await connection.rest());
  };
  const fits = await long(15 * 1024);
  expect([fits.status, fits.headers.get("X-Request-ID")?.length]).toEqual([200, 15 * 1024]);
  expect(await long(17 * 1024)).toMatchObject({ status: 431, body: { code: "headers_too_large" } });
});

test("hundreds of readiness requests cause one engine call a second, and no more for a slow engine", async () => {
  const network = await startFaultyNetwork(connection().apiUrl, 0);
  const { url } = await startProcess({ OPENFGA_API_URL: network.apiUrl });
  const isReadiness = (path: string) => /\/authorization-models\/\w+$/.test(path);
  let asked = 0;
  let answering = Promise.resolve();
  network.fate = ({ path }) => {
    if (isReadiness(path)) asked++;
    return "pass";
  };
  network.meanwhile = ({ path }) => (isReadiness(path) ? answering : Promise.resolve());
  /** Three hundred connections ask several times each; how long that took, and the replies. */
  const crowd = async (times: number) => {
    const [before, startedAt] = [asked, performance.now()];
    const statuses = await Promise.all(
      Array.from({ length: 300 }, async () => {
        const statuses: number[] = [];
        for (let count = 0; count < times; count++) {
          const one = await rawConnection(url);
          one.write(head("GET", "/readyz", "Connection: close"));
          statuses.push(replyIn(await one.rest()).status);
        }
        return statuses;
      }),
    );
    // the first second begins with the first question
    expect(asked - before).toBeLessThanOrEqual(Math.floor((performance.now() - startedAt) / 1000) + 1);
    expect(asked - before).toBeGreaterThan(0);
    return new Set(statuses.flat());
  };
  expect(await crowd(5)).toEqual(new Set([200]));
  const { promise, resolve } = Promise.withResolvers<void>();
  answering = promise;
  await sleep(1_000);
  expect(await crowd(1)).toEqual(new Set([503]));
  resolve();
  while ((await fetch(`${url}/readyz`)).status !== 200) await sleep(100);
  await network.close();
});

test("the document and the viewer are the same bytes for every caller, and revalidated by their ETag", async () => {
  const { url } = await startProcess();
  for (const path of ["/openapi.json", "/docs/start.js", "/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js"]) {
    const first = await fetch(url + path);
    const etag = first.headers.get("ETag") ?? "";
    expect([first.status, etag], path).toEqual([200, expect.stringMatching(/^"[\w-]{22}"$/)]);
    const [text, again] = [await first.text(), await fetch(url + path)];
    expect([await again.text(), again.headers.get("ETag")], path).toEqual([text, etag]);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const reply = await fetch(url + path, { headers: { "If-None-Match": known } });
      expect([reply.status, await reply.text()], path).toEqual([304, ""]);
    }
    expect((await fetch(url + path, { headers: { "If-None-Match": '"other"' } })).status, path).toBe(200);
  }
});

test("an upload that breaks off is logged as the caller's on every path, not as an internal error", async () => {
  const { url, printed, output } = await startProcess();
  const taking = [...TAKING, ["POST", "/v1/invitations/preview"] as const];
  for (const [count, [method, path]] of taking.entries()) {
    const isStores = path.startsWith("/stores");
    const storeId = (await printed(/store (\w+), model/))[1];
    const isImport = path === "/v1/import";
    const key = `Authorization: Bearer ${path.startsWith("/access") ? KEYS.check : isStores || isImport ? KEYS.admin : KEYS.all}`;
    for (const [n, length] of ["Content-Length: 500", "Transfer-Encoding: chunked"].entries()) {
      const id = `gone-${count}-${n}`;
      const upload = await rawConnection(url);
      const more = [key, length, `X-Request-ID: ${id}`, "Expect: 100-continue"];
      const begun = head(method, path.replace("/x/", `/${storeId}/`), ...more);
      upload.write(isImport ? begun.replace("application/json", "application/x-ndjson") : begun);
      // from here on the request is being served: what a broken connection had not brought by then is never read
      await upload.came(/^HTTP\/1\.1 100 /);
      upload.write(n === 0 ? '{"name":' : '8\r\n{"name":\r\n');
      // until the service is at the body
      await sleep(100);
      upload.socket.resetAndDestroy();
      await printed(new RegExp(`"caller_gone","request_id":"${id}"`));
    }
  }
  expect(output()).not.toMatch(/"level":(40|50|60)|internal|Error/);
});
