/**
 * Measures an import and an export: starts OpenFGA on PostgreSQL (test/support/postgres.ts) and
 * the service as a process of its own, loads people, and says after each tenth how long it took
 * and how much memory the service had.
 *
 *   npm run measure-import -- [--people 10000] [--organizations 20]
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { openStore } from "../src/openfga/open-store.ts";
import { startOnPostgres } from "../test/support/postgres.ts";
import { argumentsOrExit } from "./arguments.ts";

const { values: options } = argumentsOrExit("usage: npm run measure-import -- [--people 10000] [--organizations 20]", {
  options: {
    people: { type: "string", default: "10000" },
    organizations: { type: "string", default: "20" },
  },
});
const people = Number(options.people);
const organizations = Number(options.organizations);
const KEY = randomBytes(24).toString("base64url");
const headers = { Authorization: `Bearer ${KEY}`, "Content-Type": "application/x-ndjson" };
const seconds = (since: number) => (performance.now() - since) / 1000;

/** Every person with an address and a name, an organization's people one after the other. */
function* lines() {
  const line = (value: object) => `${JSON.stringify(value)}\n`;
  const size = Math.ceil(people / organizations);
  for (let n = 0; n < organizations; n++)
    yield line({ kind: "organization", id: `org-${n}`, name: `Organization ${n}` });
  for (let n = 0; n < people; n++) {
    const role = n % size === 0 ? "admin" : "member";
    const [user, organization] = [`person-${n}`, `org-${Math.floor(n / size)}`];
    yield line({ kind: "person", organization, user, role, email: `${user}@example.org`, name: `Person ${n}` });
  }
}

async function startService({ apiUrl, apiToken = "" }: { apiUrl: string; apiToken?: string }) {
  const model = readFileSync(new URL("../model.fga", import.meta.url), "utf8");
  await openStore({ apiUrl, apiToken, store: "concordat", model, allowPush: false });
  const child = spawn(process.execPath, ["src/main.ts"], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    env: {
      PATH: process.env.PATH,
      PORT: "0",
      LOG_LEVEL: "warn",
      OPENFGA_API_URL: apiUrl,
      OPENFGA_API_TOKEN: apiToken,
      INVITATION_SECRET: randomBytes(32).toString("hex"),
      SERVICE_KEYS: JSON.stringify([{ name: "measure", scopes: ["admin"], key: KEY }]),
    },
    stdio: ["ignore", "inherit", "pipe"],
  });
  for await (const line of createInterface({ input: child.stderr })) {
    const url = /listens on (\S+)/.exec(line)?.[1];
    if (url !== undefined) return { child, url };
    console.error(line);
  }
  throw new Error("the service did not start");
}

/** Resident memory in MiB (proc(5), status). */
const memoryOf = (pid = 0) =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024);

/** CPU time it has used, in seconds (proc(5), stat; a tick is 10 ms on Linux). */
const cpuOf = (pid = 0) => {
  const [user, system] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ").slice(11, 13) ?? [];
  return (Number(user) + Number(system)) / 100;
};

async function measureImport(url: string, pid: number | undefined): Promise<void> {
  const startedAt = performance.now();
  const body = Readable.toWeb(Readable.from(lines())) as ReadableStream;
  const reply = await fetch(new URL("/v1/import", url), { method: "POST", headers, body, duplex: "half" });
  if (!reply.ok || reply.body === null) throw new Error(await reply.text());
  let printed = 0;
  let last = "";
  const text = Readable.fromWeb(reply.body as Parameters<typeof Readable.fromWeb>[0]);
  for await (last of createInterface({ input: text })) {
    const { event, line } = JSON.parse(last);
    if (event === "refused") console.log(last);
    const part = Math.floor((line / (people + organizations)) * 10);
    if (part <= printed) continue;
    printed = part;
    const took = seconds(startedAt);
    console.log(`${line} lines, ${took.toFixed(1)} s, ${Math.round(line / took)} a second, ${memoryOf(pid)} MiB`);
  }
  console.log(last, `${cpuOf(pid)} s of CPU in the service`);
  const took = seconds(startedAt);
  console.log(
    `import: ${people} people in ${took.toFixed(1)} s, ${((took / people) * 100_000).toFixed(0)} s for 100 000`,
  );
}

async function measureExport(url: string, pid: number | undefined): Promise<void> {
  const startedAt = performance.now();
  const reply = await fetch(new URL("/v1/export", url), { headers });
  const begun = seconds(startedAt);
  let count = 0;
  const text = Readable.fromWeb(reply.body as Parameters<typeof Readable.fromWeb>[0]);
  for await (const _ of createInterface({ input: text })) count++;
  console.log(
    `export: ${count} lines in ${seconds(startedAt).toFixed(1)} s, ${begun.toFixed(1)} s of it before the first, ${memoryOf(pid)} MiB`,
  );
}

const engine = await startOnPostgres();
if ("reason" in engine) {
  console.error(`There is no PostgreSQL: ${engine.reason}`);
  process.exit(1);
}
// as autovacuum does where it is on
const analyzing = setInterval(() => void engine.analyze().catch(() => {}), 60_000);
try {
  const { child, url } = await startService(engine);
  try {
    console.log(`the service has ${memoryOf(child.pid)} MiB before`);
    await measureImport(url, child.pid);
    await measureExport(url, child.pid);
  } finally {
    child.kill("SIGTERM");
    await once(child, "exit");
  }
} finally {
  clearInterval(analyzing);
  await engine.stop();
}
