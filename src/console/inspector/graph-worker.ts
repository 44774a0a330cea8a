/**
 * The thread that Graphviz runs in: it gets DOT and answers with places. It has a low priority, so checks are
 * answered first, and a picture is drawn all the same where they use every core.
 */
import { setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import { Graphviz } from "@hpcc-js/wasm-graphviz";

// on Linux this is the thread's own, elsewhere perhaps the process's: there it is left as it is
if (process.platform === "linux") setPriority(0, 10);

const graphviz = await Graphviz.load();

parentPort?.on("message", (dot: string) => {
  try {
    parentPort?.postMessage({ plain: graphviz.layout(dot, "plain", "dot") });
  } catch (error) {
    parentPort?.postMessage({ error: String(error) });
  }
});
