/**
 * A history is evident (law 14): who can write to the store cannot rewrite one, its head or its record without
 * doctor and the verification seeing it, and no action makes a forged history a true one.
 */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ulid } from "ulid";
import { expect } from "vitest";
import { repair } from "../../../src/actions/repair.ts";
import { signHeads, type Unsigned } from "../../../src/actions/run/sign-heads.ts";
import { signStore } from "../../../src/actions/sign-store.ts";
import { entriesFrom, entryFields, sealEntry } from "../../../src/domain/history.ts";
import { type HistoryKeys, readHistoryKeys, signHead } from "../../../src/domain/history-keys.ts";
import { entryRef, fieldsOf, NO_HASH } from "../../../src/domain/records.ts";
import type { Tuple } from "../../../src/domain/tuples.ts";
import { createClient } from "../../../src/openfga/client.ts";
import type { Engine, TupleStore } from "../../../src/ports.ts";
import { doctor, viewOf } from "../../../src/queries/doctor.ts";
import { liveALot, put, repairDeps } from "../../support/damage.ts";
import { connection, environmentOf } from "../../support/engine.ts";
import { ownFolder } from "../../support/own-folder.ts";
import { runScript } from "../../support/program.ts";
import { cooperate, createService, seedWorld, test } from "../../support/service.ts";

const privatePem = (key: KeyObject) => key.export({ format: "pem", type: "pkcs8" }).toString();
const publicPem = (key: KeyObject) => key.export({ format: "pem", type: "spki" }).toString();
const OLD = generateKeyPairSync("ed25519");
const NEW = generateKeyPairSync("ed25519");
const KEYS = readHistoryKeys(privatePem(OLD.privateKey));

const signing = (
  { tupleStore, engine }: { tupleStore: TupleStore; engine: Engine },
  keys: HistoryKeys = KEYS,
  unsigned: Unsigned = "refuse",
) => createService({ tupleStore: signHeads(tupleStore, keys, unsigned), engine }, { historyKeys: keys });

const headOf = async (tupleStore: TupleStore, object: string): Promise<Tuple> => {
  const [head] = await tupleStore.read({ object, relation: "head" });
  if (head === undefined) throw new Error(`${object} has no head`);
  return head;
};
const withFields = (tuple: Tuple, fields: Record<string, string>): Tuple => ({
  ...tuple,
  condition: { name: "record", context: { fields } },
});
const found = async (tupleStore: TupleStore, keys: HistoryKeys | "none" = KEYS) =>
  (await doctor(tupleStore, keys === "none" ? undefined : keys.verifying)).map(viewOf);

/** Every entry with another actor and every hash right, as somebody writes it who has the store alone. */
async function rewrite(tupleStore: TupleStore, object: string, actor: string): Promise<void> {
  const logs = await tupleStore.read({ object, relation: "log" });
  const head = await headOf(tupleStore, object);
  let previous = NO_HASH;
  const forged = entriesFrom(logs).map(({ common, initiator_only, partner_only }): Tuple => {
    const own = initiator_only
      ? ({ side: "initiator", part: initiator_only } as const)
      : partner_only && ({ side: "partner", part: partner_only } as const);
    const entry = sealEntry(previous, { ...common, actor }, own);
    previous = entry.hash;
    const tuple: Tuple = { user: entryRef(object, common.n), relation: "log", object };
    return withFields(tuple, entryFields(entry));
  });
  await put(tupleStore, [...logs, head], [...forged, withFields(head, { ...fieldsOf(head), hash: previous })]);
}

test("doctor finds nothing in a store whose heads are signed", async ({ tupleStore, engine }) => {
  const world = { tupleStore, engine };
  const service = signing(world);
  await liveALot(service);
  await service.settled();
  expect(await found(world.tupleStore)).toEqual([]);
});

test("a history rewritten with another actor and correct hashes is named by doctor, and its verification says where", async ({
  tupleStore,
  engine,
}) => {
  const world = { tupleStore, engine };
  const service = signing(world);
  await seedWorld(service);
  const { id } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
  const paths = [`/v1/cooperations/${id}`, "/v1/organizations/sunward"];
  for (const path of paths) {
    const reply = await service.as("anna", "GET", `${path}/history/verify`);
    expect([reply.status, reply.body], path).toMatchObject([200, { holds: true, signed: "valid", problems: [] }]);
  }
  expect(await found(tupleStore)).toEqual([]);

  for (const object of [`cooperation:${id}`, "organization:sunward"]) {
    await rewrite(tupleStore, object, "user:mal");
    const path = object === "organization:sunward" ? paths[1] : paths[0];
    const { body } = await service.as("anna", "GET", `${path}/history?limit=200`);
    expect(new Set(body.items.map(({ actor }: { actor: string }) => actor))).toEqual(new Set(["user:mal"]));
    const verified = await service.as("anna", "GET", `${path}/history/verify`);
    expect(verified.body).toMatchObject({ object, holds: false, signed: "invalid" });
    expect(verified.body.problems).toEqual([expect.stringContaining(`(entry ${body.head.n})`)]);
    expect(await found(tupleStore)).toContainEqual(expect.objectContaining({ kind: "signature", object }));
  }
  const [entry] = await tupleStore.read({ object: "organization:brightfix", relation: "log" });
  if (entry) await put(tupleStore, [entry], [withFields(entry, { common: "{" })]);
  expect((await service.admin("GET", "/v1/organizations/brightfix/history/verify")).body).toMatchObject({
    holds: false,
    problems: expect.arrayContaining([expect.stringMatching(/^entry \d cannot be read/)]),
  });
  if (entry) await put(tupleStore, [entry], [entry]);
  // the chain alone shows nothing: that is what the key is for
  expect(await found(tupleStore, "none")).toEqual([]);
  // and nobody else is suspected
  expect((await found(tupleStore)).map(({ object }) => object)).toEqual([`cooperation:${id}`, "organization:sunward"]);
});

test("an action on a head that was rewritten, or whose signature was removed, is refused, and nothing is written", async ({
  tupleStore,
  engine,
}) => {
  const world = { tupleStore, engine };
  const service = signing(world);
  await seedWorld(service);
  const { id } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
  const object = `cooperation:${id}`;
  const whole = await headOf(tupleStore, object);
  const { signature, ...bare } = fieldsOf(whole);
  const other = readHistoryKeys(privatePem(NEW.privateKey));
  const forgeries: [what: string, head: Tuple, signed: string][] = [
    ["another record", withFields(whole, { ...fieldsOf(whole), created_by: "user:mal" }), "invalid"],
    ["no signature", withFields(whole, bare), "missing"],
    ["another key", signHead(other, whole), "unknown_key"],
    [
      "a signature of another object",
      withFields(whole, { ...bare, signature: fieldsOf(await headOf(tupleStore, "plant:7")).signature ?? "" }),
      "invalid",
    ],
  ];
  for (const [what, forged, signed] of forgeries) {
    await put(tupleStore, [whole], [forged]);
    expect(await found(tupleStore), what).toContainEqual(
      expect.objectContaining({ kind: "signature", object, repair: false }),
    );
    expect((await service.as("anna", "GET", `/v1/cooperations/${id}/history/verify`)).body, what).toMatchObject({
      signed,
    });
    const before = await tupleStore.readAll();
    const refused = await service.as("anna", "POST", `/v1/cooperations/${id}/pause`);
    expect([refused.status, refused.body.code], what).toEqual([500, "store_damaged"]);
    expect(await tupleStore.readAll(), what).toEqual(before);
    // a repair does not sign it either
    await repair({ ...repairDeps(signHeads(tupleStore, KEYS, "allow")), keys: KEYS.verifying });
    expect(await tupleStore.readAll(), what).toEqual(before);
    await put(tupleStore, [forged], [whole]);
  }
  expect(signature).toBeDefined();
  expect((await service.as("anna", "POST", `/v1/cooperations/${id}/pause`)).status).toBe(200);
  expect(await found(tupleStore)).toEqual([]);
});

test("a store from before signatures is read as before, accepts actions where that is allowed, and is signed by one command", async ({
  tupleStore,
  engine,
}) => {
  const world = { tupleStore, engine };
  const older = createService(world);
  await seedWorld(older);
  const { id } = await cooperate(older, [{ resource: "plant:7", role: "viewer" }]);
  const strict = signing(world);
  expect((await strict.as("anna", "GET", `/v1/cooperations/${id}`)).status).toBe(200);
  expect((await strict.as("anna", "GET", `/v1/cooperations/${id}/history/verify`)).body).toMatchObject({
    signed: "missing",
  });
  expect((await strict.as("anna", "POST", `/v1/cooperations/${id}/pause`)).body.code).toBe("store_damaged");
  // one finding for all of it, which prevents no repair
  expect(await found(tupleStore)).toEqual([expect.objectContaining({ kind: "signature", object: "store" })]);

  const lenient = signing(world, KEYS, "allow");
  expect((await lenient.as("anna", "POST", `/v1/cooperations/${id}/pause`)).status).toBe(200);
  expect((await found(tupleStore)).map(({ object }) => object)).toContain("organization:sunward");
  expect((await found(tupleStore)).map(({ object }) => object)).not.toContain(`cooperation:${id}`);

  // what is in disorder is not made to look true
  await rewrite(tupleStore, "organization:brightfix", "user:mal");
  const [newest] = entriesFrom(await tupleStore.read({ object: "organization:brightfix", relation: "log" })).slice(-1);
  const bent = await headOf(tupleStore, "organization:brightfix");
  await put(tupleStore, [bent], [withFields(bent, { ...fieldsOf(bent), hash: NO_HASH })]);
  const clock = () => new Date();
  const { signed, left } = await signStore({ tupleStore, clock, newId: ulid }, KEYS);
  expect(signed).toBeGreaterThan(10);
  expect(left.map(({ object }) => object)).toEqual(["organization:brightfix"]);
  await put(
    tupleStore,
    [await headOf(tupleStore, "organization:brightfix")],
    [withFields(bent, { ...fieldsOf(bent), hash: newest?.hash ?? "" })],
  );
  expect(await signStore({ tupleStore, clock, newId: ulid }, KEYS)).toEqual({ signed: 1, left: [] });
  expect(await found(tupleStore)).toEqual([]);
  expect((await strict.as("anna", "POST", `/v1/cooperations/${id}/resume`)).status).toBe(200);
  const { body } = await strict.as("anna", "GET", "/v1/organizations/sunward/history?limit=1");
  expect(body.items[0]).toMatchObject({ action: "sign", actor: "service:sign" });
});

test("an older version works on the same store, and reads signed histories", async ({ tupleStore, engine }) => {
  const world = { tupleStore, engine };
  const service = signing(world, KEYS, "allow");
  await seedWorld(service);
  const { id } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
  const older = createService(world);
  expect((await older.as("anna", "POST", `/v1/cooperations/${id}/pause`)).status).toBe(200);
  expect((await service.as("anna", "POST", `/v1/cooperations/${id}/resume`)).status).toBe(200);
  expect(await found(world.tupleStore)).toEqual([]);
});

test("with a new key followed by the old one both verify and the new one signs; without the old one its heads are named", async ({
  tupleStore,
  engine,
}) => {
  const world = { tupleStore, engine };
  const before = signing(world);
  await seedWorld(before);
  const rotated = readHistoryKeys(privatePem(NEW.privateKey) + publicPem(OLD.publicKey));
  const service = signing(world, rotated);
  expect((await service.as("anna", "PUT", "/v1/plants/7/roles/otto", { role: "viewer" })).status).toBe(201);
  expect(await found(world.tupleStore, rotated)).toEqual([]);
  const { body } = await service.as("anna", "GET", "/v1/organizations/sunward/history/verify");
  expect(body.signature.split(".")[0]).toBe(rotated.kid);
  await expect((await service.app.request("/.well-known/concordat-history-keys.json")).json()).resolves.toMatchObject({
    keys: [{ kid: rotated.kid }, { kid: KEYS.kid }],
  });
  const alone = readHistoryKeys(privatePem(NEW.privateKey));
  const named = (await found(world.tupleStore, alone)).map(({ object }) => object);
  expect(named).toContain("organization:brightfix");
  expect(named).not.toContain("organization:sunward");
});

test("without a key nothing is signed, and the list of keys is empty", async ({ service, tupleStore }) => {
  await seedWorld(service);
  expect(Object.keys(fieldsOf(await headOf(tupleStore, "organization:sunward"))).sort()).toEqual(["hash", "name"]);
  await expect((await service.app.request("/.well-known/concordat-history-keys.json")).json()).resolves.toEqual({
    keys: [],
  });
  const { body } = await service.as("anna", "GET", "/v1/organizations/sunward/history/verify");
  expect(body).toMatchObject({ holds: true, signed: "unchecked", signature: null });
});

test("a caller that may not read a history may not verify it", async ({ tupleStore, engine }) => {
  const world = { tupleStore, engine };
  const service = signing(world);
  await seedWorld(service);
  const { id } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
  expect((await service.as("otto", "GET", `/v1/cooperations/${id}/history/verify`)).status).toBe(403);
  expect((await service.as("nobody", "GET", `/v1/cooperations/${id}/history/verify`)).status).toBe(404);
  expect((await service.as("otto", "GET", "/v1/organizations/sunward/history/verify")).status).toBe(403);
  expect((await service.admin("GET", "/v1/organizations/nowhere/history/verify")).status).toBe(404);
  expect((await service.admin("GET", `/v1/cooperations/${id}/history/verify`)).status).toBe(200);
});

test("an exported history is verified by either side with the public keys alone, and one that was changed is not", async ({
  tupleStore,
  engine,
}) => {
  const world = { tupleStore, engine };
  const service = signing(world);
  await seedWorld(service);
  const { id } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
  for (const [user, step, reason] of [
    ["anna", "pause", "late again"],
    ["anna", "resume", "paid"],
    ["ben", "leave", "done here"],
  ])
    await service.as(user ?? "", "POST", `/v1/cooperations/${id}/${step}`, { reason });
  const folder = ownFolder();
  const keys = join(folder, "keys.json");
  writeFileSync(keys, await (await service.app.request("/.well-known/concordat-history-keys.json")).text());

  const pagesOf = async (user: string) => {
    const pages: string[] = [];
    let cursor: string | null = null;
    do {
      const { body } = await service.as(
        user,
        "GET",
        `/v1/cooperations/${id}/history?limit=2${cursor ? `&cursor=${cursor}` : ""}`,
      );
      pages.push(JSON.stringify(body));
      cursor = body.next_cursor;
    } while (cursor !== null);
    return pages;
  };
  const verify = async (text: string, by = keys) => {
    const file = join(folder, "history.ndjson");
    writeFileSync(file, text);
    const { code, stdout } = await runScript("verify", [file, "--keys", by], {});
    return { code, stdout };
  };
  const anna = await pagesOf("anna");
  // who joined later, and who has the id of an organization before them, see no earlier entries
  const from = (n: number) =>
    anna.map((page) => {
      const { items, head, ...rest } = JSON.parse(page);
      const seen = items.filter((entry: { n: number }) => entry.n >= n);
      return JSON.stringify({ ...rest, items: seen, head: { ...head, first: n } });
    });
  expect(await verify(from(3).join("\n"))).toEqual({ code: 0, stdout: "" });
  expect((await verify(from(99).join("\n"))).stdout).toMatch(/^none of the \d entries is shown/);
  expect((await verify(from(3).slice(0, -2).join("\n"))).stdout).toMatch(/^entry 3 is not there/);
  expect(anna.length).toBeGreaterThan(2);
  expect(await verify(anna.join("\n"))).toEqual({ code: 0, stdout: "" });
  expect(await verify(`[${(await pagesOf("ben")).toReversed().join(",")}]`)).toEqual({ code: 0, stdout: "" });

  const changed = async (from: string, to: string) => (await verify(anna.join("\n").replaceAll(from, to))).stdout;
  expect(await changed("late again", "no reason")).toMatch(/^entry \d has another reason/);
  expect(await changed('"actor":"user:anna"', '"actor":"user:mal"')).toMatch(/^entry 1 was changed/);
  expect((await verify(anna.slice(0, -1).join("\n"))).stdout).toMatch(/^entry 1 is not there/);
  await rewrite(world.tupleStore, `cooperation:${id}`, "user:mal");
  const forged = await verify((await pagesOf("anna")).join("\n"));
  expect(forged).toEqual({
    code: 1,
    stdout: expect.stringMatching(/^its head is not the one that was signed.*\(entry \d\)\n$/),
  });
  writeFileSync(join(folder, "none.json"), '{"keys":[]}');
  expect((await verify(anna.join("\n"), join(folder, "none.json"))).stdout).toMatch(/none of this service's/);
  expect((await verify("{}")).code).toBe(2);
});

test("the command reports a store that was never signed, signs it, and then finds nothing; without the key it signs nothing", async ({
  service,
  tupleStore,
  store,
}) => {
  await seedWorld(service);
  const { name = "" } = await createClient(connection()).getStore({ storeId: store.storeId });
  const folder = ownFolder();
  writeFileSync(join(folder, "key"), privatePem(OLD.privateKey));
  const run = async (args: string[], HISTORY_KEY_FILE = join(folder, "key")) => {
    const env = { ...environmentOf(connection()), OPENFGA_STORE: name, HISTORY_KEY_FILE };
    const { code, stdout } = await runScript("doctor", args, env);
    return { code, stdout };
  };
  expect(await run([])).toEqual({ code: 1, stdout: expect.stringMatching(/^signature store: none of its \d+ heads/) });
  const before = await tupleStore.readAll();
  expect(await run(["--sign"], "")).toEqual({ code: 2, stdout: "" });
  expect(await tupleStore.readAll()).toEqual(before);
  expect(await run(["--sign"])).toEqual({ code: 0, stdout: "" });
  expect(await run([])).toEqual({ code: 0, stdout: "" });
});
