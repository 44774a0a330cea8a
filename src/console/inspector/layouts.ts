/**
 * Places for the nodes of graphs, found by Graphviz in a thread of its own, one graph at a time. What is too large, comes
 * when too many wait, takes too long or ends the thread is answered with why, and never with an error: a table shows the
 * same. The thread is started by the first graph and ends when none comes for a while.
 */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { dotOf, type Graph, isDrawable, type Placed, placedOf } from "./graph.ts";

/** Why there is no picture. */
export type NotDrawn = "too_large" | "busy" | "too_slow" | "failed" | "nothing";
export type Layouts = { place(graph: Graph): Promise<Placed | NotDrawn> };

/** Graphs that wait for their turn. */
const QUEUE_MAX = 4;
const LIMIT_MILLISECONDS = 5_000;
const IDLE_MILLISECONDS = 60_000;

const startThread = () =>
  new Worker(new URL("./graph-worker.ts", import.meta.url), { resourceLimits: { maxOldGenerationSizeMb: 128 } });

type Options = { start?: () => Worker; limitMilliseconds?: number; warn: (event: string, facts: object) => void };

/** The one thread of the process, or none while nobody looks at graphs. */
export function createLayouts({ start = startThread, limitMilliseconds = LIMIT_MILLISECONDS, warn }: Options): Layouts {
  let thread: Worker | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let idle: NodeJS.Timeout | undefined;

  function end(): void {
    void thread?.terminate();
    thread = undefined;
  }

  function started(): Worker {
    if (thread !== undefined) return thread;
    const worker = start();
    // the process may end at any time: nothing here is kept
    worker.unref();
    const forget = () => {
      if (thread === worker) thread = undefined;
    };
    worker.on("error", forget).on("exit", forget);
    thread = worker;
    return worker;
  }

  /** What the thread answers to one graph; undefined where it takes too long. Rejects where the thread ends before. */
  async function ask(dot: string): Promise<{ plain?: string; error?: string } | undefined> {
    const worker = started();
    const over = new AbortController();
    const { signal } = over;
    const answered = once(worker, "message", { signal }).then(([answer]) => answer);
    const ended = once(worker, "exit", { signal }).then(([code]) => {
      throw new Error(`the thread of Graphviz ended with ${code}`);
    });
    worker.postMessage(dot);
    try {
      return await Promise.race([answered, ended, sleep(limitMilliseconds, undefined, { signal })]);
    } finally {
      over.abort();
    }
  }

  async function placeNow(graph: Graph): Promise<Placed | NotDrawn> {
    clearTimeout(idle);
    try {
      const answer = await ask(dotOf(graph));
      if (answer === undefined) {
        end();
        warn("graph_not_drawn", { reason: "too_slow", nodes: graph.nodes.length });
        return "too_slow";
      }
      if (answer.plain === undefined) throw new Error(answer.error);
      return placedOf(graph, answer.plain);
    } catch (error) {
      end();
      warn("graph_not_drawn", { reason: "failed", error: String(error) });
      return "failed";
    } finally {
      idle = setTimeout(end, IDLE_MILLISECONDS).unref();
    }
  }

  return {
    async place(graph) {
      if (graph.nodes.length === 0) return "nothing";
      if (!isDrawable(graph)) return "too_large";
      if (waiting > QUEUE_MAX) return "busy";
      waiting++;
      const turn = last.then(() => placeNow(graph)).finally(() => waiting--);
      last = turn;
      return turn;
    },
  };
}
