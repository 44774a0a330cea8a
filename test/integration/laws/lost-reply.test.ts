/**
 * What the network may do to a Write between the service and the engine, and what the
 * caller hears: a right answer and one entry, or that it is not known.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { CredentialsMethod, FgaApiValidationError, OpenFgaClient } from "@openfga/sdk";
import { describe, expect } from "vitest";
import { sweep } from "../../../src/actions/sweep.ts";
import { entriesFrom } from "../../../src/domain/history.ts";
import { createTupleStore } from "../../../src/openfga/tuple-store.ts";
import type { TupleStore } from "../../../src/ports.ts";
import { doctor } from "../../../src/queries/doctor.ts";
import { type Fate, type FaultyNetwork, startFaultyNetwork } from "../../support/faulty-network.ts";
import { listen } from "../../support/listening.ts";
import { send } from "../../support/routes.ts";
import {
  cooperate,
  createService,
  KEYS,
  type Reply,
  type Service,
  seedWorld,
  test as serviceTest,
} from "../../support/service.ts";

const TIMEOUT_MILLISECONDS = 1500;
const YEAR = new Date().getFullYear() + 1;

const test = serviceTest.extend<{ network: FaultyNetwork; far: Service; impatient: Service }>({
  network: async ({ store }, use) => {
    const network = await startFaultyNetwork(store.apiUrl, 2 * TIMEOUT_MILLISECONDS);
    await use(network);
    await network.close();
  },
  /** A service that reaches the engine through the network. */
  far: async ({ store, network, engine }, use) => {
    const at = { ...store, apiUrl: network.apiUrl, timeoutMilliseconds: TIMEOUT_MILLISECONDS };
    const far = createService({ tupleStore: createTupleStore(at), engine });
    await use(far);
    network.fate = () => "pass";
    await far.settled();
  },
  /** One that gives up soon. */
  impatient: async ({ far }, use) => {
    const impatient = createService(far.deps, { patienceMilliseconds: 300 });
    await use(impatient);
    await impatient.settled();
  },
});

/** How often a request is in each history that has it. */
async function entriesWritten(tupleStore: TupleStore, requestId: string): Promise<number[]> {
  const logs = (await tupleStore.readAll()).filter((tuple) => tuple.relation === "log");
  const objects = logs
    .filter((tuple) => entriesFrom([tuple])[0]?.common.request_id === requestId)
    .map((tuple) => tuple.object);
  return [...Map.groupBy(objects, (object) => object).values()].map((entries) => entries.length);
}

type Step = [who: string | undefined, method: string, path: string, body?: object];

/** Sends with a request id of its own; undefined as `who` is a service. */
async function sendStep(service: Service, [who, method, path, body]: Step): Promise<Reply & { id: string }> {
  const id = randomUUID();
  const headers = { "X-Request-ID": id };
  const reply = await (who === undefined
    ? service.admin(method, path, body, { headers })
    : service.as(who, method, path, body, { headers }));
  return { ...reply, id };
}

/** Every kind of action once, in an order in which each changes something. */
async function everyAction(send: (step: Step) => Promise<Reply>): Promise<void> {
  await send([undefined, "PUT", "/v1/organizations/brief", { name: "Brief" }]);
  const person = { role: "admin", email: "lena@brief.example" };
  await send([undefined, "PUT", "/v1/organizations/brief/people/lena", person]);
  await send([undefined, "PUT", "/v1/organizations/brief/people/max", { role: "member" }]);
  await send([undefined, "PUT", "/v1/plants/77", { owner: "sunward", portfolio: "north" }]);
  await send(["anna", "PUT", "/v1/plants/77/roles/otto", { role: "operator" }]);
  const shares = [{ resource: "plant:77", role: "viewer" }];
  const invitation = { email: "lena@brief.example", confirm_organization: "brief", shares };
  const invited = await send(["anna", "POST", "/v1/organizations/sunward/cooperations", invitation]);
  const path = `/v1/cooperations/${invited.body.id}`;
  await send(["lena", "POST", `${path}/accept`, {}]);
  const made = await send(["anna", "POST", `${path}/shares`, { resource: "plant:7", role: "technical_manager" }]);
  const share = `/v1/shares/${made.body.id}`;
  await send(["lena", "PUT", `${share}/delegations/max`, { role: "technical_manager" }]);
  await send(["anna", "PATCH", share, { role: "viewer", expires_at: `${YEAR}-02-01T00:00:00Z` }]);
  await send(["anna", "PATCH", path, { expires_at: `${YEAR}-03-01T00:00:00Z` }]);
  await send(["anna", "POST", `${path}/pause`, {}]);
  await send(["anna", "POST", `${path}/resume`, {}]);
  await send(["lena", "DELETE", `${share}/delegations/max`]);
  await send(["lena", "PUT", `${share}/delegations/max`, { role: "viewer" }]);
  await send([undefined, "DELETE", "/v1/organizations/brief/people/max"]);
  await send(["anna", "DELETE", share]);
  await send(["lena", "POST", `${path}/leave`, {}]);
  await send([undefined, "DELETE", "/v1/plants/77"]);
  await send([undefined, "DELETE", "/v1/organizations/brief/people/lena"]);
  await send([undefined, "DELETE", "/v1/organizations/brief"]);
}

describe("a Write whose reply does not come", () => {
  for (const fate of ["lose_reply", "lose_request"] as const satisfies Fate[]) {
    test(`with ${fate} at its first sending, every action is reported correctly and committed once`, async ({
      service,
      far,
      network,
      tupleStore,
    }) => {
      await seedWorld(service);
      const at = { fated: 0 };
      network.fate = ({ isWrite, sending }) => {
        if (!isWrite || sending > 1) return "pass";
        at.fated++;
        return fate;
      };
      let actions = 0;
      await everyAction(async (step) => {
        actions++;
        const reply = await sendStep(far, step);
        expect(reply.status, `${step.join(" ")}: ${JSON.stringify(reply.body)}`).toBeLessThan(300);
        expect(reply.body.effective_by, step.join(" ")).toEqual(expect.any(String));
        const entries = await entriesWritten(tupleStore, reply.id);
        expect(entries.length, step.join(" ")).toBeGreaterThan(0);
        expect(new Set(entries), step.join(" ")).toEqual(new Set([1]));
        return reply;
      });
      expect(at.fated).toBeGreaterThanOrEqual(actions);
      network.fate = () => "pass";
      await far.settled();
      // sweeps lost their replies too; the next one ends what they began
      await sweep({ tupleStore, warn: () => {} });
      expect(await doctor(tupleStore)).toEqual([]);
    });
  }

  for (const fate of ["late_reply", "late_request"] as const satisfies Fate[]) {
    test(`with ${fate}, past the time-out, the action is reported correctly and committed once, also when the late one arrives`, async ({
      service,
      far,
      network,
      tupleStore,
    }) => {
      await seedWorld(service);
      const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]);
      network.fate = ({ isWrite, sending }) => (isWrite && sending === 1 ? fate : "pass");
      const steps: Step[] = [
        ["anna", "PATCH", `/v1/cooperations/${id}`, { expires_at: `${YEAR}-03-01T00:00:00Z` }],
        ["ben", "PUT", `/v1/shares/${shares[0]}/delegations/tom`, { role: "viewer" }],
        [undefined, "PUT", "/v1/organizations/brief", { name: "Brief" }],
      ];
      const replies: (Reply & { id: string })[] = [];
      for (const step of steps) replies.push(await sendStep(far, step));
      await network.settled();
      for (const reply of replies) {
        expect(reply.status, JSON.stringify(reply.body)).toBeLessThan(300);
        expect(await entriesWritten(tupleStore, reply.id)).toEqual([1]);
      }
      expect(await doctor(tupleStore)).toEqual([]);
    });
  }

  test("counts as committed when it was, also when others changed the object since", async ({
    service,
    far,
    network,
    tupleStore,
  }) => {
    await seedWorld(service);
    const { id } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
    const path = `/v1/cooperations/${id}`;
    network.fate = ({ isWrite, sending }) => (isWrite && sending === 1 ? "lose_reply" : "pass");
    network.meanwhile = async ({ isWrite, sending }) => {
      if (!isWrite || sending > 1) return;
      expect((await service.as("anna", "POST", `${path}/pause`, {})).status).toBe(200);
      expect((await service.as("anna", "POST", `${path}/resume`, {})).status).toBe(200);
    };
    const reply = await sendStep(far, ["anna", "PATCH", path, { expires_at: `${YEAR}-03-01T00:00:00Z` }]);
    expect(reply).toMatchObject({ status: 200, body: { status: "active", expires_at: `${YEAR}-03-01T00:00:00Z` } });
    expect(await entriesWritten(tupleStore, reply.id)).toEqual([1]);
    expect(await doctor(tupleStore)).toEqual([]);
  });

  test("is decided again when it never arrived and another was first", async ({
    service,
    far,
    network,
    tupleStore,
  }) => {
    await seedWorld(service);
    const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
    let lost = false;
    network.fate = ({ isWrite }) => (isWrite && !lost ? "lose_request" : "pass");
    network.meanwhile = async ({ isWrite }) => {
      if (!isWrite || lost) return;
      lost = true;
      expect((await service.as("anna", "POST", `/v1/cooperations/${id}/pause`, {})).status).toBe(200);
    };
    const reply = await sendStep(far, ["ben", "PUT", `/v1/shares/${shares[0]}/delegations/tom`, { role: "viewer" }]);
    expect(reply).toMatchObject({ status: 409, body: { code: "wrong_status", status: 409 } });
    expect(await entriesWritten(tupleStore, reply.id)).toEqual([]);
    expect(await doctor(tupleStore)).toEqual([]);
  });
});

describe("an engine that stays unreachable", () => {
  for (const [fate, arrived] of [
    ["lose_reply", true],
    ["lose_request", false],
  ] as const) {
    test(`after ${fate} is reported as unknown, without effective_by, and repeating the action finds it done or does it`, async ({
      service,
      impatient,
      network,
      tupleStore,
    }) => {
      await seedWorld(service);
      const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
      const steps: Step[] = [
        ["anna", "PATCH", `/v1/cooperations/${id}`, { expires_at: `${YEAR}-03-01T00:00:00Z` }],
        ["ben", "PUT", `/v1/shares/${shares[0]}/delegations/tom`, { role: "viewer" }],
        ["anna", "POST", `/v1/cooperations/${id}/shares`, { resource: "plant:8", role: "viewer" }],
        [undefined, "PUT", "/v1/organizations/brief", { name: "Brief" }],
      ];
      for (const step of steps) {
        let away = false;
        network.fate = ({ isWrite }) => {
          if (away) return "lose_request";
          away = isWrite;
          return isWrite ? fate : "pass";
        };
        const reply = await sendStep(impatient, step);
        expect(reply).toMatchObject({ status: 504, body: { code: "outcome_unknown" } });
        expect(reply.body).not.toHaveProperty("effective_by");
        network.fate = () => "pass";
        expect(await entriesWritten(tupleStore, reply.id)).toEqual(arrived ? [1] : []);
        const again = await sendStep(impatient, step);
        expect(again.status, JSON.stringify(again.body)).toBeLessThan(300);
        expect(await entriesWritten(tupleStore, again.id)).toEqual(arrived ? [] : [1]);
      }
      expect(await doctor(tupleStore)).toEqual([]);
    });
  }

  test("after the Write changes nothing for the caller: the reply is made already", async ({
    service,
    far,
    network,
    tupleStore,
  }) => {
    await seedWorld(service);
    const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
    const steps: Step[] = [
      ["anna", "POST", `/v1/cooperations/${id}/shares`, { resource: "plant:8", role: "viewer" }],
      ["anna", "PATCH", `/v1/shares/${shares[0]}`, { role: "asset_manager" }],
      ["ben", "PUT", `/v1/shares/${shares[0]}/delegations/tom`, { role: "viewer" }],
      [undefined, "PUT", "/v1/organizations/brief", { name: "Brief" }],
      [undefined, "PUT", "/v1/organizations/sunward/people/max", { role: "member" }],
      ["anna", "PUT", "/v1/plants/7/roles/otto", { role: "operator" }],
      ["anna", "POST", `/v1/cooperations/${id}/pause`, {}],
    ];
    const answered: number[] = [];
    for (const step of steps) {
      let written = false;
      network.fate = ({ isWrite }) => {
        if (written) return "lose_request";
        written = isWrite;
        return "pass";
      };
      const reply = await sendStep(far, step);
      answered.push(reply.status);
      expect(reply.body, step.join(" ")).toHaveProperty("effective_by");
      expect(await entriesWritten(tupleStore, reply.id), step.join(" ")).toEqual([1]);
    }
    expect(answered).toEqual([201, 200, 201, 201, 201, 201, 200]);
  });

  test("from the beginning, or that refuses a Write, is reported as an outage, and nothing is written", async ({
    service,
    far,
    network,
    tupleStore,
  }) => {
    await seedWorld(service);
    const { id } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
    const step: Step = ["anna", "POST", `/v1/cooperations/${id}/pause`, {}];
    const before = (await tupleStore.readAll()).length;
    const refused = async () => {
      const reply = await sendStep(far, step);
      expect(reply).toMatchObject({ status: 503, body: { code: "engine_unavailable" } });
      expect(reply.headers.get("Retry-After")).toBe("1");
      expect((await tupleStore.readAll()).length).toBe(before);
    };
    network.fate = ({ isWrite }) => (isWrite ? "turn_away" : "pass");
    await refused();
    network.fate = () => "lose_request";
    await refused();
    await network.close();
    await refused();
    expect((await service.as("anna", "GET", `/v1/cooperations/${id}`)).body.status).toBe("active");
  });
});

test("a person whose tuples need several Writes loses all of them, though replies are lost; an interruption leaves nobody half a role", async ({
  service,
  far,
  impatient,
  network,
  tupleStore,
}) => {
  await seedWorld(service);
  for (let n = 0; n < 34; n++) {
    await service.admin("PUT", `/v1/plants/p${n}`, { owner: "sunward" });
    const role = n % 3 === 0 ? "viewer" : n % 3 === 1 ? "operator" : "asset_manager";
    await service.admin("PUT", `/v1/plants/p${n}/roles/otto`, { role: n === 33 ? "viewer" : role });
  }
  for (let n = 34; n < 50; n++) {
    await service.admin("PUT", `/v1/plants/p${n}`, { owner: "sunward" });
    await service.admin("PUT", `/v1/plants/p${n}/roles/otto`, { role: "operator" });
  }
  const held = async () => (await tupleStore.read({ object: "plant:", user: "user:otto" })).length;
  expect(await held()).toBeGreaterThan(100);
  const leave: Step = [undefined, "DELETE", "/v1/organizations/sunward/people/otto"];

  let writes = 0;
  network.fate = ({ isWrite }) => (isWrite && ++writes > 1 ? "lose_request" : "pass");
  const cut = await sendStep(impatient, leave);
  expect(cut).toMatchObject({ status: 504, body: { code: "outcome_unknown" } });
  expect(await held()).toBeGreaterThan(0);
  expect(await entriesWritten(tupleStore, cut.id)).toEqual([]);
  expect(await doctor(tupleStore)).toEqual([]);

  network.fate = ({ isWrite, sending }) => (isWrite && sending === 1 ? "lose_reply" : "pass");
  const left = await sendStep(far, leave);
  expect(left.status, JSON.stringify(left.body)).toBe(200);
  expect(await held()).toBe(0);
  expect(await entriesWritten(tupleStore, left.id)).toEqual([1]);
  expect(await doctor(tupleStore)).toEqual([]);
});

describe("a raw Write that an SDK repeats by itself after 504", () => {
  const key = { user: "user:zoe", relation: "member", object: "organization:sunward" };
  const clientOf = (url: string, storeId: string, token = KEYS.admin) =>
    new OpenFgaClient({
      apiUrl: url,
      storeId,
      retryParams: { maxRetry: 3, minWaitInMs: 10 },
      credentials: { method: CredentialsMethod.ApiToken, config: { token } },
    });

  test("is done when the first was committed: one history entry, and no error for the SDK's caller", async ({
    service,
    network,
    impatient,
    store,
    tupleStore,
  }) => {
    await seedWorld(service);
    const listening = await listen(impatient);
    const client = clientOf(listening.url, store.storeId);
    let sent = 0;
    network.fate = ({ isWrite }) => (isWrite && ++sent <= 3 ? "lose_reply" : "pass");
    // three replies lost, and the service gives up before the fourth: the engine is unreachable for that long
    network.meanwhile = async ({ isWrite }) => void (isWrite && sent >= 2 && (await sleep(400)));
    await client.write({ writes: [key] });
    network.meanwhile = async () => {};
    network.fate = () => "pass";
    const { body } = await service.admin("GET", "/v1/organizations/sunward/history?limit=3");
    expect(body.items.map(({ action, object }: Record<string, string>) => [action, object])[0]).toEqual([
      "add_person",
      "user:zoe",
    ]);
    expect(body.items.filter(({ object }: { object: string }) => object === "user:zoe")).toHaveLength(1);
    expect(await doctor(tupleStore)).toEqual([]);
    // what is written twice, and no reply was lost, is refused as OpenFGA does
    await expect(client.write({ writes: [key] })).rejects.toThrow(FgaApiValidationError);
    await listening.close();
  });

  test("is distinguished by its caller, its tuples and its time from another that is equal", async ({
    service,
    network,
    impatient,
    store,
  }) => {
    await seedWorld(service);
    const write = (key_: string, tuple = key) =>
      send(impatient, "POST", `/stores/${store.storeId}/write`, { writes: { tuple_keys: [tuple] } }, { key: key_ });
    const loseAll = async () => {
      network.fate = ({ isWrite }) => (isWrite ? "lose_reply" : "pass");
      const lost = await write(KEYS.admin);
      network.fate = () => "pass";
      expect(lost.status).toBe(504);
    };
    await loseAll();
    expect((await write(KEYS.all)).status, "another key").toBe(400);
    expect((await write(KEYS.admin, { ...key, relation: "external" })).status, "another tuple").toBe(400);
    expect((await write(KEYS.admin)).status, "the same again").toBe(200);
    expect((await write(KEYS.admin)).status, "and once more").toBe(400);
    await service.admin("DELETE", "/v1/organizations/sunward/people/zoe");
    await loseAll();
    impatient.setNow(new Date(Date.now() + 61_000));
    expect((await write(KEYS.admin)).status, "after a minute").toBe(400);
  });

  test("that was not committed is written by the repetition; tuples deleted in between are written again", async ({
    service,
    network,
    impatient,
    store,
  }) => {
    await seedWorld(service);
    const write = () =>
      send(impatient, "POST", `/stores/${store.storeId}/write`, { writes: { tuple_keys: [key] } }, { key: KEYS.admin });
    const holds = async () => (await service.deps.tupleStore.read(key)).length;
    for (const fate of ["late_request", "lose_request", "lose_reply"] as const) {
      network.fate = ({ isWrite }) => (isWrite ? fate : "pass");
      expect((await write()).status, fate).toBe(504);
      network.fate = () => "pass";
      await network.settled();
      if (fate === "lose_reply") await service.admin("DELETE", "/v1/organizations/sunward/people/zoe");
      expect((await write()).status, fate).toBe(200);
      expect(await holds(), fate).toBe(1);
      await service.admin("DELETE", "/v1/organizations/sunward/people/zoe");
    }
  });
});
