/**
 * The tuple store in OpenFGA. Every call names the store and the pinned model; reads ask for HIGHER_CONSISTENCY and
 * follow all pages; a write is one atomic Write, sent only once, and its outcome says whether it is known.
 */
import type { ChangeLog } from "../domain/change-log.ts";
import { WRITE_TUPLES_MAX } from "../domain/plan.ts";
import type { Tuple, TupleKey } from "../domain/tuples.ts";
import { EngineRefused, EngineUnavailable } from "../faults.ts";
import type { ReadFilter, TupleStore, WriteOutcome } from "../ports.ts";
import { type OpenFgaConnection, openEndpoint, send, TIMEOUT_MILLISECONDS } from "./client.ts";
import { createPages, TokenUnknown } from "./pages.ts";
import { codeIn } from "./replies.ts";

/** Sockets of the pool that Writes alone use; idle ones keep no process alive. */
const CONNECTIONS = 32;

/** No byte of the request was sent: node's codes of a connection that was not made, and undici's. */
const NOT_SENT = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$/;

/**
 * The port over one store. `write` throws EngineUnavailable when nothing was sent, and EngineRefused when the engine
 * refused the Write (a tuple outside the model, a key named twice, too many tuples): that is our bug. `read` likewise.
 */
export function createTupleStore(connection: OpenFgaConnection & { storeId: string; modelId: string }): TupleStore {
  const endpoint = openEndpoint(connection, CONNECTIONS);
  const pages = createPages(connection);
  const timeoutMilliseconds = connection.timeoutMilliseconds ?? TIMEOUT_MILLISECONDS;

  async function readPages(filter?: ReadFilter, max = Number.POSITIVE_INFINITY): Promise<Tuple[]> {
    const tuples: Tuple[] = [];
    for await (const page of pages.tuples(filter)) {
      tuples.push(...page);
      if (tuples.length >= max) break;
    }
    return tuples;
  }

  /**
   * One Write, and what became of it by OpenFGA's codes (openfga.v1 ErrorCode): `stale` is 400 write_failed_due_to_invalid_input
   * (2017) and 409. Throws EngineUnavailable when it did not reach the engine or was rejected unread, and EngineRefused.
   */
  async function post(write: object): Promise<WriteOutcome> {
    const body = { authorization_model_id: connection.modelId, ...write };
    const reply = await send(endpoint, { path: "/write", body }, timeoutMilliseconds).catch(
      (error: NodeJS.ErrnoException) => {
        const { code = "" } = error;
        if (NOT_SENT.test(code)) throw new EngineUnavailable(`OpenFGA was not reached: ${code}`);
        return undefined;
      },
    );
    if (reply === undefined) return "unknown";
    const { status, text } = reply;
    if (status === 200) return "committed";
    const code = codeIn(text);
    if (status === 409 || (status === 400 && code === "write_failed_due_to_invalid_input")) return "stale";
    const message = `OpenFGA ${status} ${code}`;
    if (status === 400) throw new EngineRefused(message);
    if ([401, 403, 404, 429].includes(status)) throw new EngineUnavailable(message);
    return "unknown";
  }

  return {
    read: (filter) => readPages(filter),
    readAll: () => readPages(),
    pages: () => pages.tuples(),

    readSome: async (filter, max) => {
      // one more than asked for: to know whether there are more
      const tuples = await readPages(filter, max + 1);
      return { tuples: tuples.slice(0, max), complete: tuples.length <= max };
    },

    readPage: async (filter, { max, after }) => {
      const tuples: Tuple[] = [];
      let next = after ?? "";
      try {
        do {
          const page = await pages.tuplePage(filter, max - tuples.length, next);
          tuples.push(...page.tuples);
          next = page.token;
        } while (next !== "" && tuples.length < max);
      } catch (error) {
        if (error instanceof TokenUnknown) return undefined;
        throw error;
      }
      return { tuples, next: next === "" ? undefined : next };
    },

    write: ({ deletes, writes }) =>
      post({
        ...(deletes.length > 0 && { deletes: { tuple_keys: deletes.map(keyOf) } }),
        ...(writes.length > 0 && { writes: { tuple_keys: writes } }),
      }),

    changesPage: pages.changesPage,

    changes: async (since, type) => {
      const log: ChangeLog = { changes: [], askedAt: Infinity };
      for await (const { changes, askedAt } of pages.changes(since, type)) {
        log.changes.push(...changes);
        // the first page's, or less where another server with another clock gave a later one
        log.askedAt = Math.min(log.askedAt, askedAt);
      }
      return log;
    },

    erase: async (keys) => {
      for (let start = 0; start < keys.length; start += WRITE_TUPLES_MAX) {
        const tuple_keys = keys.slice(start, start + WRITE_TUPLES_MAX).map(keyOf);
        const outcome = await post({ deletes: { tuple_keys, on_missing: "ignore" } });
        if (outcome !== "committed") throw new EngineUnavailable(`a deletion of tuples by OpenFGA is ${outcome}`);
      }
    },
  };
}

/** The key alone: the engine refuses a delete with a condition, and a caller may pass a tuple that it has read. */
const keyOf = ({ user, relation, object }: TupleKey): TupleKey => ({ user, relation, object });
