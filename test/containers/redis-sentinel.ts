/** Redis with Sentinel, each in a container: a primary, a replica of it, and one Sentinel that watches both. */
import { Redis } from "ioredis";
import { GenericContainer, Network, Wait } from "testcontainers";
import { imageOf, STEP_MILLISECONDS } from "./docker.ts";

const PORT = 6379;
const SENTINEL_PORT = 26_379;
const NAMES = ["redis-1", "redis-2"] as const;
const SENTINEL = `port ${SENTINEL_PORT}
protected-mode no
sentinel resolve-hostnames yes
sentinel announce-hostnames yes
sentinel monitor concordat ${NAMES[0]} ${PORT} 1
sentinel down-after-milliseconds concordat 2000
sentinel failover-timeout concordat 10000
`;

export type RedisSentinel = {
  /** Where the server listens that Sentinel names as the primary now. */
  primary(): Promise<string>;
  /** Makes the replica the primary; returns when Sentinel names it. */
  failOver(): Promise<void>;
  stop(): Promise<void>;
};

/** Starts the three. Returns when Sentinel knows the replica, so that a failover can begin. */
export async function startRedisSentinel(): Promise<RedisSentinel> {
  const network = await new Network().start();
  const container = (name: string, port: number) =>
    new GenericContainer(imageOf("redis"))
      .withNetwork(network)
      .withNetworkAliases(name)
      .withExposedPorts(port)
      .withTmpFs({ "/data": "rw" })
      .withStartupTimeout(STEP_MILLISECONDS);
  const server = (name: string, ...flags: string[]) =>
    container(name, PORT)
      .withCommand(["redis-server", "--save", "", "--protected-mode", "no", "--replica-announce-ip", name, ...flags])
      .withWaitStrategy(Wait.forLogMessage("Ready to accept connections"))
      .start();
  const servers = {
    [NAMES[0]]: await server(NAMES[0]),
    [NAMES[1]]: await server(NAMES[1], "--replicaof", NAMES[0], `${PORT}`),
  };
  const sentinel = await container("sentinel", SENTINEL_PORT)
    .withCopyContentToContainer([{ content: SENTINEL, target: "/tmp/sentinel.conf", mode: 0o666 }])
    .withCommand(["redis-server", "/tmp/sentinel.conf", "--sentinel"])
    .withWaitStrategy(Wait.forLogMessage("+slave"))
    .start();
  const client = new Redis(sentinel.getMappedPort(SENTINEL_PORT), sentinel.getHost());

  async function named(): Promise<(typeof NAMES)[number]> {
    const [name] = (await client.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "concordat")) as [string];
    const found = NAMES.find((one) => one === name);
    if (found === undefined) throw new Error(`Sentinel names ${name}`);
    return found;
  }
  return {
    async primary() {
      const one = servers[await named()];
      return `redis://${one.getHost()}:${one.getMappedPort(PORT)}`;
    },
    async failOver() {
      const before = await named();
      // refused until Sentinel has seen that the replica is in step
      const begin = () => client.call("SENTINEL", "FAILOVER", "concordat").then(Boolean, () => false);
      while (!(await begin())) await new Promise((resolve) => setTimeout(resolve, 100));
      while ((await named()) === before) await new Promise((resolve) => setTimeout(resolve, 100));
    },
    async stop() {
      client.disconnect();
      for (const one of [sentinel, ...Object.values(servers)]) await one.stop();
      await network.stop();
    },
  };
}
