/** The shape of the source: who may import whom, and what every file owes its reader. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * What each part may import: folders and files of src, packages, Node's modules. `type x` allows types
 * only. The nearest part above a file counts, and a part may always import itself.
 */
const MAY_IMPORT: Record<string, string[]> = {
  // pure: no effect, no clock, no client; the libraries, and Node's hashes and domain names, are functions of their arguments
  domain: ["faults.ts", "zod", "canonicalize", "node:crypto", "node:url"],
  "faults.ts": [],
  "elapsed.ts": [],
  "ports.ts": ["type domain"],
  // an action reads before it decides, and words the mails it sends
  actions: [
    "faults.ts",
    "domain",
    "type ports.ts",
    "store",
    "queries",
    "mail/letters.ts",
    "async-mutex",
    "lru-cache",
    "node:crypto",
    "node:timers/promises",
  ],
  // records out of tuples: what actions decide on and queries show
  store: ["faults.ts", "domain", "type ports.ts", "node:crypto"],
  // what a process keeps for lists is bounded, and read a few at a time
  queries: [
    "faults.ts",
    "domain",
    "type ports.ts",
    "store",
    "async-mutex",
    "lru-cache",
    "node:crypto",
    "node:timers/promises",
  ],
  check: ["faults.ts", "domain", "elapsed.ts", "type ports.ts", "async-mutex", "lru-cache", "node:crypto"],
  // what was answered, as the check and the explanation say it
  "access-log": [
    "faults.ts",
    "domain",
    "type ports.ts",
    "type config.ts",
    "private-folder.ts",
    "type access-log-metrics.ts",
    "check",
    "store",
    "queries",
    "lru-cache",
    "pg",
    "ulid",
    "undici",
    "zod",
    "node:*",
  ],
  "private-folder.ts": ["faults.ts", "node:*"],
  openfga: [
    "faults.ts",
    "domain",
    "elapsed.ts",
    "type ports.ts",
    "private-folder.ts",
    "@openfga/sdk",
    "@openfga/syntax-transformer",
    "undici",
    "node:*",
  ],
  redis: ["faults.ts", "domain", "elapsed.ts", "type ports.ts", "memory", "ioredis", "rate-limiter-flexible", "node:*"],
  memory: ["domain", "elapsed.ts", "type ports.ts", "lru-cache", "rate-limiter-flexible"],
  "mail/letters.ts": ["domain", "type ports.ts", "mail"],
  "mail/news-mail.ts": ["domain", "type ports.ts", "mail", "mail/letters.ts"],
  mail: [
    "faults.ts",
    "mail/letters.ts",
    "mail/news-mail.ts",
    "domain",
    "type ports.ts",
    "private-folder.ts",
    "async-mutex",
    "nodemailer",
    "ulid",
    "node:*",
  ],
  // what is news is read when it is mailed
  news: [
    "faults.ts",
    "domain",
    "type ports.ts",
    "type events",
    "events/receivers.ts",
    "store",
    "queries",
    "mail/letters.ts",
    "mail/news-mail.ts",
    "node:crypto",
    "async-mutex",
    "zod",
    "node:timers/promises",
  ],
  // the relay: what is delivered, to whom, and how far it is
  "events/receivers.ts": ["domain", "type ports.ts", "zod"],
  events: ["events/receivers.ts", "domain", "type ports.ts", "store", "zod", "node:timers/promises"],
  // what is due is done as actions
  schedule: ["faults.ts", "domain", "type ports.ts", "store", "actions", "node:timers/promises"],
  webhooks: ["faults.ts", "domain", "type ports.ts", "type events", "store", "queries", "undici", "node:*"],
  // who a token names: reads no store, and decides no permission
  identity: ["faults.ts", "domain", "jose", "lru-cache", "openid-client", "node:crypto"],
  "http/listen.ts": ["http", "@hono/node-server", "node:*"],
  http: [
    "faults.ts",
    "domain",
    "type ports.ts",
    "actions",
    "store",
    "queries",
    "check",
    "type access-log",
    "events/receivers.ts",
    "hono",
    "@hono/zod-openapi",
    "zod",
    "swagger-ui-dist",
    "node:*",
  ],
  // a client of /v1: it reads no store, and knows of the routes only what they answer
  console: [
    "faults.ts",
    "domain",
    "http",
    "type metrics.ts",
    "@hpcc-js/wasm-graphviz",
    "@openfga/syntax-transformer",
    "hono",
    "zod",
    "node:crypto",
    "node:events",
    "node:fs",
    "node:module",
    "node:os",
    "node:timers/promises",
    "node:worker_threads",
  ],
  "app.ts": [
    "faults.ts",
    "http",
    "console",
    "type actions",
    "type check",
    "type access-log",
    "domain",
    "type ports.ts",
    "hono",
    "@hono/zod-openapi",
  ],
  "config.ts": ["faults.ts", "config-variables.ts", "domain", "secret-files.ts", "zod", "node:*"],
  "config-console.ts": ["config-forms.ts", "zod"],
  "config-variables.ts": ["config-console.ts", "config-forms.ts", "domain", "zod", "node:*"],
  "config-forms.ts": ["domain", "zod", "node:*"],
  "backends.ts": ["type config.ts", "openfga", "redis", "memory", "type ports.ts"],
  "identities.ts": ["type config.ts", "identity", "memory", "redis", "type ports.ts"],
  "secret-files.ts": ["node:*"],
  "key-ring.ts": ["faults.ts", "domain", "config.ts", "type log.ts", "type ports.ts"],
  "log.ts": ["pino", "pino-pretty"],
  "metrics.ts": ["event-metrics.ts", "access-log-metrics.ts", "type ports.ts", "prom-client"],
  "access-log-metrics.ts": ["domain", "prom-client"],
  "event-metrics.ts": ["type ports.ts", "prom-client"],
  start: ["private-folder.ts", "node:*"],
  workers: [
    "faults.ts",
    "metrics.ts",
    "type config.ts",
    "config-forms.ts",
    "type log.ts",
    "type openfga",
    "type ports.ts",
    "node:*",
  ],
  "open-console.ts": ["*"],
  "service.ts": ["*"],
  "serve.ts": ["*"],
  "main.ts": ["*"],
};

type Import = { from: string; typeOnly: boolean };

function importsOf(text: string): Import[] {
  const statements = text.matchAll(/^(?:import|export)\s+(type\s)?[^;"']*?from\s+["']([^"']+)["']/gm);
  const bare = text.matchAll(/^()import\s+["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/gm);
  return [...statements, ...bare].map((match) => ({
    from: match[2] ?? match[3] ?? "",
    typeOnly: match[1] !== undefined && match[1] !== "",
  }));
}

const partOf = (path: string): string =>
  Object.keys(MAY_IMPORT).find((part) => path === part || path.startsWith(`${part}/`)) ?? path;

/** Each import of `file` (relative to src) that the table does not allow, as `file → import`. */
function wrongImports(file: string, text: string): string[] {
  const part = partOf(file);
  const allowed = MAY_IMPORT[part] ?? [];
  return importsOf(text)
    .filter(({ from, typeOnly }) => {
      const target = from.startsWith(".") ? partOf(posix.join(dirname(file), from)) : packageOf(from);
      if (target === "main.ts") return true;
      if (target === part && MAY_IMPORT[part] !== undefined) return false;
      const names = [target, "*", ...(from.startsWith("node:") ? ["node:*"] : [])];
      return !names.some((name) => allowed.includes(name) || (typeOnly && allowed.includes(`type ${name}`)));
    })
    .map(({ from }) => `${file} → ${from}`);
}

function packageOf(specifier: string): string {
  if (specifier.startsWith("node:")) return specifier;
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

const filesIn = (folder: string): string[] =>
  readdirSync(`${root}${folder}`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => posix.join(entry.parentPath, entry.name).slice(root.length));

const read = (file: string) => readFileSync(`${root}${file}`, "utf8");
const SOURCE = filesIn("src");
const CODE = [...SOURCE, ...filesIn("scripts")].filter((file) => /\.(ts|mjs)$/.test(file));

describe("imports", () => {
  test("every file of src imports only what its part may", () => {
    expect(SOURCE.length).toBeGreaterThan(20);
    expect(SOURCE.flatMap((file) => wrongImports(file.slice("src/".length), read(file)))).toEqual([]);
  });

  test("a forbidden import is found in every part that the table names", () => {
    const allowed = 'import { z } from "zod";\nimport { idOf } from "./ids.ts";\n';
    expect(wrongImports("domain/new.ts", allowed)).toEqual([]);
    const planted: [file: string, line: string][] = [
      ["domain/new.ts", 'import { createClient } from "../openfga/client.ts";'],
      ["domain/new.ts", 'import type { Engine } from "../ports.ts";'],
      ["domain/new.ts", 'import { readFileSync } from "node:fs";'],
      ["faults.ts", 'import type { TupleKey } from "./domain/tuples.ts";'],
      ["actions/new.ts", 'import {\n  OpenFgaClient,\n} from "@openfga/sdk";'],
      ["queries/new.ts", 'export { x } from "../http/page.ts";'],
      ["http/v1/new.ts", 'const m = await import("../../openfga/store.ts");'],
      ["openfga/new.ts", 'import "nodemailer";'],
      ["app.ts", 'import { newClock } from "./ports.ts";'],
      ["app.ts", 'import { start } from "./main.ts";'],
      ["elsewhere/new.ts", 'import { idOf } from "../domain/ids.ts";'],
    ];
    for (const [file, line] of planted) expect(wrongImports(file, line), line).toHaveLength(1);
  });
});

/** The files of src that each file imports, types included. */
function graphOf(texts: ReadonlyMap<string, string>): Map<string, string[]> {
  const targets = (file: string, text: string) =>
    importsOf(text)
      .filter(({ from }) => from.startsWith("."))
      .map(({ from }) => posix.join(dirname(file), from));
  return new Map([...texts].map(([file, text]) => [file, targets(file, text)]));
}

/** Every import that lies on a cycle: its target leads back to its file. */
function cyclesIn(graph: ReadonlyMap<string, readonly string[]>): { file: string; target: string }[] {
  function leadsTo(from: string, to: string): boolean {
    const seen = new Set<string>();
    const open = [from];
    for (let file = open.pop(); file !== undefined; file = open.pop()) {
      if (file === to) return true;
      if (!seen.has(file)) open.push(...(graph.get(file) ?? []));
      seen.add(file);
    }
    return false;
  }
  return [...graph].flatMap(([file, targets]) =>
    targets.filter((target) => leadsTo(target, file)).map((target) => ({ file, target })),
  );
}

describe("cycles", () => {
  test("no file of src imports itself by way of others, types included", () => {
    const graph = graphOf(new Map(SOURCE.map((file) => [file, read(file)])));
    expect(cyclesIn(graph)).toEqual([]);
  });

  test("a cycle that is planted is found, also one of types", () => {
    const planted = new Map([
      ["src/check/a.ts", 'import type { B } from "./b.ts";'],
      ["src/check/b.ts", 'import { c } from "../domain/c.ts";'],
      ["src/domain/c.ts", 'import type {\n  A,\n} from "../check/a.ts";'],
      ["src/check/d.ts", 'import { c } from "../domain/c.ts";'],
    ]);
    expect(cyclesIn(graphOf(planted))).toHaveLength(3);
  });
});

/** The names that a file exports; a schema and its type are one name. */
function exportsOf(text: string): string[] {
  const found = text.matchAll(
    /^export (?:declare )?(?:async )?(?:const|let|class|type|interface|enum|function\*?) (\w+)/gm,
  );
  return [...new Set([...found].map(([, name = ""]) => name))];
}

/** Names that more than one file exports, with those files. */
function ambiguousIn(texts: ReadonlyMap<string, string>): string[] {
  const files = [...texts].flatMap(([file, text]) => exportsOf(text).map((name) => ({ file, name })));
  return [...Map.groupBy(files, ({ name }) => name)]
    .filter(([, found]) => found.length > 1)
    .map(([name, found]) => `${name}: ${found.map(({ file }) => file).join(", ")}`);
}

/**
 * Words that the project used for what the field has a word for, or that a reader has to guess at: say "invalidate",
 * "commit", "is", "exists", "through", "after", "batch", "pass on", and so on.
 */
const OLD_WORDS =
  /\b(raise[sd]?|raising|stands?(?!-)|stood|tells?|told|telling|comes? to nothing|came to nothing|via|ways?|afterwards|gather(?:s|ed|ing)?|around|hand(?:s|ed|ing)? on|doors?|(?:is|are|was|were) gone|goes)\b/gi;

/** The files that name the member `via` of a traced check's reply, which is on the wire. */
const NAME_VIA = [
  "src/http/access/evaluation.ts",
  "scripts/reference/openapi/access.ts",
  "test/integration/check/cached-check.test.ts",
  "test/integration/http/bound-keys.test.ts",
  "test/integration/http/access-replies.test.ts",
  "docs/check-api.md",
  "docs/concepts.md",
  "docs/decisions/0026-the-access-path-is-found-after-the-first-hit.md",
];

/** Texts that are looked over for old words: code, tests and pages, but for this file, which lists them. */
const TEXTS = [
  ...["src", "scripts", "bench", "test", "docs", ".github"].flatMap(filesIn),
  ...["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "model.fga", "requests.http"],
].filter(
  (file) =>
    /\.(ts|mjs|lua|md|txt|ya?ml|fga|http)$/.test(file) &&
    file !== "test/unit/architecture.test.ts" &&
    !file.startsWith("test/support/generated-clients/"),
);

const oldWordsIn = (text: string): string[] => [...text.matchAll(OLD_WORDS)].map(([word]) => word.toLowerCase());

/** Each old word of a file, as `file: word`. */
const oldWordsOf = (file: string): string[] =>
  oldWordsIn(read(file))
    .filter((word) => word !== "via" || !NAME_VIA.includes(file))
    .map((word) => `${file}: ${word}`);

describe("names and words", () => {
  test("an exported name has one meaning in all of src", () => {
    expect(ambiguousIn(new Map(SOURCE.map((file) => [file, read(file)])))).toEqual([]);
  });

  test("a name that two files export is found, and a schema with its type is one name", () => {
    const texts = new Map([
      ["src/domain/a.ts", "export const Line = z.object({});\nexport type Line = z.infer<typeof Line>;"],
      ["src/check/b.ts", "export async function* lines() {}\nexport class Closed extends Error {}"],
    ]);
    expect(ambiguousIn(texts)).toEqual([]);
    texts.set("src/check/c.ts", "export type Closed = 1;\nexport function lines() {}");
    expect(ambiguousIn(texts)).toHaveLength(2);
  });

  test("no comment, text, name, test title or page says an old word", () => {
    expect(TEXTS.length).toBeGreaterThan(400);
    expect(TEXTS.flatMap(oldWordsOf)).toEqual([]);
    // a file that names the member no more leaves the list
    expect(NAME_VIA.filter((file) => !oldWordsIn(read(file)).includes("via"))).toEqual([]);
  });

  test("an old word that is planted is found", () => {
    expect(oldWordsIn("/** The way in stands; whoever is told goes on. */\nconst standing = awayFrom(via);")).toEqual([
      "way",
      "stands",
      "told",
      "goes",
      "via",
    ]);
    expect(oldWordsIn("Doors\nA stand-in was Raised.")).toEqual(["doors", "raised"]);
  });
});

describe("files", () => {
  test("a file is named for its noun or verb in kebab-case, and none is an index or utils", () => {
    const wrong = CODE.map((file) => basename(file)).filter(
      (name) => !/^[a-z0-9]+(-[a-z0-9]+)*\.(ts|mjs)$/.test(name) || /^(index|utils?|helpers?|common|misc)\./.test(name),
    );
    expect(wrong).toEqual([]);
  });

  test("a file is short enough to read at once", () => {
    expect(CODE.filter((file) => read(file).split("\n").length > 220)).toEqual([]);
  });

  test("a file begins by saying what it guarantees", () => {
    expect(
      CODE.filter(
        (file) =>
          !read(file)
            .replace(/^#!.*\n/, "")
            .startsWith("/**"),
      ),
    ).toEqual([]);
  });

  test("no code depends on files outside the project", () => {
    expect(CODE.filter((file) => /\.\.\/shared\b/.test(read(file)))).toEqual([]);
  });
});
