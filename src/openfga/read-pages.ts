/**
 * OpenFGA's Read, page by page, through an undici pool: an action reads several times
 * and an import a hundred thousand times, and a call by the SDK costs eight times the
 * CPU. Asks for HIGHER_CONSISTENCY; whatever is not a whole page throws.
 */
import { Pool } from "undici";
import type { Condition, Tuple } from "../domain/tuples.ts";
import { EngineUnavailable, type ReadFilter } from "../ports.ts";
import { type Connection, TIMEOUT_MILLISECONDS } from "./client.ts";
import { isObject } from "./replies.ts";

// The engine's largest page; its default is 50.
const PAGE_SIZE = 100;
/** Sockets of the pool; idle ones keep no process alive. */
const CONNECTIONS = 32;

/**
 * Reads what matches a filter, or the whole store. Throws EngineUnavailable, and an Error with the engine's
 * message when it refused a filter that no caller may ask (400): that is our bug.
 */
export function createReadPages(
  connection: Connection & { storeId: string },
): (filter?: ReadFilter) => AsyncGenerator<Tuple[]> {
  const { origin, pathname } = new URL(connection.apiUrl);
  const pool = new Pool(origin, { connections: CONNECTIONS });
  const path = `${pathname.replace(/\/$/, "")}/stores/${connection.storeId}/read`;
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (connection.apiToken !== undefined) headers.authorization = `Bearer ${connection.apiToken}`;
  const timeoutMilliseconds = connection.timeoutMilliseconds ?? TIMEOUT_MILLISECONDS;

  async function readPage(
    filter: ReadFilter | undefined,
    continuation_token: string,
  ): Promise<Record<string, unknown>> {
    const asked = { tuple_key: filter, page_size: PAGE_SIZE, continuation_token, consistency: "HIGHER_CONSISTENCY" };
    let status: number;
    let text: string;
    try {
      const signal = AbortSignal.timeout(timeoutMilliseconds);
      const reply = await pool.request({ method: "POST", path, headers, body: JSON.stringify(asked), signal });
      status = reply.statusCode;
      text = await reply.body.text();
    } catch (error) {
      throw new EngineUnavailable(`OpenFGA did not answer a read: ${(error as Error).message}`);
    }
    if (status === 400) throw new Error(`OpenFGA 400: ${text.slice(0, 500)}`);
    if (status !== 200) throw new EngineUnavailable(`OpenFGA answered a read with ${status}: ${text.slice(0, 500)}`);
    try {
      return JSON.parse(text);
    } catch {
      throw new EngineUnavailable("OpenFGA answered a read with what is no JSON");
    }
  }

  return async function* readPages(filter) {
    let continuationToken = "";
    do {
      const { tuples, continuation_token } = await readPage(filter, continuationToken);
      if (!Array.isArray(tuples) || typeof continuation_token !== "string")
        throw new EngineUnavailable("OpenFGA answered a read with what is no page");
      yield tuples.map(toTuple);
      continuationToken = continuation_token;
    } while (continuationToken !== "");
  };
}

function toTuple(tuple: unknown): Tuple {
  const key = isObject(tuple) && isObject(tuple.key) ? tuple.key : undefined;
  if (key === undefined) throw new EngineUnavailable("OpenFGA read a tuple without a key");
  const { user, relation, object, condition } = key as Tuple & { condition?: Condition | null };
  // The pinned model knows two conditions, and the engine holds no tuple that does not fit it.
  return condition
    ? { user, relation, object, condition: { name: condition.name, context: condition.context } as Condition }
    : { user, relation, object };
}
