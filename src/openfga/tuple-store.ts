/**
 * The relationships, kept by OpenFGA. Every call names the store and the pinned model;
 * reads ask for HIGHER_CONSISTENCY and follow all pages; a write is one atomic Write,
 * sent once, and its outcome is told apart into what happened and what is not known.
 */
import { ClientWriteRequestOnMissingDeletes } from "@openfga/sdk";
import type { Tuple } from "../domain/tuples.ts";
import { EngineRefused, EngineUnavailable } from "../faults.ts";
import type { ReadFilter, TupleChange, TupleStore, WriteOutcome } from "../ports.ts";
import { createClient, failureOf, type OpenFgaConnection, toThrow } from "./client.ts";
import { createPages } from "./pages.ts";

// The engine's max-tuples-per-write; its default.
const WRITE_SIZE = 100;

/**
 * The port over one store. `write` throws EngineUnavailable when nothing was sent, and EngineRefused
 * when the engine refused what no caller may ask (a tuple outside the model, a key named twice,
 * more than 100 tuples): that is our bug. `read` throws likewise.
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
      // one more than asked for tells whether there are more
      const tuples = await readPages(filter, max + 1);
      return { tuples: tuples.slice(0, max), complete: tuples.length <= max };
    },

    write: async ({ deletes, writes }): Promise<WriteOutcome> => {
      try {
        await client.write({
          // The engine refuses a delete with a condition, and a caller may pass a tuple it has read.
          deletes: deletes.map(({ user, relation, object }) => ({ user, relation, object })),
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

    changes: async (since) => {
      const changes: TupleChange[] = [];
      for await (const page of pages.changes(since)) changes.push(...page);
      return changes;
    },

    erase: async (keys) => {
      for (let start = 0; start < keys.length; start += WRITE_SIZE) {
        const deletes = keys
          .slice(start, start + WRITE_SIZE)
          .map(({ user, relation, object }) => ({ user, relation, object }));
        await client
          .write({ deletes }, { conflict: { onMissingDeletes: ClientWriteRequestOnMissingDeletes.Ignore } })
          .catch((error: unknown) => {
            throw toThrow(error);
          });
      }
    },
  };
}
