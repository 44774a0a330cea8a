/**
 * The tuples (Read) and their changes (ReadChanges), page by page. An action reads several times, an import a hundred
 * thousand times: so through a plain pool, not through the SDK. Reads ask for HIGHER_CONSISTENCY; whatever is not a
 * complete page throws.
 */
import { isObject } from "../domain/json.ts";
import type { Condition, Tuple } from "../domain/tuples.ts";
import { EngineRefused, EngineUnavailable } from "../faults.ts";
import type { ChangesPage, ReadFilter, TupleChange } from "../ports.ts";
import { type OpenFgaConnection, openEndpoint, TIMEOUT_MILLISECONDS } from "./client.ts";
import { codeIn } from "./replies.ts";

// The engine's largest page; its default is 50.
const PAGE_SIZE = 100;
/** Sockets of the pool; idle ones keep no process alive. */
const CONNECTIONS = 32;

/** Both throw EngineUnavailable, and EngineRefused when the engine refused a request (400): that is our bug. */
export type Pages = {
  /** The tuples that match a filter; without one all tuples. */
  tuples(filter?: ReadFilter): AsyncGenerator<Tuple[]>;
  /** The changes since then, oldest first. */
  changes(since: Date): AsyncGenerator<TupleChange[]>;
  /** One page of them, behind a place or from an instant on. */
  changesPage(from: string | Date): Promise<ChangesPage>;
};

/** The pages of one store. No connection is made yet. */
export function createPages(connection: OpenFgaConnection & { storeId: string }): Pages {
  const { pool, store, headers } = openEndpoint(connection, CONNECTIONS);
  const timeoutMilliseconds = connection.timeoutMilliseconds ?? TIMEOUT_MILLISECONDS;

  async function page(path: string, body: object | undefined, items: "tuples" | "changes") {
    let status: number;
    let text: string;
    try {
      const reply = await pool.request({
        ...(body === undefined ? { method: "GET" } : { method: "POST", body: JSON.stringify(body) }),
        path: `${store}${path}`,
        headers,
        signal: AbortSignal.timeout(timeoutMilliseconds),
      });
      status = reply.statusCode;
      text = await reply.body.text();
    } catch (error) {
      throw new EngineUnavailable(`OpenFGA returned no ${items}: ${(error as Error).message}`);
    }
    if (status === 400) throw new EngineRefused(`OpenFGA 400 ${codeIn(text)} for ${items}`);
    if (status !== 200) throw new EngineUnavailable(`OpenFGA answered ${status} ${codeIn(text)} for ${items}`);
    const given = parsed(text);
    const [list, token] = [given[items], given.continuation_token];
    if (!Array.isArray(list) || typeof token !== "string")
      throw new EngineUnavailable(`OpenFGA answered with no page of ${items}`);
    return { list, token };
  }

  async function changesPage(from: string | Date): Promise<ChangesPage> {
    const query = new URLSearchParams({ page_size: `${PAGE_SIZE}` });
    if (from instanceof Date) query.set("start_time", from.toISOString());
    else if (from !== "") query.set("continuation_token", from);
    const { list, token } = await page(`/changes?${query}`, undefined, "changes");
    // the engine always returns a token; only a page that is not full is the last one
    return { changes: list.map(toChange), place: token, isLast: list.length < PAGE_SIZE };
  }

  return {
    changesPage,

    async *tuples(filter) {
      let continuation_token = "";
      do {
        const asked = {
          tuple_key: filter,
          page_size: PAGE_SIZE,
          continuation_token,
          consistency: "HIGHER_CONSISTENCY",
        };
        const { list, token } = await page("/read", asked, "tuples");
        yield list.map(toTuple);
        continuation_token = token;
      } while (continuation_token !== "");
    },

    async *changes(since) {
      let from: string | Date = since;
      for (;;) {
        const { changes, place, isLast }: ChangesPage = await changesPage(from);
        yield changes;
        if (isLast) return;
        from = place;
      }
    },
  };
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch {
    throw new EngineUnavailable("OpenFGA answered with no JSON");
  }
}

function toTuple(tuple: unknown): Tuple {
  const key = isObject(tuple) && isObject(tuple.key) ? tuple.key : undefined;
  if (key === undefined) throw new EngineUnavailable("OpenFGA returned a tuple without a key");
  return tupleFrom(key);
}

function tupleFrom(key: object): Tuple {
  const { user, relation, object, condition } = key as Tuple & { condition?: Condition | null };
  if (!condition) return { user, relation, object };
  // the pinned model has two conditions, and the engine holds no tuple outside its model
  return { user, relation, object, condition: { name: condition.name, context: condition.context } as Condition };
}

function toChange(change: unknown): TupleChange {
  if (!isObject(change) || !isObject(change.tuple_key) || typeof change.timestamp !== "string")
    throw new EngineUnavailable("OpenFGA returned a change without a key");
  return {
    operation: change.operation === "TUPLE_OPERATION_WRITE" ? "write" : "delete",
    key: tupleFrom(change.tuple_key),
    at: change.timestamp,
  };
}
