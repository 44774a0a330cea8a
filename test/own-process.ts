/** The service as a process of a test's own, on the run's engine and a store that nobody else uses. */
import { spawn } from "node:child_process";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { connection } from "./engine.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
export const PROCESS_KEY = "a-key-for-the-tests-of-the-process";

export type OwnProcess = {
  url: string;
  /** The lines of its log with that event. */
  logged: (event: string) => Record<string, unknown>[];
  readiness: () => Promise<{ status: number; body: Record<string, unknown> }>;
  /** All that it has printed. */
  output: () => string;
};

/** A folder that goes with the test. */
export function ownFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "concordat-own-process-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts it and waits until it listens; `flags` are Node's. It ends with the test. */
export async function startProcess(env: Record<string, string>, flags: string[] = []): Promise<OwnProcess> {
  const { apiUrl, apiToken } = connection();
  const sha256 = createHash("sha256").update(PROCESS_KEY).digest("hex");
  const child = spawn(process.execPath, [...flags, "src/main.ts"], {
    cwd: root,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      PORT: "0",
      OPENFGA_API_URL: apiUrl,
      ...(apiToken !== undefined && { OPENFGA_API_TOKEN: apiToken }),
      OPENFGA_STORE: `process ${randomUUID()}`,
      CONCORDAT_FOLDER: ownFolder(),
      // a machine that is busy with other tests is not a Redis that does not answer
      REDIS_TIMEOUT_MILLISECONDS: "9000",
      INVITATION_SECRET: randomBytes(32).toString("hex"),
      SERVICE_KEYS: JSON.stringify([{ name: "tests", scopes: ["check", "admin"], sha256 }]),
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "close");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (data: Buffer) => {
      output += data;
    });
  let url: string | undefined;
  while (url === undefined) {
    if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}:\n${output}`);
    await sleep(20);
    url = /Concordat listens on (http:\S+)/.exec(output)?.[1];
  }
  const base = url;
  const lines = () => output.split("\n").filter((line) => line.startsWith("{") && line.endsWith("}"));
  return {
    url: base,
    output: () => output,
    logged: (event) =>
      lines()
        .map((line) => JSON.parse(line))
        .filter((line) => line.event === event),
    readiness: async () => {
      const reply = await fetch(`${base}/readyz`);
      return { status: reply.status, body: (await reply.json()) as Record<string, unknown> };
    },
  };
}
