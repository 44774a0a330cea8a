/**
 * One store, reached through OpenFGA and through Concordat on a port: the world of
 * `seedWorld` with a delegate, a share without a date and one that ends in 2040.
 */
import { randomUUID } from "node:crypto";
import { createClient } from "../../src/openfga/client.ts";
import { createEngine } from "../../src/openfga/engine.ts";
import { type OpenStore, openStore } from "../../src/openfga/open-store.ts";
import { createTupleStore } from "../../src/openfga/tuple-store.ts";
import { connection } from "../support/engine.ts";
import { listen } from "../support/listening.ts";
import { MODEL } from "../support/model.ts";
import { cooperate, createService, KEYS, type Service, seedWorld } from "../support/service.ts";

/** Where an API is, and the key to it. */
export type Api = { url: string; key: string | undefined };

export type SideBySide = {
  store: OpenStore;
  service: Service;
  openfga: Api;
  /** With the key of scope `admin`. */
  concordat: Api;
  close(): Promise<void>;
};

export async function startSideBySide(): Promise<SideBySide> {
  const { apiUrl, apiToken } = connection();
  const store = await openStore({ ...connection(), store: `openfga ${randomUUID()}`, model: MODEL, allowPush: false });
  const at = { ...connection(), ...store };
  const engine = createEngine({ ...at, timeoutMilliseconds: 10_000, connections: 10 });
  const service = createService({ tupleStore: createTupleStore(at), engine });
  await seedWorld(service);
  await service.admin("PUT", "/v1/plants/7/roles/otto", { role: "viewer" });
  const { shares } = await cooperate(service, [
    { resource: "plant:7", role: "viewer" },
    { resource: "plant:8", role: "viewer", expires_at: "2040-01-01T00:00:00Z" },
  ]);
  await service.as("ben", "PUT", `/v1/shares/${shares[0]}/delegations/tom`, { role: "viewer" });
  const listening = await listen(service);
  return {
    store,
    service,
    openfga: { url: apiUrl, key: apiToken },
    concordat: { url: listening.url, key: KEYS.admin },
    async close() {
      await listening.close();
      await service.settled();
      await engine.close();
      await createClient(connection()).deleteStore({ storeId: store.storeId });
    },
  };
}
