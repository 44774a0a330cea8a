/**
 * The tuples (Read) and their changes (ReadChanges), page by page. An action reads several times, an import a hundred
 * thousand times. Reads ask for HIGHER_CONSISTENCY; whatever is not a complete page throws.
 */

import type { ChangesPage, TupleChange } from "../domain/change-log.ts";
import { isObject } from "../domain/json.ts";
import type { Condition, Tuple } from "../domain/tuples.ts";
import { startTimer } from "../elapsed.ts";
import { EngineRefused, EngineUnavailable } from "../faults.ts";
import type { ReadFilter } from "../ports.ts";
import { type OpenFgaConnection, openEndpoint, send, TIMEOUT_MILLISECONDS } from "./client.ts";
import { codeIn } from "./replies.ts";

// The engine's largest page; its default is 50.
const PAGE_SIZE = 100;
/** Sockets of the pool; idle ones keep no process alive. */
const CONNECTIONS = 32;

/** The engine did not give this token. */
export class TokenUnknown extends EngineRefused {}

/** All throw EngineUnavailable, and EngineRefused when the engine refused a request (400): that is our bug. */
export type Pages = {
  /** The tuples that match a filter; without one all tuples. */
  tuples(filter?: ReadFilter): AsyncGenerator<Tuple[]>;
  /** One page of the tuples that match, at most `max` of them, behind a token; its `token` is empty at the end. Throws TokenUnknown. */
  tuplePage(filter: ReadFilter | undefined, max: number, token: string): Promise<{ tuples: Tuple[]; token: string }>;
  /** The changes since then, oldest first; with a type only of its objects. */
  changes(since: Date, type?: string): AsyncGenerator<ChangesPage>;
  /** One page of them, behind a place or from an instant on. Throws TokenUnknown. */
  changesPage(from: string | Date, type?: string): Promise<ChangesPage>;
};

/** The pages of one store. No connection is made yet. */
export function createPages(connection: OpenFgaConnection & { storeId: string }): Pages {
  const endpoint = openEndpoint(connection, CONNECTIONS);
  const timeoutMilliseconds = connection.timeoutMilliseconds ?? TIMEOUT_MILLISECONDS;

  async function page(path: string, body: object | undefined, items: "tuples" | "changes", since?: Date) {
    const elapsed = startTimer();
    const method = body === undefined ? "GET" : "POST";
    const { status, text, date } = await send(endpoint, { method, path, body }, timeoutMilliseconds).catch(
      (error: Error) => {
        throw new EngineUnavailable(`OpenFGA returned no ${items}: ${error.message}`);
      },
    );
    // as of the reply, in whole seconds, less what it took
    const askedAt = Date.parse(date) - Math.ceil(elapsed());
    if (status === 400 && codeIn(text) === "invalid_continuation_token")
      throw new TokenUnknown(`OpenFGA does not know the token of ${items}`);
    // OpenFGA refuses a time that is still to come, of a clock that was ahead of its own: there is nothing since then
    if (status === 400 && since !== undefined && since.getTime() > askedAt) return { list: [], token: "", askedAt };
    // a proxy may replace the header by its own, and another server's clock may be behind
    if (status === 400 && since !== undefined)
      throw new EngineUnavailable(
        `OpenFGA 400 ${codeIn(text)} for changes since a time that by the Date of its replies is past: its clock and that of a proxy before it, or those of its servers, differ by seconds`,
      );
    if (status === 400) throw new EngineRefused(`OpenFGA 400 ${codeIn(text)} for ${items}`);
    if (status !== 200) throw new EngineUnavailable(`OpenFGA answered ${status} ${codeIn(text)} for ${items}`);
    const given = parsed(text);
    const [list, token] = [given[items], given.continuation_token];
    if (!Array.isArray(list) || typeof token !== "string")
      throw new EngineUnavailable(`OpenFGA answered with no page of ${items}`);
    return { list, token, askedAt };
  }

  async function tuplePage(filter: ReadFilter | undefined, max: number, continuation_token: string) {
    const page_size = Math.min(max, PAGE_SIZE);
    const asked = { tuple_key: filter, page_size, continuation_token, consistency: "HIGHER_CONSISTENCY" };
    const { list, token } = await page("/read", asked, "tuples");
    return { tuples: list.map(toTuple), token };
  }

  async function changesPage(from: string | Date, type?: string): Promise<ChangesPage> {
    const query = new URLSearchParams({ page_size: `${PAGE_SIZE}` });
    if (type !== undefined) query.set("type", type);
    if (from instanceof Date) query.set("start_time", from.toISOString());
    else if (from !== "") query.set("continuation_token", from);
    const since = from instanceof Date ? from : undefined;
    const { list, token, askedAt } = await page(`/changes?${query}`, undefined, "changes", since);
    if (Number.isNaN(askedAt)) throw new EngineUnavailable("OpenFGA's reply has no date: a proxy takes it away");
    // the engine always returns a token; only a page that is not full is the last one
    return { changes: list.map(toChange), askedAt, place: token, isLast: list.length < PAGE_SIZE };
  }

  return {
    tuplePage,
    changesPage,

    async *tuples(filter) {
      let after = "";
      do {
        const { tuples, token } = await tuplePage(filter, PAGE_SIZE, after);
        yield tuples;
        after = token;
      } while (after !== "");
    },

    async *changes(since, type) {
      let from: string | Date = since;
      for (;;) {
        const one = await changesPage(from, type);
        yield one;
        if (one.isLast) return;
        from = one.place;
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
