/** A store of its own with the model of `fixture.fga`, which has records and no plants, and the adapters on it. */
import { readFileSync } from "node:fs";
import { createClient } from "../../src/openfga/client.ts";
import { createEngine } from "../../src/openfga/engine.ts";
import { type OpenStore, openStore } from "../../src/openfga/open-store.ts";
import { createTupleStore } from "../../src/openfga/tuple-store.ts";
import type { Engine, TupleStore } from "../../src/ports.ts";
import { connection } from "../support/engine.ts";

const FIXTURE = readFileSync(new URL("fixture.fga", import.meta.url), "utf8");

export type FixtureStore = { store: OpenStore; tupleStore: TupleStore; engine: Engine; remove(): Promise<void> };

/** Creates it; `remove` deletes it. */
export async function openFixtureStore(): Promise<FixtureStore> {
  const name = `authzen ${crypto.randomUUID()}`;
  const store = await openStore({ ...connection(), store: name, model: FIXTURE, allowPush: false });
  const engine = createEngine({ ...connection(), ...store, timeoutMilliseconds: 10_000, connections: 10 });
  return {
    store,
    tupleStore: createTupleStore({ ...connection(), ...store }),
    engine,
    async remove() {
      await engine.close();
      await createClient(connection()).deleteStore({ storeId: store.storeId });
    },
  };
}
