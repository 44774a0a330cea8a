/**
 * Every block of commands in the documents runs as it is pasted, in the order of the page, on what `npm start` runs;
 * one that does not says why: `<!-- not run: … -->` above it. Only port, folder and file names are others.
 */
import { symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { findFga } from "../../../scripts/fga-cli.ts";
import { ownFolder } from "../../support/own-folder.ts";
import { PAGES, textOf as pageText } from "../../support/pages.ts";
import { listening, startMain } from "../../support/process.ts";
import { ROOT, run } from "../../support/program.ts";

type Block = { document: string; language: string; code: string; notRun: string | undefined };

/** The blocks of commands of a document, in its order. */
function blocksOf(document: string, markdown: string): Block[] {
  const blocks = markdown.matchAll(/(?:^<!-- not run: (.+) -->\n)?^```(sh|bash|shell|console)\n([\s\S]*?)^```$/gm);
  return [...blocks].map(([, notRun, language = "", code = ""]) => ({ document, language, code, notRun }));
}

const BLOCKS = PAGES.flatMap((page) => blocksOf(page, pageText(page)));
/** This one the test itself runs, without the installation before it. */
const isStart = ({ code }: Block) => code === "npm start\n";

type Step = { command: string; output: string[] };

/** What is typed, and what is shown of the answer; a block of `sh` is typed as a whole and shows nothing. */
function stepsOf({ language, code }: Block): Step[] {
  if (language !== "console") return [{ command: code, output: [] }];
  const typed = code.split(/^\$ /m).slice(1);
  return typed.map((part) => {
    const lines = part.trimEnd().split("\n");
    const last = lines.findIndex((line) => !line.endsWith("\\"));
    return { command: lines.slice(0, last + 1).join("\n"), output: lines.slice(last + 1) };
  });
}

/** A line as it is shown, with `…` for what is left out. */
const escaped = (part: string) => part.trim().replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const shown = (line: string) =>
  new RegExp(
    line
      .split("…")
      .map((part) => escaped(part))
      .join("[^]*"),
  );

test("every block of commands runs, or names a reason why it is not run", async () => {
  const folder = ownFolder();
  const fga = findFga(process.env);
  if (fga === undefined) throw new Error("there is no fga");
  symlinkSync(fga, join(folder, "fga"));
  const lines = /^```\n(\{"kind":[\s\S]*?)^```$/m.exec(pageText("docs/bulk.md"))?.[1] ?? "";
  writeFileSync(join(folder, "people.ndjson"), lines);
  const data = join(folder, "data");
  const service = startMain({ CONCORDAT_FOLDER: data }, ["--start"], { stdout: "ignore" });
  onTestFinished(async () => {
    service.child.kill("SIGTERM");
    await service.ended;
  });
  await service.printed(/# now he may/);
  const url = await listening(service);
  const here = (code: string) =>
    code
      .replaceAll("http://127.0.0.1:3000", url)
      .replaceAll(".concordat", data)
      .replaceAll("people.ndjson", join(folder, "people.ndjson"));

  // what one block exports is there in the next: they are typed into one shell
  const exported = join(folder, "exported");
  writeFileSync(exported, "");
  const type = async (command: string) => {
    const script = `set -eo pipefail; . ${exported}\n${here(command)}\nexport -p > ${exported}`;
    const env = { PATH: [folder, process.env.PATH].join(delimiter) };
    const { code, stdout, stderr } = await run("bash", ["-c", script], {
      env,
      cwd: command.includes("npm ") ? ROOT : folder,
    });
    return { code, output: `${stdout}\n${stderr}` };
  };

  let ran = 0;
  for (const block of BLOCKS.filter(({ notRun }) => notRun === undefined)) {
    if (isStart(block)) continue;
    for (const { command, output } of stepsOf(block)) {
      const reply = await type(command);
      const fails = output.some((line) => line.startsWith("Error"));
      expect([reply.code === 0, reply.output], `${block.document}: ${command}`).toEqual([
        !fails,
        expect.not.stringContaining("urn:concordat:problem:"),
      ]);
      for (const line of output) expect(reply.output, command).toMatch(shown(line));
      ran++;
    }
  }
  expect(ran).toBeGreaterThan(8);
  expect(BLOCKS.filter(isStart)).toHaveLength(1);
  expect(await type("false")).toMatchObject({ code: 1 });
});

test("a block that does not run says a reason, and one without is run", () => {
  const page =
    "<!-- not run: it needs Docker -->\n```sh\na\n```\n\n```sh\nb\n```\n\n<!-- not run:  -->\n```sh\nc\n```\n```json\n{}\n```\n";
  expect(blocksOf("", page).map(({ code, notRun }) => [code, notRun])).toEqual([
    ["a\n", "it needs Docker"],
    ["b\n", undefined],
    ["c\n", undefined],
  ]);
  for (const { notRun } of BLOCKS) expect(notRun ?? "it runs").toMatch(/\w{2,} \w+/);
});
