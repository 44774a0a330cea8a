/** What the primary process and its workers say to each other, over the channel of `node:cluster`. */
import type { Counts } from "../metrics.ts";
import type { OpenFgaConnection } from "../openfga/client.ts";
import type { OpenStore } from "../openfga/open-store.ts";

/** What the primary finds once for all workers; they share the port. */
export type Foundation = { connection: OpenFgaConnection; store: OpenStore; port: number };

/** How many of the workers answer. */
export type WorkersReady = { ready: number; of: number };

/**
 * `begin` answers `hello`. `count` asks for the worker's counts, which come back with the same `ask`; `counted`
 * answers `count_all`. `stop`: answer what is in progress, and end.
 */
export type ToWorker =
  | { kind: "begin"; foundation: Foundation; workers: WorkersReady }
  | { kind: "workers"; workers: WorkersReady }
  | { kind: "count"; ask: number }
  | { kind: "counted"; text: string }
  | { kind: "read_keys" }
  | { kind: "stop"; reason: string; isHurried: boolean };

/**
 * `refused`: why it does not start, for the operator. `stopping`: it was asked to end, by whomever. `counts`
 * without `ask` come every second: they show that it lives.
 */
export type ToPrimary =
  | { kind: "hello" }
  | { kind: "ready" }
  | { kind: "stopping" }
  | { kind: "refused"; problem: string }
  | { kind: "counts"; counts: Counts; ask?: number }
  | { kind: "count_all" };
