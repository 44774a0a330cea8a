/**
 * A service whose workers do nothing but what `WORKER` says, to see what becomes of them: `dies` before it is ready,
 * `dies_later` when it was ready, `one_dies` once all are ready and refused ever after, `hangs` where it is the first, `refuses` to start, `stays`, `counts`: the third
 * dies after a while, and the first prints what all counted. `PATIENCE` is JSON. At
 * SIGUSR2 no process can be started, and at the next one they can again.
 */
import { createLog } from "../../src/log.ts";
import type { Foundation } from "../../src/workers/messages.ts";
import { PATIENCE } from "../../src/workers/patience.ts";
import { supervise } from "../../src/workers/supervise.ts";
import { joinPrimary, refuseStart } from "../../src/workers/worker.ts";

const DIES_WITH = 3;
const { WORKER, COUNT, PATIENCE: patience = "{}" } = process.env;

async function work() {
  const channel = await joinPrimary();
  if (WORKER === "dies") process.exit(DIES_WITH);
  if (WORKER === "one_dies" && channel.id > Number(COUNT)) {
    await refuseStart("NAME: is wrong");
    process.exit(DIES_WITH);
  }
  if (WORKER === "refuses") {
    await refuseStart("NAME: is wrong");
    process.exit(1);
  }
  // counted in another order than this one, the sum is smaller
  const counted = [0.2, 0.1, 0.3][channel.id - 1] ?? 0;
  const values = [{ value: counted, labels: {} }];
  const counts = [{ name: "counted_total", help: "Fractions.", type: "counter", aggregator: "sum", values }];
  channel.ready({ counts: async () => counts, readKeys: () => {}, stop: () => process.exit(0) });
  if (WORKER === "one_dies" && channel.id === 1)
    setInterval(() => channel.workersReady().ready === Number(COUNT) && process.exit(DIES_WITH), 20);
  if (WORKER === "counts" && channel.id === 1)
    setInterval(async () => console.log((await channel.countAll()).match(/^counted_total .*$/m)?.[0]), 20);
  if (WORKER === "counts" && channel.id === 3)
    setInterval(() => channel.workersReady().ready === 3 && setTimeout(() => process.exit(DIES_WITH), 1_500), 20);
  if (WORKER === "dies_later") setTimeout(() => process.exit(DIES_WITH), 20);
  // no message is sent any more, and no signal but SIGKILL is heard
  if (WORKER === "hangs" && channel.id === 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

function lead() {
  const clock = () => new Date();
  const supervisor = supervise({
    count: Number(COUNT),
    // these workers look at nothing of it
    foundation: {} as Foundation,
    patience: { ...PATIENCE, ...JSON.parse(patience) },
    clock,
    log: createLog("info", "json"),
  });
  const end = async (error: Error) => {
    console.log(`ends: ${error.message}`);
    await supervisor.stop("failed", true, 5_000);
    process.exit(1);
  };
  supervisor.started.then(() => supervisor.failed).catch(end);
  // Linux starts no process with a variable of that length
  process.on("SIGUSR2", () => {
    if (process.env.TOO_LONG === undefined) process.env.TOO_LONG = "x".repeat(1_000_000);
    else delete process.env.TOO_LONG;
    console.log(`can start: ${process.env.TOO_LONG === undefined}`);
  });
  process.on("SIGTERM", async () => {
    await supervisor.stop("SIGTERM", false, 5_000);
    process.exit(0);
  });
}

if (process.argv.includes("--worker")) await work();
else lead();
