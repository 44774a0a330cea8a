/** The service as a process on the run's engine, in a store of its own: for what only a process shows. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { connection, environmentOf } from "./engine.ts";
import { KEYS } from "./service.ts";

export type ServiceProcess = {
  url: string;
  child: ChildProcess;
  /** The exit code, once it ended. */
  ended: Promise<number | null>;
  /** What it has printed. */
  output(): string;
  /** Waits until it has printed that. */
  printed(wanted: RegExp): Promise<RegExpExecArray>;
  /** The lines of its log with that event. */
  logged(event: string): Record<string, unknown>[];
  /** What `/readyz` answers. */
  readiness(): Promise<{ status: number; body: Record<string, unknown> }>;
};

/** A folder that goes with the test. */
export function ownFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "concordat-process-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts `src/main.ts` with the keys of the tests and waits until it listens; `flags` are Node's. It ends with the test. */
export async function startProcess(
  env: Record<string, string> = {},
  flags: readonly string[] = [],
): Promise<ServiceProcess> {
  const keys = Object.entries(KEYS).map(([name, key]) => {
    return { name, key, scopes: name === "all" ? ["check", "manage", "admin"] : [name] };
  });
  const child = spawn(process.execPath, [...flags, "src/main.ts"], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      PORT: "0",
      ...environmentOf(connection()),
      OPENFGA_STORE: `process ${randomUUID()}`,
      CONCORDAT_FOLDER: ownFolder(),
      INVITATION_SECRET: randomBytes(32).toString("hex"),
      SERVICE_KEYS: JSON.stringify(keys),
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "close").then(([code]) => code as number | null);
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  let seen = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setMaxListeners(0).on("data", (data: Buffer) => {
      seen += data;
    });
  const printed = async (wanted: RegExp) => {
    for (;;) {
      const found = wanted.exec(seen);
      if (found !== null) return found;
      if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}, before ${wanted}:\n${seen}`);
      await Promise.race([once(child.stdout, "data"), once(child.stderr, "data"), ended]);
    }
  };
  const url = (await printed(/Concordat listens on (http:\S+)/))[1] ?? "";
  const logged = (event: string) =>
    seen
      .split("\n")
      .filter((line) => line.startsWith("{") && line.endsWith("}"))
      .map((line) => JSON.parse(line))
      .filter((line) => line.event === event);
  const readiness = async () => {
    const reply = await fetch(`${url}/readyz`);
    return { status: reply.status, body: (await reply.json()) as Record<string, unknown> };
  };
  return { url, child, ended, output: () => seen, printed, logged, readiness };
}
