/** `requests.http`: every request in it works on the sample of `npm start`, twice, and is answered as the comment above it says. */
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { playSample } from "../../../src/start/sample.ts";
import { KEYS, test } from "../../support/service.ts";
import { type Exchange, playStory } from "../../support/worked-story.ts";

const FILE = readFileSync(new URL("../../../requests.http", import.meta.url), "utf8");

/** The variables that the file defines, in its order. */
const defined = (file: string) => [...file.matchAll(/^@(\w+) = ./gm)].map(([, name = ""]) => name);

/** The requests of the file and the replies that their comments show. Ids that a reader pastes are names of the story. */
function exchangesIn(file: string): Exchange[] {
  const text = file
    .replaceAll("{{url}}", "")
    .replaceAll(/\{\{(?!key\b)(\w+)\}\}/g, (_, name: string) => `$${name.toUpperCase()}`);
  return text
    .split(/^### .*\n/m)
    .slice(1)
    .map((part) => {
      const [, status, shown = "", head = "", body] =
        /^# (\d+) (.*)\n([\s\S]*?)(?:\n\n([\s\S]*))?$/.exec(part.trim()) ?? [];
      const [first = "", ...lines] = head.split("\n");
      const [method = "", path = ""] = first.split(" ");
      const headers = Object.fromEntries(lines.map((line) => line.split(": ", 2) as [string, string]));
      return {
        request: { method, path, headers, body },
        reply: { status: Number(status), body: JSON.parse(shown) },
      };
    });
}

test("every request of requests.http works on the sample as it says, and again", async ({ service }) => {
  const exchanges = exchangesIn(FILE);
  expect(exchanges.length).toBeGreaterThan(15);
  const send = (path: string, init: RequestInit) => service.app.request(path, init);
  expect(await playSample(send, KEYS.all)).toMatchObject({ kind: "played" });
  for (let count = 1; count <= 2; count++) {
    const keyed = exchanges.map(({ request, reply }) => {
      const headers = Object.entries(request.headers).map(([name, value]) => [
        name,
        value.replace("{{key}}", KEYS.all),
      ]);
      return { request: { ...request, headers: Object.fromEntries(headers) }, reply };
    });
    await playStory(keyed, send, "the file names its key");
  }
});

test("what a request names is defined at the top, and everything defined is named", () => {
  const used = [...FILE.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name);
  expect(new Set(used)).toEqual(new Set(defined(FILE)));
});
