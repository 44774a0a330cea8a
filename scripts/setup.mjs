/**
 * What `npm start`, `npm test`, `npm run test:unit` and `npm run check` do first, on any Node from 20 up and
 * without a dependency: install what package-lock.json names when that changed, have
 * the tools ready, then run the real command under the project's own Node.
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = join(root, "node_modules", ".bin");
const path = process.env.PATH ?? "";
const env = { ...process.env, PATH: [bin, path].join(delimiter) };

/** The claims of `check`, each with the command that proves it. */
const CLAIMS = [
  ["The types hold.", "tsc", ["--noEmit"]],
  ["The code is formatted and follows the rules.", "biome", ["check", "."]],
  ["Nothing is unused, nothing is missing from package.json.", "knip", []],
  ["The documents say what the code does.", "node", ["scripts/reference.ts", "--check"]],
];

const COMMANDS = {
  start: async (args) => {
    await install();
    return (
      (await run("node", ["scripts/fetch-tools.ts", "server"])) ||
      (await run("node", ["src/main.ts", "--start", ...args], { ipc: true }))
    );
  },
  test: async (args) => {
    await install();
    return (await run("node", ["scripts/fetch-tools.ts", "server", "fga"])) || (await run("vitest", ["run", ...args]));
  },
  // These start nothing, so no tool is fetched for them.
  "test:unit": async (args) => {
    await install();
    return run("vitest", ["run", "--project", "unit", ...args]);
  },
  check: async () => {
    await install();
    let code = 0;
    for (const [claim, command, args] of CLAIMS) {
      say(claim);
      const ended = await run(command, args);
      if (ended !== 0) say(`Not so: ${command} ${args.join(" ")} ended with ${ended}.`);
      code ||= ended;
      if (ended > 128) break; // a signal: the user wants it to end
    }
    return code;
  },
};

const [name = "", ...args] = process.argv.slice(2);
if (!Object.hasOwn(COMMANDS, name)) {
  say(`usage: node scripts/setup.mjs ${Object.keys(COMMANDS).join("|")} [arguments]`);
  process.exit(2);
}
process.exitCode = await COMMANDS[name](args);

/** Installs when node_modules is missing or is not what package-lock.json names; ends the process when that fails. */
async function install() {
  const reason = installReason();
  if (reason === undefined) return;
  say(`Installing dependencies: ${reason}.`);
  // npm must not run on the Node that it is about to replace.
  const outside = path.split(delimiter).filter((folder) => folder !== bin);
  const flags = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  const code = await run("npm", flags, { env: { ...process.env, PATH: outside.join(delimiter) } });
  if (code !== 0) {
    say(`npm ci ended with ${code}.`);
    process.exit(code);
  }
}

/** npm keeps what it installed in node_modules/.package-lock.json; optional packages of other platforms are not in it. */
function installReason() {
  const kept = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(kept)) return "node_modules is missing";
  if (!existsSync(join(bin, "node"))) return "the project's Node is missing";
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const installed = JSON.parse(readFileSync(kept, "utf8")).packages;
  for (const [folder, { version, integrity, optional }] of Object.entries(wanted)) {
    if (folder === "" || (optional && !installed[folder])) continue;
    const has = installed[folder];
    if (has?.version !== version || has?.integrity !== integrity) return "package-lock.json changed";
  }
  return Object.keys(installed).some((folder) => !wanted[folder]) ? "package-lock.json changed" : undefined;
}

/**
 * Runs a command in the project folder and gives its exit code, 128 + n when signal n ended it. Signals sent to this
 * process alone are passed on; Ctrl-C in a terminal reaches the child by itself, and twice would mean "at once". With
 * `ipc` the child also notices when this process was killed: its channel disconnects. A signal to npm may end npm or
 * its shell and never reach this process; then its parent changes, and that is taken as the signal.
 */
function run(command, args, options = {}) {
  const child = spawn(command, args, {
    cwd: root,
    env: options.env ?? env,
    stdio: options.ipc ? ["inherit", "inherit", "inherit", "ipc"] : "inherit",
  });
  const passOn = (signal) => {
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, passOn);
  const starter = starterOf();
  const watch = setInterval(() => {
    if (process.env.npm_lifecycle_event && starterOf() !== starter) child.kill("SIGTERM");
  }, 500);
  return new Promise((resolve) => {
    const end = (code) => {
      clearInterval(watch);
      for (const signal of signals) process.off(signal, passOn);
      resolve(code);
    };
    child.once("error", (error) => {
      say(`${command} could not be run: ${error.message}`);
      end(127);
    });
    child.once("exit", (code, signal) => end(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}

/** The parent of this process; where it is npm's shell and Linux names its parent (npm), that too. */
function starterOf() {
  try {
    const [, command, grandparent] =
      /\((.*)\) \S (\d+)/.exec(readFileSync(`/proc/${process.ppid}/stat`, "latin1")) ?? [];
    return /^(npm|node)/.test(command ?? "") ? `${process.ppid}` : `${process.ppid} ${grandparent}`;
  } catch {
    return `${process.ppid}`;
  }
}

function say(text) {
  process.stderr.write(`${text}\n`);
}
