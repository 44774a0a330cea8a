/** The thread that places graphs: it places them, and whatever happens to it, a page gets an answer. */
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { type Graph, NODES_MAX } from "../../../../src/console/inspector/graph.ts";
import { createLayouts } from "../../../../src/console/inspector/layouts.ts";

const graphOf = (count: number): Graph => ({
  nodes: Array.from({ length: count }, (_, n) => ({ id: `${n}`, label: `plant:${n}`, kind: "plant" })),
  edges: Array.from({ length: count }, (_, n) => ({ from: "0", to: `${n}`, label: "owner", kind: "yes" })),
});

const warn = () => {};
const SILENT = 'require("node:worker_threads").parentPort.on("message", () => {})';
const thread = (code: string) => () => new Worker(code, { eval: true });

test("a graph at the limit is placed: each of its nodes and lines", async () => {
  const placed = await createLayouts({ warn, limitMilliseconds: 60_000 }).place(graphOf(NODES_MAX));
  expect(placed).toMatchObject({ width: expect.any(Number), height: expect.any(Number) });
  if (typeof placed === "string") throw new Error(placed);
  expect(placed.nodes).toHaveLength(NODES_MAX);
  expect(placed.edges).toHaveLength(NODES_MAX);
  expect(placed.edges[1]).toMatchObject({ label: "owner", at: { x: expect.any(Number) } });
});

test("a graph over the limit, and one without nodes, starts no thread", async () => {
  const start = () => {
    throw new Error("was started");
  };
  const layouts = createLayouts({ start, warn });
  expect(await layouts.place(graphOf(NODES_MAX + 1))).toBe("too_large");
  expect(await layouts.place(graphOf(0))).toBe("nothing");
});

test("a thread that does not answer is ended, and the next graph gets a new one", async () => {
  const events: object[] = [];
  let started = 0;
  const start = () => {
    started++;
    return thread(SILENT)();
  };
  const layouts = createLayouts({ start, limitMilliseconds: 50, warn: (_, facts) => events.push(facts) });
  expect(await layouts.place(graphOf(3))).toBe("too_slow");
  expect(await layouts.place(graphOf(3))).toBe("too_slow");
  expect(started).toBe(2);
  expect(events[0]).toEqual({ reason: "too_slow", nodes: 3 });
});

test.each([
  ["ends", "process.exit(3)"],
  ["fails when it starts", "throw new Error('no wasm')"],
  [
    "answers with an error",
    'const { parentPort } = require("node:worker_threads"); parentPort.on("message", () => parentPort.postMessage({ error: "syntax" }))',
  ],
  [
    "answers something else",
    'const { parentPort } = require("node:worker_threads"); parentPort.on("message", () => parentPort.postMessage({ plain: "?" }))',
  ],
])("a thread that %s is an answer without a picture", async (_, code) => {
  const layouts = createLayouts({ start: thread(code), limitMilliseconds: 60_000, warn });
  expect(await layouts.place(graphOf(3))).toBe("failed");
});

test("of many graphs at once four wait, and the others are answered at once", async () => {
  const layouts = createLayouts({ start: thread(SILENT), limitMilliseconds: 20, warn });
  const answers = await Promise.all(Array.from({ length: 8 }, () => layouts.place(graphOf(2))));
  expect(answers).toEqual([...Array(5).fill("too_slow"), ...Array(3).fill("busy")]);
});
