/**
 * Starts a process that cannot outlive this one. A small shell between the two holds a pipe from us: when the pipe
 * closes, because we stopped the child or because we ended (SIGKILL included), the child gets SIGTERM, and SIGKILL when
 * it has not ended within ten seconds.
 */
import { type ChildProcess, spawn } from "node:child_process";

// The watcher is a process of its own, so it works even when the keeper itself is killed.
// Background jobs of a shell read from /dev/null, hence the pipe on descriptor 3.
const KEEPER = `
exec 3<&0 </dev/null
"$@" 3<&- &
child=$!
(
  read -r _ <&3
  kill -TERM "$child" 2>/dev/null
  tries=0
  while kill -0 "$child" 2>/dev/null; do
    tries=$((tries + 1))
    [ "$tries" -gt 100 ] && kill -KILL "$child" 2>/dev/null
    sleep 0.1
  done
) >/dev/null 2>&1 &
watcher=$!
wait "$child"
code=$?
exec 3<&-
kill "$watcher" 2>/dev/null
exit "$code"
`;

/** The destination of its output: a file descriptor, or a pipe to read from. */
export type Output = number | "pipe";

export type KeptProcess = {
  readonly child: ChildProcess;
  /** Resolves when it has ended, for whatever reason: its exit code, 128 + n after signal n, 127 when it could not start. */
  readonly exited: Promise<number>;
  /** Asks it to end (SIGTERM) and waits until it has. */
  stop(): Promise<number>;
};

/**
 * Runs `command` with `args`; both outputs go to `output`. It leads a process group of its
 * own, so Ctrl-C reaches us and not it: we decide when it stops. `umask` is for the files that it makes.
 */
export function startKept(
  command: string,
  args: readonly string[],
  options: { output: Output; cwd?: string; env?: NodeJS.ProcessEnv; umask?: "077" },
): KeptProcess {
  const script = options.umask === undefined ? KEEPER : `umask ${options.umask}${KEEPER}`;
  const child = spawn("/bin/sh", ["-c", script, "keeper", command, ...args], {
    stdio: ["pipe", options.output, options.output],
    detached: true,
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(options.env !== undefined && { env: options.env }),
  });
  // the shell may end first; nothing is ever written, so a broken pipe is no failure
  child.stdin?.on("error", () => {});
  const exited = new Promise<number>((resolve) => {
    child.once("error", () => resolve(127));
    child.once("exit", (code) => resolve(code ?? 137));
  });
  return {
    child,
    exited,
    stop: () => {
      child.stdin?.end();
      return exited;
    },
  };
}
