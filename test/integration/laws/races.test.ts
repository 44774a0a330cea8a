/**
 * Replicas of the service race on one store, with nothing in common but the engine. Of
 * every race each action ends whole or refused, no history has a gap, doctor finds
 * nothing, and the engine answers what the records say. On sqlite, and on PostgreSQL
 * where one is there.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, test as base, beforeAll, describe, expect } from "vitest";
import { createKeyedMutex } from "../../../src/actions/run/keyed-mutex.ts";
import { entriesFrom } from "../../../src/domain/history.ts";
import { createClient } from "../../../src/openfga/client.ts";
import { createEngine } from "../../../src/openfga/engine.ts";
import { openStore } from "../../../src/openfga/open-store.ts";
import { createTupleStore } from "../../../src/openfga/tuple-store.ts";
import type { Engine, TupleStore } from "../../../src/ports.ts";
import { doctor, isDamage } from "../../../src/queries/doctor.ts";
import { expectAnswersOfRecords } from "../../support/answers.ts";
import { connection } from "../../support/engine.ts";
import { MODEL } from "../../support/model.ts";
import { startOnPostgres } from "../../support/postgres.ts";
import {
  cooperate,
  createService,
  forgetInvitations,
  type Reply,
  type Service,
  seedWorld,
} from "../../support/service.ts";

const ROUNDS = 5;
const YEAR = new Date().getFullYear() + 1;
const JITTER_MILLISECONDS = 6;

/** How often a Write was sent, and how often another was first. */
type Tally = { sent: number; stale: number };
type Setup = { replicas: Service[]; tupleStore: TupleStore; engine: Engine; tally: Tally };

/** `count` replicas on a store of their own. Without `ordered` not even one replica puts its actions in order. */
async function withReplicas(
  at: { apiUrl: string; apiToken?: string },
  total: Tally,
  act: (setup: Setup) => Promise<void>,
  { count = 2, ordered = false } = {},
): Promise<void> {
  const store = await openStore({ ...at, store: `races ${randomUUID()}`, model: MODEL, allowPush: false });
  const engine = createEngine({ ...at, ...store, timeoutMilliseconds: 10_000, connections: 10 });
  const tally: Tally = { sent: 0, stale: 0 };
  const replicas = Array.from({ length: count }, () => {
    const tupleStore = createTupleStore({ ...at, ...store });
    const counted: TupleStore = {
      ...tupleStore,
      write: async (write) => {
        const outcome = await tupleStore.write(write);
        tally.sent++;
        if (outcome === "stale") tally.stale++;
        return outcome;
      },
    };
    const mutex = ordered ? createKeyedMutex() : <T>(_: string, run: () => Promise<T>) => run();
    return createService({ tupleStore: counted, engine }, { mutex });
  });
  const tupleStore = createTupleStore({ ...at, ...store });
  try {
    await seedWorld(replicas[0] as Service);
    await act({ replicas, tupleStore, engine, tally });
    await Promise.all(replicas.map((replica) => replica.settled()));
    const findings = await doctor(tupleStore);
    expect(findings.filter(isDamage)).toEqual([]);
    // the sweeps of two replicas may each have left the other's last mark: none may be left now
    expect(findings).toEqual([]);
    await expectAnswersOfRecords(
      { tupleStore, engine },
      ["sunward", "brightfix"],
      ["anna", "otto", "ben", "bea", "tom", "eva"],
    );
    total.sent += tally.sent;
    total.stale += tally.stale;
  } finally {
    await engine.close();
    await createClient(at).deleteStore({ storeId: store.storeId });
  }
}

/** Starts them at about the same moment. No reply may be a fault. */
async function race(...calls: (() => Promise<Reply>)[]): Promise<Reply[]> {
  const replies = await Promise.all(
    calls.map(async (call) => {
      await sleep(Math.random() * JITTER_MILLISECONDS);
      return call();
    }),
  );
  for (const reply of replies) expect(reply.status, JSON.stringify(reply.body)).toBeLessThan(500);
  return replies;
}

const outcomes = (replies: Reply[]) => replies.map(({ status, body }) => (status < 300 ? "done" : body.code)).sort();

const rounds = async (act: (round: number) => Promise<void>) => {
  for (let round = 1; round <= ROUNDS; round++) await act(round);
};

async function must(call: Promise<Reply>): Promise<Reply> {
  const reply = await call;
  expect(reply.status, JSON.stringify(reply.body)).toBeLessThan(300);
  return reply;
}

async function actionsOf(tupleStore: TupleStore, object: string): Promise<string[]> {
  const entries = entriesFrom(await tupleStore.read({ object, relation: "log" }));
  return entries.map(({ common }) => common.action);
}

const pair = ({ replicas }: Setup) => replicas as [Service, Service];

describe.each(["sqlite", "PostgreSQL"] as const)("on %s", (datastore) => {
  let at: { apiUrl: string; apiToken?: string };
  let stop = async () => {};
  beforeAll(async () => {
    at = connection();
    if (datastore === "sqlite") return;
    const started = await startOnPostgres();
    if ("reason" in started) return console.log(`No PostgreSQL: ${started.reason}. These races ran on sqlite again.`);
    const { apiUrl, apiToken } = started;
    at = { apiUrl, ...(apiToken && { apiToken }) };
    stop = started.stop;
  });
  const total: Tally = { sent: 0, stale: 0 };
  afterAll(async () => {
    await stop();
    console.log(`${datastore}: ${total.sent} Writes in all races, ${total.stale} of them too late.`);
    // races in which nobody was ever too late would have been none; one race alone may be
    if (total.sent > 200) expect(total.stale).toBeGreaterThan(0);
  });
  const test = (name: string, act: (setup: Setup) => Promise<void>) =>
    base(name, () => withReplicas(at, total, act), 120_000);

  test("two accepts: both report it active, and it is activated once", async (world) => {
    const [one, two] = pair(world);
    await must(one.admin("PUT", "/v1/organizations/brightfix/people/bea", { role: "admin" }));
    await rounds(async () => {
      const { body } = await must(
        one.as("anna", "POST", "/v1/organizations/sunward/cooperations", { organization: "brightfix" }),
      );
      const path = `/v1/cooperations/${body.id}/accept`;
      const replies = await race(
        () => one.as("ben", "POST", path, {}),
        () => two.as("bea", "POST", path, {}),
      );
      expect(replies.map((reply) => reply.body.status)).toEqual(["active", "active"]);
      expect(await actionsOf(world.tupleStore, `cooperation:${body.id}`)).toEqual(["invite", "accept"]);
    });
  });

  test("accepting against removing: it ends in both orders, and nobody of the partner has access", async (world) => {
    const [one, two] = pair(world);
    await rounds(async () => {
      const invitation = { organization: "brightfix", shares: [{ resource: "plant:7", role: "viewer" }] };
      const { body } = await must(one.as("anna", "POST", "/v1/organizations/sunward/cooperations", invitation));
      const [accepted, removed] = await race(
        () => two.as("ben", "POST", `/v1/cooperations/${body.id}/accept`, {}),
        () => one.as("anna", "DELETE", `/v1/cooperations/${body.id}`),
      );
      expect(removed?.status).toBe(200);
      expect(["done", "wrong_status"]).toContain(outcomes([accepted as Reply])[0]);
      expect(await one.may("ben", "view", "plant:7")).toBe(false);
      // one that was removed before it was accepted leaves a pause
      await forgetInvitations(one);
    });
  });

  test("pause against delegate: the delegation is committed or refused, and gives no access while it is paused", async (world) => {
    const [one, two] = pair(world);
    const { id, shares } = await cooperate(one, [{ resource: "plant:7", role: "technical_manager" }]);
    const delegation = `/v1/shares/${shares[0]}/delegations/tom`;
    await rounds(async () => {
      const [paused, delegated] = await race(
        () => one.as("anna", "POST", `/v1/cooperations/${id}/pause`, {}),
        () => two.as("ben", "PUT", delegation, { role: "technical_manager" }),
      );
      expect(paused?.status).toBe(200);
      expect(["done", "wrong_status"]).toContain(outcomes([delegated as Reply])[0]);
      expect(await one.may("tom", "view", "plant:7")).toBe(false);
      await must(one.as("anna", "POST", `/v1/cooperations/${id}/resume`, {}));
      expect(await one.may("tom", "manage_technical", "plant:7")).toBe((delegated?.status ?? 0) < 300);
      await must(two.as("ben", "DELETE", delegation));
    });
  });

  test("two changes of one expiry: both are done, one after the other, and the later one counts", async (world) => {
    const [one, two] = pair(world);
    const { id } = await cooperate(one, [{ resource: "plant:7", role: "viewer" }]);
    await rounds(async (round) => {
      const dates = [1, 2].map((day) => `${YEAR}-0${round}-0${day}T00:00:00Z`);
      const replies = await race(
        () => one.as("anna", "PATCH", `/v1/cooperations/${id}`, { expires_at: dates[0] }),
        () => two.as("anna", "PATCH", `/v1/cooperations/${id}`, { expires_at: dates[1] }),
      );
      expect(outcomes(replies)).toEqual(["done", "done"]);
      const entries = entriesFrom(await world.tupleStore.read({ object: `cooperation:${id}`, relation: "log" }));
      const dated = entries.slice(-2).map(({ common }) => common.after?.expires_at);
      expect([...dated].sort()).toEqual(dates);
      expect((await one.as("anna", "GET", `/v1/cooperations/${id}`)).body.expires_at).toBe(dated[1]);
    });
  });

  test("If-Match of one and the same ETag: one of two changes is done, the other is stale", async (world) => {
    const [one, two] = pair(world);
    const { id } = await cooperate(one, [{ resource: "plant:7", role: "viewer" }]);
    await rounds(async (round) => {
      const etag = (await one.as("anna", "GET", `/v1/cooperations/${id}`)).headers.get("ETag") ?? "";
      const change = (service: Service, day: number) => () =>
        service.as(
          ...([
            "anna",
            "PATCH",
            `/v1/cooperations/${id}`,
            { expires_at: `${YEAR}-0${round}-0${day}T00:00:00Z` },
          ] as const),
          { headers: { "If-Match": etag } },
        );
      expect(outcomes(await race(change(one, 1), change(two, 2)))).toEqual(["done", "stale"]);
    });
  });

  test("unshare against delegate: the share is removed, and no delegation outlives it", async (world) => {
    const [one, two] = pair(world);
    const { id } = await cooperate(one, []);
    await rounds(async () => {
      const shared = await must(
        one.as("anna", "POST", `/v1/cooperations/${id}/shares`, { resource: "plant:7", role: "asset_manager" }),
      );
      const path = `/v1/shares/${shared.body.id}`;
      const [unshared, delegated] = await race(
        () => one.as("anna", "DELETE", path),
        () => two.as("ben", "PUT", `${path}/delegations/tom`, { role: "viewer" }),
      );
      expect(unshared?.status).toBe(200);
      expect(["done", "not_found"]).toContain(outcomes([delegated as Reply])[0]);
      expect(await one.may("tom", "view", "plant:7")).toBe(false);
    });
  });

  test("two shares of one plant in one cooperation: one is made, the other is refused with it", async (world) => {
    const [one, two] = pair(world);
    const { id } = await cooperate(one, []);
    await rounds(async () => {
      const path = `/v1/cooperations/${id}/shares`;
      const replies = await race(
        () => one.as("anna", "POST", path, { resource: "plant:7", role: "asset_manager" }),
        () => two.as("anna", "POST", path, { resource: "plant:7", role: "viewer" }),
      );
      expect(outcomes(replies)).toEqual(["already_shared", "done"]);
      const made = replies.find((reply) => reply.status === 201)?.body.id;
      expect(replies.find((reply) => reply.status === 409)?.body.share).toBe(made);
      await must(one.as("anna", "DELETE", `/v1/shares/${made}`));
    });
  });

  test("unregistering a plant against sharing it: one is done and the other refused", async (world) => {
    const [one, two] = pair(world);
    const { id } = await cooperate(one, []);
    await rounds(async (round) => {
      const plant = `/v1/plants/p${round}`;
      await must(one.admin("PUT", plant, { owner: "sunward" }));
      const replies = await race(
        () => one.admin("DELETE", plant),
        () => two.as("anna", "POST", `/v1/cooperations/${id}/shares`, { resource: `plant:p${round}`, role: "viewer" }),
      );
      expect([
        ["done", "not_empty"],
        ["done", "not_owner"],
      ]).toContainEqual(outcomes(replies));
    });
  });

  test("unregistering a portfolio against putting a plant into it: one is done and the other refused", async (world) => {
    const [one, two] = pair(world);
    await rounds(async (round) => {
      await must(one.admin("PUT", `/v1/portfolios/f${round}`, { owner: "sunward" }));
      const replies = await race(
        () => one.admin("DELETE", `/v1/portfolios/f${round}`),
        () => two.admin("PUT", "/v1/plants/7", { owner: "sunward", portfolio: `f${round}` }),
      );
      expect([
        ["done", "not_empty"],
        ["done", "not_owner"],
      ]).toContainEqual(outcomes(replies));
    });
  });

  test("two owners register one plant: one gets it, the other is refused", async (world) => {
    const [one, two] = pair(world);
    await rounds(async (round) => {
      const replies = await race(
        () => one.admin("PUT", `/v1/plants/p${round}`, { owner: "sunward" }),
        () => two.admin("PUT", `/v1/plants/p${round}`, { owner: "brightfix" }),
      );
      expect(outcomes(replies)).toEqual(["done", "owner_is_fixed"]);
    });
  });

  test("a person leaving against a delegation to them: they have left, and come back with nothing", async (world) => {
    const [one, two] = pair(world);
    const { shares } = await cooperate(one, [{ resource: "plant:7", role: "technical_manager" }]);
    const person = "/v1/organizations/brightfix/people/tom";
    await rounds(async () => {
      const [left, delegated] = await race(
        () => one.admin("DELETE", person),
        () => two.as("ben", "PUT", `/v1/shares/${shares[0]}/delegations/tom`, { role: "viewer" }),
      );
      expect(left?.status).toBe(200);
      expect(["done", "not_own_person"]).toContain(outcomes([delegated as Reply])[0]);
      await must(one.admin("PUT", person, { role: "member" }));
      expect(await one.may("tom", "view", "plant:7")).toBe(false);
    });
  });

  test("a person leaving against a job role for them: they have left, and come back with nothing", async (world) => {
    const [one, two] = pair(world);
    const person = "/v1/organizations/sunward/people/otto";
    await rounds(async () => {
      const [left, given] = await race(
        () => one.admin("DELETE", person),
        () => two.as("anna", "PUT", "/v1/plants/7/roles/otto", { role: "operator" }),
      );
      expect(left?.status).toBe(200);
      expect(["done", "not_own_person"]).toContain(outcomes([given as Reply])[0]);
      await must(one.admin("PUT", person, { role: "member" }));
      expect(await one.may("otto", "view", "plant:7")).toBe(false);
    });
  });

  test("deleting an organization against inviting it: it is deleted, and nobody can accept an offer that was made", async (world) => {
    const [one, two] = pair(world);
    await rounds(async (round) => {
      await must(one.admin("PUT", `/v1/organizations/o${round}`, { name: "Brief" }));
      const replies = await race(
        () => one.admin("DELETE", `/v1/organizations/o${round}`),
        () => two.as("anna", "POST", "/v1/organizations/sunward/cooperations", { organization: `o${round}` }),
      );
      expect([
        ["done", "done"],
        ["done", "not_found"],
      ]).toContainEqual(outcomes(replies));
      const offer = replies.find((reply) => reply.status === 201)?.body.id;
      await must(one.admin("PUT", `/v1/organizations/o${round}`, { name: "Another" }));
      await must(one.admin("PUT", `/v1/organizations/o${round}/people/new${round}`, { role: "admin" }));
      if (offer === undefined) return;
      const taken = await one.as(`new${round}`, "POST", `/v1/cooperations/${offer}/accept`);
      expect(taken.body.code).toBe("not_found");
    });
  });

  test("deleting an organization against adding a person: one is done and the other refused", async (world) => {
    const [one, two] = pair(world);
    await rounds(async (round) => {
      await must(one.admin("PUT", `/v1/organizations/o${round}`, { name: "Brief" }));
      const replies = await race(
        () => one.admin("DELETE", `/v1/organizations/o${round}`),
        () => two.admin("PUT", `/v1/organizations/o${round}/people/new${round}`, { role: "admin" }),
      );
      expect([
        ["done", "not_empty"],
        ["done", "not_found"],
      ]).toContainEqual(outcomes(replies));
    });
  });

  test("two people get one address: one has it, the other is refused", async (world) => {
    const [one, two] = pair(world);
    await rounds(async (round) => {
      const email = `desk${round}@shared.example`;
      const replies = await race(
        () => one.admin("PUT", "/v1/organizations/brightfix/people/tom", { role: "member", email }),
        () => two.admin("PUT", "/v1/organizations/sunward/people/otto", { role: "member", email }),
      );
      expect(outcomes(replies)).toEqual(["done", "email_taken"]);
    });
  });

  test("two people get the address of a person who left: one has it, the other is refused", async (world) => {
    const [one, two] = pair(world);
    await rounds(async (round) => {
      const email = `desk${round}@shared.example`;
      const gone = `/v1/organizations/brightfix/people/gone${round}`;
      await must(one.admin("PUT", gone, { role: "member", email }));
      await must(one.admin("DELETE", gone));
      const replies = await race(
        () => one.admin("PUT", "/v1/organizations/brightfix/people/tom", { role: "member", email }),
        () => two.admin("PUT", "/v1/organizations/sunward/people/otto", { role: "member", email }),
      );
      expect(outcomes(replies)).toEqual(["done", "email_taken"]);
    });
  });

  test("forgetting a person, or giving their address away, against adding them again: never half of it", async (world) => {
    const [one, two] = pair(world);
    await rounds(async (round) => {
      const email = `back${round}@shared.example`;
      const back = `/v1/organizations/brightfix/people/back${round}`;
      await must(one.admin("PUT", back, { role: "member", email }));
      await must(one.admin("DELETE", back));
      const isTaken = round % 2 === 0;
      const replies = await race(
        () =>
          isTaken
            ? one.admin("PUT", "/v1/organizations/sunward/people/otto", { role: "member", email })
            : one.admin("DELETE", `/v1/people/back${round}`),
        // in words, so that it counts on having it
        () => two.admin("PUT", back, { role: "member", email }),
      );
      if (isTaken) return expect(outcomes(replies)).toEqual(["done", "email_taken"]);
      // taken in after it was forgotten, the address is given anew
      expect([
        ["done", "done"],
        ["done", "still_member"],
      ]).toContainEqual(outcomes(replies));
      expect((await one.admin("GET", back)).body.email).toBe(email);
    });
  });

  test("the last two admins leave at once: one leaves and the other stays", async (world) => {
    const [one, two] = pair(world);
    await cooperate(one, [{ resource: "plant:7", role: "viewer" }]);
    const people = "/v1/organizations/brightfix/people";
    await rounds(async () => {
      for (const admin of ["ben", "bea"]) await must(one.admin("PUT", `${people}/${admin}`, { role: "admin" }));
      const replies = await race(
        () => one.as("ben", "DELETE", `${people}/ben`),
        () => two.as("bea", "DELETE", `${people}/bea`),
      );
      expect(outcomes(replies)).toEqual(["done", "last_admin"]);
      const stayed = replies[0]?.status === 409 ? "ben" : "bea";
      expect(await one.may(stayed, "view", "plant:7")).toBe(true);
    });
  });

  test("two invitations of one partner: one is open, the other names it", async (world) => {
    const [one, two] = pair(world);
    await rounds(async () => {
      const path = "/v1/organizations/sunward/cooperations";
      const replies = await race(
        () => one.as("anna", "POST", path, { organization: "brightfix" }),
        () => two.as("anna", "POST", path, { organization: "brightfix" }),
      );
      expect(outcomes(replies)).toEqual(["already_invited", "done"]);
      const open = replies.find((reply) => reply.status === 201)?.body.id;
      expect(replies.find((reply) => reply.status === 409)?.body.cooperation).toBe(open);
      await must(one.as("anna", "DELETE", `/v1/cooperations/${open}`));
      await forgetInvitations(one);
    });
  });

  test("two organizations join by one token: one joins, for the other the invitation is used up", async (world) => {
    const [one, two] = pair(world);
    await must(one.admin("PUT", "/v1/organizations/third", { name: "Third" }));
    await must(one.admin("PUT", "/v1/organizations/third/people/tina", { role: "admin" }));
    await rounds(async (round) => {
      const email = `someone${round}@new.example`;
      await must(one.as("anna", "POST", "/v1/organizations/sunward/cooperations", { email }));
      const token = /#\S*?([\w.-]{40,})/.exec(one.mails.at(-1)?.text ?? "")?.[1];
      const replies = await race(
        () => one.as("ben", "POST", "/v1/invitations/join", { token, organization: "brightfix" }),
        () => two.as("tina", "POST", "/v1/invitations/join", { token, organization: "third" }),
      );
      expect(outcomes(replies)).toEqual(["done", "invalid_invitation"]);
    });
  });

  base("fifty writers on one cooperation, over four replicas: each is done, refused or asked to retry", async () => {
    await withReplicas(
      at,
      total,
      async ({ replicas, tupleStore, tally }) => {
        const one = replicas[0] as Service;
        const { id, shares } = await cooperate(one, [{ resource: "plant:7", role: "technical_manager" }]);
        const share = `/v1/shares/${shares[0]}`;
        const before = (await actionsOf(tupleStore, `cooperation:${id}`)).length;
        const started = { ...tally };
        const calls = Array.from({ length: 50 }, (_, n) => {
          const replica = replicas[n % replicas.length] as Service;
          const expires_at = new Date(Date.UTC(YEAR, 0, 1, 0, n)).toISOString();
          const person = n % 2 === 0 ? "tom" : "eva";
          return [
            () => replica.as("anna", "PATCH", `/v1/cooperations/${id}`, { expires_at }),
            () =>
              replica.as("anna", "PATCH", share, { expires_at, role: n % 3 === 0 ? "viewer" : "technical_manager" }),
            () => replica.as("ben", "PUT", `${share}/delegations/${person}`, { role: "viewer", expires_at }),
            () => replica.as("anna", "POST", `/v1/cooperations/${id}/${n % 10 === 3 ? "pause" : "resume"}`, {}),
            () => replica.as("ben", "DELETE", `${share}/delegations/${person}`),
          ][n % 5] as () => Promise<Reply>;
        });
        const replies = await Promise.all(calls.map((call) => call()));
        const faults = replies.filter((reply) => reply.status >= 500);
        expect(faults.map(({ body }) => body.code).filter((code) => code !== "contended")).toEqual([]);
        const refusals = replies.filter((reply) => reply.status >= 400 && reply.status < 500);
        expect(refusals.map(({ body }) => body.code).filter((code) => code !== "wrong_status")).toEqual([]);
        const done = (await actionsOf(tupleStore, `cooperation:${id}`)).length - before;
        const sent = tally.sent - started.sent;
        const stale = tally.stale - started.stale;
        console.log(
          `${datastore}: 50 writers made ${done} entries with ${sent} Writes (${stale} stale); ` +
            `${refusals.length} refused, ${faults.length} contended.`,
        );
        expect(done).toBe(sent - stale);
        // every writer without a refusal did it, or found it done
        expect(done).toBeLessThanOrEqual(50 - refusals.length - faults.length);
        expect(faults.length).toBeLessThanOrEqual(5);
      },
      { count: 4, ordered: true },
    );
  });
});
