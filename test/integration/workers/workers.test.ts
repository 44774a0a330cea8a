/**
 * Several workers of one service, on an embedded OpenFGA and a Redis of the test's own: they answer as one. Whatever
 * one of them does, or is done to it, the others keep answering, and nothing is stale, counted twice or lost.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { freePort } from "../../../bench/processes.ts";
import { connection } from "../../support/engine.ts";
import { ownFolder } from "../../support/own-folder.ts";
import { listening, serviceEnvironment, startMain, startProcess } from "../../support/process.ts";
import { type Program, run } from "../../support/program.ts";
import { rawConnection } from "../../support/raw-http.ts";
import { type OwnRedis, startRedis } from "../../support/redis.ts";
import { KEYS } from "../../support/service.ts";
import { startTcpProxy } from "../../support/tcp-proxy.ts";

type Body = {
  cache?: "ok" | "away";
  decision?: boolean;
  context?: { source?: string };
  workers?: { ready: number; of: number };
};
type Answer = { status: number; body: Body; id: string };
type Ask = (method: string, path: string, body?: object, user?: string) => Promise<Answer>;

/** A machine that is busy with other tests is not a Redis that does not answer: what is late is not invalidated, found or counted in it. */
const PATIENT = { REDIS_TIMEOUT_MILLISECONDS: "9000" };

const QUESTION = {
  subject: { type: "user", id: "tom" },
  action: { name: "manage_technical" },
  resource: { type: "plant", id: "7" },
};

/** The lines of a log, as they are so far. */
const linesOf = ({ output }: Program): Record<string, unknown>[] =>
  output()
    .split("\n")
    .filter((line) => line.startsWith("{") && line.endsWith("}"))
    .map((line) => JSON.parse(line));

/** One connection that is kept, so that one worker answers all that is asked on it. */
function connectionTo(url: string, key: string): Ask {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  return (method, path, body, user) =>
    new Promise((resolve, reject) => {
      const headers = {
        Authorization: `Bearer ${key}`,
        ...(body && { "Content-Type": "application/json" }),
        ...(user && { "Acting-User": `user:${user}` }),
      };
      const asked = request(new URL(path, url), { method, agent, headers }, async (reply) => {
        let text = "";
        for await (const part of reply.setEncoding("utf8")) text += part;
        const parsed = reply.headers["content-type"]?.includes("json") ? JSON.parse(text) : { text };
        resolve({ status: reply.statusCode ?? 0, body: parsed, id: String(reply.headers["x-request-id"]) });
      });
      asked.on("error", reject).end(body && JSON.stringify(body));
    });
}

const check = (ask: Ask) => ask("POST", "/access/v1/evaluation", { ...QUESTION, context: { trace: true } });

/** Until the cache answers: the follower, which reads every change, may invalidate once more a second after it. */
const hits = (ask: Ask) => expect.poll(async () => (await check(ask)).body.context?.source).toBe("hit");

/** The sample of `npm start`, answered by workers; the sample delegates its share to tom as viewer. */
async function startWorkers(env: Record<string, string> = {}, redis?: OwnRedis) {
  const own = redis ?? (await startRedis());
  if (redis === undefined) onTestFinished(() => own.stop());
  const folder = ownFolder();
  const base = { CONCORDAT_FOLDER: folder, WORKERS: "2", REDIS_URL: own.url, ...PATIENT };
  const program = startMain({ ...base, ...env }, ["--start"]);
  const url = await listening(program);
  await program.printed(/Ctrl-C stops it/);
  const key = readFileSync(join(folder, "key"), "utf8");
  /** The worker that answered a request which is logged. */
  const workerOf = async ({ id }: Answer): Promise<number> => {
    await program.printed(new RegExp(`"request_id":"${id}"`));
    return Number(linesOf(program).find(({ request_id }) => request_id === id)?.worker);
  };
  /** A connection to each of two workers. */
  async function connections(): Promise<[Ask, Ask]> {
    const found = new Map<number, Ask>();
    while (found.size < 2) {
      const ask = connectionTo(url, key);
      found.set(await workerOf(await ask("GET", "/v1/organizations/sunward", undefined, "anna")), ask);
    }
    // a process that has just started has no connection to Redis yet
    for (const ask of found.values()) while ((await ask("GET", "/readyz")).body.cache !== "ok") await sleep(100);
    return [...found.values()] as [Ask, Ask];
  }
  const allReady = async (): Promise<void> => {
    for (;;) {
      const { body } = await connectionTo(url, key)("GET", "/readyz");
      if (body.workers?.ready === body.workers?.of) return;
      await sleep(100);
    }
  };
  const processOf = async (worker: number): Promise<number> => {
    const pids = await workerProcesses(program);
    // in the order in which they were started
    return pids.toSorted((a, b) => a - b)[worker - 1] ?? expect.fail(`there is no worker ${worker}`);
  };
  return { program, redis: own, url, key, folder, workerOf, connections, allReady, processOf };
}

const processes = async () =>
  (await run("ps", ["-A", "-ww", "-o", "pid=,ppid=,args="])).stdout.split("\n").map((line) => {
    const [pid = 0, parent = 0] = line.trim().split(/\s+/, 2).map(Number);
    return { pid, parent, line };
  });

/** The processes of the workers of a service. */
const workerProcesses = async ({ child }: Program): Promise<number[]> =>
  (await processes())
    .filter(({ parent, line }) => parent === child.pid && line.endsWith(" --worker"))
    .map(({ pid }) => pid);

/** A worker to send a signal to. Without one the test fails: pid 0 would be all processes of the tests. */
async function firstWorker(program: Program): Promise<number> {
  const [first] = await workerProcesses(program);
  return first ?? expect.fail("there is no worker");
}

/** Checks that were answered, whatever their source. */
async function checksCounted(ask: Ask): Promise<number> {
  const { text } = (await ask("GET", "/metrics")).body as { text: string };
  const counts = text.matchAll(/^concordat_check_duration_seconds_count\{.*\} (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Delegates to tom through `acting`, at one role and the other in turn, and asks at once through `asking`; how many answers were from before. */
async function staleAnswers(acting: Ask, asking: Ask, share: string, times: number): Promise<number> {
  let stale = 0;
  for (let n = 0; n < times; n++) {
    const role = n % 2 === 0 ? "technical_manager" : "viewer";
    const done = await acting("PUT", `/v1/shares/${share}/delegations/tom`, { role }, "ben");
    expect(done.status).toBeLessThan(300);
    if ((await check(asking)).body.decision !== (n % 2 === 0)) stale++;
    // and once more, which a cache answers
    await check(asking);
  }
  return stale;
}

test("both workers answer, say how many they are, and see at once what was done through the other", async () => {
  const service = await startWorkers();
  const [one, other] = await service.connections();
  for (const ask of [one, other]) {
    const { status, body } = await ask("GET", "/readyz");
    expect([status, body.workers]).toEqual([200, { ready: 2, of: 2 }]);
    expect((await check(ask)).body.decision).toBe(false);
  }
  // what one has asked the engine, the other finds in the cache
  await hits(other);
  const share = readFileSync(join(service.folder, "share"), "utf8");
  expect(await staleAnswers(one, other, share, 30)).toBe(0);
  expect(await staleAnswers(other, one, share, 30)).toBe(0);
  await hits(one);
});

test("processes that share no cache do not see it at once, which is why workers need Redis", async () => {
  const service = await startWorkers({ REDIS_URL: "", WORKERS: "auto" });
  expect(await workerProcesses(service.program)).toEqual([]);
  const { body } = await connectionTo(service.url, service.key)("GET", "/readyz");
  expect(body).not.toHaveProperty("workers");
  const apiUrl = readFileSync(join(service.folder, "openfga.url"), "utf8");
  const apiToken = readFileSync(join(service.folder, "openfga.key"), "utf8");
  const second = await startProcess({
    OPENFGA_API_URL: apiUrl,
    OPENFGA_API_TOKEN: apiToken,
    OPENFGA_STORE: "concordat",
    HISTORY_KEY_FILE: join(service.folder, "history-key"),
    SERVICE_KEYS: JSON.stringify([{ name: "tests", scopes: ["check", "manage"], key: service.key }]),
  });
  const share = readFileSync(join(service.folder, "share"), "utf8");
  const [one, other] = [service.url, second.url].map((url) => connectionTo(url, service.key)) as [Ask, Ask];
  await check(other);
  expect(await staleAnswers(one, other, share, 30)).toBeGreaterThan(0);

  const refused = startMain({ ...serviceEnvironment(), WORKERS: "2" });
  expect(await refused.ended).toBe(1);
  expect(refused.output()).toMatch(/^Concordat does not start\.\nWORKERS: more than one need REDIS_URL; /m);
});

test("a worker that is killed is replaced; meanwhile the other answers everything, and no check is counted twice or lost", async () => {
  const service = await startWorkers();
  const { program, url, key } = service;
  const asks = await service.connections();
  const [, other] = asks;
  let checks = 0;
  const many = async (count: number) => {
    const asked = Array.from({ length: count }, () => check(connectionTo(url, key)));
    for (const { status } of await Promise.all(asked)) expect(status).toBe(200);
    checks += count;
  };
  await many(40);
  for (const ask of asks) expect(await checksCounted(ask)).toBe(checks);

  // the first connection's worker is killed under the second one's requests
  const [killed, left] = await Promise.all(
    asks.map(async (ask) => service.workerOf(await ask("GET", "/v1/organizations/sunward", undefined, "anna"))),
  );
  let isOver = false;
  const meanwhile = (async () => {
    let answered = 0;
    for (; !isOver; answered++) expect((await check(other)).status).toBe(200);
    return answered;
  })();
  process.kill(await service.processOf(killed ?? expect.fail("no worker answered")), "SIGKILL");
  await program.printed(/"worker_ended"/);
  await many(10);
  await service.allReady();
  isOver = true;
  checks += await meanwhile;
  expect(linesOf(program).filter(({ event }) => event === "worker_ended")).toMatchObject([
    { worker: killed, how: "SIGKILL" },
  ]);
  const again = await other("GET", "/v1/organizations/sunward", undefined, "anna");
  expect(await service.workerOf(again)).toBe(left);

  expect(await checksCounted(other)).toBe(checks);
  const [, replacing] = await service.connections();
  await many(40);
  expect(await checksCounted(replacing)).toBe(checks);
  const { text } = (await other("GET", "/metrics")).body as { text?: string };
  expect(text).toMatch(/^concordat_workers_ready 2$/m);
  expect(text).toMatch(/^concordat_workers_ended_total 1$/m);
});

/** A check whose last bytes are held back; `finish` sends them and gives all that came. */
async function halfCheck(url: string, key: string) {
  const connection = await rawConnection(url);
  const body = JSON.stringify(QUESTION);
  const head = [
    "POST /access/v1/evaluation HTTP/1.1",
    "Host: concordat",
    `Authorization: Bearer ${key}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Expect: 100-continue",
  ];
  connection.write(`${head.join("\r\n")}\r\n\r\n`);
  await connection.came(/^HTTP\/1\.1 100 /);
  connection.write(body.slice(0, 20));
  return {
    finish: () => {
      connection.write(body.slice(20));
      return connection.rest();
    },
  };
}

test("SIGTERM ends all processes with code 0, and what was asked of either worker before is answered", async () => {
  const service = await startWorkers({ STOPPING_MILLISECONDS: "3000" });
  const { program, url, key, folder } = service;
  const pids = await workerProcesses(program);
  expect(pids).toHaveLength(2);
  const asks = await service.connections();
  // connections are passed to the workers in turn
  const halves = await Promise.all(Array.from({ length: 6 }, () => halfCheck(url, key)));
  program.child.kill("SIGTERM");
  for (const worker of [1, 2]) await program.printed(new RegExp(`"worker":${worker},"event":"stopping"`));
  for (const ask of asks) expect((await ask("GET", "/readyz")).body).toEqual({ status: "stopping" });
  for (const { finish } of halves) {
    const reply = await finish();
    expect(reply).toMatch(/^HTTP\/1\.1 200 .*^Connection: close\r$.*"decision":false/ims);
  }
  expect(await program.ended).toBe(0);
  const left = await processes();
  expect(left.length).toBeGreaterThan(1);
  expect(left.filter(({ pid, line }) => pids.includes(pid) || line.includes(folder))).toEqual([]);
});

test("a worker that was asked to end by itself does not count as ready while it finishes, and is replaced", async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const service = await startProcess({ REDIS_URL: redis.url, WORKERS: "2", STOPPING_MILLISECONDS: "2500" });
  // a worker that stops says nothing of workers
  const areReady = async (ready: number) => {
    while (JSON.stringify((await service.readiness()).body.workers) !== `{"ready":${ready},"of":2}`) await sleep(50);
  };
  await areReady(2);
  const first = await firstWorker(service);
  process.kill(first, "SIGTERM");
  await areReady(1);
  expect(service.logged("worker_ended")).toEqual([]);
  await areReady(2);
  expect(service.logged("worker_ended")).toMatchObject([{ how: "exit code 0" }]);
});

test("SIGTERM before all workers have started lets those that answer finish what they accepted", async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const PORT = `${await freePort()}`;
  const program = startMain({ ...serviceEnvironment(), REDIS_URL: redis.url, WORKERS: "2", PORT });
  let pids: number[] = [];
  while (pids.length < 2) pids = await workerProcesses(program);
  process.kill(pids[1] ?? expect.fail("there are no two workers"), "SIGSTOP");
  await program.printed(/"event":"worker_ready"/);
  const { finish } = await halfCheck(`http://127.0.0.1:${PORT}`, KEYS.check);
  expect(program.output()).not.toMatch(/Concordat listens/);
  program.child.kill("SIGTERM");
  await program.printed(/"worker":\d+,"event":"stopping"/);
  expect(await finish()).toMatch(/^HTTP\/1\.1 200 .*"decision":false/ms);
  expect(await program.ended).toBe(0);
  expect((await processes()).filter(({ pid }) => pids.includes(pid))).toEqual([]);
});

test("a primary that is killed leaves no worker and no engine", async () => {
  const { program, folder } = await startWorkers();
  const pids = await workerProcesses(program);
  program.child.kill("SIGKILL");
  await program.ended;
  while ((await processes()).some(({ pid, line }) => pids.includes(pid) || line.includes(folder))) await sleep(100);
});

test("an engine that ends by itself ends all workers and the service, with an error code", async () => {
  const { program, folder } = await startWorkers();
  const pids = await workerProcesses(program);
  for (const { pid, line } of await processes())
    if (line.includes(`${folder}/openfga.db`)) process.kill(pid, "SIGKILL");
  expect(await program.ended).toBe(1);
  expect((await processes()).filter(({ pid }) => pids.includes(pid))).toEqual([]);
});

test("where a worker is killed again and again the other answers; when none is left the service gives up, says why, and ends with its engine", async () => {
  const { program, url, key, folder } = await startWorkers();
  const survivor = await firstWorker(program);
  let hasEnded = false;
  void program.ended.then(() => {
    hasEnded = true;
  });
  const kills = () => linesOf(program).filter(({ event }) => event === "worker_ended").length;
  const killed = new Set<number>();
  // one more than ended the service if it were all of them
  while (kills() < 7) {
    for (const pid of await workerProcesses(program))
      if (pid !== survivor) {
        process.kill(pid, "SIGKILL");
        killed.add(pid);
      }
    // not while a connection may be passed to one that was just killed, and that the primary does not know to be dead
    const isAlone = (await workerProcesses(program)).length === 1 && kills() === killed.size;
    if (isAlone) expect((await check(connectionTo(url, key))).status).toBe(200);
    await sleep(50);
  }
  expect(program.output()).not.toMatch(/"event":"stopping"/);
  while (!hasEnded) {
    for (const pid of await workerProcesses(program)) process.kill(pid, "SIGKILL");
    await sleep(50);
  }
  expect(await program.ended).toBe(1);
  expect(program.output()).toMatch(
    /^Concordat ends\.\n\d+ workers in a row ended before .* SIGKILL\. What they wrote/m,
  );
  expect((await processes()).filter(({ line }) => line.includes(folder))).toEqual([]);
});

test("connections are bounded for each worker, with room for half as many again as its part; one too many is closed, and a place that was freed is used again", async () => {
  const { url } = await startWorkers({ CONNECTIONS_MAX: "10" });
  const open = await Promise.all(Array.from({ length: 24 }, () => rawConnection(url)));
  for (const { write } of open) write("GET /livez HTTP/1.1\r\nHost: concordat\r\n\r\n");
  const came = await Promise.all(open.map((one) => one.came(/"ok"/).catch(() => undefined)));
  const answered = open.filter((_, n) => came[n] !== undefined);
  // eight by each of the two
  expect(answered.length).toBeGreaterThan(8);
  expect(answered.length).toBeLessThanOrEqual(16);
  for (const { socket } of open) if (!answered.some((one) => one.socket === socket)) expect(socket.closed).toBe(true);
  for (const { socket } of answered) socket.destroy();
  while (!(await fetch(`${url}/livez`).catch(() => undefined))?.ok) await sleep(50);
});

test("SIGHUP reads the keys again in every worker, and a worker that is started later has them too", async () => {
  const OLD = "the-old-key-of-the-workers";
  const NEW = "the-new-key-of-the-workers";
  const folder = ownFolder();
  const SERVICE_KEYS_FILE = join(folder, "keys.json");
  const put = (key: string) =>
    writeFileSync(SERVICE_KEYS_FILE, JSON.stringify([{ name: "app", scopes: ["check"], key }]), { mode: 0o600 });
  put(OLD);
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const env = { ...serviceEnvironment(), SERVICE_KEYS: "", SERVICE_KEYS_FILE, REDIS_URL: redis.url, WORKERS: "2" };
  const program = startMain(env);
  const url = await listening(program);
  /** Every connection is another worker's in turn. */
  const statuses = async (key: string) => {
    const asked = Array.from({ length: 8 }, () => check(connectionTo(url, key)));
    return [...new Set((await Promise.all(asked)).map(({ status }) => status))];
  };
  expect([await statuses(OLD), await statuses(NEW)]).toEqual([[200], [401]]);
  put(NEW);
  program.child.kill("SIGHUP");
  for (const worker of [1, 2]) await program.printed(new RegExp(`"worker":${worker},"event":"keys_read"`));
  expect([await statuses(OLD), await statuses(NEW)]).toEqual([[401], [200]]);
  const first = await firstWorker(program);
  process.kill(first, "SIGTERM");
  await program.printed(/"worker_ready","worker":3/);
  expect([await statuses(OLD), await statuses(NEW)]).toEqual([[401], [200]]);
  // one that is asked to end by itself answers first, and is replaced
  expect(linesOf(program).find(({ event }) => event === "worker_ended")?.how).toBe("exit code 0");
  program.child.kill("SIGTERM");
  expect(await program.ended).toBe(0);
  for (const secret of [OLD, NEW]) expect(program.output()).not.toContain(secret);
});

test("a worker that ends while the engine is away is replaced, and answers when the engine is back", async () => {
  const redis = await startRedis();
  const proxy = await startTcpProxy(Number(new URL(connection().apiUrl).port));
  onTestFinished(async () => {
    await proxy.close();
    await redis.stop();
  });
  const OPENFGA_API_URL = `http://127.0.0.1:${proxy.port}`;
  const service = await startProcess({ OPENFGA_API_URL, REDIS_URL: redis.url, WORKERS: "2" });
  const question = () => check(connectionTo(service.url, KEYS.check));
  expect((await question()).status).toBe(200);
  proxy.cut();
  const first = await firstWorker(service);
  process.kill(first, "SIGKILL");
  await service.printed(/"worker_ready","worker":3/);
  expect((await service.readiness()).body).toEqual({ status: "engine_unavailable" });
  proxy.mend();
  for (let answered = 0; answered < 4; ) answered = (await question()).status === 200 ? answered + 1 : 0;
});

test("a limit counts the requests of all workers together", async () => {
  const { redis, url, key, connections } = await startWorkers({ RATE_LIMIT_CHECKS_PER_MINUTE: "key=6" });
  const countedReads = async () => {
    const [count] = await redis.client.keys("r:*:reads-user:anna");
    return count === undefined ? 0 : Number(await redis.client.get(count));
  };
  // each worker has a connection of its own to count on, and without it counts by itself
  for (const ask of await connections())
    await expect
      .poll(async () => {
        const before = await countedReads();
        await ask("GET", "/v1/organizations/sunward", undefined, "anna");
        return (await countedReads()) - before;
      })
      .toBe(1);
  const asked = Array.from({ length: 20 }, () => check(connectionTo(url, key)));
  const statuses = (await Promise.all(asked)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(6);
  expect(statuses.filter((status) => status === 429)).toHaveLength(14);
});

test("what keeps one worker from starting ends the service, which says it once", async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const env = { ...serviceEnvironment(), REDIS_URL: redis.url, WORKERS: "2" };
  const port = new URL(await listening(startMain(env))).port;
  const second = startMain({ ...env, PORT: port });
  expect(await second.ended).toBe(1);
  expect(second.output().match(/^PORT: .* is in use by another process/gm)).toHaveLength(1);
  expect(second.output()).not.toContain("    at ");
});
