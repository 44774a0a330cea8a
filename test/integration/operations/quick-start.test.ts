/** `npm start` as the README promises it: the process really runs, and the three commands work as pasted. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { readConfig } from "../../../src/config.ts";
import { findKey } from "../../../src/domain/service-keys.ts";
import { ownFolder } from "../../support/own-folder.ts";
import { textOf } from "../../support/pages.ts";
import { startMain } from "../../support/process.ts";
import { ROOT, run } from "../../support/program.ts";

const NOW = () => new Date();

const README = textOf("README.md");

/** The first block of a page in a language that contains a text. */
function block(page: string, language: string, text = ""): string {
  const blocks = [...textOf(page).matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)];
  const found = blocks.find((match) => match[1] === language && match[2]?.includes(text))?.[2];
  if (found === undefined) throw new Error(`${page} has no ${language} with ${text}`);
  return found;
}

/** Starts what `npm start` starts, on a free port and in `folder`. Resolves once it has said all of its hint. */
async function startIn(folder: string) {
  const service = startMain({ CONCORDAT_FOLDER: folder }, ["--start"], { stdout: "ignore" });
  // the last of what it says: the third command, whole, or why there is none, and how to stop it
  await service.printed(/(?:# now he may\n.*\n.*'|\nTo begin anew .*)\n\nCtrl-C stops it\.\n/);
  const said = service.output();
  const stop = () => {
    service.child.kill("SIGTERM");
    return service.ended;
  };
  return { said, stop, url: /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0] ?? "" };
}

/** Pastes commands into a shell and gives what each of them printed. */
async function paste(commands: string): Promise<unknown[]> {
  const { stdout, stderr } = await run("bash", ["-c", commands.replaceAll(/^$/gm, "echo")]);
  expect(stderr).toBe("");
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

test("after npm start the README's three commands work as pasted, and a check changes its answer", async () => {
  const folder = ownFolder();
  const commands = /<!-- generated: quick-start -->\n```sh\n([\s\S]*?)\n```/.exec(README)?.[1] ?? "";
  // another port and folder than the README's, nothing else
  const at = (url: string, text = commands) =>
    text.replaceAll("http://127.0.0.1:3000", url).replaceAll(".concordat", folder);

  const first = await startIn(folder);
  onTestFinished(async () => void (await first.stop()));
  expect(at(first.url).match(/^curl /gm)).toHaveLength(3);
  expect(first.said).toContain(at(first.url));
  const delegated = expect.objectContaining({ user: "tom", effective_role: "technical_manager" });
  expect(await paste(at(first.url))).toEqual([{ decision: false }, delegated, { decision: true }]);

  // the command and the function that other services copy, against the same service
  expect(await paste(at(first.url, block("docs/check-api.md", "sh", '"id":"ben"')))).toEqual([{ decision: true }]);
  const snippet = `${block("README.md", "ts")}
console.log(await may("tom", "manage_technical", "7"), await may("tom", "operate", "7"));
process.env.CONCORDAT_KEY = "another";
console.log(await may("tom", "view", "7").catch((error) => error.message.slice(0, 16)));`;
  const caller = { CONCORDAT_URL: first.url, CONCORDAT_KEY: readFileSync(join(folder, "key"), "utf8") };
  const asked = await run("node", ["--input-type=module-typescript", "-e", snippet], { env: caller });
  expect(asked.stdout).toBe("true false\nno decision: 401\n");
  expect(await first.stop()).toBe(0);

  const second = await startIn(folder);
  onTestFinished(async () => void (await second.stop()));
  expect(await paste(at(second.url)), "what was changed stays").toEqual([
    { decision: true },
    delegated,
    { decision: true },
  ]);
  expect(second.said).toContain("The sample was changed since it was played");
  expect(await second.stop()).toBe(0);
});

/** Runs a command on a pseudo-terminal of its own, and ends it once it has printed `last`. */
async function onTerminal(command: string, env: NodeJS.ProcessEnv, last: string): Promise<string> {
  const args =
    process.platform === "darwin" ? ["-q", "/dev/null", "bash", "-c", command] : ["-qefc", command, "/dev/null"];
  const child = spawn("script", args, { cwd: ROOT, env, stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
    // what a terminal sends for Ctrl-C
    if (printed.includes(last)) child.stdin.end("\x03");
  });
  await ended;
  return printed.replaceAll("\r\n", "\n");
}

test("on a terminal npm start logs lines for people, and ends with the address, the key's place and the commands", async () => {
  const folder = ownFolder();
  const { NO_COLOR: _, FORCE_COLOR: __, ...rest } = process.env;
  const env = { ...rest, TERM: "xterm", PORT: "0", CONCORDAT_FOLDER: folder, OPENFGA_API_URL: "", SERVICE_KEYS: "" };
  const printed = await onTerminal("node src/main.ts --start", env, "Ctrl-C stops it.");
  const text = stripVTControlCharacters(printed);
  const url = /Concordat listens on (\S+)/.exec(text)?.[1] ?? "none";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's colours begin with it
  expect(printed).toMatch(/\x1b\[\d+mINFO/);
  expect(text).toMatch(/^\[\d\d:\d\d:\d\d\] INFO: PUT \/v1\/plants\/:id 201 in \d+ ms, key npm-start, \w+$/m);
  expect(text).not.toMatch(/^\{/m);
  const [, block = ""] = /\nConcordat is ready\.\n([\s\S]*)\nCtrl-C stops it\.\n/.exec(text) ?? [];
  expect(block).toMatch(new RegExp(`^ +Address +${url}$`, "m"));
  expect(block).toMatch(new RegExp(`^ +Documentation +${url}/docs$`, "m"));
  expect(block).toMatch(new RegExp(`^ +Key +in ${join(folder, "key")};`, "m"));
  expect(block.match(/^curl /gm)).toHaveLength(3);
  expect(block.includes(readFileSync(join(folder, "key"), "utf8")), "the key itself is not printed").toBe(false);
});

test("a second npm start keeps all changes, prints no command that fails, and says how to start over", async () => {
  const folder = ownFolder();
  const first = await startIn(folder);
  onTestFinished(async () => void (await first.stop()));
  const key = readFileSync(join(folder, "key"), "utf8");
  const call = async (url: string, method: string, path: string, user?: string, body?: object) => {
    const acting = user === undefined ? undefined : { "Acting-User": `user:${user}` };
    const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json", ...acting };
    const reply = await fetch(`${url}/v1${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    return { status: reply.status, body: (await reply.json()) as { items: { id: string }[] } };
  };
  const sun = "/organizations/sunward";
  const list = `${sun}/cooperations?direction=outgoing&status=`;
  const [cooperation] = (await call(first.url, "GET", `${list}active`, "anna")).body.items;
  const changes: [path: string, user: string | undefined, body?: object][] = [
    [`${sun}/people/carl`, undefined, { role: "admin" }],
    [`${sun}/people/anna`, undefined, { role: "member" }],
    ["/organizations/brightfix/people/tom", undefined, { role: "member", email: null }],
    ["/organizations/brightfix/people/tom", undefined],
    ["/organizations/brightfix/people/tina", undefined, { role: "member", email: "tom@brightfix.example" }],
    [`/cooperations/${cooperation?.id}`, "carl"],
    [sun, undefined, { name: "Sundown" }],
    ["/plants/7", undefined, { owner: "sunward", name: "Seaside" }],
  ];
  for (const [path, user, body] of changes)
    expect((await call(first.url, body ? "PUT" : "DELETE", path, user, body)).status, path).toBeLessThan(300);
  const lines = async (url: string) =>
    (await (await fetch(`${url}/v1/export`, { headers: { Authorization: `Bearer ${key}` } })).text())
      .split("\n")
      .sort();
  const before = await lines(first.url);
  expect(await first.stop()).toBe(0);

  const second = await startIn(folder);
  onTestFinished(async () => void (await second.stop()));
  expect(await lines(second.url)).toEqual(before);
  expect((await call(second.url, "GET", `${list}ended`, "carl")).body.items).toHaveLength(1);
  for (const status of ["active", "pending", "invited"])
    expect((await call(second.url, "GET", list + status, "carl")).body.items, status).toEqual([]);
  expect(second.said).toMatch(
    /not played: the store is not empty, .*\nTo begin anew with it stop, delete \S+, and start/,
  );
  expect(second.said).toContain(folder);
  expect(second.said).not.toMatch(/^curl/m);
  expect(existsSync(join(folder, "share"))).toBe(false);
  expect(await second.stop()).toBe(0);
});

test("the documented commands for a key make one that the service accepts", async () => {
  const script = block("docs/keys.md", "sh", "openssl");
  const { stdout } = await run("bash", ["-c", script]);
  const [key, line] = stdout.trim().split("\n");
  const config = readConfig({
    SERVICE_KEYS: line?.replace(/^SERVICE_KEYS=/, ""),
    INVITATION_SECRET: "a secret for the tests alone, 32+",
  });
  expect(findKey(config.SERVICE_KEYS, key?.replace(/^.*: /, "") ?? "", NOW)).toMatchObject({
    name: "app",
    scopes: ["check", "manage"],
  });
  expect(findKey(config.SERVICE_KEYS, "another", NOW)).toBeUndefined();
});
