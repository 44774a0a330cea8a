/** `npm run import` and the service as processes: what an operator sees, and what a connection that is cut leaves. */
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { serve } from "@hono/node-server";
import { describe, expect, onTestFinished } from "vitest";
import { progressBar, progressLine } from "../../../scripts/import/progress.ts";
import { EngineUnavailable } from "../../../src/faults.ts";
import type { Write } from "../../../src/ports.ts";
import { doctor } from "../../../src/queries/doctor.ts";
import { linesFrom, NDJSON, WORLD } from "../../support/bulk.ts";
import { ownFolder } from "../../support/own-folder.ts";
import { runScript } from "../../support/program.ts";
import { createService, KEYS, type Service, test } from "../../support/service.ts";
import { startTcpProxy } from "../../support/tcp-proxy.ts";

/** Listens for real; ends with the test. */
async function listen({ app }: Service): Promise<number> {
  const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }) as Server;
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

/** A file of lines in a folder that is removed with the test. */
function fileOf(lines: readonly (object | string)[]): string {
  const path = join(ownFolder(), "lines.ndjson");
  writeFileSync(path, linesFrom(lines));
  return path;
}

/** Runs the script to its end. */
async function run(args: string[], port: number | undefined, key = KEYS.admin) {
  const at = port && { CONCORDAT_URL: `http://127.0.0.1:${port}` };
  const { code, stdout, stderr } = await runScript("import", args, { CONCORDAT_KEY: key, ...at });
  return { code, output: stdout + stderr };
}

const crowd = (count: number) => [
  WORLD[0] ?? {},
  ...Array.from({ length: count }, (_, n) => ({
    kind: "person",
    organization: "sunward",
    user: `p${n}`,
    role: "member",
  })),
];

test("a file is imported, and refused lines are reported in a file beside it", async ({ service }) => {
  const port = await listen(service);
  const good = fileOf(WORLD);
  expect(await run([good], port)).toEqual({
    code: 0,
    output: expect.stringContaining(`${WORLD.length} done, 0 so already`),
  });
  expect(existsSync(`${good}.refused.ndjson`)).toBe(false);
  const mixed = fileOf([...WORLD, "no JSON", { kind: "plant", id: "1", owner: "nowhere" }]);
  const { code, output } = await run([mixed], port);
  expect([code, output]).toEqual([1, expect.stringContaining(`0 done, ${WORLD.length} so already, 2 refused`)]);
  expect(output).toContain("100 %");
  const report = readFileSync(`${mixed}.refused.ndjson`, "utf8").trimEnd().split("\n");
  expect(report.map((line) => JSON.parse(line))).toMatchObject([
    { line: 12, code: "invalid_request" },
    { line: 13, code: "not_found" },
  ]);
});

test("after a broken connection the script names the line to continue from, and continuing there leaves no gap and no duplicate", async ({
  service,
}) => {
  const proxy = await startTcpProxy(await listen(service));
  onTestFinished(() => proxy.close());
  const file = fileOf(crowd(1200));
  const cut = run([file], proxy.port);
  await expect
    .poll(async () => (await service.admin("GET", "/v1/organizations/sunward/people/p60")).status, {
      interval: 20,
      timeout: 30_000,
    })
    .toBe(200);
  proxy.cut();
  const { code, output } = await cut;
  const from = /Continue with: npm run import -- \S+ --from (\d+)/.exec(output)?.[1];
  expect([code, from], output).toEqual([2, expect.stringMatching(/^\d+$/)]);
  // the running Write is finished, and no other begins: another import is taken
  await expect.poll(() => importNothing(service)).toBe(200);
  const people = async () => (await soundTuples(service)).filter(({ relation }) => relation === "person").length;
  expect(await people()).toBeLessThan(1200);
  expect(await people()).toBeGreaterThanOrEqual(Number(from) - 2);
  proxy.mend();
  const rest = await run([file, "--from", from ?? ""], proxy.port);
  expect([rest.code, rest.output]).toEqual([0, expect.stringContaining("0 refused")]);
  expect(await people()).toBe(1200);
});

async function importNothing({ app }: Service): Promise<number> {
  const headers = { Authorization: `Bearer ${KEYS.admin}`, "Content-Type": NDJSON };
  const reply = await app.request("/v1/import", { method: "POST", body: "", headers });
  await reply.text();
  return reply.status;
}

test("an import that the service stops is reported, also while most of the file is still to be sent", async ({
  service: { deps },
}) => {
  let writes = 0;
  const tupleStore = {
    ...deps.tupleStore,
    write: (write: Write) =>
      ++writes > 3 ? Promise.reject(new EngineUnavailable("away")) : deps.tupleStore.write(write),
  };
  const service = createService({ tupleStore, engine: deps.engine }, { patienceMilliseconds: 200 });
  const file = fileOf(crowd(60_000));
  const { code, output } = await run([file], await listen(service));
  expect(code, output).toBe(2);
  expect(output).toContain("Stopped: engine_unavailable. OpenFGA does not answer.");
  const from = Number(/--from (\d+)/.exec(output)?.[1]);
  const people = (await soundTuples(service)).filter(({ relation }) => relation === "person").length;
  expect(from).toBe(people + 2);
});

/** Every tuple of a store in which nothing is wrong. */
async function soundTuples({ deps }: Service) {
  expect(await doctor(deps.tupleStore)).toEqual([]);
  return deps.tupleStore.readAll();
}

test("an import that cannot begin ends with code 2 and says why", async ({ service }) => {
  const port = await listen(service);
  const file = fileOf(WORLD);
  for (const [args, at, key, why] of [
    [[], port, KEYS.admin, "usage:"],
    [[file, "--from", "0"], port, KEYS.admin, "usage:"],
    [[file], undefined, KEYS.admin, "usage:"],
    [[`${file}.missing`], port, KEYS.admin, "no such file"],
    [[file], port, "a wrong key", "401"],
    [[file], port, KEYS.check, "403"],
    [[file], 1, KEYS.admin, "Cut off"],
  ] as const) {
    const { code, output } = await run([...args], at, key);
    expect([code, output], why).toEqual([2, expect.stringContaining(why)]);
  }
  expect(await service.deps.tupleStore.readAll()).toEqual([]);
});

describe("progress", () => {
  test("counts lines against the whole file, and the pace of this run only", () => {
    const at = { from: 1, line: 45_000, total: 100_000, refused: 3, seconds: 150 };
    expect(progressLine(at)).toBe(" 45 %  45 000 of 100 000 lines, 300 a second, 3 refused, 3:04 left");
    expect(progressBar(at)).toMatch(/^\[#{13}-{17}\] {2}45 %/);
    expect(progressLine({ ...at, from: 40_001, refused: 0 })).toContain(", 33 a second, 27:30 left");
    expect(progressBar({ from: 1, line: 0, total: 0, refused: 0, seconds: 0 })).toMatch(/^\[#{30}\] 100 %/);
    expect(progressLine({ ...at, line: 100_000 })).not.toContain("left");
  });
});
