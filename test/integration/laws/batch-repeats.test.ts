/**
 * Batches against the same requests one by one: whatever lines say, of shares, changes, removals, delegations and
 * revocations, with and without a key, both leave the same facts and histories behind and refuse the same; a dry run says
 * the same before; and a batch that is sent again with its key writes nothing.
 *
 * FC_SEED and FC_BATCHES choose the batches; a failure prints the seed.
 */
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { expect } from "vitest";
import { createRepeats } from "../../../src/actions/run/repeats.ts";
import { entriesFrom, entryFrom } from "../../../src/domain/history.ts";
import { fieldsOf } from "../../../src/domain/records.ts";
import type { Tuple } from "../../../src/domain/tuples.ts";
import { createClient } from "../../../src/openfga/client.ts";
import { createEngine } from "../../../src/openfga/engine.ts";
import { openStore } from "../../../src/openfga/open-store.ts";
import { createTupleStore } from "../../../src/openfga/tuple-store.ts";
import { doctor } from "../../../src/queries/doctor.ts";
import { type Line, outcomeOfLine, sendBatch } from "../../support/batches.ts";
import { connection } from "../../support/engine.ts";
import { MODEL } from "../../support/model.ts";
import { everything } from "../../support/routes.ts";
import { cooperate, createService, type Service, seedWorld, test } from "../../support/service.ts";

const BATCHES = Number(process.env.FC_BATCHES ?? 4);
const SEED = process.env.FC_SEED;
// batches that fail are made smaller only for who asks by their seed: each try takes two stores
const chance = { numRuns: BATCHES, ...(SEED === undefined ? { endOnFailure: true } : { seed: Number(SEED) }) };

const NOW = new Date("2027-03-01T12:00:00Z");
const PLANTS = Array.from({ length: 12 }, (_, n) => `p${n}`);

const one = <T>(...values: T[]) => fc.constantFrom(...values);
const date = one("2028-01-01T00:00:00Z", "2029-01-01T00:00:00Z", "2026-01-01T00:00:00Z", null);
const role = one("viewer", "technical_manager", "asset_manager", "operator", "viewer");
const optional = (members: Record<string, fc.Arbitrary<unknown>>) => fc.record(members, { requiredKeys: [] });
const line = <T extends object>(members: fc.Arbitrary<T>, more: fc.Arbitrary<object>) =>
  fc.tuple(members, more).map(([all, some]): Line => ({ ...all, ...some }));

/** The shares that are there from the first, by their place; 2 is none. */
const place = one(0, 1, 0, 1, 2);
const resource = one(...PLANTS.map((id) => `plant:${id}`), "plant:7", "plant:8", "portfolio:north", "plant:none");

const shareLines = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: line(
        fc.record({ action: one("share"), resource, role }),
        optional({ starts_at: date, expires_at: date, step_down_at: date, reason: one("why") }),
      ),
    },
    {
      weight: 5,
      arbitrary: line(
        fc.record({ action: one("change_share"), share: place }),
        optional({ role, starts_at: date, expires_at: date, step_down_at: date }),
      ),
    },
    {
      weight: 1,
      arbitrary: line(fc.record({ action: one("unshare"), share: place }), optional({ reason: one("end") })),
    },
  ),
  { minLength: 20, maxLength: 60 },
);
const delegationLines = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: line(
        fc.record({ action: one("delegate"), share: place, user: one("tom", "eva", "ben", "otto"), role }),
        optional({ expires_at: date, reason: one("why") }),
      ),
    },
    {
      weight: 2,
      arbitrary: line(
        fc.record({ action: one("revoke"), share: place, user: one("tom", "eva", "otto") }),
        fc.constant({}),
      ),
    },
  ),
  { minLength: 20, maxLength: 60 },
);

/** The request that a line is. */
function single(service: Service, cooperation: string, { action, share, user, ...body }: Line) {
  const at = `/v1/shares/${share}`;
  const reason = body.reason === undefined ? "" : `?reason=${body.reason}`;
  switch (action) {
    case "share":
      return service.as("anna", "POST", `/v1/cooperations/${cooperation}/shares`, body);
    case "change_share":
      return service.as("anna", "PATCH", at, body);
    case "unshare":
      return service.as("anna", "DELETE", `${at}${reason}`);
    case "delegate":
      return service.as("ben", "PUT", `${at}/delegations/${user}`, body);
    default:
      return service.as("ben", "DELETE", `${at}/delegations/${user}${reason}`);
  }
}

type World = { service: Service; cooperation: string; shares: string[] };

/** All facts, with the ids that are made in the order in which they were, and without times, nonces and what is remembered of batches. */
async function factsOf({ service: { deps }, cooperation, shares }: World): Promise<string[]> {
  const tuples = await deps.tupleStore.readAll();
  const logs = tuples.filter(({ relation }) => relation === "log");
  const logged = new Set(logs.map(({ object }) => object));
  const made = entriesFrom(logs.filter(({ object }) => object === `cooperation:${cooperation}`))
    .filter(({ common }) => common.action === "share")
    .map(({ common }) => common.object.replace("share:", ""));
  const ids = [cooperation, ...shares, ...made];
  const fact = (tuple: Tuple): string => {
    const { user, relation, object, condition } = tuple;
    if (relation === "log") {
      const { common, initiator_only, partner_only } = entryFrom(tuple);
      const { id: _, at: __, request_id: ___, ...lasting } = common;
      return JSON.stringify([object, user, lasting, initiator_only?.reason, partner_only?.reason]);
    }
    const { hash: _, shares_batch: __, delegations_batch: ___, ...record } = fieldsOf(tuple);
    const isUncounted = relation === "head" && !logged.has(object);
    return JSON.stringify([object, relation, isUncounted ? "" : user, record, relation === "head" ? "" : condition]);
  };
  const spelled = (text: string) => ids.reduce((at, id, n) => at.replaceAll(id, `id-${n}`), text);
  return tuples.map((tuple) => spelled(fact(tuple))).sort();
}

/** Does something in a world of its own. */
async function onNewStore<T>(act: (world: World) => Promise<T>): Promise<T> {
  const opened = await openStore({ ...connection(), store: `batches ${randomUUID()}`, model: MODEL, allowPush: false });
  const engine = createEngine({ ...opened, ...connection(), timeoutMilliseconds: 10_000, connections: 10 });
  try {
    const tupleStore = createTupleStore({ ...opened, ...connection() });
    // nobody is made to wait for what is so already
    const service = createService({ tupleStore, engine }, { repeats: createRepeats(0) });
    service.setNow(NOW);
    await seedWorld(service);
    for (const plant of PLANTS) await service.admin("PUT", `/v1/plants/${plant}`, { owner: "sunward" });
    const offered = [
      { resource: "plant:7", role: "technical_manager" },
      { resource: "portfolio:north", role: "asset_manager" },
    ];
    const { id, shares } = await cooperate(service, offered);
    return await act({ service, cooperation: id, shares: [...shares, "01KBD3X4M8P4S6V8X0Z2B4D6F8"] });
  } finally {
    await engine.close();
    await createClient(connection()).deleteStore({ storeId: opened.storeId });
  }
}

/** The head of the cooperation, which each action in it replaces. */
const headOf = async ({ service, cooperation }: World) =>
  (await service.deps.tupleStore.read({ object: `cooperation:${cooperation}`, relation: "head" }))[0]?.user;

const named = ({ shares }: World, lines: Line[]): Line[] =>
  lines.map((each) => (typeof each.share === "number" ? { ...each, share: shares[each.share] } : each));

test("a batch gives the same result as its requests one by one: tuples, histories and refusals", {
  timeout: 900_000,
}, async () => {
  const key = fc.option(one("a-key"), { nil: undefined });
  await fc.assert(
    fc.asyncProperty(shareLines, delegationLines, key, async (first, second, idempotency) => {
      const inBatches = await onNewStore(async (world) => {
        const { service, cooperation: to } = world;
        const outcomes: string[] = [];
        for (const [kind, lines] of [["shares", first] as const, ["delegations", second] as const]) {
          const sent = { to, kind, lines: named(world, lines), ...(idempotency && { key: idempotency }) };
          const before = await everything(service);
          const dry = await sendBatch(service, { ...sent, dry: true });
          expect(await everything(service), "after a dry run").toEqual(before);
          const { status, body } = await sendBatch(service, sent);
          expect([status, body.stopped]).toEqual([200, null]);
          const came: string[] = body.lines.map(outcomeOfLine);
          expect(dry.body.lines.map(outcomeOfLine), "what the dry run foretold").toEqual(came);
          outcomes.push(...came);
        }
        await service.settled();
        expect(await doctor(service.deps.tupleStore)).toEqual([]);
        return { outcomes, facts: await factsOf(world) };
      });
      const oneByOne = await onNewStore(async (world) => {
        const { service, cooperation } = world;
        const outcomes: string[] = [];
        for (const each of named(world, [...first, ...second])) {
          const from = await headOf(world);
          const { status, body } = await single(service, cooperation, each);
          outcomes.push(status >= 400 ? body.code : from === (await headOf(world)) ? "same" : "done");
        }
        await service.settled();
        expect(await doctor(service.deps.tupleStore)).toEqual([]);
        return { outcomes, facts: await factsOf(world) };
      });
      expect(inBatches.outcomes).toEqual(oneByOne.outcomes);
      expect(inBatches.facts).toEqual(oneByOne.facts);
    }),
    chance,
  );
});

test("a batch that is sent again with its key writes nothing of what was written", async () => {
  await fc.assert(
    fc.asyncProperty(shareLines, async (lines) => {
      await onNewStore(async (world) => {
        const { service, cooperation: to } = world;
        const sent = { to, lines: named(world, lines), key: "k" };
        const first = await sendBatch(service, sent);
        const heads = { object: `cooperation:${to}`, relation: "log" };
        const entries = (await service.deps.tupleStore.read(heads)).length;
        const again = await sendBatch(service, sent);
        for (const [n, { outcome }] of (first.body.lines as Line[]).entries())
          if (outcome === "done") expect(again.body.lines[n]).toMatchObject({ outcome: "done", repeated: true });
        const isNew = (again.body.lines as Line[]).filter(({ outcome, repeated }) => outcome === "done" && !repeated);
        expect((await service.deps.tupleStore.read(heads)).length).toBe(entries + isNew.length);
      });
    }),
    { ...chance, numRuns: Math.min(2, BATCHES) },
  );
});
