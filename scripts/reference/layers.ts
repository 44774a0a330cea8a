/** The layers of the source as a diagram: the imports between its parts as they are, without those that others imply. */
import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { code, table } from "./blocks.ts";

const source = new URL("../../src/", import.meta.url);

/** What each part is for, from the top down. Files beside these belong to the process that `main.ts` starts. */
const PARTS: Readonly<Record<string, string>> = {
  "main.ts": "the process: reads the configuration, connects, answers or has workers answer, stops",
  "serve.ts": "the service in one process: it listens, and is drained at its end",
  "service.ts": "the service composed of its parts, by the configuration",
  "app.ts": "the service as a value: who may call which route, and what a fault becomes",
  console: "pages for people and engineers: what they show and do are requests to `/v1`",
  http: "routes: `v1` the API, `access` AuthZEN, `stores` OpenFGA's API",
  identity:
    "who calls with a JWT, who signs in by OpenID Connect, and what issuers signal: their keys, and what was verified a moment ago",
  schedule: "what has a date: marked from the histories, and done when its moment comes",
  actions: "what changes something: each verb reads, decides and writes; `run` is the one runner",
  queries: "what is only read and shown: `views`, `explain`, `export`",
  check: "the cached decision, its misses, and the reading of the change log",
  "access-log": "who had access through cooperations: counted, looked for, written and sealed",
  events: "the relay: who receives events, and how far each has them",
  webhooks: "endpoints that get events by POST: how they are signed and what is not connected to",
  store: "tuples read into records: heads, people, resources",
  news: "mails about what happens: who gets which, when, and again until they are taken",
  mail: "the mails and how they are sent",
  openfga: "the tuple store and the engine; `server` finds, builds and runs OpenFGA",
  redis: "the decision cache, the rate limits, the sessions and what issuers signalled, in Redis",
  memory: "the same for one process alone",
  workers: "several processes that share one port: how they are started, replaced and counted",
  start: "the keys and the sample of `npm start`",
  "ports.ts": "what the layers above need of OpenFGA, Redis and SMTP, as types with their promises",
  domain: "pure rules: lifecycle, roles, tuples, records, decisions, refusals; no I/O and no clock",
};

type Edges = ReadonlyMap<string, ReadonlySet<string>>;

/** Which part imports which, types included. */
function imports(): Edges {
  const edges = new Map<string, Set<string>>();
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  for (const file of files)
    for (const [, target = ""] of readFileSync(new URL(file, source), "utf8").matchAll(/\bfrom "(\.[^"]+)"/g)) {
      const [from, to] = [partOf(file), partOf(posix.join(posix.dirname(file), target))];
      if (from !== to && from in PARTS && to in PARTS) edges.set(from, (edges.get(from) ?? new Set()).add(to));
    }
  return edges;
}

function partOf(path: string): string {
  const [part = ""] = path.split("/");
  if (!path.includes("/") || part in PARTS) return part;
  throw new Error(`src/${part} is in no layer: say in scripts/reference/layers.ts what it is for`);
}

/** Whether a part reaches another over others. Throws when the parts import each other in a circle. */
function reaches(edges: Edges, from: string, to: string, over: readonly string[] = []): boolean {
  if (over.includes(from)) throw new Error(`the parts import each other in a circle: ${[...over, from].join(" → ")}`);
  const next = [...(edges.get(from) ?? [])];
  return next.some((part) => part === to || reaches(edges, part, to, [...over, from]));
}

/** An arrow for each import that no chain of other imports implies. Throws when parts import each other in a circle. */
export function layersDiagram(edges: Edges = imports()): string {
  const id = (part: string) => part.replaceAll(/[.-]/g, "_");
  const nodes = Object.keys(PARTS).map((part) => `    ${id(part)}["${part.includes(".") ? part : `${part}/`}"]`);
  const arrows = [...edges].flatMap(([from, targets]) => {
    const direct = [...targets].filter(
      (to) => ![...targets].some((other) => other !== to && reaches(edges, other, to)),
    );
    return direct.map((to) => `    ${id(from)} --> ${id(to)}`);
  });
  return ["```mermaid", "flowchart TD", ...nodes, ...arrows.toSorted(), "```"].join("\n");
}

/** What each part is for. */
export const layersTable = (): string =>
  table(
    ["part of `src/`", "what it is for"],
    Object.entries(PARTS).map(([part, what]) => [code(part.includes(".") ? part : `${part}/`), what]),
  );
