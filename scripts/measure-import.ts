/**
 * Measures an import and an export: starts OpenFGA on PostgreSQL (test/support/postgres.ts) and the service as a process of
 * its own, loads people and plants, and says after each tenth how long it took and how much memory the service had. Then it
 * compares lists, searches and changes of people in the first organization with those of one with fifty people and ten plants.
 *
 *   npm run measure-import -- [--people 10000] [--plants 0] [--organizations 20]
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

const USAGE = "usage: npm run measure-import -- [--people 10000] [--plants 0] [--organizations 20]";
const { values: options } = argumentsOrExit(USAGE, {
  options: {
    people: { type: "string", default: "10000" },
    plants: { type: "string", default: "0" },
    organizations: { type: "string", default: "20" },
  },
});
const [people = 0, plants = 0, organizations = 0] = [options.people, options.plants, options.organizations].map(Number);
const SMALL = { id: "small", people: 50, plants: 10 };
const lineCount = people + plants + organizations + SMALL.people + SMALL.plants + 1;
const KEY = randomBytes(24).toString("base64url");
const headers = { Authorization: `Bearer ${KEY}`, "Content-Type": "application/x-ndjson" };
const seconds = (since: number) => (performance.now() - since) / 1000;

/** Every person with an address and a name, an organization's people one after the other, the plants to the first. */
function* lines() {
  const line = (value: object) => `${JSON.stringify(value)}\n`;
  yield line({ kind: "organization", id: SMALL.id, name: "Small" });
  for (let n = 0; n < SMALL.people; n++) {
    const user = `small-${n}`;
    const role = n === 0 ? "admin" : "member";
    yield line({ kind: "person", organization: SMALL.id, user, role, name: `Small ${n}` });
  }
  for (let n = 0; n < SMALL.plants; n++)
    yield line({ kind: "plant", id: `small-${n}`, owner: SMALL.id, name: `Small ${n}` });
  const size = Math.ceil(people / organizations);
  for (let n = 0; n < organizations; n++)
    yield line({ kind: "organization", id: `org-${n}`, name: `Organization ${n}` });
  for (let n = 0; n < people; n++) {
    const role = n % size === 0 ? "admin" : "member";
    const [user, organization] = [`person-${n}`, `org-${Math.floor(n / size)}`];
    yield line({ kind: "person", organization, user, role, email: `${user}@example.org`, name: `Person ${n}` });
  }
  for (let n = 0; n < plants; n++) yield line({ kind: "plant", id: `plant-${n}`, owner: "org-0", name: `Plant ${n}` });
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
      // one admin reads all pages, one behind the other
      RATE_LIMIT_READS_PER_MINUTE: "off",
      OPENFGA_API_URL: apiUrl,
      OPENFGA_API_TOKEN: apiToken,
      INVITATION_SECRET: randomBytes(32).toString("hex"),
      SERVICE_KEYS: JSON.stringify([{ name: "measure", scopes: ["admin", "manage"], key: KEY }]),
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
    const part = Math.floor((line / lineCount) * 10);
    if (part <= printed) continue;
    printed = part;
    const took = seconds(startedAt);
    console.log(`${line} lines, ${took.toFixed(1)} s, ${Math.round(line / took)} a second, ${memoryOf(pid)} MiB`);
  }
  console.log(last, `${cpuOf(pid)} s of CPU in the service`);
  const took = seconds(startedAt);
  console.log(
    `import: ${lineCount} lines in ${took.toFixed(1)} s, ${((took / lineCount) * 100_000).toFixed(0)} s for 100 000`,
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

/** Asks in turn and prints the first, the median, the last and the longest time, in milliseconds. */
async function measureRequests(what: string, next: (before: unknown) => Promise<unknown>): Promise<void> {
  const times: number[] = [];
  let answer: unknown;
  do {
    const startedAt = performance.now();
    answer = await next(answer);
    times.push(performance.now() - startedAt);
  } while (answer !== undefined);
  const sorted = times.toSorted((a, b) => a - b);
  const [first, median, last, longest] = [times[0], sorted[times.length >> 1], times.at(-1), sorted.at(-1)];
  const cells = [first, median, last, longest].map((time = 0) => time.toFixed(0).padStart(7)).join("");
  console.log(`${what.padEnd(34)}${String(times.length).padStart(6)}${cells}`);
}

/** What the admin of an organization waits for: every page of its lists, searches, its history, a change of a person. */
async function measureLists(url: string, org: string, admin: string, person: (n: number) => string): Promise<void> {
  const ask = async (method: string, path: string, body?: object) => {
    const reply = await fetch(new URL(`/v1/organizations/${org}/${path}`, url), {
      method,
      headers: {
        ...headers,
        "Content-Type": "application/json",
        ...(method === "GET" && { "Acting-User": `user:${admin}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${await reply.text()}`);
    return reply.json();
  };
  const walk = (list: string) => async (before: unknown) => {
    const cursor = typeof before === "string" ? `&cursor=${encodeURIComponent(before)}` : "";
    const page = (await ask("GET", `${list}${cursor}`)) as { next_cursor: string | null };
    return page.next_cursor ?? undefined;
  };
  const times = (count: number, act: (n: number) => Promise<unknown>) => {
    let n = 0;
    return () => act(n++).then(() => (n < count ? n : undefined));
  };
  console.log(`${org.padEnd(34)} times  first median   last longest`);
  await measureRequests("every page of people", walk("people?limit=100"));
  await measureRequests("every page of resources", walk("resources?limit=100"));
  for (const list of ["people", "resources"])
    await measureRequests(`pages of a first search, ${list}`, walk(`${list}?search=nobody`));
  await measureRequests(
    "search of people",
    times(20, (n) => ask("GET", `people?search=${person(n)}`)),
  );
  await measureRequests(
    "search of resources",
    times(20, (n) => ask("GET", `resources?search=${n}`)),
  );
  await measureRequests(
    "newest page of the history",
    times(20, () => ask("GET", "history?limit=50")),
  );
  await measureRequests(
    "cooperations",
    times(20, () => ask("GET", "cooperations?limit=50")),
  );
  const change = (n: number) => ask("PUT", `people/${person(n + 1)}`, { role: "member", name: `Changed ${n}` });
  await measureRequests("change of a person", times(20, change));
  await measureRequests(
    "page of people behind a change",
    times(20, (n) => change(n + 20).then(() => ask("GET", "people?limit=100"))),
  );
}

const engine = await startOnPostgres();
if ("reason" in engine) {
  console.error(`There is no PostgreSQL: ${engine.reason}`);
  process.exit(1);
}
// as often as docker-compose.yml says of autovacuum
const analyzing = setInterval(() => void engine.analyze().catch(() => {}), 5000);
try {
  const { child, url } = await startService(engine);
  try {
    console.log(`the service has ${memoryOf(child.pid)} MiB before`);
    await measureImport(url, child.pid);
    await measureExport(url, child.pid);
    await measureLists(url, SMALL.id, "small-0", (n) => `small-${n}`);
    await measureLists(url, "org-0", "person-0", (n) => `person-${n}`);
    console.log(`the service has ${memoryOf(child.pid)} MiB behind`);
  } finally {
    child.kill("SIGTERM");
    await once(child, "exit");
  }
} finally {
  clearInterval(analyzing);
  await engine.stop();
}
