/**
 * The service as a process, killed with SIGKILL at a hundred random moments while it
 * acts. Each change that it reported is committed once; any other once or not at all;
 * and doctor finds nothing but what the next start sweeps away.
 */
import type { ChildProcess } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { entriesFrom } from "../../../src/domain/history.ts";
import { createClient } from "../../../src/openfga/client.ts";
import type { TupleStore } from "../../../src/ports.ts";
import { doctor, isDamage } from "../../../src/queries/doctor.ts";
import { expectAnswersOfRecords } from "../../support/answers.ts";
import { connection, environmentOf } from "../../support/engine.ts";
import { ownFolder } from "../../support/own-folder.ts";
import { listening, startMain } from "../../support/process.ts";
import { cooperate, createService, seedWorld, test } from "../../support/service.ts";

const KILLS = 100;
/** Pairs of a serving process and the next one, already starting. */
const LANES = 2;
const CLIENTS_PER_LANE = 3;
/** A process lives for a few answers and a moment more, which ends amid other actions. */
const ANSWERS_MAX = 6;
const MOMENT_MILLISECONDS_MAX = 40;
const KEY = randomBytes(16).toString("hex");
const YEAR = new Date().getFullYear() + 1;

type Running = { url: string; process: ChildProcess };
/** `changes`: an answer of success means that something was written. `status` is undefined where no answer came. */
type Sent = { id: string; changes: boolean; status?: number; body?: { id?: string } };
/** `makes`: the path above what it makes, which is then there to be removed. */
type Action = { method: string; path: string; user?: string; body?: object; changes: boolean; makes?: string };
/** One cooperation with a share, plants to share, and the paths of what the actions made. */
type Lane = { cooperation: string; share: string; plants: string[]; made: string[] };

/** Starts `node src/main.ts` on a store; resolves when it listens. It ends with us, however we end. */
async function startOn(env: Record<string, string>): Promise<Running> {
  const program = startMain(env, [], { ipc: true });
  return { url: await listening(program), process: program.child };
}

const pick = <T>(items: readonly T[]): T => items[Math.floor(Math.random() * items.length)] as T;

/** Random actions by everybody, on one cooperation, its people and its resources; each asks for something that was never asked before. */
function createActions(lane: Lane): () => Action {
  let count = 0;
  const date = () =>
    new Date(Date.UTC(YEAR, 0, 1) + 1000 * (count++ * LANES + Math.floor(Math.random() * LANES))).toISOString();
  const path = `/v1/cooperations/${lane.cooperation}`;
  const share = `/v1/shares/${lane.share}`;
  const anna = (method: string, on: string, body: object | undefined, changes: boolean): Action => {
    return { method, path: on, user: "anna", changes, ...(body && { body }) };
  };
  const ben = (...[method, on, body, changes]: Parameters<typeof anna>): Action => {
    return { ...anna(method, on, body, changes), user: "ben" };
  };
  const service = (path_: string, body: object, changes: boolean): Action => ({
    method: "PUT",
    path: path_,
    body,
    changes,
  });
  const kinds: (() => Action)[] = [
    () => anna("PATCH", path, { expires_at: date() }, true),
    () => anna("PATCH", share, { expires_at: date(), role: pick(["viewer", "technical_manager"]) }, true),
    () => anna("POST", `${path}/${pick(["pause", "resume", "resume"])}`, {}, false),
    () => {
      const body = { resource: `plant:${pick(lane.plants)}`, role: "asset_manager", expires_at: date() };
      return { ...anna("POST", `${path}/shares`, body, true), makes: "/v1/shares" };
    },
    () => {
      const shares = [{ resource: `plant:${pick(lane.plants)}`, role: "viewer" }];
      const body = { email: `${randomUUID()}@new.example`, shares };
      return { ...anna("POST", "/v1/organizations/sunward/cooperations", body, true), makes: "/v1/cooperations" };
    },
    // removed twice by two clients, the second finds it so
    () => anna("DELETE", lane.made.shift() ?? "/v1/shares/none", undefined, false),
    () => anna("PUT", "/v1/plants/7/roles/otto", { role: pick(["operator", "viewer"]) }, false),
    () => ben("PUT", `${share}/delegations/${pick(["tom", "eva"])}`, { role: "viewer", expires_at: date() }, true),
    () => ben("DELETE", `${share}/delegations/${pick(["tom", "eva"])}`, undefined, false),
    () =>
      service(
        "/v1/organizations/brightfix/people/tom",
        { role: "member", email: `${randomUUID()}@brightfix.example` },
        true,
      ),
    () => service("/v1/plants/7", { owner: "sunward", name: randomUUID() }, true),
    () => service("/v1/organizations/sunward", { name: randomUUID() }, true),
    () => ({ method: "DELETE", path: "/v1/organizations/brightfix/people/eva", changes: false }),
    () => service("/v1/organizations/brightfix/people/eva", { role: "external" }, false),
  ];
  return () => pick(kinds)();
}

async function send(url: string, action: Action): Promise<Sent> {
  const sent: Sent = { id: randomUUID(), changes: action.changes };
  try {
    const reply = await fetch(url + action.path, {
      method: action.method,
      headers: {
        Authorization: `Bearer ${KEY}`,
        "Content-Type": "application/json",
        "X-Request-ID": sent.id,
        ...(action.user && { "Acting-User": `user:${action.user}` }),
      },
      ...(action.body && { body: JSON.stringify(action.body) }),
    });
    const body = (await reply.json()) as { id?: string };
    return { ...sent, status: reply.status, body };
  } catch {
    // killed before the answer was whole
    return sent;
  }
}

/** The objects in whose histories each request is, once for each entry. */
async function entriesOf(tupleStore: TupleStore): Promise<Map<string, string[]>> {
  const logs = (await tupleStore.readAll()).filter((tuple) => tuple.relation === "log");
  const found = new Map<string, string[]>();
  for (const tuple of logs)
    for (const { common } of entriesFrom([tuple]))
      found.set(common.request_id, [...(found.get(common.request_id) ?? []), tuple.object]);
  return found;
}

test("killed 100 times during actions, the service keeps each reported change exactly once, and a restart sweeps the rest", async ({
  service,
  store,
  tupleStore,
  engine,
}) => {
  const folder = ownFolder();
  await seedWorld(service);
  const lanes: Lane[] = [];
  for (let n = 0; n < LANES; n++) {
    const plants = ["a", "b", "c", "d"].map((letter) => `${letter}${n}`);
    for (const plant of plants) await service.admin("PUT", `/v1/plants/${plant}`, { owner: "sunward" });
    const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]);
    lanes.push({ cooperation: id, share: shares[0] ?? "", plants, made: [] });
  }
  const { name = "" } = await createClient(connection()).getStore({ storeId: store.storeId });
  const env = {
    ...environmentOf(store),
    OPENFGA_STORE: name,
    CONCORDAT_FOLDER: folder,
    LOG_LEVEL: "silent",
    SERVICE_KEYS: JSON.stringify([{ name: "test", scopes: ["manage", "admin"], key: KEY }]),
    INVITATION_SECRET: KEY,
    INVITATIONS_OPEN_MAX: "100000",
    INVITATIONS_DAILY_MAX: "100000",
    // a few people do everything, as fast as they can
    RATE_LIMIT_WRITES_PER_MINUTE: "off",
    RATE_LIMIT_INVITATIONS_PER_MINUTE: "off",
    NODE_COMPILE_CACHE: join(folder, "cache"),
    NO_PROXY: "127.0.0.1",
  };
  // only a process that ends by itself leaves its compiled code to the next ones
  const first = await startOn(env);
  first.process.kill("SIGTERM");
  await once(first.process, "exit");

  const sent: Sent[] = [];
  let kills = 0;
  let amid = 0;
  const startedAt = performance.now();

  const live = async (lane: Lane) => {
    const next = createActions(lane);
    // a ticket for each kill, so that the lanes together do exactly as many
    const take = () => (kills < KILLS ? [++kills] : []);
    let [ticket] = take();
    let coming = startOn(env);
    while (ticket !== undefined) {
      const running = await coming;
      [ticket] = take();
      if (ticket !== undefined) coming = startOn(env);
      let over = false;
      let open = 0;
      let answers = 0;
      const clients = Array.from({ length: CLIENTS_PER_LANE }, async () => {
        while (!over) {
          open++;
          const action = next();
          const answer = await send(running.url, action);
          open--;
          answers++;
          sent.push(answer);
          if (action.makes && answer.status === 201) lane.made.push(`${action.makes}/${answer.body?.id}`);
        }
      });
      const enough = Math.floor(Math.random() * (ANSWERS_MAX + 1));
      while (answers < enough) await sleep(1);
      await sleep(Math.random() * MOMENT_MILLISECONDS_MAX);
      if (open > 0) amid++;
      running.process.kill("SIGKILL");
      over = true;
      await Promise.all(clients);
    }
  };
  await Promise.all(lanes.map(live));

  const damage = (await doctor(tupleStore)).filter(isDamage);
  expect(damage).toEqual([]);
  // what a process leaves that is killed between a removal and its sweep
  const unswept = createService(service.deps, { inBackground: () => {} });
  for (const lane of lanes) await unswept.as("anna", "DELETE", `/v1/shares/${lane.share}`);
  const leftovers = await doctor(tupleStore);
  expect(leftovers.map(({ kind }) => kind)).toEqual(expect.arrayContaining(lanes.map(() => "leftover")));
  expect(leftovers.filter(isDamage)).toEqual([]);
  // a start sweeps before it listens
  const last = await startOn(env);
  last.process.kill("SIGKILL");
  expect(await doctor(tupleStore)).toEqual([]);
  await expectAnswersOfRecords({ tupleStore, engine }, ["sunward"], ["anna", "otto", "ben", "tom", "eva"]);

  const entries = await entriesOf(tupleStore);
  const answered = sent.filter((one) => one.status !== undefined);
  const unanswered = sent.filter((one) => one.status === undefined);
  for (const { id, status, changes } of sent) {
    const objects = entries.get(id) ?? [];
    expect(new Set(objects).size, `${id} was written twice`).toBe(objects.length);
    if (status === undefined) continue;
    if (status < 300 && changes) expect(objects.length, `${id}, answered ${status}`).toBeGreaterThan(0);
    if (status >= 400) expect(objects, `${id}, answered ${status}`).toEqual([]);
  }
  const committed = unanswered.filter((one) => entries.has(one.id)).length;
  const done = answered.filter((one) => (one.status ?? 500) < 300).length;
  const faults = answered.filter((one) => (one.status ?? 0) >= 500);
  console.log(
    `${KILLS} kills, ${amid} of them amid actions, in ${Math.round((performance.now() - startedAt) / 1000)} s. ` +
      `${answered.length} requests were answered, ${done} with success; of ${unanswered.length} that were not, ` +
      `${committed} were committed. ${leftovers.length} left to sweep.`,
  );
  expect(faults.map((one) => one.body)).toEqual([]);
  expect(amid).toBeGreaterThan(KILLS / 2);
  expect(committed).toBeGreaterThan(0);
  expect(done).toBeGreaterThan(KILLS / 2);
});
