/** The scheduler in a process: it runs by itself where it is not switched off, and stops with the process. */
import { expect, test } from "vitest";
import { connection } from "../../support/engine.ts";
import { serviceEnvironment, startProcess } from "../../support/process.ts";
import { KEYS } from "../../support/service.ts";

const LAG = /^concordat_schedule_lag_seconds (\S+)$/m;

test("a process does what is due from its start on, and with SCHEDULER=off never looks", async () => {
  expect(connection().apiUrl).toMatch(/^http/);
  const off = await startProcess({ SCHEDULER: "off", LOG_LEVEL: "info", LOG_FORMAT: "json" });
  const env = serviceEnvironment();
  const on = await startProcess({ ...env, LOG_LEVEL: "info", LOG_FORMAT: "json" });
  const metrics = async (url: string) => (await fetch(`${url}/metrics`)).text();
  await expect.poll(() => metrics(on.url)).toMatch(LAG);
  expect(Number(LAG.exec(await metrics(on.url))?.[1])).toBeLessThan(30);
  expect(on.logged("schedule_failed")).toEqual([]);
  // the older of the two had as much time
  expect(await metrics(off.url)).not.toMatch(LAG);
  const doctor = async (url: string) => {
    const reply = await fetch(`${url}/v1/doctor`, { headers: { Authorization: `Bearer ${KEYS.admin}` } });
    return ((await reply.json()) as { findings: object[] }).findings;
  };
  expect([await doctor(on.url), await doctor(off.url)]).toEqual([[], []]);
});
