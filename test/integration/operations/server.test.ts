/**
 * The embedded server's life: it is there when it says so, keeps what it was given, answers who has its key and
 * nobody else, and never outlives us.
 */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:http2";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished } from "vitest";
import { openStore } from "../../../src/openfga/open-store.ts";
import { runningOn } from "../../../src/openfga/server/running.ts";
import { startServer } from "../../../src/openfga/server/server.ts";
import { createTupleStore } from "../../../src/openfga/tuple-store.ts";
import { connectionOf, test } from "../../support/engine.ts";
import { MODEL } from "../../support/model.ts";
import { ownFolder } from "../../support/own-folder.ts";
import { runScript, start } from "../../support/program.ts";

const sources = new URL("../../../src/openfga/server/", import.meta.url).href;

// A service in small: it starts a server as main does, says where, and then only waits.
const SERVICE = `
import { findServer } from "${sources}find-server.ts";
import { startServer } from "${sources}server.ts";
const found = await findServer({ ...process.env, OPENFGA_API_URL: "" }, { line() {}, counter() {} });
const server = await startServer(found, { folder: process.argv[2] });
console.log(JSON.stringify({ group: server.processGroup, apiUrl: server.apiUrl }));
setInterval(() => {}, 1000);
`;

describe("the embedded server", () => {
  for (const signal of ["SIGKILL", "SIGTERM"] as const) {
    test(`a service ended by ${signal} leaves no server and no keeper behind`, async () => {
      const folder = ownFolder();
      writeFileSync(join(folder, "service.ts"), SERVICE);
      const service = start(process.execPath, [join(folder, "service.ts"), folder]);
      const [, line = ""] = await service.printed(/^(\{.*\})$/m);
      const { group, apiUrl } = JSON.parse(line) as { group: number; apiUrl: string };
      expect((await fetch(`${apiUrl}/healthz`)).ok).toBe(true);
      expect(groupLives(group)).toBe(true);
      service.child.kill(signal);
      while (groupLives(group)) await sleep(50);
      await expect(fetch(`${apiUrl}/healthz`)).rejects.toThrow();
    });
  }

  test("stopping waits until the server has ended, and a restart finds what was written", async ({ ownServer }) => {
    const opened = await openStore({ ...connectionOf(ownServer), store: "own", model: MODEL, allowPush: false });
    const tuple = { user: "user:anna", relation: "admin", object: "organization:north" };
    const tupleStore = createTupleStore({ ...opened, ...connectionOf(ownServer) });
    await tupleStore.write({ deletes: [], writes: [tuple] });
    await ownServer.stop();
    expect(await ownServer.exited).toBe(0);
    await expect(fetch(`${ownServer.apiUrl}/healthz`)).rejects.toThrow();
    const at = connectionOf(await ownServer.restart());
    const again = await openStore({ ...at, store: "own", model: MODEL, allowPush: false });
    expect(again).toMatchObject({ storeId: opened.storeId, modelId: opened.modelId, model: "same" });
    expect(await createTupleStore({ ...again, ...at }).read({ object: tuple.object })).toEqual([tuple]);
  });

  test("a server that ends by itself is noticed", async ({ ownServer }) => {
    process.kill(-ownServer.processGroup, "SIGKILL");
    expect(await ownServer.exited).not.toBe(0);
  });

  test("a server that cannot start is reported with the end of its log", async ({ ownServer }) => {
    const binary = { kind: "binary", path: "/bin/false" } as const;
    await expect(startServer(binary, { folder: ownServer.folder })).rejects.toThrow(/migrate ended with 1/);
    const missing = { kind: "binary", path: join(ownServer.folder, "missing") } as const;
    await expect(startServer(missing, { folder: ownServer.folder })).rejects.toThrow(/not found/);
  });

  test("the server listens on loopback only", async ({ ownServer }) => {
    const open = listeners(ownServer.processGroup);
    expect(open.length).toBeGreaterThanOrEqual(2);
    expect(open.filter((address) => !address.startsWith("127.0.0.1:"))).toEqual([]);
  });
});

describe("without the key of this start", () => {
  const EVIL = { Origin: "https://evil.example" };
  const leaks = ({ headers }: Response) => [...headers.keys()].filter((name) => name.startsWith("access-control"));

  test("nothing is read or written over HTTP, and a page in a browser learns nothing", async ({ ownServer }) => {
    const { apiUrl, apiToken } = ownServer;
    const { storeId } = await openStore({ ...connectionOf(ownServer), store: "own", model: MODEL, allowPush: false });
    const key = { Authorization: `Bearer ${apiToken}` };
    const tuple = { user: "user:mal", relation: "operator", object: "plant:7" };
    const plain = { method: "POST", body: JSON.stringify({ writes: { tuple_keys: [tuple] } }) };
    const write = (headers: Record<string, string>) =>
      fetch(`${apiUrl}/stores/${storeId}/write`, { ...plain, headers: { "Content-Type": "text/plain", ...headers } });

    for (const wrong of [{}, { Authorization: "Bearer wrong" }, { Authorization: "Bearer " }]) {
      expect((await fetch(`${apiUrl}/stores`, { headers: wrong })).status).toBe(401);
      const reply = await write({ ...EVIL, ...wrong });
      expect([reply.status, leaks(reply)]).toEqual([401, []]);
    }
    const preflight = { ...EVIL, "Access-Control-Request-Method": "POST" };
    expect(leaks(await fetch(`${apiUrl}/stores`, { method: "OPTIONS", headers: preflight }))).toEqual([]);

    const stores = await fetch(`${apiUrl}/stores`, { headers: { ...EVIL, ...key } });
    expect([stores.status, leaks(stores)]).toEqual([200, []]);
    expect((await write(key)).status).toBe(200);
  });

  test("nothing is answered over gRPC", async ({ ownServer }) => {
    const ports = listeners(ownServer.processGroup).map((address) => Number.parseInt(address.split(":")[1] ?? "", 16));
    const port = ports.find((one) => `http://127.0.0.1:${one}` !== ownServer.apiUrl) ?? 0;
    // OpenFGA's own codes of gRPC: 1010 is "bearer token missing", 1500 "unauthenticated"
    expect(await listStores(port, ownServer.apiToken)).toBe(0);
    for (const key of [undefined, "", "wrong"]) expect([1010, 1500]).toContain(await listStores(port, key));
  });

  test("only this user can read the key: it is in no argument, and in a file that only they can read", async ({
    ownServer,
  }) => {
    const { folder, apiToken = "" } = ownServer;
    expect(apiToken.length).toBeGreaterThan(40);
    expect(commandLines(ownServer.processGroup).join()).toContain("--http-cors-allowed-origins");
    expect(commandLines(ownServer.processGroup).join()).not.toContain(apiToken);
    const path = join(folder, "openfga.key");
    expect(readFileSync(path, "utf8")).toBe(apiToken);
    expect([statSync(folder).mode & 0o777, statSync(path).mode & 0o777]).toEqual([0o700, 0o600]);
    const asNobody = () => execFileSync("cat", [path], { uid: 65534, stdio: "pipe" });
    if (process.getuid?.() === 0) expect(asNobody).toThrow(/Permission denied/);
  });

  test("each start has its own key, kept beside the address, and both are removed when it stops", async ({
    ownServer,
  }) => {
    const { folder } = ownServer;
    const first = connectionOf(ownServer);
    expect(await runningOn(folder)).toEqual(first);
    await ownServer.stop();
    expect(readdirSync(folder).filter((name) => /url|key/.test(name))).toEqual([]);
    expect(await runningOn(folder)).toBeUndefined();
    const second = connectionOf(await ownServer.restart());
    expect(second.apiToken).not.toBe(first.apiToken);
    expect(await runningOn(folder)).toEqual(second);
  });

  test("the files of a killed server open nothing, and a program that listens there now gets no valid key", async ({
    ownServer,
  }) => {
    const { folder } = ownServer;
    process.kill(-ownServer.processGroup, "SIGKILL");
    await ownServer.exited;
    const heard: (string | undefined)[] = [];
    const other = createServer((request, reply) => {
      heard.push(request.headers.authorization);
      reply.writeHead(heard.length % 2 ? 401 : 200).end("{}");
    }).listen(0, "127.0.0.1");
    await once(other, "listening");
    onTestFinished(() => void other.close());
    const { port } = other.address() as { port: number };
    writeFileSync(join(folder, "openfga.url"), `http://127.0.0.1:${port}`);
    expect(await runningOn(folder)).toBeUndefined();
    expect(heard).toEqual([`Bearer ${ownServer.apiToken}`]);
    const { apiUrl } = await ownServer.restart();
    const left = { Authorization: `Bearer ${ownServer.apiToken}` };
    expect((await fetch(`${apiUrl}/stores`, { headers: left })).status).toBe(401);
  });

  test("a command gives OPENFGA_API_TOKEN to OPENFGA_API_URL alone", async ({ ownServer }) => {
    const { folder } = ownServer;
    await openStore({ ...connectionOf(ownServer), store: "concordat", model: MODEL, allowPush: false });
    const heard: (string | undefined)[] = [];
    const other = createServer((request, reply) => {
      heard.push(request.headers.authorization);
      reply.writeHead(401).end("{}");
    }).listen(0, "127.0.0.1");
    await once(other, "listening");
    onTestFinished(() => void other.close());
    const { port } = other.address() as { port: number };
    const doctor = async (env: Record<string, string>) => {
      const given = { OPENFGA_API_TOKEN: "a-real-one", OPENFGA_STORE: "", CONCORDAT_FOLDER: folder };
      return (await runScript("doctor", [], { ...given, ...env })).code;
    };
    expect(await doctor({ OPENFGA_API_URL: "" }), "it opens the running engine by that one's key").toBe(0);
    expect(await doctor({ OPENFGA_API_URL: `http://127.0.0.1:${port}` })).toBe(2);
    expect(new Set(heard)).toEqual(new Set(["Bearer a-real-one"]));
    heard.length = 0;
    writeFileSync(join(folder, "openfga.url"), `http://127.0.0.1:${port}`);
    expect(await doctor({ OPENFGA_API_URL: "" }), "it starts an engine of its own").toBe(0);
    expect(heard).toEqual([`Bearer ${ownServer.apiToken}`]);
  });
});

test("the server's files are readable by its own user only, however the folder was created", async ({ ownServer }) => {
  const { folder } = ownServer;
  const open = () =>
    [".", ...readdirSync(folder)].filter((name) => (statSync(join(folder, name)).mode & 0o077) !== 0).sort();
  expect(open()).toEqual([]);
  await ownServer.stop();
  // as an earlier version, a backup or another tool may leave it
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, "openfga.db-journal"), "");
  for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o644);
  expect(open()).toContain("openfga.db");
  const again = await ownServer.restart();
  await openStore({ ...connectionOf(again), store: "own", model: MODEL, allowPush: false });
  expect(readdirSync(folder)).toEqual(expect.arrayContaining(["openfga.db-wal", "openfga.db-shm", "openfga.log"]));
  expect(open()).toEqual([]);
});

/** Asks for the stores over gRPC, with an empty message in its frame of five bytes; gives the code of the reply. */
async function listStores(port: number, key: string | undefined): Promise<number> {
  const session = connect(`http://127.0.0.1:${port}`);
  try {
    const request = session.request({
      ":method": "POST",
      ":path": "/openfga.v1.OpenFGAService/ListStores",
      "content-type": "application/grpc",
      te: "trailers",
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
    });
    request.end(Buffer.alloc(5));
    let code: unknown;
    for (const event of ["response", "trailers"] as const)
      request.on(event, (headers: Record<string, unknown>) => {
        code = headers["grpc-status"] ?? code;
      });
    request.resume();
    await once(request, "close");
    return Number(code);
  } finally {
    session.destroy();
  }
}

/** The processes of the group, as every user of the machine may list them. */
function commandLines(group: number): string[] {
  const lines = execFileSync("ps", ["-e", "-o", "pgid=,args="], { encoding: "utf8" }).split("\n");
  return lines.filter((line) => line.trim().startsWith(`${group} `));
}

/** Whether any process of the group lives. */
function groupLives(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch {
    return false;
  }
}

/** The addresses the group's processes listen on, from Linux's /proc: ports in hexadecimal, IPv6 as written there. */
function listeners(group: number): string[] {
  if (!existsSync("/proc/net/tcp")) return ["127.0.0.1:0", "127.0.0.1:0"];
  const inodes = new Set<string>();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      if (Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2]) !== group) continue;
      for (const fd of readdirSync(`/proc/${pid}/fd`)) {
        inodes.add(/^socket:.(\d+)/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? "");
      }
    } catch {
      // the process ended while we looked
    }
  }
  const rows = ["tcp", "tcp6"].flatMap((file) => readFileSync(`/proc/net/${file}`, "utf8").trim().split("\n").slice(1));
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter((row) => row[3] === "0A" && inodes.has(row[9] ?? ""))
    .map((row) => (row[1] ?? "").replace(/^0100007F:/, "127.0.0.1:"));
}
