/**
 * The tuple store in OpenFGA. Every call names the store and the pinned model; reads ask for HIGHER_CONSISTENCY and
 * follow all pages; a write is one atomic Write, sent only once, and its outcome says whether it is known.
 */
import { ClientWriteRequestOnMissingDeletes } from "@openfga/sdk";
import type { ChangeLog } from "../domain/change-log.ts";
import { WRITE_TUPLES_MAX } from "../domain/plan.ts";
import type { Tuple, TupleKey } from "../domain/tuples.ts";
import { EngineRefused, EngineUnavailable } from "../faults.ts";
import type { ReadFilter, TupleStore, WriteOutcome } from "../ports.ts";
import { createClient, failureOf, type OpenFgaConnection, toThrow } from "./client.ts";
import { createPages, TokenUnknown } from "./pages.ts";

/**
 * The port over one store. `write` throws EngineUnavailable when nothing was sent, and EngineRefused when the engine
 * refused the Write (a tuple outside the model, a key named twice, too many tuples): that is our bug. `read` likewise.
 */
export function createTupleStore(connection: OpenFgaConnection & { storeId: string; modelId: string }): TupleStore {
  const client = createClient(connection, connection);
  const pages = createPages(connection);

  async function readPages(filter?: ReadFilter, max = Number.POSITIVE_INFINITY): Promise<Tuple[]> {
    const tuples: Tuple[] = [];
    for await (const page of pages.tuples(filter)) {
      tuples.push(...page);
      if (tuples.length >= max) break;
    }
    return tuples;
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

    write: async ({ deletes, writes }): Promise<WriteOutcome> => {
      try {
        await client.write({
          deletes: deletes.map(keyOf),
          writes,
        });
        return "committed";
      } catch (error) {
        const failure = failureOf(error);
        if (failure.kind === "refused") throw new EngineRefused(failure.message);
        if (failure.kind === "not_sent") throw new EngineUnavailable(failure.message);
        return failure.kind;
      }
    },

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
        const deletes = keys.slice(start, start + WRITE_TUPLES_MAX).map(keyOf);
        await client
          .write({ deletes }, { conflict: { onMissingDeletes: ClientWriteRequestOnMissingDeletes.Ignore } })
          .catch((error: unknown) => {
            throw toThrow(error);
          });
      }
    },
  };
}

/** The key alone: the engine refuses a delete with a condition, and a caller may pass a tuple that it has read. */
const keyOf = ({ user, relation, object }: TupleKey): TupleKey => ({ user, relation, object });
