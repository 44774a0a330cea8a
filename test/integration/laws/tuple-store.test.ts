/** The relationships port on the real engine: what a read sees, and what a write's outcome means. */
import { createServer, type Server } from "node:net";
import { describe, expect } from "vitest";
import type { Tuple } from "../../../src/domain/tuples.ts";
import { EngineUnavailable } from "../../../src/faults.ts";
import { openStore } from "../../../src/openfga/open-store.ts";
import { createTupleStore } from "../../../src/openfga/tuple-store.ts";
import { connectionOf, test } from "../../support/engine.ts";
import { MODEL } from "../../support/model.ts";

const admin = (user: string): Tuple => ({ user: `user:${user}`, relation: "admin", object: "organization:north" });
const head = (n: number): Tuple => ({
  user: `entry:organization.north.${n}`,
  relation: "head",
  object: "organization:north",
  condition: { name: "record", context: { fields: { name: "Nørth | ☀", n: String(n) } } },
});

describe("reading", () => {
  test("a read gives every matching tuple, over all pages, and no other", async ({ tupleStore }) => {
    const names = Array.from({ length: 230 }, (_, i) => `u${i}`);
    for (let i = 0; i < names.length; i += 100) {
      await tupleStore.write({ deletes: [], writes: names.slice(i, i + 100).map(admin) });
    }
    await tupleStore.write({ deletes: [], writes: [{ ...admin("eve"), object: "organization:south" }] });
    const read = await tupleStore.read({ object: "organization:north", relation: "admin" });
    expect(read.map(({ user }) => user).sort()).toEqual(names.map((name) => `user:${name}`).sort());
    const pages: Tuple[][] = [];
    for await (const page of tupleStore.pages()) pages.push(page);
    expect(pages.map((page) => page.length)).toEqual([100, 100, 31]);
    expect(pages.flat()).toEqual(await tupleStore.readAll());
  });

  test("a bounded read gives no more than asked for, and says exactly whether those are all", async ({
    tupleStore,
  }) => {
    const names = Array.from({ length: 200 }, (_, i) => `u${i}`);
    for (const start of [0, 100])
      await tupleStore.write({ deletes: [], writes: names.slice(start, start + 100).map(admin) });
    const filter = { object: "organization:north", relation: "admin" };
    for (const [max, complete] of [
      [0, false],
      [1, false],
      [99, false],
      [100, false],
      [199, false],
      [200, true],
      [201, true],
    ] as const) {
      const some = await tupleStore.readSome(filter, max);
      expect([some.tuples.length, some.complete], `${max}`).toEqual([Math.min(max, 200), complete]);
      expect(new Set(some.tuples.map(({ user }) => user)).size).toBe(some.tuples.length);
    }
  });

  test("pages of any length hold each tuple once, in the order of the whole", async ({ tupleStore }) => {
    const names = Array.from({ length: 150 }, (_, i) => `u${(i * 7) % 150}`);
    for (const name of [names.slice(0, 100), names.slice(100)])
      await tupleStore.write({ deletes: [], writes: name.map(admin) });
    const filter = { object: "organization:north", relation: "admin" };
    const whole = await tupleStore.read(filter);
    expect(whole).toHaveLength(150);
    for (const max of [40, 100, 130, 150]) {
      const found: Tuple[] = [];
      for (let after: string | undefined, isFirst = true; isFirst || after !== undefined; isFirst = false) {
        const page = await tupleStore.readPage(filter, { max, after });
        expect(page?.tuples.length).toBe(Math.min(max, 150 - found.length));
        found.push(...(page?.tuples ?? []));
        after = page?.next;
      }
      expect(found, `${max}`).toEqual(whole);
    }
  });

  test("changes of one type are those of its objects alone", async ({ tupleStore }) => {
    const since = new Date(Date.now() - 60_000);
    const plant: Tuple = { user: "organization:north", relation: "owner", object: "plant:7" };
    await tupleStore.write({ deletes: [], writes: [admin("anna"), plant] });
    const changed = async (type?: string) => (await tupleStore.changes(since, type)).changes.map(({ key }) => key);
    expect(await changed("plant")).toEqual([plant]);
    expect(await changed("user")).toEqual([]);
    expect(await changed()).toHaveLength(2);
  });

  test("a condition is read as it was written, and a plain tuple without one", async ({ tupleStore }) => {
    const dated: Tuple = {
      user: "organization:south",
      relation: "in_force",
      object: "cooperation:c1",
      condition: { name: "not_expired", context: { expires_at: "2027-01-01T00:00:00Z" } },
    };
    expect(await tupleStore.write({ deletes: [], writes: [head(1), dated, admin("anna")] })).toBe("committed");
    expect(await tupleStore.read({ object: "organization:north", relation: "head" })).toEqual([head(1)]);
    expect(await tupleStore.read({ object: "cooperation:c1" })).toEqual([dated]);
    const mine = await tupleStore.read({ object: "organization:", user: "user:anna" });
    expect(mine).toEqual([admin("anna")]);
  });
});

describe("writing", () => {
  test("a write whose delete is missing or whose tuple exists is stale and changes nothing", async ({ tupleStore }) => {
    await tupleStore.write({ deletes: [], writes: [head(1)] });
    const step = { deletes: [head(1)], writes: [head(2), admin("anna")] };
    expect(await tupleStore.write(step)).toBe("committed");
    expect(await tupleStore.write({ deletes: [head(1)], writes: [head(3), admin("bob")] })).toBe("stale");
    expect(await tupleStore.write({ deletes: [head(2)], writes: [head(3), admin("anna")] })).toBe("stale");
    expect(await tupleStore.read({ object: "organization:north", relation: "head" })).toEqual([head(2)]);
    expect(await tupleStore.read({ object: "organization:north", relation: "admin" })).toEqual([admin("anna")]);
  });

  test("of racers on one head exactly one commits and the others are stale", async ({ tupleStore }) => {
    await tupleStore.write({ deletes: [], writes: [head(0)] });
    for (let round = 0; round < 5; round++) {
      const racers = Array.from({ length: 8 }, (_, i) =>
        tupleStore.write({ deletes: [head(round)], writes: [head(round + 1), admin(`r${round}.${i}`)] }),
      );
      const outcomes = await Promise.all(racers);
      expect(outcomes.filter((outcome) => outcome === "committed")).toHaveLength(1);
      expect(outcomes.filter((outcome) => outcome === "stale")).toHaveLength(7);
    }
    expect(await tupleStore.read({ object: "organization:north", relation: "admin" })).toHaveLength(5);
  });

  test("a tuple that the model does not allow throws the engine's code, without its text and the request", async ({
    store,
  }) => {
    const { apiToken = "a-secret-token" } = store;
    const tupleStore = createTupleStore({ ...store, apiToken });
    const wrong: Tuple = { user: "organization:south", relation: "admin", object: "organization:north" };
    const error = await tupleStore.write({ deletes: [], writes: [wrong] }).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(EngineUnavailable);
    expect((error as Error).message).toBe("OpenFGA 400 validation_error");
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(new RegExp(`${apiToken}|south`));
  });

  test("a key that is both deleted and written, or more than 100 tuples, throws and is never stale", async ({
    tupleStore,
  }) => {
    await tupleStore.write({ deletes: [], writes: [admin("anna")] });
    const same = tupleStore.write({ deletes: [admin("anna")], writes: [admin("anna")] });
    await expect(same).rejects.toThrow(/cannot_allow_duplicate_tuples_in_one_request/);
    const many = Array.from({ length: 101 }, (_, i) => admin(`m${i}`));
    await expect(tupleStore.write({ deletes: [], writes: many })).rejects.toThrow(/exceeded_entity_limit/);
  });
});

describe("an engine that fails", () => {
  test("a stopped engine is unavailable to reads and writes, by address and by name", async ({ ownServer }) => {
    const at = connectionOf(ownServer);
    const opened = await openStore({ ...at, store: "own", model: MODEL, allowPush: false });
    const tupleStore = createTupleStore({ ...opened, ...at });
    expect(await tupleStore.write({ deletes: [], writes: [head(1)] })).toBe("committed");
    await ownServer.stop();
    for (const host of ["127.0.0.1", "localhost"]) {
      const stopped = createTupleStore({ ...opened, ...at, apiUrl: at.apiUrl.replace("127.0.0.1", host) });
      await expect(stopped.write({ deletes: [], writes: [head(2)] })).rejects.toBeInstanceOf(EngineUnavailable);
      await expect(stopped.read({ object: "organization:north" })).rejects.toBeInstanceOf(EngineUnavailable);
    }
  });

  test("a write whose connection breaks before the reply has an unknown outcome", async ({ store }) => {
    const breaking = await listening(createServer((socket) => socket.once("data", () => socket.destroy())));
    const tupleStore = createTupleStore({ ...store, apiUrl: breaking.url });
    expect(await tupleStore.write({ deletes: [], writes: [admin("anna")] })).toBe("unknown");
    await expect(tupleStore.read({ object: "organization:north" })).rejects.toBeInstanceOf(EngineUnavailable);
    breaking.close();
  });

  test("a write that is answered with a server error has an unknown outcome", async ({ store }) => {
    const reply = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}";
    const failing = await listening(createServer((socket) => socket.once("data", () => socket.end(reply))));
    const tupleStore = createTupleStore({ ...store, apiUrl: failing.url });
    expect(await tupleStore.write({ deletes: [], writes: [admin("anna")] })).toBe("unknown");
    failing.close();
  });

  test("an engine killed during writes keeps every write it acknowledged, and each write whole", async ({
    ownServer,
  }) => {
    const at = connectionOf(ownServer);
    const opened = await openStore({ ...at, store: "own", model: MODEL, allowPush: false });
    const tupleStore = createTupleStore({ ...opened, ...at });
    const acknowledged: string[] = [];
    const write = async (name: string) => {
      for (let n = 0; ; n++) {
        const user = `${name}${n}`;
        const pair = [admin(user), { ...admin(user), relation: "person" }];
        const outcome = await tupleStore.write({ deletes: [], writes: pair }).catch((error: unknown) => error);
        if (outcome === "committed") acknowledged.push(user);
        else return outcome;
        if (acknowledged.length === 60) process.kill(-ownServer.processGroup, "SIGKILL");
      }
    };
    for (const last of await Promise.all(["a", "b", "c"].map(write))) {
      expect(last === "unknown" || last instanceof EngineUnavailable).toBe(true);
    }
    const again = await ownServer.restart();
    const after = createTupleStore({ ...opened, ...connectionOf(again) });
    const holders = async (relation: string) =>
      (await after.read({ object: "organization:north", relation })).map(({ user }) => user).sort();
    expect(await holders("admin")).toEqual(await holders("person"));
    expect(await holders("admin")).toEqual(expect.arrayContaining(acknowledged.map((user) => `user:${user}`)));
  });
});

async function listening(server: Server): Promise<{ url: string; close: () => void }> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, close: () => server.close() };
}
