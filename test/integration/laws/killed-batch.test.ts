/**
 * The service as a process, killed with SIGKILL in the middle of a batch of 200, again and again, and sent the same batch
 * each time: in the end each line is written once, and the reply says so. `KILLS=20` kills more often.
 */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { entriesFrom } from "../../../src/domain/history.ts";
import { createClient } from "../../../src/openfga/client.ts";
import { doctor } from "../../../src/queries/doctor.ts";
import type { Line } from "../../support/batches.ts";
import { importAll, linesFrom } from "../../support/bulk.ts";
import { connection, environmentOf } from "../../support/engine.ts";
import { startProcess } from "../../support/process.ts";
import { cooperate, KEYS, seedWorld, test } from "../../support/service.ts";

const KILLS = Number(process.env.KILLS ?? 4);
const LINES = 200;

test("a batch of 200 that is killed in the middle and sent again has each line once", {
  timeout: 120_000 + KILLS * 30_000,
}, async ({ service, store, tupleStore }) => {
  await seedWorld(service);
  const plants = Array.from({ length: LINES - 1 }, (_, n) => ({ kind: "plant", id: `m${n}`, owner: "sunward" }));
  expect((await importAll(service, linesFrom(plants))).end).toMatchObject({ done: LINES - 1 });
  const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]);
  const lines = [
    // done again, it would undo what an admin has done since
    { action: "change_share", share: shares[0], role: "asset_manager" },
    ...plants.map((plant) => ({ action: "share", resource: `plant:${plant.id}`, role: "viewer" })),
  ];
  const { name = "" } = await createClient(connection()).getStore({ storeId: store.storeId });
  const env = {
    ...environmentOf(store),
    OPENFGA_STORE: name,
    INVITATION_SECRET: service.deps.invitation.secret,
    LOG_LEVEL: "warn",
    RATE_LIMIT_WRITES_PER_MINUTE: "off",
  };
  const entries = async () => entriesFrom(await tupleStore.read({ object: `cooperation:${id}`, relation: "log" }));
  const send = async (url: string) => {
    const reply = await fetch(`${url}/v1/cooperations/${id}/shares/batch`, {
      method: "POST",
      headers: {
        Authorization: `Bearer ${KEYS.all}`,
        "Acting-User": "user:anna",
        "Content-Type": "application/json",
        "Idempotency-Key": "killed-batch",
      },
      body: JSON.stringify({ lines }),
    });
    return { status: reply.status, body: (await reply.json()) as Line };
  };

  const before = (await entries()).length;
  let written = 0;
  let amid = 0;
  for (let kill = 0; kill < KILLS && written < LINES; kill++) {
    const { url, child } = await startProcess(env);
    const ended = once(child, "exit");
    const sent = send(url).then(
      () => "answered",
      () => "cut off",
    );
    // a part of the rest has been written, and a part has not
    const enough = written + 1 + Math.floor(Math.random() * 40);
    const progress = async () => (await entries()).length - before;
    while ((await progress()) < Math.min(enough, LINES)) await sleep(1);
    child.kill("SIGKILL");
    await ended;
    if ((await sent) === "cut off") amid++;
    written = await progress();
    // what was done is undone by somebody: the batch must leave it so
    if (kill === 0) {
      expect((await service.as("anna", "PATCH", `/v1/shares/${shares[0]}`, { role: "viewer" })).status).toBe(200);
      written++;
    }
  }
  expect(amid).toBeGreaterThan(0);
  const { url } = await startProcess(env);
  const { status, body } = await send(url);
  expect([status, body.done, body.refused, body.not_reached]).toEqual([200, LINES, 0, 0]);
  expect(body.lines.filter(({ repeated }: { repeated: boolean }) => repeated).length).toBeGreaterThan(0);

  const history = (await entries()).slice(before).map(({ common }) => common);
  const shared = history.filter(({ action }) => action === "share");
  expect(shared.map(({ after }) => after?.resource).sort()).toEqual(plants.map((plant) => `plant:${plant.id}`).sort());
  // that of the batch, and that of the admin behind it
  const changes = history.filter(({ action }) => action === "change_share");
  expect(changes.map(({ after }) => after?.role)).toEqual(["asset_manager", "viewer"]);
  expect((await service.as("anna", "GET", `/v1/shares/${shares[0]}`)).body.role).toBe("viewer");
  expect((await service.as("anna", "GET", `/v1/cooperations/${id}`)).body.shares_count).toBe(LINES);
  expect(await doctor(tupleStore)).toEqual([]);
  console.log(`killed ${amid} times amid the batch`);
});
