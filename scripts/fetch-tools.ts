/**
 * Has the named tools ready before anything starts: `server` (OpenFGA), `fga` (its
 * command line). Says which one it found, and shows how a build gets on.
 */
import { findServer } from "../src/openfga/server/find-server.ts";
import type { Progress } from "../src/openfga/server/go-build.ts";
import { fetchFga } from "./fga-cli.ts";

// In a file or a pipe a counter that never stops would be thousands of lines.
const QUIET_MS = 15_000;

const progress = onScreen(process.stderr);
const tools = process.argv.slice(2);
try {
  if (tools.includes("server")) await findServer(process.env, progress);
  if (tools.includes("fga")) await fetchFga(process.env, progress);
} catch (error) {
  progress.line((error as Error).message);
  process.exitCode = 1;
}

function onScreen(stream: NodeJS.WriteStream): Progress {
  let counting = false;
  let shownAt = 0;
  return {
    line: (text) => {
      stream.write(`${counting ? "\n" : ""}${text}\n`);
      counting = false;
    },
    counter: (text) => {
      if (stream.isTTY) {
        stream.write(`\r\x1b[K${text}`);
        counting = true;
      } else if (Date.now() - shownAt >= QUIET_MS) {
        stream.write(`${text}\n`);
        shownAt = Date.now();
      }
    },
  };
}
