/** OpenFGA on PostgreSQL, each in a container, with the schema that `openfga migrate` of the same image makes. */
import { randomBytes } from "node:crypto";
import { GenericContainer, Network, Wait } from "testcontainers";
import { imageOf, STEP_MILLISECONDS } from "./docker.ts";

export type OpenFgaOnPostgres = {
  apiUrl: string;
  apiToken: string;
  /** The rows of OpenFGA's table of tuples. */
  tuples(): Promise<number>;
  stop(): Promise<void>;
};

/** Starts both. OpenFGA answers with its key alone; PostgreSQL is reached by OpenFGA alone. */
export async function startOpenFgaOnPostgres(): Promise<OpenFgaOnPostgres> {
  const [apiToken, password] = [randomBytes(24).toString("hex"), randomBytes(24).toString("hex")];
  const network = await new Network().start();
  const database = ["-U", "openfga", "-d", "openfga"];
  const postgres = await new GenericContainer(imageOf("postgres"))
    .withNetwork(network)
    .withNetworkAliases("postgres")
    .withEnvironment({ POSTGRES_USER: "openfga", POSTGRES_PASSWORD: password, POSTGRES_DB: "openfga" })
    .withTmpFs({ "/var/lib/postgresql/data": "rw" })
    // over TCP: the image's first start listens on its socket alone while it makes the database
    .withHealthCheck({ test: ["CMD", "pg_isready", "-h", "127.0.0.1", ...database], interval: 500, retries: 240 })
    .withWaitStrategy(Wait.forHealthCheck())
    .withStartupTimeout(STEP_MILLISECONDS)
    .start();
  const engine = () =>
    new GenericContainer(imageOf("openfga/openfga")).withNetwork(network).withEnvironment({
      OPENFGA_DATASTORE_ENGINE: "postgres",
      OPENFGA_DATASTORE_URI: `postgres://openfga:${password}@postgres:5432/openfga?sslmode=disable&plan_cache_mode=force_generic_plan`,
      OPENFGA_AUTHN_METHOD: "preshared",
      OPENFGA_AUTHN_PRESHARED_KEYS: apiToken,
    });
  const migrated = await engine().withCommand(["migrate"]).withWaitStrategy(Wait.forOneShotStartup()).start();
  await migrated.stop();
  const openfga = await engine()
    .withCommand(["run", "--resolve-node-breadth-limit", "1"])
    .withExposedPorts(8080)
    .withWaitStrategy(Wait.forHttp("/healthz", 8080).forResponsePredicate((body) => body.includes("SERVING")))
    .withStartupTimeout(STEP_MILLISECONDS)
    .start();
  return {
    apiUrl: `http://${openfga.getHost()}:${openfga.getMappedPort(8080)}`,
    apiToken,
    tuples: async () =>
      Number((await postgres.exec(["psql", ...database, "-tAc", "select count(*) from tuple"])).stdout),
    stop: async () => {
      for (const container of [openfga, postgres]) await container.stop();
      await network.stop();
    },
  };
}
