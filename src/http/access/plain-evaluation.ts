/**
 * The common evaluation, answered on Node's own objects: the web-standard ones, the router and the middlewares cost more
 * than the rest of a hit. What is not plain is left to the ordinary route, untouched: no key or kept token with scope `check`, no JSON,
 * a compressed body, none or too long a length, an unprintable request id, a header that was sent twice. So is what needs
 * words, a refusal or a fault, with the decision: nothing is asked twice. A plain one is counted and not logged.
 */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type AccessDecision, type EvaluationDeps, evaluate } from "../../check/evaluate.ts";
import type { Presented } from "../../domain/caller.ts";
import { suffices } from "../../domain/key-scopes.ts";
import { readJson } from "../../domain/read-json.ts";
import { BODY_BYTES_MAX, isJson } from "../body.ts";
import { answerFor, type Callers, presentedIn } from "../caller.ts";
import { loggable } from "../request-id.ts";
import type { Shortcut } from "../shortcut.ts";
import { EvaluationBody } from "./body.ts";
import { decisionBody, evaluationOf, isTraced } from "./evaluation.ts";

const PATH = "/access/v1/evaluation";

/** Hosts that are taken as they are; the ordinary route also reads others, and refuses some. */
const PLAIN_HOST = /^[a-z0-9._-]+(?::[1-5]?\d{4})?$/;

/** On every reply. Callers are services: headers about frames and origins are for browsers. */
const HEADERS = ["Content-Type", "application/json", "Cache-Control", "no-store", "X-Content-Type-Options", "nosniff"];

type Deps = EvaluationDeps & Callers & { stopping: () => boolean };

/** For `POST /access/v1/evaluation` as long as checks are not limited. */
export function plainEvaluation(deps: Deps): Shortcut {
  /** The key of a plain request. */
  function plainKey({ headers, rawHeaders }: IncomingMessage): Presented | undefined {
    // of a header that was sent twice Node may name the first alone
    if (rawHeaders.length !== 2 * Object.keys(headers).length) return undefined;
    // a body without a length would have to be counted while it is read
    const isShort = Number(headers["content-length"] ?? Number.NaN) <= BODY_BYTES_MAX;
    if (!isShort || !isJson(headers["content-type"]) || headers["content-encoding"] !== undefined) return undefined;
    if (headers["acting-user"] !== undefined || !PLAIN_HOST.test(headers.host ?? "")) return undefined;
    const key = presentedIn(headers.authorization, deps);
    return key && suffices(key.scopes, "permission") ? key : undefined;
  }

  function reply(outgoing: ServerResponse, requestId: string, decision: AccessDecision, traced: boolean): void {
    const text = JSON.stringify(decisionBody(decision, traced));
    const headers = [...HEADERS, "X-Request-ID", requestId, "Content-Length", `${Buffer.byteLength(text)}`];
    if (deps.stopping()) headers.push("Connection", "close");
    outgoing.writeHead(200, headers).end(text);
  }

  return (incoming, outgoing, leave) => {
    if (incoming.url !== PATH || incoming.method !== "POST") return false;
    const key = plainKey(incoming);
    if (key === undefined) return false;
    const requestId = incoming.headers["x-request-id"]?.toString() || randomUUID();
    // Node would send an unprintable id back in UTF-8, not as it came
    if (loggable(requestId) !== requestId) return false;

    async function answer({ name, bounds }: Presented, bytes: Buffer): Promise<void> {
      const read = readJson(bytes);
      const body = read.kind === "json" ? EvaluationBody.safeParse(read.json).data : undefined;
      if (body === undefined) return leave({ bytes, signal: signal() });
      const decided = evaluate(deps, evaluationOf(body), { key: name, bounds, requestId }, signal);
      try {
        const decision = await decided;
        if (decision.kind !== "outside") return reply(outgoing, requestId, decision, isTraced(body));
      } catch {
        // the ordinary route meets it again
      }
      leave({ bytes, signal: signal(), decided });
    }

    let gone: AbortSignal | undefined;
    const signal = () => (gone ??= signalOf(outgoing));
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk) => chunks.push(chunk));
    incoming.on("end", () =>
      answerFor(key, () => answer(key, chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks))),
    );
    // a body that broke off is the ordinary route's to report
    incoming.on("close", () => incoming.readableEnded || leave());
    return true;
  };
}

/** Aborted when the caller leaves before the reply. */
function signalOf(outgoing: ServerResponse): AbortSignal {
  const gone = new AbortController();
  const end = () => outgoing.writableFinished || gone.abort();
  if (outgoing.destroyed) end();
  else outgoing.once("close", end);
  return gone.signal;
}
