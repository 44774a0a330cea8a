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
  domain: ["zod", "canonicalize", "node:crypto", "node:url"],
  "ports.ts": ["type domain"],
  // an action reads before it decides, and words the mails it sends
  actions: [
    "domain",
    "ports.ts",
    "store",
    "queries",
    "mail/letters.ts",
    "async-mutex",
    "node:crypto",
    "node:timers/promises",
  ],
  // records out of tuples: what actions decide on and queries show
  store: ["domain", "ports.ts", "node:crypto"],
  queries: ["domain", "ports.ts", "store", "node:crypto"],
  check: ["domain", "ports.ts", "async-mutex", "lru-cache", "node:crypto"],
  "private-folder.ts": ["node:*"],
  openfga: [
    "domain",
    "ports.ts",
    "private-folder.ts",
    "@openfga/sdk",
    "@openfga/syntax-transformer",
    "undici",
    "node:*",
  ],
  redis: ["domain", "ports.ts", "memory", "ioredis", "rate-limiter-flexible", "node:*"],
  memory: ["domain", "ports.ts", "lru-cache", "rate-limiter-flexible"],
  "mail/letters.ts": ["domain", "type ports.ts", "mail"],
  mail: ["mail/letters.ts", "domain", "ports.ts", "private-folder.ts", "nodemailer", "ulid", "node:*"],
  "http/listen.ts": ["http", "@hono/node-server", "node:*"],
  http: [
    "domain",
    "type ports.ts",
    "actions",
    "store",
    "queries",
    "check",
    "hono",
    "@hono/zod-openapi",
    "zod",
    "swagger-ui-dist",
    "node:*",
  ],
  console: ["domain", "actions", "store", "queries", "check", "hono", "@hono/zod-openapi", "zod"],
  "app.ts": ["http", "console", "type actions", "type check", "domain", "type ports.ts", "hono", "@hono/zod-openapi"],
  "config.ts": ["config-forms.ts", "domain", "secret-files.ts", "zod", "node:*"],
  "config-forms.ts": ["domain", "zod", "node:*"],
  "backends.ts": ["type config.ts", "openfga", "redis", "memory", "type ports.ts"],
  "secret-files.ts": ["node:*"],
  "key-ring.ts": ["domain", "config.ts", "type log.ts", "type ports.ts"],
  "log.ts": ["pino"],
  "metrics.ts": ["ports.ts", "prom-client"],
  start: ["private-folder.ts", "node:*"],
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
const CODE = [...SOURCE, ...filesIn("scripts")];

describe("imports", () => {
  test("every file of src imports only what its part may", () => {
    expect(SOURCE.length).toBeGreaterThan(20);
    expect(SOURCE.flatMap((file) => wrongImports(file.slice("src/".length), read(file)))).toEqual([]);
  });

  test("every part the table names may be broken, and the table sees it", () => {
    const allowed = 'import { z } from "zod";\nimport { idOf } from "./ids.ts";\n';
    expect(wrongImports("domain/new.ts", allowed)).toEqual([]);
    const planted: [file: string, line: string][] = [
      ["domain/new.ts", 'import { createClient } from "../openfga/client.ts";'],
      ["domain/new.ts", 'import type { Engine } from "../ports.ts";'],
      ["domain/new.ts", 'import { readFileSync } from "node:fs";'],
      ["actions/new.ts", 'import {\n  OpenFgaClient,\n} from "@openfga/sdk";'],
      ["queries/new.ts", 'export { x } from "../http/page.ts";'],
      ["http/v1/new.ts", 'const m = await import("../../openfga/store.ts");'],
      ["openfga/new.ts", 'import "nodemailer";'],
      ["app.ts", 'import { EngineUnavailable } from "./ports.ts";'],
      ["app.ts", 'import { start } from "./main.ts";'],
      ["elsewhere/new.ts", 'import { idOf } from "../domain/ids.ts";'],
    ];
    for (const [file, line] of planted) expect(wrongImports(file, line), line).toHaveLength(1);
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

  test("no code leans on what lies outside the project", () => {
    expect(CODE.filter((file) => /\.\.\/shared\b/.test(read(file)))).toEqual([]);
  });
});
