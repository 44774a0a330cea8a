/** docker-compose.yml and the code name the same things: variables, the engine's version, its flags, Node's. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { VARIABLES } from "../../src/config-variables.ts";
import { OPENFGA_VERSION } from "../../src/openfga/server/find-server.ts";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const COMPOSE = read("docker-compose.yml");

/** The lines of a top-level block, or of one service. */
const block = (head: RegExp) => COMPOSE.split(/^(?=(?: {2})?[a-z-]+:)/m).find((part) => head.test(part)) ?? "";

test("the compose file passes on every variable of the service, and none that it does not know", () => {
  const named = [...(block(/^x-engine:/) + block(/^ {2}concordat:/)).matchAll(/^ +([A-Z_]+):/gm)].map(
    ([, name]) => name,
  );
  const known = Object.keys(VARIABLES).filter((name) => name !== "CONCORDAT_FOLDER");
  expect(named.toSorted()).toEqual(known.toSorted());
});

test("the compose file runs the one version of OpenFGA that Concordat was tried on, as the embedded one is run", () => {
  const images = [...COMPOSE.matchAll(/openfga\/openfga:(\S+)/g)].map(([, tag]) => tag);
  expect(images.length).toBeGreaterThan(0);
  expect(new Set(images)).toEqual(new Set([`v${OPENFGA_VERSION}`]));
  expect(read("src/openfga/server/server.ts")).toContain("--resolve-node-breadth-limit=1");
  expect(block(/^ {2}openfga:/)).toContain('"--resolve-node-breadth-limit", "1"');
});

test("OpenFGA on PostgreSQL is tested and measured with the plans that the compose file gives it", () => {
  const plans = "sslmode=disable&plan_cache_mode=force_generic_plan";
  expect(block(/^x-datastore:/)).toContain(plans);
  for (const path of ["test/support/postgres.ts", "test/containers/openfga-on-postgres.ts"])
    expect(read(path)).toContain(plans);
});

test("the playground starts only when asked for, is reached from this machine alone, and has none of the secrets", () => {
  const [playground, copy] = [block(/^ {2}playground:/), block(/^ {2}playground-copy:/)];
  for (const one of [playground, copy]) expect(one).toContain('profiles: ["playground"]');
  expect(playground).not.toMatch(/OPENFGA_AUTHN|POSTGRES|API_TOKEN/);
  expect(playground).toContain("OPENFGA_DATASTORE_ENGINE: memory");
  const ports = [...playground.matchAll(/"(127\.0\.0\.1:)?(\d+):(\d+)"/g)].map(([, from, out, within]) => [
    from,
    out === within,
  ]);
  expect(ports).toEqual([
    ["127.0.0.1:", true],
    ["127.0.0.1:", true],
  ]);
  // where the browser is sent is where the port is published, and where the copy is written
  for (const port of ["8090", "3001"]) expect(playground).toContain(`"0.0.0.0:${port}"`);
  expect(copy).toContain("PLAYGROUND_API_URL: http://playground:8090");
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  expect(copy).toContain(`entrypoint: ${JSON.stringify(scripts.playground?.split(" ")).replaceAll(",", ", ")}`);
  const refers = ["openfga", "push-model", "playground"].every((name) => copy.includes(`      ${name}: {`));
  expect(refers).toBe(true);
});

test("the image has the Node that the project is developed on", () => {
  const { devDependencies } = JSON.parse(read("package.json")) as { devDependencies: { node: string } };
  const major = devDependencies.node.split(".")[0];
  expect(read("Dockerfile")).toMatch(new RegExp(`^FROM node:${major}-`, "m"));
});

test("no secret has a value in the compose file, and none starts without one", () => {
  const secrets = [
    "POSTGRES_PASSWORD",
    "REDIS_PASSWORD",
    "ACCESS_LOG_PASSWORD",
    "CACHE_SECRET",
    "OPENFGA_API_TOKEN",
    "INVITATION_SECRET",
    "SERVICE_KEYS",
  ];
  const code = COMPOSE.replace(/^ *#.*$/gm, "");
  for (const name of secrets) {
    expect(code, name).toContain(`\${${name}:?`);
    expect(code, name).not.toMatch(new RegExp(`\\$\\{${name}(?!:\\?)`));
  }
});

test("the stand-ins of a machine without an image registry have the names of all images that containers are made of", () => {
  const dockerfiles = ["Dockerfile", "test/containers/smtp/Dockerfile"].map(read).join("");
  const wanted = [...`${COMPOSE}${dockerfiles}`.matchAll(/^(?: +image:|FROM) (\S+)$/gm)].map(([, image]) => image);
  const made = read(".ci/stand-ins/images.yml").replace(/\$\{OPENFGA_VERSION.*\}/, OPENFGA_VERSION);
  const names = [...made.matchAll(/^ +image: (\S+)$/gm)].map(([, image]) => image);
  // the one that the others are made from
  expect(read(".ci/stand-ins/make")).toContain("docker import - debian:13-slim");
  expect(new Set([...names, "debian:13-slim"])).toEqual(new Set(wanted));
});
