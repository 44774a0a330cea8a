/** Processes that the bench starts: where they listen, and what CPU and memory they use. */
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { type KeptProcess, startKept } from "../src/openfga/server/kept-process.ts";

/** /proc counts in ticks of sysconf(_SC_CLK_TCK), which is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/**
 * The processes of a system by what they are: those of a process group, or those whose command line has a text, as
 * PostgreSQL's have the name of the database that they serve.
 */
export type Processes = Readonly<Record<string, number | string>>;

/**
 * CPU seconds that each of these has used, in those of its processes that still run. PostgreSQL's writers, which serve all
 * databases, are not among them.
 */
export function cpuSecondsOf(processes: Processes): Record<string, number> {
  return ofEach(
    processes,
    (running) =>
      running.reduce((ticks, { fields }) => ticks + Number(fields[11]) + Number(fields[12]), 0) / TICKS_PER_SECOND,
  );
}

/** Resident memory of each in MiB. What its processes share, a program's file or PostgreSQL's buffers, is counted once. */
export function memoryOf(processes: Processes): Record<string, number> {
  return ofEach(processes, (running) => {
    const statuses = running.map(({ pid }) => read(pid, "status"));
    const kibibytes = (kind: string) =>
      statuses.map((text) => Number(new RegExp(`^Rss${kind}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0));
    const own = kibibytes("Anon").reduce((sum, one) => sum + one, 0);
    const shared = Math.max(0, ...kibibytes("File")) + Math.max(0, ...kibibytes("Shmem"));
    return Math.round((own + shared) / 1024);
  });
}

function ofEach(processes: Processes, figure: (running: RunningProcess[]) => number): Record<string, number> {
  const running = runningNow();
  const entries = Object.entries(processes);
  return Object.fromEntries(
    entries.map(([name, one]) => [name, figure(running.filter((process) => isOf(one, process)))]),
  );
}

/** `fields` are those of proc_pid_stat(5) from the third on, the state. */
type RunningProcess = { pid: string; fields: string[]; commandLine: string };

const isOf = (one: number | string, { fields, commandLine }: RunningProcess) =>
  typeof one === "number" ? Number(fields[2]) === one : commandLine.includes(one);

function runningNow(): RunningProcess[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map((pid) => {
    // the command's name may hold spaces and brackets; the fields behind it do not
    const fields = read(pid, "stat").split(") ").at(-1)?.split(" ") ?? [];
    return { pid, fields, commandLine: read(pid, "cmdline") };
  });
}

/** Empty for a process that ended while we looked. */
function read(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return "";
  }
}

/** A port of 127.0.0.1 that was free a moment ago. */
export function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/**
 * Stops the processes of a system, or has them go on. The shells between are left alone: they end what they keep when the
 * bench ends, stopped or not. PostgreSQL is the machine's and stays as it is.
 */
export function signal(processes: Processes, name: "SIGSTOP" | "SIGCONT"): void {
  const groups = Object.values(processes).filter((one) => typeof one === "number");
  for (const { pid, fields, commandLine } of runningNow())
    if (groups.includes(Number(fields[2])) && !commandLine.startsWith("/bin/sh")) process.kill(Number(pid), name);
}

export type Started = { group: number; said: string; stop(): Promise<void> };

/** Runs a program until it says that it is ready. Throws with what it said when it ends before. */
export async function startUntil(
  ready: RegExp,
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Started> {
  const kept: KeptProcess = startKept(command, args, { output: "pipe", env });
  let said = "";
  const started = new Promise<void>((resolve) => {
    for (const stream of [kept.child.stdout, kept.child.stderr])
      stream?.on("data", (chunk: Buffer) => {
        // read on, or its pipe would fill; what comes after the start is not kept
        if (ready.test(said)) return;
        said += chunk;
        if (ready.test(said)) resolve();
      });
  });
  const ended = kept.exited.then((code) => {
    throw new Error(`${command} ended with ${code}:\n${said}`);
  });
  await Promise.race([started, ended]);
  ended.catch(() => {});
  return { group: kept.child.pid ?? 0, said, stop: async () => void (await kept.stop()) };
}

/** A Redis of the bench's own that keeps nothing on disk. */
export async function startRedis(): Promise<Started & { url: string }> {
  const port = await freePort();
  const args = ["--bind", "127.0.0.1", "--port", `${port}`, "--save", "", "--appendonly", "no"];
  const started = await startUntil(/Ready to accept connections/, "redis-server", args);
  return { ...started, url: `redis://127.0.0.1:${port}` };
}
