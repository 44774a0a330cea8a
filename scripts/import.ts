/**
 * Sends a file of lines to `POST /v1/import` of a running service: takes CONCORDAT_URL
 * and CONCORDAT_KEY, a key with scope `admin`. Shows the progress, writes refused lines to
 * `<file>.refused.ndjson`, and says from which line to continue when the import was cut off.
 * Exit code 0: every line was taken. 1: lines were refused. 2: the import did not reach the end.
 *
 *   npm run import -- people.ndjson [--from 1200]
 */
import { appendFileSync, createReadStream, rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import type { ImportEvent } from "../src/http/v1/import/events.ts";
import { argumentsOrExit } from "./arguments.ts";
import { progressBar, progressLine } from "./import/progress.ts";
import { secretsOrExit } from "./secrets.ts";

const USAGE = "usage: npm run import -- <file> [--from <line>], with CONCORDAT_URL and CONCORDAT_KEY set";
const { values, positionals } = argumentsOrExit(USAGE, {
  allowPositionals: true,
  options: { from: { type: "string" } },
});
const env = secretsOrExit(2);
/** How often a line is printed where there is no terminal. */
const LINE_MILLISECONDS = 5_000;

async function linesIn(path: string): Promise<number> {
  let lines = 0;
  let last = 10;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    for (const byte of chunk) if (byte === 10) lines++;
    last = chunk.at(-1) ?? last;
  }
  return last === 10 ? lines : lines + 1;
}

async function send(path: string, from: number): Promise<AsyncIterable<string>> {
  const { CONCORDAT_URL, CONCORDAT_KEY } = env;
  const reply = await fetch(new URL(`/v1/import?from=${from}`, CONCORDAT_URL), {
    method: "POST",
    headers: { Authorization: `Bearer ${CONCORDAT_KEY}`, "Content-Type": "application/x-ndjson" },
    body: Readable.toWeb(createReadStream(path)) as ReadableStream,
    duplex: "half",
  });
  if (!reply.ok || reply.body === null) throw new Error(`${reply.status} ${problemIn(await reply.text())}`);
  return createInterface({ input: Readable.fromWeb(reply.body as Parameters<typeof Readable.fromWeb>[0]) });
}

/** A refusal in short. What is no problem of the service's, a proxy's page say, is not repeated: who knows what it holds. */
function problemIn(text: string): string {
  const problem = parsed(text) as { code?: string; detail?: string; errors?: unknown } | undefined;
  const { code = "without a code", detail, errors } = problem ?? {};
  return [code, detail, errors && JSON.stringify(errors)].filter(Boolean).join(": ");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Shows events as they come; gives the last line that is done and how it ended. */
async function main(path: string, from: number): Promise<number> {
  const total = await linesIn(path);
  const report = `${path}.refused.ndjson`;
  if (from === 1) rmSync(report, { force: true });
  const startedAt = performance.now();
  let printedAt = startedAt;
  let line = from - 1;
  let refused = 0;
  const show = (atOnce: boolean) => {
    const progress = { from, line, total, refused, seconds: (performance.now() - startedAt) / 1000 };
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${progressBar(progress)}`);
    else if (atOnce || performance.now() - printedAt > LINE_MILLISECONDS) {
      printedAt = performance.now();
      console.error(progressLine(progress));
    }
  };
  const goOn = (why: string) => {
    console.error(`\n${why}\nContinue with: npm run import -- ${path} --from ${line + 1}`);
    return 2;
  };
  try {
    for await (const text of await send(path, from)) {
      const event = parsed(text) as ImportEvent | undefined;
      if (event === undefined) break;
      if (event.event === "refused") {
        refused++;
        appendFileSync(report, `${text}\n`);
        continue;
      }
      line = event.line;
      show(event.event !== "done");
      if (event.event === "stopped") return goOn(`Stopped: ${event.code}. ${event.detail}`);
      if (event.event !== "end") continue;
      console.error(`\n${event.done} done, ${event.same} so already, ${event.refused} refused.`);
      if (refused > 0) console.error(`What was refused, and why: ${report}`);
      return refused > 0 ? 1 : 0;
    }
    return goOn("The reply ended before the import did.");
  } catch (error) {
    const { message, cause } = error as Error;
    return goOn(`Cut off: ${message}${cause === undefined ? "" : ` (${(cause as Error).message})`}`);
  }
}

const [path] = positionals;
const from = Number(values.from ?? 1);
const isWrong = path === undefined || positionals.length > 1 || !Number.isInteger(from) || from < 1;
if (isWrong || !env.CONCORDAT_URL || !env.CONCORDAT_KEY) {
  console.error(USAGE);
  process.exit(2);
}
process.exitCode = await main(path, from).catch((error: unknown) => {
  console.error((error as Error).message);
  return 2;
});
