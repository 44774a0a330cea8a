/** What is logged, at which level and in which form: by requests to the service, and by the process. */
import { expect } from "vitest";
import { startProcess } from "../../support/process.ts";
import { createService, KEYS, test } from "../../support/service.ts";

test("health checks and scrapes that are answered are logged at debug, every other request at info or above", async ({
  service,
}) => {
  const lines: { level: string; event: string; route: string; status: number }[] = [];
  let isStopping = false;
  const { app } = createService(service.deps, {
    log: (level, event, facts) => lines.push({ level, event, ...(facts as { route: string; status: number }) }),
    stopping: () => isStopping,
  });
  const logged = async (path: string, key?: string) => {
    await app.request(path, key === undefined ? {} : { headers: { Authorization: `Bearer ${key}` } });
    const { level, event, route, status } = lines.pop() ?? {};
    expect([event, lines.length]).toEqual(["request", 0]);
    return { level, route, status };
  };
  for (const route of ["/livez", "/readyz", "/metrics"])
    expect(await logged(route)).toEqual({ level: "debug", route, status: 200 });
  expect(await logged("/openapi.json")).toMatchObject({ level: "info", status: 200 });
  expect(await logged("/stores", KEYS.all)).toMatchObject({ level: "info", status: 200 });
  expect(await logged("/readyz/more")).toMatchObject({ level: "info", status: 404 });
  expect(await logged("/stores", "another key")).toMatchObject({ level: "warn", status: 401 });
  isStopping = true;
  expect(await logged("/readyz"), "a service that is not ready is news").toMatchObject({ level: "info", status: 503 });
  expect(await logged("/livez")).toMatchObject({ level: "debug" });
});

test("without a terminal the log is JSON, unless LOG_FORMAT says that people read it", async () => {
  const asked = async (env: Record<string, string>) => {
    const service = await startProcess(env);
    await fetch(`${service.url}/livez`);
    await fetch(`${service.url}/openapi.json`);
    service.child.kill("SIGTERM");
    expect(await service.ended).toBe(0);
    return service;
  };
  const json = await asked({});
  expect(json.logged("request")).toEqual([expect.objectContaining({ level: 30, route: "/openapi.json", status: 200 })]);
  expect(json.logged("stopping")).toHaveLength(1);

  const pretty = await asked({ LOG_FORMAT: "pretty", LOG_LEVEL: "debug" });
  const lines = pretty
    .output()
    .split("\n")
    .filter((line) => /^\[\d\d:\d\d:\d\d\] /.test(line));
  expect(lines.map((line) => line.replace(/^\S+ |\d+ ms.*/g, ""))).toEqual([
    "INFO: access_log",
    "DEBUG: GET /livez 200 in ",
    "INFO: GET /openapi.json 200 in ",
    "INFO: stopping",
  ]);
  expect(pretty.output()).not.toMatch(/^\{/m);
  // colours are for terminals
  expect(pretty.output()).not.toContain("\x1b");
});
