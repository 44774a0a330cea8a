/**
 * Runs an OpenFGA server for this process alone: on sqlite in a folder that only its user can enter, on free loopback
 * ports, without metrics, playground or profiler, with its log in a file. Over HTTP and gRPC it requires the key of this
 * one start, and it refuses pages of a browser. It ends with this process, however that ends.
 */
import { randomBytes } from "node:crypto";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makePrivate } from "../../private-folder.ts";
import type { OpenFgaConnection } from "../client.ts";
import type { FoundServer } from "./find-server.ts";
import { type KeptProcess, startKept } from "./kept-process.ts";
import { announce, withdraw } from "./running.ts";
import { writeStatistics } from "./sqlite-statistics.ts";

/** How to reach it (`apiToken` is the key of this start), and its life. */
export type RunningServer = Readonly<Pick<OpenFgaConnection, "apiUrl" | "apiToken">> & {
  /** The process group of the server and its keeper, which is not ours. */
  readonly processGroup: number;
  /** Resolves with the exit code when the server has ended, wanted or not. */
  readonly exited: Promise<number>;
  /** Lets it finish its work and close the database, and waits until it has ended. */
  stop(): Promise<void>;
};

const START_TIMEOUT_MS = 60_000;
const PORT_TRIES = 3;
const DATABASE_FILE = "openfga.db";

// one branch at a time, so that a nested union ends at its first yes (see model.fga)
const RUN_FLAGS = [
  "--resolve-node-breadth-limit=1",
  "--metrics-enabled=false",
  "--playground-enabled=false",
  "--profiler-enabled=false",
  "--log-level=warn",
  "--shutdown-timeout=3s",
];

/** No page has this origin (RFC 2606); OpenFGA's default allows every page. */
const CLOSED_TO_BROWSERS = "--http-cors-allowed-origins=https://none.invalid";

/**
 * Migrates `<folder>/openfga.db`, writes its index statistics, starts the server on it and returns when it is healthy.
 * `throwAway` trades safety against power loss for speed, for stores that nobody keeps; `flags` are further flags of
 * `openfga run` and override ours. `open` starts it without a key and for browsers: it answers every process that
 * reaches the loopback of this machine.
 * Throws with the end of `<folder>/openfga.log` when it does not come up, FolderNotPrivate when others can read the folder.
 */
export async function startServer(
  found: Exclude<FoundServer, { kind: "external" }>,
  options: { folder: string; throwAway?: boolean; flags?: readonly string[]; open?: boolean },
): Promise<RunningServer> {
  const folder = resolve(options.folder);
  makePrivate(folder);
  const apiToken = options.open ? undefined : randomBytes(32).toString("base64url");
  const logPath = join(folder, "openfga.log");
  const log = openSync(logPath, "a", 0o600);
  try {
    const datastore = [
      "--datastore-engine=sqlite",
      `--datastore-uri=${datastoreUri(found, folder, options.throwAway)}`,
    ];
    const migrated = await startCommand(found, folder, log, ["migrate", ...datastore]).exited;
    if (migrated !== 0) throw new Error(`openfga migrate ended with ${migrated}:\n${logEnd(logPath)}`);
    // sqlite gives the files beside the database its mode
    makePrivate(folder);
    writeStatistics(join(folder, DATABASE_FILE));
    for (let attempt = 1; ; attempt++) {
      const [http, grpc] = await freePorts();
      const addresses =
        found.kind === "image" ? [] : [`--http-addr=127.0.0.1:${http}`, `--grpc-addr=127.0.0.1:${grpc}`];
      const process = startCommand(
        found,
        folder,
        log,
        [
          "run",
          ...datastore,
          ...addresses,
          ...RUN_FLAGS,
          ...(options.open ? [] : [CLOSED_TO_BROWSERS]),
          ...(options.flags ?? []),
        ],
        { httpPort: http, apiToken },
      );
      const apiUrl = `http://127.0.0.1:${http}`;
      if (await healthy(apiUrl, process)) {
        const connection = { apiUrl, ...(apiToken && { apiToken }) };
        announce(folder, connection);
        const stop = async () => {
          withdraw(folder, apiUrl);
          await process.stop();
        };
        return { ...connection, processGroup: process.child.pid ?? 0, exited: process.exited, stop };
      }
      await process.stop();
      // another process may have taken the port before the server bound it
      const portTaken = logEnd(logPath).includes("address already in use");
      if (!portTaken || attempt === PORT_TRIES) throw new Error(`OpenFGA did not start:\n${logEnd(logPath)}`);
    }
  } finally {
    closeSync(log);
  }
}

async function serves(apiUrl: string, signal: AbortSignal): Promise<boolean> {
  const response = await fetch(`${apiUrl}/healthz`, { signal });
  return response.ok && (await response.text()).includes('"SERVING"');
}

function datastoreUri(found: FoundServer, folder: string, throwAway = false): string {
  const path = join(found.kind === "image" ? "/data" : folder, DATABASE_FILE);
  const pragmas = ["busy_timeout(5000)", ...(throwAway ? ["synchronous(OFF)"] : [])];
  return `file:${encodeURI(path)}?${pragmas.map((pragma) => `_pragma=${pragma}`).join("&")}`;
}

function startCommand(
  found: Exclude<FoundServer, { kind: "external" }>,
  folder: string,
  log: number,
  args: string[],
  run: { httpPort?: number; apiToken?: string | undefined } = {},
): KeptProcess {
  // an OPENFGA_* variable of our own environment must not configure this server
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith("OPENFGA_"));
  // in its environment: every user of the machine can read its arguments
  const lock = run.apiToken && { OPENFGA_AUTHN_METHOD: "preshared", OPENFGA_AUTHN_PRESHARED_KEYS: run.apiToken };
  const env = { ...Object.fromEntries(others), ...lock };
  const options = { output: log, env, umask: "077" } as const;
  if (found.kind === "binary") return startKept(found.path, args, options);
  const publish = run.httpPort === undefined ? [] : ["--publish", `127.0.0.1:${run.httpPort}:8080`];
  const owner = ["--user", `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`];
  // without a value, docker takes it from its own environment
  const passed = Object.keys(lock || {}).flatMap((name) => ["--env", name]);
  const volume = ["--volume", `${folder}:/data`];
  return startKept(
    "docker",
    ["run", "--rm", ...publish, ...owner, ...passed, ...volume, found.image, ...args],
    options,
  );
}

/** True once `/healthz` answers SERVING, false when the process ends first or it takes too long. */
async function healthy(apiUrl: string, process: KeptProcess): Promise<boolean> {
  let ended = false;
  void process.exited.then(() => {
    ended = true;
  });
  const signal = AbortSignal.timeout(START_TIMEOUT_MS);
  while (!ended && !signal.aborted) {
    try {
      if (await serves(apiUrl, AbortSignal.any([signal, AbortSignal.timeout(1000)]))) return !ended;
    } catch {
      // not listening yet
    }
    await sleep(25);
  }
  return false;
}

/** Two different ports that were free a moment ago. */
async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()];
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once("error", reject);
          server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports as [number, number];
}

function logEnd(path: string): string {
  return readFileSync(path, "utf8").trimEnd().split("\n").slice(-10).join("\n");
}
