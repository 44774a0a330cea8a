/**
 * A Redis of the test's own: a real redis-server on a free port of the loopback, that
 * keeps nothing on disk (but what a replica is sent, in a folder of its own). It can be restarted empty on the same port, paused and
 * resumed, and ends with the test.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { freePort } from "../../bench/processes.ts";

export type OwnRedis = {
  url: string;
  port: number;
  /** A client to look into it with. */
  client: Redis;
  /** Ends the server at once and starts an empty one on the same port. */
  restart(): Promise<void>;
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Pauses and continues the process itself: connections stay open and nothing answers. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
};

/** Starts one; `flags` are redis-server's own, `--maxmemory 4mb` say. */
export async function startRedis(flags: string[] = []): Promise<OwnRedis> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), "concordat-redis-"));
  let server: ChildProcess;
  const client = new Redis(port, "127.0.0.1", { lazyConnect: true, retryStrategy: () => 50 });
  client.on("error", () => {});

  async function start(): Promise<void> {
    const fixed = ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "no"];
    server = spawn("redis-server", [...fixed, ...flags], { stdio: ["ignore", "pipe", "inherit"] });
    const output = server.stdout;
    if (output === null) throw new Error("redis-server has no output");
    let isReady = false;
    for await (const chunk of output.iterator({ destroyOnReturn: false })) {
      isReady = String(chunk).includes("Ready to accept connections");
      if (isReady) break;
    }
    // where another has taken the port, the test would speak to that one
    if (!isReady) throw new Error(`redis-server ended before it was ready on port ${port}`);
    output.resume();
  }

  async function kill(): Promise<void> {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, "exit");
    server.kill("SIGKILL");
    await exited;
  }

  await start();
  await client.connect();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    client,
    start,
    kill,
    restart: async () => {
      await kill();
      await start();
    },
    pause: () => void server.kill("SIGSTOP"),
    resume: () => void server.kill("SIGCONT"),
    stop: async () => {
      client.disconnect();
      await kill();
      await rm(folder, { recursive: true });
    },
  };
}
