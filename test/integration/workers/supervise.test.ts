/** What becomes of workers that do not stay, on real processes that do nothing else. */
import { expect, test } from "vitest";
import { type Program, start } from "../../support/program.ts";

type Line = { level: number; event: string; worker?: number; how?: string; pause_milliseconds?: number };

const supervised = (WORKER: string, COUNT: number, patience: object) =>
  start(process.execPath, ["test/support/supervised.ts"], {
    env: { WORKER, COUNT: `${COUNT}`, PATIENCE: JSON.stringify(patience) },
  });

const lines = ({ output }: Program): Line[] =>
  output()
    .split("\n")
    .filter((line) => line.startsWith("{") && line.endsWith("}"))
    .map((line) => JSON.parse(line));

const ends = (program: Program) => lines(program).filter(({ event }) => event === "worker_ended");

const SHORT = { triesMax: 5, pauseMilliseconds: 20, pauseMaxMilliseconds: 80, stayMilliseconds: 600_000 };

for (const [kind, WORKER] of [
  ["before it is ready", "dies"],
  ["soon after it was ready", "dies_later"],
] as const)
  test(`a worker that ends ${kind} is replaced after a pause that doubles up to a bound, and after some tries the service ends and says so`, async () => {
    const service = supervised(WORKER, 1, SHORT);
    expect(await service.ended).toBe(1);
    const pauses = ends(service).map(({ worker, how, pause_milliseconds }) => [worker, how, pause_milliseconds]);
    expect(pauses).toEqual([
      [1, "exit code 3", 20],
      [2, "exit code 3", 40],
      [3, "exit code 3", 80],
      [4, "exit code 3", 80],
    ]);
    const said = service.output().match(/^ends: .*$/gm);
    expect(said).toHaveLength(1);
    expect(said?.[0]).toMatch(/^ends: 5 workers in a row .* exit code 3\. What they wrote before says why\.$/);
  });

test("a place on which no worker starts any more does not end the others: it is tried again and again, as an error", async () => {
  const service = supervised("one_dies", 2, SHORT);
  await service.printed(/"worker_refused","worker":10,/);
  const levels = ends(service).map(({ worker, level, pause_milliseconds }) => [worker, level, pause_milliseconds]);
  expect(levels.slice(0, 6)).toEqual([
    [1, 40, 20],
    [3, 40, 40],
    [4, 40, 80],
    [5, 40, 80],
    [6, 50, 80],
    [7, 50, 80],
  ]);
  expect(service.output()).not.toContain("ends: ");
  service.child.kill("SIGTERM");
  expect(await service.ended).toBe(0);
});

test.runIf(process.platform === "linux")(
  "a process that the system does not start is tried again as a worker that ended",
  async () => {
    const service = supervised("dies_later", 1, {
      ...SHORT,
      pauseMilliseconds: 200,
      pauseMaxMilliseconds: 200,
      triesMax: 1_000,
    });
    await service.printed(/"worker_ready","worker":1\b/);
    service.child.kill("SIGUSR2");
    await service.printed(/can start: false/);
    await service.printed(/"how":"E2BIG"[\s\S]*"how":"E2BIG"/);
    service.child.kill("SIGUSR2");
    await service.printed(/can start: true[\s\S]*"worker_ready"/);
    service.child.kill("SIGTERM");
    expect(await service.ended).toBe(0);
    expect(service.output()).not.toContain("ends: ");
  },
);

test("a worker that has stayed is replaced at once however often it ends, and the service continues", async () => {
  const service = supervised("dies_later", 2, { ...SHORT, stayMilliseconds: 0 });
  while (ends(service).length < 2 * SHORT.triesMax + 2)
    await service.printed(new RegExp(`"worker":${ends(service).length + 3}\\b`));
  expect(ends(service).map(({ pause_milliseconds }) => pause_milliseconds)).not.toContain(20);
  service.child.kill("SIGTERM");
  expect(await service.ended).toBe(0);
  expect(service.output()).not.toContain("ends: ");
});

test("a worker that is silent is killed and replaced, and one that only has nothing to do is not", async () => {
  const service = supervised("hangs", 2, { ...SHORT, silentSecondsMax: 6 });
  await service.printed(/"worker_ready","worker":3/);
  expect(ends(service)).toMatchObject([{ worker: 1, how: "SIGKILL" }]);
  const silent = () => lines(service).filter(({ event }) => event === "worker_silent");
  expect(silent()).toMatchObject([{ worker: 1 }]);
  service.child.kill("SIGTERM");
  expect(await service.ended).toBe(0);
  expect(silent()).toHaveLength(1);
});

test("what a worker refuses to start for at the first start ends the service at once, with its words", async () => {
  const service = supervised("refuses", 2, SHORT);
  expect(await service.ended).toBe(1);
  expect(service.output().match(/^ends: .*$/gm)).toEqual(["ends: NAME: is wrong"]);
  expect(service.output()).not.toContain("in a row");
});

test("what was counted never falls when a worker ends, not even by the rounding of a sum", async () => {
  const service = supervised("counts", 3, SHORT);
  await service.printed(/^counted_total 0\.6000000000000001$/m);
  await service.printed(/"worker_ready","worker":4\b[\s\S]*\ncounted_total .*\ncounted_total .*\n/);
  const sums = [...service.output().matchAll(/^counted_total (.*)$/gm)].map(([, sum]) => Number(sum));
  expect(sums).toEqual(sums.toSorted((a, b) => a - b));
  expect(ends(service)).toMatchObject([{ worker: 3 }]);
});
