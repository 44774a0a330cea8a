/** Redis with Sentinel, plain processes of the test's own: a master, a replica of it, and three Sentinels that watch both. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { freePort } from "../../bench/processes.ts";
import { type OwnRedis, SERVER, startRedis } from "./redis.ts";

const NAME = "the-master";

export type RedisSentinel = {
  /** Where the Sentinels listen. */
  ports: number[];
  /** A REDIS_URL of Sentinels that listen there. */
  urlOf(ports: number[]): string;
  /** The server that most Sentinels name. */
  master(): Promise<OwnRedis>;
  /** Makes the replica the master, while the former one continues to answer as one for some seconds. */
  failOver(): Promise<void>;
  /** Has the master sleep until the other one is named, and then go on where it was. */
  sleepThrough(): Promise<void>;
  /**
   * Keeps the Sentinels from the master, which everybody else still reaches, until they name the other one. Gives the
   * former one: it continues as a master until it is healed.
   */
  isolate(): Promise<{ former: OwnRedis; heal: () => Promise<void> }>;
  stop(): Promise<void>;
};

/** `flags` are redis-server's own, for both servers; `settings` are lines of the Sentinels' configuration. */
export async function startRedisSentinel(flags: string[] = [], settings: string[] = []): Promise<RedisSentinel> {
  const first = await startRedis(flags);
  const servers = [first, await startRedis(["--replicaof", "127.0.0.1", `${first.port}`, ...flags])];
  const folder = await mkdtemp(join(tmpdir(), "concordat-sentinel-"));
  const sentinels = await Promise.all(
    [1, 2, 3].map((n) => startSentinel(join(folder, `${n}.conf`), first.port, settings)),
  );
  const clients = sentinels.map(({ client }) => client);

  async function named(): Promise<number | undefined> {
    const ask = (client: Redis) =>
      client.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME) as Promise<[string, string]>;
    const ports = (await Promise.all(clients.map(ask))).map(([, port]) => Number(port));
    return ports.find((port) => ports.filter((one) => one === port).length * 2 > ports.length);
  }
  async function master(): Promise<OwnRedis> {
    for (;;) {
      const port = await named();
      const found = servers.find((one) => one.port === port);
      if (found !== undefined) return found;
      await sleep(50);
    }
  }
  const untilOther = async (than: OwnRedis) => {
    while ((await master()) === than) await sleep(50);
  };

  // a failover is refused until they know the replica and each other
  const knows = async (client: Redis) => {
    const reply = (await client.call("SENTINEL", "MASTER", NAME)) as string[] | Record<string, string>;
    const facts = Array.isArray(reply)
      ? new Map(reply.map((one, at) => [one, reply[at + 1]]))
      : new Map(Object.entries(reply));
    return facts.get("num-slaves") === "1" && facts.get("num-other-sentinels") === "2";
  };
  for (const client of clients) while (!(await knows(client))) await sleep(50);

  return {
    ports: sentinels.map(({ port }) => port),
    urlOf: (ports) => `redis+sentinel://${ports.map((port) => `127.0.0.1:${port}`).join(",")}/${NAME}`,
    master,
    async failOver() {
      const before = await master();
      const begin = () => clients[0]?.call("SENTINEL", "FAILOVER", NAME).then(Boolean, () => false);
      while (!(await begin())) await sleep(100);
      await untilOther(before);
    },
    async sleepThrough() {
      const before = await master();
      before.pause();
      await untilOther(before);
      before.resume();
    },
    async isolate() {
      const former = await master();
      // what a Sentinel looks for and orders, and no process that caches asks
      await former.client.acl("SETUSER", "default", "-ping", "-replicaof", "-slaveof");
      await untilOther(former);
      return { former, heal: async () => void (await former.client.acl("SETUSER", "default", "+@all")) };
    },
    async stop() {
      for (const { stop } of sentinels) await stop();
      for (const one of servers) await one.stop();
      await rm(folder, { recursive: true });
    },
  };
}

/** One alone, that watches what is at that port. Sentinel keeps its state in its configuration file. */
export async function startSentinel(file: string, masterPort: number, settings: string[]) {
  const port = await freePort();
  const lines = [
    `port ${port}`,
    "bind 127.0.0.1",
    `sentinel monitor ${NAME} 127.0.0.1 ${masterPort} 2`,
    `sentinel down-after-milliseconds ${NAME} 1000`,
    `sentinel failover-timeout ${NAME} 3000`,
    ...settings,
  ];
  await writeFile(file, lines.join("\n"));
  const sentinel: ChildProcess = spawn(SERVER, [file, "--sentinel"], { stdio: "ignore" });
  const client = new Redis(port, "127.0.0.1", { retryStrategy: () => 50 });
  client.on("error", () => {});
  await client.ping();
  return {
    port,
    client,
    url: `redis+sentinel://127.0.0.1:${port}/${NAME}`,
    stop: async () => {
      client.disconnect();
      const exited = once(sentinel, "exit");
      sentinel.kill("SIGKILL");
      await exited;
    },
  };
}
