/**
 * The least that an HTTP check over Redis can do in this stack: parse the body, one
 * MGET of three keys, answer. No key is checked, no schema, no token compared.
 */
import type { Server } from "node:http";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { Redis } from "ioredis";
import { type Evaluation, keysOf } from "./ceiling-keys.ts";

const redis = new Redis(process.env.REDIS_URL ?? "", { enableAutoPipelining: true });
const app = new Hono();

app.post("/access/v1/evaluation", async (c) => {
  const values = await redis.mget(keysOf(await c.req.json<Evaluation>()));
  return c.json({ decision: values[0]?.startsWith("1") ?? false });
});

app.post("/access/v1/evaluations", async (c) => {
  const { evaluations } = await c.req.json<{ evaluations: Evaluation[] }>();
  const values = await redis.mget(evaluations.flatMap(keysOf));
  return c.json({ evaluations: evaluations.map((_, n) => ({ decision: values[n * 3]?.startsWith("1") ?? false })) });
});

const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }) as Server;
server.once("listening", () => {
  const address = server.address();
  process.stdout.write(`listens on http://127.0.0.1:${typeof address === "object" ? address?.port : ""}\n`);
});
