/**
 * Drives a system with wrk (github.com/wg/wrk) from outside its process: requests made
 * beforehand, as many connections as asked, each with one open request.
 */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Request } from "./system.ts";

const run = promisify(execFile);
const WALK = fileURLToPath(new URL("walk.lua", import.meta.url));

/** What one slice of load came to. `refused` are replies other than 2xx and 3xx. */
export type Slice = {
  requests: number;
  microseconds: number;
  p50: number;
  p99: number;
  refused: number;
};

/** Throws with how to get wrk where it is not. */
export async function wrkVersion(): Promise<string> {
  try {
    // it says its version and then ends with 1, as it does without a URL
    const { stdout } = await run("wrk", ["--version"]).catch((error: { stdout?: string; code?: unknown }) => {
      if (error.code === "ENOENT") throw error;
      return { stdout: error.stdout ?? "" };
    });
    return /wrk (\S+)/.exec(stdout)?.[1] ?? "unknown";
  } catch {
    throw new Error("wrk is not on PATH, and the load comes from it. On Debian: apt-get install wrk");
  }
}

/** Puts requests into a file that wrk can walk through. */
export function writeStream(path: string, requests: readonly Request[]): void {
  const parts = requests.map(({ method, path: target, headers, body }) => {
    const lines = Object.entries({ Host: "127.0.0.1", ...headers, "Content-Length": `${Buffer.byteLength(body)}` });
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    const text = `${method} ${target} HTTP/1.1\r\n${head}\r\n${body}`;
    return `${Buffer.byteLength(text)}\n${text}`;
  });
  writeFileSync(path, parts.join(""));
}

/** What takes longer than a slice, a batch at a slow system say, is given so many times as long. */
const LONGER = 5;

/** Sends a stream's requests from `from` on for some seconds, or longer where nothing is answered in them. Throws when a connection failed. */
export async function drive(
  url: string,
  stream: string,
  options: { concurrency: number; seconds: number; from: number },
): Promise<Slice> {
  const slice = await driveFor(url, stream, options);
  if (slice.requests > 0) return slice;
  const longer = { ...options, seconds: options.seconds * LONGER };
  const again = await driveFor(url, stream, longer);
  if (again.requests === 0) throw new Error(`${url} answered nothing in ${longer.seconds} s`);
  return again;
}

async function driveFor(url: string, stream: string, options: Parameters<typeof drive>[2]): Promise<Slice> {
  const { concurrency, seconds, from } = options;
  const args = ["-t1", `-c${concurrency}`, `-d${seconds}s`, "--timeout", "10s", "-s", WALK, url, "--", stream];
  const { stdout } = await run("wrk", [...args, `${from}`]);
  const { failed, ...slice } = JSON.parse(stdout.slice(stdout.lastIndexOf("\n{"))) as Slice & { failed: number };
  if (failed > 0) throw new Error(`${failed} requests to ${url} got no reply`);
  return slice;
}
