/**
 * The process as an operator meets it: `node src/main.ts` with an environment. It starts
 * only on what it can trust, ends without cutting anyone off, and leaves nothing behind.
 */
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { openStore } from "../../../src/openfga/open-store.ts";
import { connection, environmentOf } from "../../support/engine.ts";
import { MODEL } from "../../support/model.ts";
import { ownFolder } from "../../support/own-folder.ts";
import { listening, startMain } from "../../support/process.ts";
import { run, runScript } from "../../support/program.ts";
import { type RawConnection, rawConnection } from "../../support/raw-http.ts";

const KEY = "a-key-for-the-tests-of-the-process";
const QUESTION = {
  subject: { type: "user", id: "tom" },
  action: { name: "view" },
  resource: { type: "plant", id: "7" },
};

type Environment = Record<string, string>;

/** What the process needs to run on the run's engine, in a store of its own. */
function external(): Environment {
  return {
    ...environmentOf(connection()),
    OPENFGA_STORE: `process ${randomUUID()}`,
    CONCORDAT_FOLDER: ownFolder(),
    INVITATION_SECRET: randomBytes(32).toString("hex"),
    SERVICE_KEYS: JSON.stringify([
      { name: "tests", scopes: ["check"], sha256: createHash("sha256").update(KEY).digest("hex") },
    ]),
  };
}

const evaluate = (url: string, key: string) =>
  fetch(`${url}/access/v1/evaluation`, {
    method: "POST",
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
    body: JSON.stringify(QUESTION),
  });

describe("starting", () => {
  test("with an engine, keys and a secret it answers, only to its keys", async () => {
    const url = await listening(startMain(external()));
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    const reply = await evaluate(url, KEY);
    expect([reply.status, await reply.json()]).toMatchObject([200, { decision: false }]);
    expect((await evaluate(url, "another key")).status).toBe(401);
  });

  test("it refuses to start without keys, and names every other problem at once, but no secret", async () => {
    const env = { ...external(), SERVICE_KEYS: "", INVITATION_SECRET: "too-short", PORT: "65536", LOG_LEVEL: "loud" };
    const { ended, output } = startMain(env);
    expect(await ended).toBe(1);
    const named = output().match(/^[A-Z_]+(?=:)/gm);
    expect(new Set(named)).toEqual(new Set(["SERVICE_KEYS", "INVITATION_SECRET", "PORT", "LOG_LEVEL"]));
    expect(output()).not.toContain("too-short");
  });

  test("it refuses a key without a scope it knows, and does not print the key", async () => {
    const keys = [{ name: "tests", scopes: ["everything"], key: KEY }];
    const { ended, output } = startMain({ ...external(), SERVICE_KEYS: JSON.stringify(keys) });
    expect(await ended).toBe(1);
    expect(output()).toMatch(/^SERVICE_KEYS: entry 0/m);
    expect(output()).not.toContain(KEY);
  });

  test("it refuses a store whose model it does not know, until push-model has given it ours", async () => {
    const env = external();
    const other = "model\n  schema 1.1\ntype user\n";
    await openStore({ ...connection(), store: env.OPENFGA_STORE ?? "", model: other, allowPush: false });
    const refused = startMain(env);
    expect(await refused.ended).toBe(1);
    expect(refused.output()).toMatch(/npm run push-model/);

    const push = await runScript("push-model", [], env);
    expect(push.code).toBe(0);
    const modelId = /^model (\w+)$/m.exec(push.stdout)?.[1];
    expect((await startMain(env).printed(/model (\w+)\)/))[1]).toBe(modelId);
  });

  test("it keeps answering after another version's model was pushed, and starts again with its own, with a warning", async () => {
    const env = external();
    const first = startMain(env);
    const url = await listening(first);
    const modelId = (await first.printed(/model (\w+)\)/))[1];
    expect(first.output()).not.toContain("older_model");
    const newer = MODEL.replace("type sweep", "type robot\n\ntype sweep");
    const pushed = await openStore({ ...connection(), store: env.OPENFGA_STORE ?? "", model: newer, allowPush: true });
    expect(pushed.modelId).not.toBe(modelId);
    expect((await evaluate(url, KEY)).status).toBe(200);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);

    const again = startMain(env);
    expect((await evaluate(await listening(again), KEY)).status).toBe(200);
    expect((await again.printed(/model (\w+)\)/))[1]).toBe(modelId);
    expect(again.output()).toMatch(/older_model/);
  });

  test("a folder that others could read is closed to them before anything is written to it, or the start is refused", async () => {
    const folder = ownFolder();
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, "share"), "", { mode: 0o644 });
    const embedded = { ...external(), OPENFGA_API_URL: "", OPENFGA_API_TOKEN: "", CONCORDAT_FOLDER: folder };
    const running = startMain(embedded);
    await listening(running);
    const names = readdirSync(folder);
    expect(names).toEqual(expect.arrayContaining(["openfga.db", "openfga.db-wal", "openfga.key", "openfga.log"]));
    for (const name of [".", ...names]) expect([name, statSync(join(folder, name)).mode & 0o077]).toEqual([name, 0]);
    running.child.kill("SIGTERM");
    expect(await running.ended).toBe(0);

    chmodSync(folder, 0o1777);
    for (const args of [[], ["--start"]]) {
      const refused = startMain(embedded, args);
      expect(await refused.ended).toBe(1);
      expect(refused.output()).toMatch(
        /does not start[.]\nThe folder .*Set CONCORDAT_FOLDER to a folder of its own[.]$/m,
      );
    }
  });

  test("a second process on the folder of a running one is refused, and the running one is still found", async () => {
    const folder = ownFolder();
    const embedded = { ...external(), OPENFGA_API_URL: "", OPENFGA_API_TOKEN: "", CONCORDAT_FOLDER: folder };
    const url = await listening(startMain(embedded));
    const announced = ["openfga.url", "openfga.key"].map((name) => readFileSync(join(folder, name), "utf8"));
    const second = startMain(embedded);
    expect(await second.ended).toBe(1);
    expect(second.output()).toMatch(
      /does not start[.]\nAn OpenFGA already runs on the folder .* Stop .*CONCORDAT_FOLDER/,
    );
    expect(["openfga.url", "openfga.key"].map((name) => readFileSync(join(folder, name), "utf8"))).toEqual(announced);
    expect((await evaluate(url, KEY)).status).toBe(200);
  });

  test("where it cannot listen it says which variable to change, and shows no stack", async () => {
    const port = new URL(await listening(startMain(external()))).port;
    for (const [env, named] of [
      [{ PORT: port }, `PORT: http://127.0.0.1:${port} is in use by another process`],
      [{ HOST: "192.0.2.1" }, "HOST: this machine does not have the address 192.0.2.1"],
    ] as const) {
      const { ended, output } = startMain({ ...external(), ...env });
      expect(await ended).toBe(1);
      expect(output()).toContain(`Concordat does not start.\n${named}`);
      expect(output()).not.toContain("    at ");
    }
  });

  test("it refuses an engine that is not there, and says what to look at", async () => {
    const { ended, output } = startMain({ ...external(), OPENFGA_API_URL: "http://127.0.0.1:1" });
    expect(await ended).toBe(1);
    expect(output()).toContain("127.0.0.1:1");
  });
});

describe("where it listens", () => {
  type Configuration = { policy_decision_point: string; access_evaluation_endpoint: string };
  const published = async (url: string) =>
    (await (await fetch(`${url}/.well-known/authzen-configuration`)).json()) as Configuration;

  for (const [HOST, spelled] of [
    ["127.0.0.1", "127.0.0.1"],
    ["::1", "[::1]"],
    ["[::1]", "[::1]"],
  ])
    test(`with HOST=${HOST} and a port of the system's choice it prints and publishes its real address`, async () => {
      const url = await listening(startMain({ ...external(), HOST: HOST ?? "" }));
      expect(url).toMatch(/:[1-9]\d*$/);
      expect(url.slice(0, url.lastIndexOf(":"))).toBe(`http://${spelled}`);
      const { policy_decision_point, access_evaluation_endpoint } = await published(url);
      expect(policy_decision_point).toBe(url);
      expect(access_evaluation_endpoint).toBe(`${url}/access/v1/evaluation`);
      expect((await evaluate(url, KEY)).status).toBe(200);
    });

  for (const HOST of ["0.0.0.0", "::"])
    test(`with HOST=${HOST} it does not start without a PUBLIC_URL, and with one it publishes that`, async () => {
      const refused = startMain({ ...external(), HOST });
      expect(await refused.ended).toBe(1);
      expect(refused.output()).toMatch(/^PUBLIC_URL: is required with HOST=/m);
      const PUBLIC_URL = "https://concordat.example";
      const url = await listening(startMain({ ...external(), HOST, PUBLIC_URL }));
      const loopback = `http://127.0.0.1:${new URL(url).port}`;
      expect((await published(loopback)).policy_decision_point).toBe(PUBLIC_URL);
      if (HOST === "::") expect((await fetch(`http://[::1]:${new URL(url).port}/livez`)).status).toBe(200);
    });
});

/** A question whose last bytes are held back. `finish` sends them and gives the whole reply. */
async function halfQuestion(url: string) {
  const body = JSON.stringify(QUESTION);
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  const head = ["POST /access/v1/evaluation HTTP/1.1", "Host: concordat", `Authorization: Bearer ${KEY}`];
  const lengths = [
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Expect: 100-continue",
  ];
  socket.write(`${[...head, ...lengths].join("\r\n")}\r\n\r\n`);
  // the answer to Expect: from here on the request is being served
  expect(String((await once(socket, "data"))[0])).toMatch(/^HTTP\/1\.1 100 /);
  socket.write(body.slice(0, 20));
  return {
    finish: async () => {
      socket.write(body.slice(20));
      return text(socket);
    },
  };
}

describe("ending", () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    test(`at ${signal} a running request is answered, a new one learns that the service stops, and the exit code is 0`, async () => {
      const service = startMain({ ...external(), STOPPING_MILLISECONDS: "3000" });
      const url = await listening(service);
      // an idle connection that is kept alive must not hold it up
      expect((await fetch(`${url}/livez`)).status).toBe(200);
      const question = await halfQuestion(url);
      service.child.kill(signal);
      await service.printed(/stopping/);
      const ready = await fetch(`${url}/readyz`);
      expect([ready.status, await ready.json()]).toEqual([503, { status: "stopping" }]);
      expect(ready.headers.get("Connection")).toBe("close");
      const reply = await question.finish();
      expect(reply).toMatch(/^HTTP\/1\.1 200 /);
      expect(reply).toMatch(/^Connection: close\r$/im);
      expect(reply).toContain('"decision":false');
      expect(await service.ended).toBe(0);
      await expect(fetch(`${url}/livez`)).rejects.toThrow();
    });

  test("a client with repeated requests learns from a reply that the connection ends, and is never cut off", async () => {
    const service = startMain({ ...external(), STOPPING_MILLISECONDS: "6000" });
    const url = await listening(service);
    const connections = await Promise.all(Array.from({ length: 12 }, () => rawConnection(url)));
    let begun = 0;
    /** Asks on one connection until a reply says that it is the last; how many were answered. */
    const askOn = async (connection: RawConnection): Promise<number> => {
      for (let answered = 1; ; answered++) {
        if (answered === 2) begun++;
        connection.write("GET /livez HTTP/1.1\r\nHost: concordat\r\n\r\n");
        const came = await connection.came(new RegExp(`(\\{"status":"ok"\\}[^]*?){${answered}}$`));
        if (/^connection: close\r$/im.test(came)) return answered;
      }
    };
    const asking = connections.map(askOn);
    await expect.poll(() => begun).toBe(connections.length);
    await sleep(200);
    service.child.kill("SIGTERM");
    for (const answered of await Promise.all(asking)) expect(answered).toBeGreaterThan(1);
    expect(await service.ended).toBe(0);
  });

  test("a caller who never finishes does not keep it from ending", async () => {
    const service = startMain(external());
    await halfQuestion(await listening(service));
    service.child.kill("SIGTERM");
    expect(await service.ended).toBe(0);
  });
});

/** The processes whose command names that folder: the embedded engine's does, the service's own does not. */
async function engineProcesses(folder: string): Promise<number[]> {
  const lines = (await run("ps", ["-A", "-ww", "-o", "pid,args"])).stdout.split("\n");
  expect(lines.length).toBeGreaterThan(1);
  return lines.filter((line) => line.includes(`${folder}/openfga.db`)).map((line) => Number.parseInt(line, 10));
}

describe("npm start", () => {
  for (const signal of ["SIGKILL", "SIGTERM"] as const)
    test(`${signal} leaves no engine behind`, async () => {
      const folder = ownFolder();
      const service = startMain({ CONCORDAT_FOLDER: folder }, ["--start"]);
      await listening(service);
      expect(await engineProcesses(folder)).not.toEqual([]);
      service.child.kill(signal);
      expect(await service.ended).toBe(signal === "SIGTERM" ? 0 : null);
      while ((await engineProcesses(folder)).length > 0) await sleep(100);
    });

  test("an engine that ends by itself ends the service with an error code", async () => {
    const folder = ownFolder();
    const service = startMain({ CONCORDAT_FOLDER: folder }, ["--start"]);
    await listening(service);
    for (const pid of await engineProcesses(folder)) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // it went with the one before it
      }
    }
    expect(await service.ended).toBe(1);
  });

  test("it makes its keys once, readable by their owner only, and its sample once; histories are signed; it listens on loopback only", async () => {
    const folder = ownFolder();
    const env = { CONCORDAT_FOLDER: folder, HOST: "0.0.0.0" };
    let historyKey = "";
    const runs: { key: string; cooperations: unknown; decisions: unknown[] }[] = [];
    for (let count = 1; count <= 2; count++) {
      const service = startMain(env, ["--start"]);
      const url = await listening(service);
      expect(new URL(url).hostname).toBe("127.0.0.1");
      // where the key is, and the address as it is: the hint works as pasted
      await service.printed(new RegExp(`curl [^]*${url}/[^]*${join(folder, "key")}`));
      expect(statSync(join(folder, "key")).mode & 0o777).toBe(0o600);
      const key = readFileSync(join(folder, "key"), "utf8");
      expect(statSync(join(folder, "history-key")).mode & 0o777).toBe(0o600);
      historyKey ||= readFileSync(join(folder, "history-key"), "utf8");
      expect(readFileSync(join(folder, "history-key"), "utf8")).toBe(historyKey);
      const verified = await fetch(`${url}/v1/organizations/sunward/history/verify`, {
        headers: { Authorization: `Bearer ${key}` },
      });
      expect(await verified.json()).toMatchObject({ holds: true, signed: "valid" });
      expect(service.output()).not.toContain(key);
      const list = await fetch(`${url}/v1/organizations/sunward/cooperations?direction=outgoing`, {
        headers: { Authorization: `Bearer ${key}`, "Acting-User": "user:anna" },
      });
      const { items } = (await list.json()) as { items: unknown[] };
      expect(items).toHaveLength(1);
      const decisions = [await evaluate(url, key), await evaluate(url, "another key")].map((reply) => reply.json());
      runs.push({ key, cooperations: items, decisions: await Promise.all(decisions) });
      expect(runs.at(-1)?.decisions).toMatchObject([{ decision: true }, { code: "unauthorized" }]);
      service.child.kill("SIGTERM");
      expect(await service.ended).toBe(0);
    }
    expect(runs[1]).toEqual(runs[0]);
  });
});
