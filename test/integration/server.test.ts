/** The embedded server's life: it is there when it says so, keeps what it was given, and never outlives us. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished } from "vitest";
import { createRelationships } from "../../src/openfga/relationships.ts";
import { startServer } from "../../src/openfga/server.ts";
import { openStore } from "../../src/openfga/store.ts";
import { MODEL, test } from "../engine.ts";

const sources = new URL("../../src/openfga/", import.meta.url).href;

// A service in small: it starts a server the way main does, says where, and then only waits.
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
      const folder = mkdtempSync(join(tmpdir(), "concordat-orphan-"));
      writeFileSync(join(folder, "service.ts"), SERVICE);
      const service = spawn(process.execPath, [join(folder, "service.ts"), folder], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      onTestFinished(() => void service.kill("SIGKILL"));
      const [line] = await once(createInterface({ input: service.stdout }), "line");
      const { group, apiUrl } = JSON.parse(String(line)) as { group: number; apiUrl: string };
      expect((await fetch(`${apiUrl}/healthz`)).ok).toBe(true);
      expect(groupLives(group)).toBe(true);
      service.kill(signal);
      while (groupLives(group)) await sleep(50);
      await expect(fetch(`${apiUrl}/healthz`)).rejects.toThrow();
      rmSync(folder, { recursive: true, force: true });
    });
  }

  test("stopping waits until the server is gone, and a restart finds what was written", async ({ ownServer }) => {
    const opened = await openStore({ apiUrl: ownServer.apiUrl, store: "own", model: MODEL, allowPush: false });
    const tuple = { user: "user:anna", relation: "admin", object: "organization:north" };
    const relationships = createRelationships({ ...opened, apiUrl: ownServer.apiUrl });
    await relationships.write({ deletes: [], writes: [tuple] });
    await ownServer.stop();
    expect(await ownServer.exited).toBe(0);
    await expect(fetch(`${ownServer.apiUrl}/healthz`)).rejects.toThrow();
    const { apiUrl } = await ownServer.restart();
    const again = await openStore({ apiUrl, store: "own", model: MODEL, allowPush: false });
    expect(again).toMatchObject({ storeId: opened.storeId, modelId: opened.modelId, model: "same" });
    expect(await createRelationships({ ...again, apiUrl }).read({ object: tuple.object })).toEqual([tuple]);
  });

  test("a server that ends by itself is noticed", async ({ ownServer }) => {
    process.kill(-ownServer.processGroup, "SIGKILL");
    expect(await ownServer.exited).not.toBe(0);
  });

  test("a server that cannot start is told with the end of its log", async ({ ownServer }) => {
    const binary = { kind: "binary", path: "/bin/false" } as const;
    await expect(startServer(binary, { folder: ownServer.folder })).rejects.toThrow(/migrate ended with 1/);
    const missing = { kind: "binary", path: join(ownServer.folder, "missing") } as const;
    await expect(startServer(missing, { folder: ownServer.folder })).rejects.toThrow(/not found/);
  });

  test("nothing but loopback is listened on", async ({ ownServer }) => {
    const open = listeners(ownServer.processGroup);
    expect(open.length).toBeGreaterThanOrEqual(2);
    expect(open.filter((address) => !address.startsWith("127.0.0.1:"))).toEqual([]);
  });
});

/** Whether any process of the group lives. */
function groupLives(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch {
    return false;
  }
}

/** The addresses the group's processes listen on, from Linux's /proc; IPv6 as it stands there. */
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
