/**
 * Drives a system with wrk (github.com/wg/wrk) from outside its process: requests made
 * beforehand, as many connections as asked, each with one open request.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Sent } from "./system.ts";

const run = promisify(execFile);
const WALK = fileURLToPath(new URL("walk.lua", import.meta.url));

/** What one slice of load came to; times in microseconds. `refused` are replies other than 2xx and 3xx. */
export type Slice = {
  /** Answered within `microseconds`. */
  requests: number;
  microseconds: number;
  /** All that were answered. */
  answers: number;
  p50: number;
  p99: number;
  refused: number;
  /** Of a timed slice alone: what its actions took; the two above are then those of the rest, where there is any. */
  actions?: { p50: number; p99: number };
  /** Of a timed slice alone: how many answers took longer than ten seconds, or had not come ten seconds after its end. */
  late?: number;
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
export function writeStream(path: string, requests: readonly Sent[]): void {
  const parts = requests.map(({ method, path: target, headers, body, isAction }) => {
    const lines = Object.entries({ Host: "127.0.0.1", ...headers, "Content-Length": `${Buffer.byteLength(body)}` });
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    const text = `${method} ${target} HTTP/1.1\r\n${head}\r\n${body}`;
    return `${Buffer.byteLength(text)} ${isAction ? 1 : 0}\n${text}`;
  });
  writeFileSync(path, parts.join(""));
}

/** One thread of wrk keeps one process of a server busy; where workers are measured, the load may not be the limit. */
const THREADS = Math.max(1, Math.floor(availableParallelism() / 4));

/** What takes longer than a slice, a batch at a slow system say, is given so many times as long. */
const LONGER = 5;

/** `from` is the request to begin with. */
export type Drive = { concurrency: number; seconds: number; from: number };

/** Sends a stream's requests for some seconds, or longer where nothing is answered in them. Throws when a connection failed. */
export async function drive(url: string, stream: string, options: Drive): Promise<Slice> {
  const slice = await driveFor(url, stream, options);
  if (slice.requests > 0) return slice;
  const longer = { ...options, seconds: options.seconds * LONGER };
  const again = await driveFor(url, stream, longer);
  if (again.requests === 0) throw new Error(`${url} answered nothing in ${longer.seconds} s`);
  return again;
}

async function driveFor(url: string, stream: string, { concurrency, seconds, from }: Drive): Promise<Slice> {
  const threads = Math.min(THREADS, concurrency);
  const args = [`-t${threads}`, `-c${concurrency}`, `-d${seconds}s`, "--timeout", "10s", "-s", WALK, url, "--", stream];
  return sliceOf(url, (await run("wrk", [...args, `${from}`, `${threads}`])).stdout);
}

/** How long an open request is waited for when the time is over. */
const LATE_SECONDS = 10;
/** Longer than anything can take, so that wrk counts no reply as a failure. */
const WRK_TIMEOUT_SECONDS = 60;

/**
 * The same, with the time of each request measured by itself, and every request waited for: each connection walks through
 * a part of the stream, from its `from`th request on, and ends when it has sent a multiple of `together` requests.
 */
export async function driveTimed(
  url: string,
  stream: string,
  { concurrency, seconds, from, together }: Drive & { together: number },
): Promise<Slice> {
  const [connections, limit] = [`${concurrency}`, `${seconds + LATE_SECONDS}s`];
  const args = ["-t", connections, "-c", connections, "-d", limit, "--timeout", `${WRK_TIMEOUT_SECONDS}s`, "-s", WALK];
  const child = spawn("wrk", [...args, url, "--", stream, `${from}`, connections, `${seconds}`, `${together}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    // it would sleep until its limit
    if (said.split("idle\n").length > concurrency) child.kill("SIGINT");
  });
  await once(child, "close");
  const { action_p50, action_p99, elapsed, ...slice } = sliceOf(url, said);
  const actions = action_p50 && action_p99 ? { p50: action_p50, p99: action_p99 } : undefined;
  const rest = slice.p50 === null ? actions : slice;
  if (rest === undefined) throw new Error(`${url} answered nothing in ${limit}`);
  return { ...slice, ...rest, microseconds: elapsed ?? seconds * 1e6, ...(actions && { actions }) };
}

/** What walk.lua wrote at the end. Throws when a connection failed. */
function sliceOf(
  url: string,
  output: string,
): Slice & Partial<Record<"action_p50" | "action_p99" | "elapsed", number>> {
  const line = output.slice(output.lastIndexOf("\n{"));
  if (!line.startsWith("\n{")) throw new Error(`wrk said nothing of ${url}: ${output}`);
  const { failed, ...slice } = JSON.parse(line);
  if (failed > 0) throw new Error(`${failed} requests to ${url} got no reply`);
  return slice;
}
