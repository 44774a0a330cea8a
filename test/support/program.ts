/**
 * Programs as an operator starts them: under an environment of their own, so that nothing of the test run's reaches
 * them, with what they print and their exit code. A program that still runs when its test ends is killed.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** The folder of the project. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export type Program = {
  child: ChildProcess;
  /** The exit code; null when a signal ended it. */
  ended: Promise<number | null>;
  /** What it has printed, standard output and standard error as they came. */
  output(): string;
  /** Waits until it has printed that. Throws with what it printed when it ends before. */
  printed(wanted: RegExp): Promise<RegExpExecArray>;
};

type Result = { code: number | null; stdout: string; stderr: string };

type Options = {
  /** On top of what a program needs to find other programs. */
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Ends a program of our own also when the test process is killed. */
  ipc?: boolean;
  /** Leaves standard output out of what is seen. */
  stdout?: "ignore";
};

function launch(command: string, args: readonly string[], { env, cwd = ROOT, ipc = false, stdout }: Options) {
  const { PATH, HOME, XDG_CACHE_HOME } = process.env;
  const child = spawn(command, args, {
    cwd,
    env: { PATH, HOME, XDG_CACHE_HOME, ...env },
    stdio: ["ignore", stdout ?? "pipe", "pipe", ...(ipc ? (["ipc"] as const) : [])],
  });
  const ended = once(child, "close").then(([code]) => code as number | null);
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return { child, ended };
}

/** Starts a program. */
export function start(command: string, args: readonly string[], options: Options = {}): Program {
  const { child, ended } = launch(command, args, options);
  let output = "";
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (data: string) => {
      output += data;
      for (const look of waiting) look();
    });
  const printed = (wanted: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const found = wanted.exec(output);
        if (found === null) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
      ended.then((code) => reject(new Error(`ended with ${code}, before ${wanted}:\n${output}`)), reject);
    });
  return { child, ended, output: () => output, printed };
}

/** Runs a program to its end. */
export async function run(command: string, args: readonly string[], options: Options = {}): Promise<Result> {
  const { child, ended } = launch(command, args, options);
  const seen = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name]?.setEncoding("utf8").on("data", (data: string) => {
      seen[name] += data;
    });
  return { code: await ended, ...seen };
}

/** Runs `scripts/<name>.ts` to its end. */
export function runScript(name: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Result> {
  return run(process.execPath, [`scripts/${name}.ts`, ...args], { env });
}
