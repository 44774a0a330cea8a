/**
 * Builds a Go program of a pinned version into the project's cache folder. The binary gets its final name when it is
 * complete (a rename), so two concurrent builds leave a good binary.
 */
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { startKept } from "./kept-process.ts";

/** What the user sees: whole lines, and a counter that may replace itself. */
export type Progress = { line(text: string): void; counter(text: string): void };

/** A program to build: its module with version, and its main package. */
export type GoProgram = { name: string; module: string; version: string; package: string };

/** Where a built program is kept: `$XDG_CACHE_HOME` (default `~/.cache`) `/concordat/bin/<name>-<version>`. */
export function cachedPath(program: Pick<GoProgram, "name" | "version">, env: NodeJS.ProcessEnv): string {
  const cache = env.XDG_CACHE_HOME || join(homedir(), ".cache");
  return join(cache, "concordat", "bin", `${program.name}-${program.version}`);
}

/** The path of the cached program; undefined when it was not built yet. */
export function cachedProgram(program: GoProgram, env: NodeJS.ProcessEnv): string | undefined {
  const path = cachedPath(program, env);
  return existsSync(path) ? path : undefined;
}

/**
 * Builds the program with the `go` on PATH and returns its path. `go install` by default; with
 * `scratchModule` from a module made for it, for programs whose own go.mod `go install` refuses.
 * Throws with the end of go's output when the build fails.
 */
export async function goBuild(
  program: GoProgram,
  options: { env: NodeJS.ProcessEnv; progress: Progress; scratchModule?: boolean },
): Promise<string> {
  const target = cachedPath(program, options.env);
  mkdirSync(dirname(target), { recursive: true });
  const work = mkdtempSync(join(dirname(target), `.${program.name}-`));
  try {
    if (options.scratchModule) {
      writeFileSync(join(work, "go.mod"), `module build\n\ngo 1.25\n\nrequire ${program.module} v${program.version}\n`);
      const args = ["build", "-v", "-o", join(work, program.name), program.package];
      await runGo(args, work, { ...options.env, GOFLAGS: "-mod=mod", GOWORK: "off" }, options.progress);
    } else {
      const args = ["install", "-v", `${program.package}@v${program.version}`];
      await runGo(args, work, { ...options.env, GOBIN: work }, options.progress);
    }
    const built = join(work, basename(program.package));
    chmodSync(built, 0o755);
    renameSync(built, target);
    return target;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** How long it is waited for the output of what has ended. */
const LAST_WORDS_MILLISECONDS = 1000;

async function runGo(args: string[], cwd: string, env: NodeJS.ProcessEnv, progress: Progress): Promise<void> {
  const go = startKept("go", args, { output: "pipe", cwd, env });
  const recent: string[] = [];
  let downloaded = 0;
  let compiled = 0;
  const follow = (line: string) => {
    recent.push(line);
    if (recent.length > 15) recent.shift();
    if (line.startsWith("go: downloading ")) downloaded += 1;
    else if (/^[\w./-]+$/.test(line)) compiled += 1;
    progress.counter(`  ${downloaded} modules downloaded, ${compiled} packages compiled`);
  };
  const streams = [go.child.stdout, go.child.stderr].filter((stream) => stream !== null);
  const read = streams.map((input) => once(createInterface({ input }).on("line", follow), "close"));
  const code = await go.exited;
  // a process may have ended before its last words were read; what it started may keep its output open
  await Promise.race([Promise.all(read), sleep(LAST_WORDS_MILLISECONDS, undefined, { ref: false })]);
  if (code !== 0) throw new Error(`go ${args[0]} ended with ${code}:\n${recent.join("\n")}`);
}

/**
 * The version of `module` a Go binary was built from, as Go itself wrote it into the binary
 * (runtime/debug.BuildInfo: a line `mod <module> <version>`), without the `v`. Undefined when
 * there is none, as in a build from a checkout.
 */
export function builtVersion(path: string, module: string): string | undefined {
  const binary = readFileSync(path);
  const start = binary.indexOf(`mod\t${module}\tv`);
  if (start < 0) return undefined;
  const line = binary.subarray(start, start + module.length + 60).toString("latin1");
  return /\tv(\d+\.\d+\.\d+)[\t\n]/.exec(line)?.[1];
}
