/**
 * `POST …/list-objects`, `…/streamed-list-objects` and `…/list-users` (openfga.v1): as of now, unless the question has a
 * time. OpenFGA ends a list at its cap and deadline without saying so, and so does this. A key that is bound to
 * organizations gets a list of their objects alone, and no stream, which is not filtered.
 */

import type { Hono } from "hono";
import { errorFacts } from "../../domain/error-facts.ts";
import { isObject } from "../../domain/json.ts";
import { outsideAll } from "../../domain/key-bounds.ts";
import type { Env } from "../env.ts";
import { asObjects, asUsers } from "./caller.ts";
import { outsideKey } from "./error.ts";
import { answer, decided, pass, readQuestion, type StoresDeps } from "./pass.ts";
import { dated } from "./questions.ts";
import { isShortened, outsideList, outsideQuestions, shortened } from "./within-key.ts";

export function listRoutes(app: Hono<Env>, deps: StoresDeps): void {
  app.post("/stores/:store_id/list-objects", async (c) => {
    const body = await readQuestion(c, deps, (one) => [asObjects(one)]);
    if (body instanceof Response) return body;
    const outside = outsideList(c, body);
    if (outside !== undefined) return outsideKey(c, outside);
    const request = { method: "POST" as const, path: "/list-objects", body: dated(body, deps.clock()) };
    if (!isShortened(c)) return pass(c, deps, request);
    const reply = await deps.engine.api.ask(request, c.req.raw.signal);
    if (reply.status !== 200) return answer(c, reply);
    return decided(c, deps, { objects: await shortened(c, deps, JSON.parse(reply.body).objects) });
  });
  app.post("/stores/:store_id/list-users", async (c) => {
    const body = await readQuestion(c, deps, (one) => [asUsers(one)]);
    if (body instanceof Response) return body;
    const { type, id } = isObject(body.object) ? body.object : {};
    // OpenFGA refuses values that are no text
    const object = typeof type === "string" && typeof id === "string" ? `${type}:${id}` : undefined;
    const [outside] = await outsideQuestions(c, deps, [{ relation: body.relation, object }]);
    if (outside !== undefined) return outsideKey(c, outside);
    return pass(c, deps, { method: "POST", path: "/list-users", body: dated(body, deps.clock()) });
  });
  app.post("/stores/:store_id/streamed-list-objects", async (c) => {
    const body = await readQuestion(c, deps, (one) => [asObjects(one)]);
    if (body instanceof Response) return body;
    const outside = outsideList(c, body) ?? (isShortened(c) ? outsideAll(c.var.caller.bounds) : undefined);
    if (outside !== undefined) return outsideKey(c, outside);
    const request = { method: "POST" as const, path: "/streamed-list-objects", body: dated(body, deps.clock()) };
    const reply = await deps.engine.api.stream(request, c.req.raw.signal);
    const broke = (error: unknown) => {
      const facts = { request_id: c.var.requestId, ...errorFacts(error) };
      if (!c.req.raw.signal.aborted) deps.log("error", "engine_unavailable", facts);
    };
    return answer(c, { ...reply, body: ReadableStream.from(whole(reply.body, broke)) });
  });
}

const LINE_END = 10;

/** gRPC's code for it (google.rpc.Code), as in the lines of OpenFGA's own. */
const UNAVAILABLE = { code: 14, message: "OpenFGA did not end its list: there may be more.", details: [] };

/** The stream, one JSON object a line; when it breaks off, its last line is an error in OpenFGA's form. */
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
