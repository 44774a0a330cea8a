/** The log as people read it: one line for a request, a fault with all its facts below it, and nothing added. */
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { readable } from "../../src/log.ts";

const entry = (level: number, event: string, facts: object) =>
  stripVTControlCharacters(readable({ level, time: "2026-12-01T09:00:00.000Z", event, ...facts })).replace(
    /^\[\d\d:\d\d:\d\d\] /,
    "",
  );
const request = { method: "PUT", route: "/v1/plants/:id", status: 201, milliseconds: 12 };

test("a request is one line: what was asked, what was answered, with which key", () => {
  const facts = { ...request, key: "app", request_id: "r-1" };
  expect(entry(30, "request", facts)).toBe("INFO: PUT /v1/plants/:id 201 in 12 ms, key app, r-1\n");
  expect(entry(30, "request", { ...facts, worker: 2 })).toBe(
    "INFO: PUT /v1/plants/:id 201 in 12 ms, key app, r-1, worker 2\n",
  );
  const denied = { ...request, status: 401, milliseconds: 0, denied: "unauthorized", request_id: "r-2" };
  expect(entry(40, "request", denied)).toBe("WARN: PUT /v1/plants/:id 401 in 0 ms, denied: unauthorized, r-2\n");
});

test("whatever else happens is named, and every fact is printed, nested ones too", () => {
  expect(entry(30, "stopping", { reason: "SIGTERM" })).toBe('INFO: stopping\n    reason: "SIGTERM"\n');
  const fault = {
    request_id: "r-3",
    error: "EngineUnavailable",
    at: ["ask (client.ts:1)"],
    cause: { code: "ECONNRESET" },
  };
  const said = entry(50, "engine_unavailable", fault);
  expect(said.split("\n")[0]).toBe("ERROR: engine_unavailable, r-3");
  for (const fact of ["EngineUnavailable", "ask (client.ts:1)", "ECONNRESET"]) expect(said).toContain(fact);
});
