/** A Redis Cluster of three primaries, each in a container. */
import { Redis } from "ioredis";
import { GenericContainer, Network, type StartedTestContainer, Wait } from "testcontainers";
import { imageOf, STEP_MILLISECONDS } from "./docker.ts";

const PORT = 6379;

export type RedisCluster = {
  /** Where the server listens that has the slot of `key`, and where the others do. */
  of(key: string): Promise<{ owner: string; others: string[] }>;
  stop(): Promise<void>;
};

/** Starts it. Returns when every server knows that all slots are served. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const network = await new Network().start();
  const start = () =>
    new GenericContainer(imageOf("redis"))
      .withNetwork(network)
      .withExposedPorts(PORT)
      .withTmpFs({ "/data": "rw" })
      .withCommand(["redis-server", "--save", "", "--protected-mode", "no", "--cluster-enabled", "yes"])
      .withWaitStrategy(Wait.forLogMessage("Ready to accept connections"))
      .withStartupTimeout(STEP_MILLISECONDS)
      .start();
  const servers = await Promise.all([start(), start(), start()]);
  const inside = new Map(servers.map((one) => [`${one.getIpAddress(network.getName())}:${PORT}`, one]));
  await must(servers[0], "--cluster", "create", ...inside.keys(), "--cluster-yes");
  for (const one of servers)
    while (!(await must(one, "cluster", "info")).includes("cluster_state:ok"))
      await new Promise((resolve) => setTimeout(resolve, 100));

  const urlOf = (one: StartedTestContainer) => `redis://${one.getHost()}:${one.getMappedPort(PORT)}`;
  return {
    async of(key) {
      const client = new Redis(urlOf(servers[0]));
      const slot = await client.cluster("KEYSLOT", key);
      const ranges = await client.cluster("SLOTS");
      client.disconnect();
      const [, , [ip, port] = []] = ranges.find(([from, to]) => from <= slot && slot <= to) ?? [];
      const owner = inside.get(`${ip}:${port}`);
      if (owner === undefined) throw new Error(`no server has slot ${slot}`);
      return { owner: urlOf(owner), others: servers.filter((one) => one !== owner).map(urlOf) };
    },
    async stop() {
      for (const one of servers) await one.stop();
      await network.stop();
    },
  };
}

/** What redis-cli in that container prints. Throws when it fails. */
async function must(container: StartedTestContainer, ...args: string[]): Promise<string> {
  const { exitCode, output } = await container.exec(["redis-cli", ...args]);
  if (exitCode !== 0) throw new Error(`redis-cli ${args.join(" ")} ended with ${exitCode}:\n${output}`);
  return output;
}
