/**
 * What an operator runs: docker-compose.yml as it is, with OpenFGA on PostgreSQL, Redis
 * and the image of the Dockerfile. The tutorial is played against it from outside.
 */
import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { playStory, storyIn } from "../support/worked-story.ts";
import { missing, STEP_MILLISECONDS, UP_MILLISECONDS } from "./docker.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const TUTORIAL = readFileSync(join(root, "docs/tutorial.md"), "utf8");
const OPERATIONS = readFileSync(join(root, "docs/operations.md"), "utf8");

const project = `concordat-test-${randomBytes(4).toString("hex")}`;
const key = randomBytes(24).toString("base64url");
const secret = () => randomBytes(24).toString("hex");
/** The variables that the head of docker-compose.yml asks for, made as it says, and a port that is free. */
const VARIABLES = {
  // base64 with the characters in it that mean something in a URL
  POSTGRES_PASSWORD: `+/${randomBytes(24).toString("base64")}=`,
  REDIS_PASSWORD: secret(),
  ACCESS_LOG_PASSWORD: secret(),
  CACHE_SECRET: secret(),
  OPENFGA_API_TOKEN: secret(),
  INVITATION_SECRET: secret(),
  INVITATION_URL: "https://app.example/join",
  SERVICE_KEYS: JSON.stringify([
    {
      name: "story",
      scopes: ["check", "manage", "admin"],
      sha256: createHash("sha256").update(key).digest("hex"),
    },
  ]),
  PUBLISHED_PORT: "0",
};

describe.skipIf(missing !== undefined)("the containers of docker-compose.yml", () => {
  let folder: string;
  let envFile: string;

  /** `docker compose …` on the project of this run. Nothing of the shell's environment and no `.env` gets into it. */
  const compose = (...args: string[]) => composeIn(root, ...args);

  async function composeIn(cwd: string, ...args: string[]): Promise<string> {
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => /^(PATH|HOME|DOCKER_.*|.*_PROXY)$/i.test(name)),
    );
    const { stdout } = await run("docker", ["compose", "-p", project, "--env-file", envFile, ...args], {
      cwd,
      env,
      maxBuffer: 1 << 26,
    });
    return stdout.trim();
  }

  const inside = (service: string, ...command: string[]) => compose("exec", "-T", service, ...command);
  const address = async () => `http://${await compose("port", "concordat", "3000")}`;
  const ask = async (action: string) =>
    fetch(`${await address()}/access/v1/evaluation`, {
      method: "POST",
      headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
      body: JSON.stringify({
        subject: { type: "user", id: "container" },
        action: { name: action },
        resource: { type: "plant", id: "container" },
      }),
    });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "concordat-compose-"));
    envFile = join(folder, "env");
    writeEnvFile(VARIABLES);
    await compose("up", "--build", "--wait", "--quiet-pull").catch(async (error: Error) => {
      throw new Error(`${error.message}\n${await compose("ps", "--all")}\n${await compose("logs", "--tail", "20")}`);
    });
  }, UP_MILLISECONDS);

  afterAll(async () => {
    writeEnvFile(VARIABLES);
    await compose("down", "--volumes", "--rmi", "local");
    rmSync(folder, { recursive: true, force: true });
  }, STEP_MILLISECONDS);

  function writeEnvFile(variables: Record<string, string>) {
    const lines = Object.entries(variables).map(([name, value]) => `${name}='${value}'\n`);
    writeFileSync(envFile, lines.join(""), { mode: 0o600 });
  }

  test(
    "every request of the tutorial gets the shown reply in containers too",
    async () => {
      const url = await address();
      await playStory(storyIn(TUTORIAL), (path, init) => fetch(`${url}${path}`, init), key);
      const tuples = await inside("postgres", "psql", "-U", "openfga", "-tAc", "select count(*) from tuple");
      expect(Number(tuples)).toBeGreaterThan(10);
      // it would end with 1 on the first that is not as the records say
      await inside("concordat", "node", "scripts/doctor.ts");
      for (const path of ["/docs", "/openapi.json"]) expect((await fetch(`${url}${path}`)).status, path).toBe(200);
    },
    STEP_MILLISECONDS,
  );

  test(
    "the container of the service runs without root, and writes to its folder alone",
    async () => {
      expect(await inside("concordat", "id", "-u")).not.toBe("0");
      await expect(inside("concordat", "touch", "/app/src/main.ts")).rejects.toThrow(/denied|Read-only/);
      await inside("concordat", "touch", "/app/.concordat/written");
    },
    STEP_MILLISECONDS,
  );

  test(
    "no container but the service's is reached from outside, and none without its password",
    async () => {
      for (const [service, port] of Object.entries({ openfga: "8080", postgres: "5432", redis: "6379" })) {
        const published = await compose("port", service, port).catch(() => "");
        expect(published, service).toMatch(/^(:0)?$/);
      }
      expect((await fetch(`${await address()}/v1/me`)).status).toBe(401);
      const list = "fetch('http://openfga:8080/stores').then((reply) => console.log(reply.status))";
      expect(await inside("concordat", "node", "-e", list)).toBe("401");
      expect(await inside("redis", "redis-cli", "ping")).toBe("PONG");
      expect(await inside("redis", "env", "-u", "REDISCLI_AUTH", "redis-cli", "ping")).toMatch(/NOAUTH/);
      const wrong = ["env", "PGPASSWORD=wrong", "psql", "-h", "postgres", "-U", "openfga", "-c", "select 1"];
      await expect(inside("postgres", ...wrong)).rejects.toThrow(/authentication failed/);
    },
    STEP_MILLISECONDS,
  );

  test(
    "the access log is in PostgreSQL, of a user who reads nothing of OpenFGA's",
    async () => {
      expect(await compose("logs", "concordat")).toMatch(/"to":"postgres:\/\/postgres:5432\/concordat","whole":true/);
      const lines = `SELECT count(*) FROM pg_tables WHERE tableowner = 'concordat' AND tablename = 'lines'`;
      expect(await inside("postgres", "psql", "-U", "openfga", "-d", "concordat", "-tAc", lines)).toBe("1");
      const { ACCESS_LOG_PASSWORD: password } = VARIABLES;
      const asLog = (database: string) =>
        inside(
          ...["postgres", "env", `PGPASSWORD=${password}`, "psql", "-h", "postgres", "-U", "concordat"],
          ...["-d", database, "-tAc", "SELECT 1"],
        );
      expect(await asLog("concordat")).toBe("1");
      await expect(asLog("openfga")).rejects.toThrow(/permission denied for database/);
    },
    STEP_MILLISECONDS,
  );

  test(
    "a push after model.fga changed is of the changed model, without a word about building",
    async () => {
      const changed = join(folder, "changed");
      const context = readFileSync(join(root, ".dockerignore"), "utf8").matchAll(/^!(.+)$/gm);
      for (const name of [
        "Dockerfile",
        ".dockerignore",
        "docker-compose.yml",
        ...[...context].map(([, name = ""]) => name),
      ])
        cpSync(join(root, name), join(changed, name), { recursive: true });
      const dryRun = () =>
        composeIn(changed, "run", "--rm", "--no-deps", "push-model", "node", "scripts/push-model.ts", "--dry-run");
      expect(await dryRun()).toContain("has this model already");
      const model = readFileSync(join(root, "model.fga"), "utf8");
      writeFileSync(join(changed, "model.fga"), model.replace("\ntype ", "\ntype newcomer\n\ntype "));
      expect(await dryRun()).toContain("newcomer");
    },
    // it asks both models in all situations
    2 * STEP_MILLISECONDS,
  );

  test(
    "no container starts while a secret is missing, and the message names it",
    async () => {
      for (const name of Object.keys(VARIABLES).filter((name) => name !== "PUBLISHED_PORT")) {
        writeEnvFile({ ...VARIABLES, [name]: "" });
        await expect(compose("config", "--quiet"), name).rejects.toThrow(`set ${name}`);
      }
      writeEnvFile(VARIABLES);
      await compose("config", "--quiet");
    },
    STEP_MILLISECONDS,
  );

  test(
    "while the engine's container is away the service is not ready and says nothing; then it is again",
    async () => {
      const readiness = async () => (await fetch(`${await address()}/readyz`)).status;
      await compose("stop", "openfga");
      // the engine is asked once a second
      await expect.poll(readiness).toBe(503);
      expect((await ask("view")).status).toBe(503);
      await compose("up", "--wait", "--no-deps", "openfga");
      await expect.poll(readiness).toBe(200);
      expect((await ask("view")).status).toBe(200);
    },
    STEP_MILLISECONDS,
  );

  test(
    "every container ends by itself when it is stopped, and new ones find everything",
    async () => {
      const send = async (method: string, body?: object) =>
        fetch(`${await address()}/v1/organizations/container`, {
          method,
          headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
          ...(body && { body: JSON.stringify(body) }),
        });
      expect((await send("PUT", { name: "Kept" })).status).toBe(201);
      await compose("stop");
      const containers = (await compose("ps", "--all", "--quiet")).split("\n");
      const { stdout } = await run("docker", ["inspect", "--format", "{{.Name}} {{.State.ExitCode}}", ...containers]);
      const ends = stdout.trim().split("\n");
      expect(ends).toHaveLength(7);
      // 137 were the end of Docker's patience
      expect(ends.filter((line) => !line.endsWith(" 0"))).toEqual([]);
      const { stdout: mounts } = await run("docker", [
        ...["inspect", "--format", '{{range .Mounts}}{{if eq .Type "volume"}}{{.Name}} {{end}}{{end}}'],
        ...containers,
      ]);
      // any other would have no name to delete it by
      const volumes = [`${project}_concordat`, `${project}_postgres`];
      expect(mounts.split(/\s+/).filter(Boolean).toSorted()).toEqual(volumes);
      await compose("down");
      await compose("up", "--wait");
      expect(await (await send("GET")).json()).toMatchObject({ name: "Kept" });
      expect(await compose("logs", "push-model")).toContain("has this model already");
    },
    STEP_MILLISECONDS,
  );

  test(
    "with the documented command histories are signed in the containers, by two workers",
    async () => {
      const [, command = ""] = /```sh\n([^`]+ docker compose run [^`]+history-key'\n)```/.exec(OPERATIONS) ?? [];
      const ours = command.replace("docker compose", `docker compose -p ${project} --env-file ${envFile}`);
      await run("sh", ["-euc", ours], { cwd: root });
      // what was written before has no signature
      const HISTORY_KEY_FILE = "/app/.concordat/history-key";
      writeEnvFile({ ...VARIABLES, HISTORY_KEY_FILE, HISTORY_UNSIGNED: "allow", WORKERS: "2" });
      await compose("up", "--wait");
      const get = async (path: string) =>
        fetch(`${await address()}${path}`, { headers: { Authorization: `Bearer ${key}` } });
      const ready = async () => (await get("/readyz")).json();
      await expect.poll(ready).toMatchObject({ workers: { ready: 2, of: 2 } });
      expect(await (await get("/.well-known/concordat-history-keys.json")).json()).toMatchObject({ keys: [{}] });
      const made = await fetch(`${await address()}/v1/organizations/signed`, {
        method: "PUT",
        headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
        body: JSON.stringify({ name: "Signed" }),
      });
      expect(made.status).toBe(201);
      expect(await inside("concordat", "ls", "-l", ".concordat/history-key")).toMatch(/^-rw-------/);
    },
    STEP_MILLISECONDS,
  );
});
