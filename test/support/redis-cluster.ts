/** A Redis Cluster of three primaries, plain processes of the test's own. */
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../bench/processes.ts";
import { type OwnRedis, startRedis } from "./redis.ts";

const SLOTS = 16_384;

export type RedisCluster = {
  /** A REDIS_URL of all nodes, and over TLS. */
  url: string;
  tlsUrl: string;
  /** The server that has the slot of a key, and the others. */
  of(key: string): Promise<{ owner: OwnRedis; others: OwnRedis[] }>;
  /** Moves the slot of a key, with all that is in it, to another server, as `redis-cli --cluster reshard` does. */
  move(key: string): Promise<void>;
  /** Sets something on every server. */
  configure(name: string, value: string): Promise<void>;
  stop(): Promise<void>;
};

/** Starts it, with TLS where `tls` has the flags for it. Returns when every server knows that all slots are served. */
export async function startRedisCluster(tls?: string[]): Promise<RedisCluster> {
  const tlsPorts = [await freePort(), await freePort(), await freePort()];
  const start = async (tlsPort: number) => {
    const cluster = [
      "--cluster-enabled",
      "yes",
      "--cluster-port",
      `${await freePort()}`,
      "--cluster-node-timeout",
      "2000",
    ];
    return startRedis([...cluster, ...(tls ? ["--tls-port", `${tlsPort}`, "--tls-cluster", "yes", ...tls] : [])]);
  };
  const nodes: OwnRedis[] = [];
  for (const port of tlsPorts) nodes.push(await start(port));
  const [first] = nodes;
  for (const [at, { client }] of nodes.entries()) {
    const from = (at * SLOTS) / nodes.length;
    await client.call("CLUSTER", "ADDSLOTSRANGE", Math.ceil(from), Math.ceil(from + SLOTS / nodes.length) - 1);
    await client.call("CLUSTER", "SET-CONFIG-EPOCH", at + 1);
    const bus = ((await client.config("GET", "cluster-port")) as string[])[1] ?? "";
    if (at > 0) await first?.client.call("CLUSTER", "MEET", "127.0.0.1", client.options.port ?? 0, bus);
  }
  const isWhole = async ({ client }: OwnRedis) => {
    const info = String(await client.call("CLUSTER", "INFO"));
    return info.includes("cluster_state:ok") && info.includes(`cluster_known_nodes:${nodes.length}`);
  };
  for (const one of nodes) while (!(await isWhole(one))) await sleep(50);
  const idOf = async ({ client }: OwnRedis) => String(await client.call("CLUSTER", "MYID"));

  async function of(key: string) {
    for (;;) {
      const views = nodes.map(async ({ client }) => {
        const slot = Number(await client.call("CLUSTER", "KEYSLOT", key));
        const ranges = (await client.call("CLUSTER", "SLOTS")) as [number, number, [string, number]][];
        return ranges.find(([from, to]) => from <= slot && slot <= to)?.[2][1];
      });
      const [port, ...rest] = await Promise.all(views);
      const owner = nodes.find((one) => one.port === port);
      if (owner !== undefined && rest.every((one) => one === port))
        return { owner, others: nodes.filter((one) => one !== owner) };
      await sleep(50);
    }
  }

  return {
    tlsUrl: `rediss+cluster://${tlsPorts.map((port) => `127.0.0.1:${port}`).join(",")}`,
    url: `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(",")}`,
    of,
    async move(key) {
      const { owner, others } = await of(key);
      const [target] = others;
      if (target === undefined) throw new Error("there is no other node");
      const slot = Number(await owner.client.call("CLUSTER", "KEYSLOT", key));
      const set = ({ client }: OwnRedis, ...how: string[]) => client.call("CLUSTER", "SETSLOT", slot, ...how);
      const [ownerId, targetId] = [await idOf(owner), await idOf(target)];
      await set(target, "IMPORTING", ownerId);
      await set(owner, "MIGRATING", targetId);
      for (;;) {
        const keys = (await owner.client.call("CLUSTER", "GETKEYSINSLOT", slot, 100)) as string[];
        if (keys.length === 0) break;
        await owner.client.call("MIGRATE", "127.0.0.1", target.port, "", 0, 5000, "REPLACE", "KEYS", ...keys);
      }
      for (const one of [target, owner, ...others.slice(1)]) await set(one, "NODE", targetId);
    },
    async configure(name, value) {
      for (const { client } of nodes) await client.config("SET", name, value);
    },
    async stop() {
      for (const one of nodes) await one.stop();
    },
  };
}
