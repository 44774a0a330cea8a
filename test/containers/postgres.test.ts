/** The service on an OpenFGA that keeps its tuples in PostgreSQL, both in containers. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { playSample } from "../../src/start/sample.ts";
import { startProcess } from "../support/process.ts";
import { KEYS } from "../support/service.ts";
import { missing, STEP_MILLISECONDS, UP_MILLISECONDS } from "./docker.ts";
import { type OpenFgaOnPostgres, startOpenFgaOnPostgres } from "./openfga-on-postgres.ts";

describe.skipIf(missing !== undefined)("OpenFGA on PostgreSQL in containers", () => {
  let openfga: OpenFgaOnPostgres;

  beforeAll(async () => {
    openfga = await startOpenFgaOnPostgres();
  }, UP_MILLISECONDS);
  afterAll(() => openfga?.stop(), STEP_MILLISECONDS);

  test(
    "the service plays the sample on it and answers by it, and so does the next process",
    async () => {
      const env = { OPENFGA_API_URL: openfga.apiUrl, OPENFGA_API_TOKEN: openfga.apiToken, OPENFGA_STORE: "sample" };
      const { url } = await startProcess(env);
      const sample = await playSample((path, init) => fetch(`${url}${path}`, init), KEYS.all);
      if (sample.kind !== "played") throw new Error(JSON.stringify(sample));
      expect(await openfga.tuples()).toBeGreaterThan(10);
      expect(await may(url, "ben", "manage_technical")).toBe(true);
      expect(await may(url, "tom", "manage_technical")).toBe(false);
      const delegated = await fetch(`${url}/v1/shares/${sample.share}/delegations/tom`, {
        method: "PUT",
        headers: { ...headers(KEYS.manage), "Acting-User": "user:ben" },
        body: JSON.stringify({ role: "technical_manager" }),
      });
      expect(delegated.status).toBe(200);
      expect(await may(url, "tom", "manage_technical")).toBe(true);
      const next = await startProcess(env);
      expect(await may(next.url, "tom", "manage_technical")).toBe(true);
    },
    STEP_MILLISECONDS,
  );
});

const headers = (key: string) => ({ Authorization: `Bearer ${key}`, "Content-Type": "application/json" });

/** Whether `user` may `action` on plant 7 of the sample. */
async function may(url: string, user: string, action: string): Promise<unknown> {
  const reply = await fetch(`${url}/access/v1/evaluation`, {
    method: "POST",
    headers: headers(KEYS.check),
    body: JSON.stringify({
      subject: { type: "user", id: user },
      action: { name: action },
      resource: { type: "plant", id: "7" },
    }),
  });
  return ((await reply.json()) as { decision?: boolean }).decision;
}
