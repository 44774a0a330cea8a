/**
 * The embedded engine at size: what a request makes sqlite read does not grow with the store. Counted are the pages
 * that the real server reads from its file without a cache of its own, so that every statement counts which this
 * version of OpenFGA really sends; another one that asks differently, or has other indexes, fails here. The store is
 * eleven times as large the second time, and what was asked about is the same.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect } from "vitest";
import { makeWorld } from "../../../bench/world.ts";
import { tuplesOfWorld } from "../../../bench/world-tuples.ts";
import type { TupleKey } from "../../../src/domain/tuples.ts";
import { createEngine } from "../../../src/openfga/engine.ts";
import { openStore } from "../../../src/openfga/open-store.ts";
import { findServer } from "../../../src/openfga/server/find-server.ts";
import { type RunningServer, startServer } from "../../../src/openfga/server/server.ts";
import { createTupleStore } from "../../../src/openfga/tuple-store.ts";
import { connectionOf, test } from "../../support/engine.ts";
import { MODEL } from "../../support/model.ts";
import { ownFolder } from "../../support/own-folder.ts";
import { createService, type Reply } from "../../support/service.ts";

/** Each tuple and each change so many times more, under other ids. */
const COPIES = 10;
const PAGE_BYTES = 4096;
const ROUNDS = 4;
/** Of what people do: a search tree's height may add something. A scan would add ten times as much as there was. */
const GROWTH_MAX = 1.4;
/** Of single statements: some read five pages in all, and a Write of a hundred climbs each tree a hundred times. */
const STATEMENT_GROWTH_MAX = 4;
const STATEMENT_PAGES_MORE_MAX = 20;

async function binary(): Promise<string> {
  const found = await findServer({ ...process.env, OPENFGA_API_URL: "" }, { line: () => {}, counter: () => {} });
  if (found.kind !== "binary") throw new Error("needs the program: what a container reads is not to be seen");
  return found.path;
}

function inDatabase<T>(folder: string, act: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(join(folder, "openfga.db"));
  try {
    return act(database);
  } finally {
    database.close();
  }
}

/** As if as many organizations again had come, so often, each with its own people, resources and cooperations. */
function grow(folder: string): void {
  inDatabase(folder, (database) => {
    database.exec("BEGIN");
    for (let n = 1; n <= COPIES; n++) {
      const id = (column: string) => `'copy-${n}-' || ${column}`;
      // ids of their own, older than all that is there
      const ulid = `'0${String(n).padStart(3, "0")}' || substr(ulid, 5)`;
      const rest = "condition_name, condition_context, inserted_at";
      for (const [table, more] of [
        ["tuple", "user_type"],
        ["changelog", "operation"],
      ])
        database.exec(`
          INSERT INTO ${table} (store, object_type, object_id, relation, user_object_type, user_object_id, user_relation, ulid, ${more}, ${rest})
          SELECT store, object_type, ${id("object_id")}, relation, user_object_type, ${id("user_object_id")}, user_relation, ${ulid}, ${more}, ${rest}
          FROM ${table} WHERE ulid > '01'`);
    }
    database.exec("COMMIT");
  });
}

/** The bytes that the server has read since it began, from Linux's /proc: its file's, and the few of its requests. */
function readBy(server: RunningServer): () => number {
  const statOf = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/stat`, "utf8");
    } catch {
      return "";
    }
  };
  const pid = readdirSync("/proc").find((name) => {
    const [command, fields] = statOf(name).split(") ");
    return /\(openfga/.test(command ?? "") && Number(fields?.split(" ")[2]) === server.processGroup;
  });
  return () => Number(/^rchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, "utf8"))?.[1]);
}

type Workload = { name: string; act: () => Promise<unknown>; undo?: () => Promise<unknown> };

const linux = existsSync("/proc/self/io");
if (!linux) console.log("What the engine reads is not counted: there is no /proc here.");

describe.runIf(linux)("eleven times the store", () => {
  /** Starts the server on a folder and counts the pages that each workload reads. */
  async function pagesOf(folder: string): Promise<Map<string, number>> {
    const uri = `file:${folder}/openfga.db?_pragma=busy_timeout(5000)&_pragma=synchronous(OFF)&_pragma=cache_size(0)`;
    const found = { kind: "binary", path: await binary() } as const;
    const server = await startServer(found, { folder, throwAway: true, flags: [`--datastore-uri=${uri}`] });
    try {
      const at = { ...connectionOf(server), timeoutMilliseconds: 30_000 };
      const store = await openStore({ ...at, store: "size", model: MODEL, allowPush: false });
      const tupleStore = createTupleStore({ ...at, ...store });
      if ((await tupleStore.read({ object: "organization:org-0" })).length === 0) {
        const tuples = tuplesOfWorld(makeWorld(0.01, 1));
        while (tuples.length > 0)
          expect(await tupleStore.write({ deletes: [], writes: tuples.splice(-100) })).toBe("committed");
      }
      const engine = createEngine({ ...at, ...store, connections: 1 });
      const read = readBy(server);
      const counted = new Map<string, number>();
      const count = async (name: string, act: () => Promise<unknown>) => {
        const before = read();
        await act();
        const pages = Math.round((read() - before) / PAGE_BYTES);
        // the least of some rounds: a new connection reads the schema, a checkpoint what was written
        counted.set(name, Math.min(pages, counted.get(name) ?? Infinity));
      };
      for (const { name, act, undo } of [...statements(at, store), ...requests(tupleStore, engine)])
        for (let round = 0; round < ROUNDS; round++) {
          await count(name, act);
          if (undo) await count(`${name}, undone`, undo);
        }
      await engine.close();
      return counted;
    } finally {
      await server.stop();
    }
  }

  test("no statement of OpenFGA's, no action and no list reads more", async () => {
    const folder = ownFolder();
    const small = await pagesOf(folder);
    grow(folder);
    const large = await pagesOf(folder);
    const rows = [...small].map(([name, pages]) => ({ name, pages, later: large.get(name) ?? Infinity }));
    console.log(rows.map(({ name, pages, later }) => `${name}: ${pages} pages, ${later}`).join("\n"));
    const mayRead = (name: string, pages: number) =>
      /^[A-Z]/.test(name) ? pages * STATEMENT_GROWTH_MAX + STATEMENT_PAGES_MORE_MAX : pages * GROWTH_MAX;
    expect(rows.filter(({ name, pages, later }) => later > mayRead(name, pages))).toEqual([]);
  });
});

/** OpenFGA's API asked directly, so that each kind of statement is sent alone. */
function statements(at: { apiUrl: string; apiToken?: string }, ids: { storeId: string; modelId: string }): Workload[] {
  const send = async (path: string, body?: object): Promise<void> => {
    const reply = await fetch(`${at.apiUrl}/stores/${ids.storeId}/${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { Authorization: `Bearer ${at.apiToken}` },
      ...(body && { body: JSON.stringify({ authorization_model_id: ids.modelId, ...body }) }),
    });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`${path} ${JSON.stringify(body)}: ${reply.status} ${text}`);
  };
  const read = (name: string, tuple_key: object): Workload => ({
    name: `Read ${name}`,
    act: () => send("read", { tuple_key, page_size: 100 }),
  });
  const context = { current_time: "2027-03-01T12:00:00Z" };
  const check = (user: string): Workload => ({
    name: `Check ${user}`,
    act: () => send("check", { tuple_key: { user, relation: "can_view", object: "plant:org-0-plant-0" }, context }),
  });
  const write = (count: number): Workload => {
    const tuple_keys = Array.from({ length: count }, (_, n) => ({
      user: `user:org-0-member-${n % 38}`,
      relation: "viewer",
      object: `plant:org-1-plant-${Math.floor(n / 38)}`,
    }));
    return {
      name: `Write ${count}`,
      act: () => send("write", { writes: { tuple_keys } }),
      undo: () => send("write", { deletes: { tuple_keys } }),
    };
  };
  const now = encodeURIComponent(new Date().toISOString());
  return [
    read("by object", { object: "plant:org-0-plant-0" }),
    read("by object and relation", { object: "organization:org-0", relation: "head" }),
    read("by user and type", { user: "organization:org-0", object: "cooperation:" }),
    read("by user, type and relation", { user: "organization:org-0", relation: "initiator", object: "cooperation:" }),
    read("by userset and type", { user: "organization:org-0#member", object: "cooperation:" }),
    read("of one tuple", { user: "organization:org-0", relation: "owner", object: "plant:org-0-plant-0" }),
    { name: "Read a page of all", act: () => send("read", { page_size: 100 }) },
    { name: "ReadChanges since now", act: () => send(`changes?start_time=${now}&page_size=100`) },
    check("user:org-0-admin-0"),
    check("user:org-1-admin-0"),
    check("user:nobody"),
    {
      name: "ListObjects",
      act: () => send("list-objects", { user: "user:org-0-member-3", relation: "can_view", type: "plant", context }),
    },
    {
      name: "ListUsers",
      act: () =>
        send("list-users", {
          object: { type: "plant", id: "org-0-plant-0" },
          relation: "can_view",
          user_filters: [{ type: "user" }],
          context,
        }),
    },
    { name: "Expand", act: () => send("expand", { tuple_key: { relation: "owner", object: "plant:org-0-plant-0" } }) },
    ...[1, 2, 3, 12, 100].map(write),
  ];
}

/** What people do through the service. */
function requests(
  tupleStore: ReturnType<typeof createTupleStore>,
  engine: ReturnType<typeof createEngine>,
): Workload[] {
  const service = createService({ tupleStore, engine });
  const world = makeWorld(0.01, 1);
  const share = world.shares[0]?.id ?? "";
  const partner = world.cooperations[0]?.partner ?? "";
  const delegated = new Set(world.delegations.filter((one) => one.share === share).map(({ user }) => user));
  const free = world.people.find(
    ({ organization, role, user }) => organization === partner && role === "member" && !delegated.has(user),
  );
  const path = `/v1/shares/${share}/delegations/${free?.user}`;
  const done = async (reply: Promise<Reply>) => {
    const { status, body } = await reply;
    expect([200, 201, 204], JSON.stringify(body)).toContain(status);
    await service.settled();
  };
  const admin = `${partner}-admin-0`;
  return [
    {
      name: "a delegation",
      act: () => done(service.as(admin, "PUT", path, { role: "viewer" })),
      undo: () => done(service.as(admin, "DELETE", path)),
    },
    {
      name: "a list of 20 cooperations",
      act: () => done(service.as(admin, "GET", `/v1/organizations/${partner}/cooperations?limit=20`)),
    },
    {
      name: "the incoming shares",
      act: () => done(service.as(admin, "GET", `/v1/organizations/${partner}/incoming-shares`)),
    },
  ];
}

describe("the statistics", () => {
  const statisticsOf = (folder: string) =>
    inDatabase(folder, (database) => database.prepare("SELECT tbl, idx, stat FROM sqlite_stat1 ORDER BY idx").all());

  test("are the same after every start, whatever was there before, and OpenFGA migrates past them", async () => {
    const folder = ownFolder();
    const found = { kind: "binary", path: await binary() } as const;
    const start = async () => (await startServer(found, { folder, throwAway: true })).stop();
    // a folder that an earlier version made has none
    execFileSync(found.path, ["migrate", "--datastore-engine=sqlite", `--datastore-uri=file:${folder}/openfga.db`]);
    await start();
    const written = statisticsOf(folder);
    expect(written.map(({ tbl, idx }) => `${tbl} ${idx}`)).toEqual([
      "tuple idx_reverse_lookup_user",
      "tuple idx_store_ulid",
      "tuple idx_tuple_partial_user",
      "tuple idx_tuple_partial_userset",
      "tuple sqlite_autoindex_tuple_1",
    ]);
    await start();
    expect(statisticsOf(folder)).toEqual(written);
    inDatabase(folder, (database) => database.exec("ANALYZE"));
    expect(statisticsOf(folder)).not.toEqual(written);
    await start();
    expect(statisticsOf(folder)).toEqual(written);
  });

  test("let sqlite plan a Write of any number of deletes, of users and of usersets", async ({ ownServer }) => {
    const at = connectionOf(ownServer);
    const store = await openStore({ ...at, store: "deletes", model: MODEL, allowPush: false });
    const tupleStore = createTupleStore({ ...at, ...store });
    const user = (n: number): TupleKey => ({ user: `user:u${n}`, relation: "admin", object: "organization:o" });
    const userset = (n: number): TupleKey => ({
      user: `share:s${n}#technical_manager`,
      relation: "shared_technical_manager",
      object: `plant:${n % 7}`,
    });
    const kinds = [user, userset, (n: number) => (n % 2 ? user(n) : userset(n))];
    // each count is a statement of its own, and OpenFGA takes 100
    for (let count = 1; count <= 100; count++) {
      const keys = Array.from({ length: count }, (_, n) => (kinds[count % kinds.length] ?? user)(n));
      expect(await tupleStore.write({ deletes: [], writes: keys }), `${count}`).toBe("committed");
      expect(await tupleStore.write({ deletes: keys, writes: [] }), `${count}`).toBe("committed");
    }
  });

  test("expect the indexes that OpenFGA's tuples have, and no others", async () => {
    const folder = ownFolder();
    const server = await startServer({ kind: "binary", path: await binary() }, { folder, throwAway: true });
    await server.stop();
    const indexes = inDatabase(folder, (database) =>
      database
        .prepare(
          "SELECT l.name, group_concat(i.name, ' ') AS columns FROM pragma_index_list('tuple') l, pragma_index_info(l.name) i GROUP BY l.name",
        )
        .all()
        .map(({ name, columns }) => `${name}: ${columns}`),
    );
    const user = "user_object_type user_object_id user_relation";
    expect(indexes).toEqual([
      `idx_reverse_lookup_user: store object_type relation ${user}`,
      "idx_store_ulid: store ulid",
      `idx_tuple_partial_user: store object_type object_id relation ${user}`,
      `idx_tuple_partial_userset: store object_type object_id relation ${user}`,
      "idx_tuple_ulid: ulid",
      `sqlite_autoindex_tuple_1: store object_type object_id relation ${user}`,
    ]);
  });
});
