/**
 * What an operator runs: docker-compose.yml as it is, with OpenFGA on PostgreSQL, Redis
 * and the image of the Dockerfile. The worked story of the README is played against it
 * from outside. Where no Docker is to be had this says so, and nothing here runs.
 */
import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openStore } from "../../src/openfga/open-store.ts";
import { OPENFGA_VERSION } from "../../src/openfga/server/find-server.ts";
import { startServer } from "../../src/openfga/server/server.ts";
import { connectionOf, MODEL } from "../support/engine.ts";
import { playStory, storyIn } from "../support/worked-story.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const README = readFileSync(join(root, "README.md"), "utf8");

// pulling four images and installing dependencies take as long as the line is slow
const UP_MILLISECONDS = 15 * 60_000;
const STEP_MILLISECONDS = 3 * 60_000;

const missing = await whatIsMissing();
if (missing !== undefined) console.warn(`The container tests did not run: ${missing}.`);

/** Why containers cannot be run here, in one line; undefined when they can. */
async function whatIsMissing(): Promise<string | undefined> {
  for (const args of [["compose", "version"], ["info"]]) {
    try {
      await run("docker", args, { timeout: 30_000 });
    } catch (error) {
      const { stderr, message } = error as { stderr?: string; message: string };
      const said = (stderr || message).trim().split("\n")[0];
      return `\`docker ${args.join(" ")}\` says: ${said?.replace(/\.$/, "")}`;
    }
  }
  return undefined;
}

const project = `concordat-test-${randomBytes(4).toString("hex")}`;
const key = randomBytes(24).toString("base64url");
const secret = () => randomBytes(24).toString("hex");
/** The variables that the head of docker-compose.yml asks for, made as it says, and a port that is free. */
const VARIABLES = {
  // base64 with the characters in it that mean something in a URL
  POSTGRES_PASSWORD: `+/${randomBytes(24).toString("base64")}=`,
  REDIS_PASSWORD: secret(),
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
  const folder = mkdtempSync(join(tmpdir(), "concordat-compose-"));
  const envFile = join(folder, "env");

  /** `docker compose …` on the project of this run. Nothing of the shell's environment and no `.env` gets into it. */
  async function compose(...args: string[]): Promise<string> {
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => /^(PATH|HOME|DOCKER_.*|.*_PROXY)$/i.test(name)),
    );
    const { stdout } = await run("docker", ["compose", "-p", project, "--env-file", envFile, ...args], {
      cwd: root,
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
    "the worked story of the README goes in containers as it does in a test's process",
    async () => {
      const url = await address();
      await playStory(storyIn(README), (path, init) => fetch(`${url}${path}`, init), key);
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
      await compose("stop", "openfga");
      expect((await fetch(`${await address()}/readyz`)).status).toBe(503);
      expect((await ask("view")).status).toBe(503);
      await compose("up", "--wait", "--no-deps", "openfga");
      expect((await fetch(`${await address()}/readyz`)).status).toBe(200);
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
      expect(ends).toHaveLength(6);
      // 137 were the end of Docker's patience
      expect(ends.filter((line) => !line.endsWith(" 0"))).toEqual([]);
      await compose("down");
      await compose("up", "--wait");
      expect(await (await send("GET")).json()).toMatchObject({ name: "Kept" });
      expect(await compose("logs", "push-model")).toContain("has this model already");
    },
    STEP_MILLISECONDS,
  );
});

describe.skipIf(missing !== undefined)("the embedded engine in a container", () => {
  const image = `openfga/openfga:v${OPENFGA_VERSION}`;

  test(
    "the engine's container keeps its store, and is gone when it is stopped",
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "concordat-image-"));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      const lives = async () => (await run("docker", ["ps", "--quiet", "--filter", `volume=${folder}`])).stdout !== "";
      const models: string[] = [];
      for (let count = 1; count <= 2; count++) {
        const server = await startServer({ kind: "image", image }, { folder });
        const opened = await openStore({
          ...connectionOf(server),
          store: "in an image",
          model: MODEL,
          allowPush: false,
        });
        models.push(opened.modelId);
        expect(await lives()).toBe(true);
        await server.stop();
        expect(await lives()).toBe(false);
      }
      expect(models[1]).toBe(models[0]);
    },
    STEP_MILLISECONDS,
  );
});
