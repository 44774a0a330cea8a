/**
 * Runs an OpenFGA server for this process alone: on sqlite in a given folder, on
 * free loopback ports, without metrics, playground or profiler, its log in a file.
 * It ends with this process, however that ends.
 */
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { FoundServer } from "./find-server.ts";
import { type KeptProcess, startKept } from "./kept-process.ts";

export type RunningServer = {
  readonly apiUrl: string;
  /** The process group of the server and its keeper, which is not ours. */
  readonly processGroup: number;
  /** Resolves with the exit code when the server has ended, wanted or not. */
  readonly exited: Promise<number>;
  /** Lets it finish what it does, closes the database, and waits until it is gone. */
  stop(): Promise<void>;
};

const START_TIMEOUT_MS = 60_000;
const PORT_TRIES = 3;
/** In the folder while a server runs on it: its address, for tools that look into the same store. */
const ADDRESS_FILE = "openfga.url";

// Asked one branch at a time a nested union is left at its first yes (see model.fga).
const RUN_FLAGS = [
  "--resolve-node-breadth-limit=1",
  "--metrics-enabled=false",
  "--playground-enabled=false",
  "--profiler-enabled=false",
  "--log-level=warn",
  "--shutdown-timeout=3s",
];

/**
 * Brings the schema of `<folder>/openfga.db` up to date, starts the server on it and returns when it is
 * healthy. `throwAway` trades safety against power loss for speed, for stores nobody keeps;
 * `flags` are further flags of `openfga run` and win over ours.
 * Throws with the end of `<folder>/openfga.log` when it does not come up.
 */
export async function startServer(
  found: Exclude<FoundServer, { kind: "external" }>,
  options: { folder: string; throwAway?: boolean; flags?: readonly string[] },
): Promise<RunningServer> {
  const folder = resolve(options.folder);
  mkdirSync(folder, { recursive: true });
  const logPath = join(folder, "openfga.log");
  const log = openSync(logPath, "a", 0o600);
  try {
    const datastore = [
      "--datastore-engine=sqlite",
      `--datastore-uri=${datastoreUri(found, folder, options.throwAway)}`,
    ];
    const migrated = await startCommand(found, folder, log, ["migrate", ...datastore]).exited;
    if (migrated !== 0) throw new Error(`openfga migrate ended with ${migrated}:\n${logEnd(logPath)}`);
    for (let attempt = 1; ; attempt++) {
      const [http, grpc] = await freePorts();
      const addresses =
        found.kind === "image" ? [] : [`--http-addr=127.0.0.1:${http}`, `--grpc-addr=127.0.0.1:${grpc}`];
      const process = startCommand(
        found,
        folder,
        log,
        ["run", ...datastore, ...addresses, ...RUN_FLAGS, ...(options.flags ?? [])],
        http,
      );
      const apiUrl = `http://127.0.0.1:${http}`;
      if (await healthy(apiUrl, process)) {
        writeFileSync(join(folder, ADDRESS_FILE), apiUrl);
        const stop = async () => {
          rmSync(join(folder, ADDRESS_FILE), { force: true });
          await process.stop();
        };
        return { apiUrl, processGroup: process.child.pid ?? 0, exited: process.exited, stop };
      }
      await process.stop();
      // Between our look and its bind another process may have taken the port.
      const portTaken = logEnd(logPath).includes("address already in use");
      if (!portTaken || attempt === PORT_TRIES) throw new Error(`OpenFGA did not start:\n${logEnd(logPath)}`);
    }
  } finally {
    closeSync(log);
  }
}

/** Where the server on a folder listens, when one does: another process may have started it. */
export async function runningOn(folder: string): Promise<string | undefined> {
  try {
    const apiUrl = readFileSync(join(folder, ADDRESS_FILE), "utf8");
    // a process that was killed left its address behind
    return (await serves(apiUrl, AbortSignal.timeout(1000))) ? apiUrl : undefined;
  } catch {
    return undefined;
  }
}

async function serves(apiUrl: string, signal: AbortSignal): Promise<boolean> {
  const response = await fetch(`${apiUrl}/healthz`, { signal });
  return response.ok && (await response.text()).includes('"SERVING"');
}

function datastoreUri(found: FoundServer, folder: string, throwAway = false): string {
  const path = join(found.kind === "image" ? "/data" : folder, "openfga.db");
  const pragmas = ["busy_timeout(5000)", ...(throwAway ? ["synchronous(OFF)"] : [])];
  return `file:${encodeURI(path)}?${pragmas.map((pragma) => `_pragma=${pragma}`).join("&")}`;
}

function startCommand(
  found: Exclude<FoundServer, { kind: "external" }>,
  folder: string,
  log: number,
  args: string[],
  httpPort?: number,
): KeptProcess {
  // An OPENFGA_* variable of ours must not change the server behind our back.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("OPENFGA_")));
  if (found.kind === "binary") return startKept(found.path, args, { output: log, env });
  const publish = httpPort === undefined ? [] : ["--publish", `127.0.0.1:${httpPort}:8080`];
  const owner = ["--user", `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`];
  const docker = ["run", "--rm", ...publish, ...owner, "--volume", `${folder}:/data`, found.image, ...args];
  return startKept("docker", docker, { output: log, env });
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

/** Two ports that were free a moment ago; both held until both are known, so they differ. */
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
