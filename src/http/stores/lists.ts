/**
 * `POST …/list-objects`, `…/streamed-list-objects` and `…/list-users` (openfga.v1):
 * as of now, unless the question names a time. OpenFGA ends a list at its cap and its
 * deadline without a word, and so does this.
 */
import { Hono } from "hono";
import { dated } from "../../check/asked.ts";
import { errorFacts } from "../../domain/error-facts.ts";
import type { Env } from "../env.ts";
import { answer, pass, readQuestion, type StoresDeps } from "./pass.ts";

export function listRoutes(deps: StoresDeps): Hono<Env> {
  const app = new Hono<Env>();
  for (const path of ["/list-objects", "/list-users"])
    app.post(`/stores/:store_id${path}`, async (c) => {
      const { body, refusal } = await readQuestion(c, deps);
      return refusal ?? pass(c, deps, { method: "POST", path, body: dated(body, deps.clock()) });
    });
  app.post("/stores/:store_id/streamed-list-objects", async (c) => {
    const { body, refusal } = await readQuestion(c, deps);
    if (refusal !== undefined) return refusal;
    const request = { method: "POST" as const, path: "/streamed-list-objects", body: dated(body, deps.clock()) };
    const reply = await deps.engine.api.stream(request, c.req.raw.signal);
    const broke = (error: unknown) => {
      const facts = { request_id: c.var.requestId, ...errorFacts(error) };
      if (!c.req.raw.signal.aborted) deps.log("error", "engine_unavailable", facts);
    };
    return answer(c, { ...reply, body: ReadableStream.from(whole(reply.body, broke)) });
  });
  return app;
}

const LINE_END = 10;

/** gRPC's code for it (google.rpc.Code), as in the lines of OpenFGA's own. */
const UNAVAILABLE = { code: 14, message: "OpenFGA did not end its list: there may be more.", details: [] };

/** A JSON object a line as they come; a stream that breaks ends with a line that says so, as OpenFGA's errors do. */
async function* whole(body: ReadableStream<Uint8Array>, broke: (error: unknown) => void): AsyncGenerator<Uint8Array> {
  let last: number | undefined = LINE_END;
  try {
    for await (const chunk of body) {
      last = chunk.at(-1);
      yield chunk;
    }
  } catch (error) {
    broke(error);
    const line = `${JSON.stringify({ error: UNAVAILABLE })}\n`;
    yield new TextEncoder().encode(last === LINE_END ? line : `\n${line}`);
  }
}
