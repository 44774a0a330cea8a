/** What the bench asks of each system it measures, so that all are asked the same questions. */
import type { ShareId, UserId } from "../src/domain/ids.ts";
import type { SharedRole } from "../src/domain/roles.ts";
import type { Missing } from "./engine.ts";
import type { Processes } from "./processes.ts";
import type { World } from "./world.ts";

/** A question as OpenFGA spells it: `user:…`, `can_…`, `plant:…`. */
export type Question = { user: string; relation: string; object: string };

/** An HTTP request, ready to be sent again and again. `{id}` in its path is the id of what the request before it made. */
export type Request = { method: string; path: string; headers: Record<string, string>; body: string };

/** An operation of the product beside the check, by a person who may do it. */
export type Operation =
  | { kind: "delegate" | "revoke"; admin: string; share: ShareId; user: UserId; role: SharedRole }
  | { kind: "pause" | "resume"; admin: string; cooperation: string }
  | { kind: "share"; admin: string; cooperation: string; resource: string; role: SharedRole }
  /** Of the share that was made just before. */
  | { kind: "unshare"; admin: string }
  /** The first page of 50. */
  | { kind: "cooperations" | "incoming"; admin: string; organization: string }
  /** On which plants a user has a permission. */
  | { kind: "search"; user: string; relation: string }
  | { kind: "explain"; question: Question }
  /** In the lines of the import. */
  | { kind: "import"; lines: object[] };

/** A request of a workload; `isAction` where it changes something. */
export type Sent = Request & { isAction?: boolean };

export type Counts = { hits: number; misses: number; engineCalls: number };

/** A system that runs, holds the world and is ready. */
export type System = {
  /** As in results.json. */
  name: string;
  version: string;
  /** `http://127.0.0.1:<port>`. */
  url: string;
  /** Answers over its own wire. Throws when it gives no clear yes or no. */
  answer(question: Question): Promise<boolean>;
  /** What is sent for a question. */
  request(question: Question): Request;
  /** The same for twenty at once, where it has a batch. */
  batch?(questions: Question[]): Request;
  /** What is sent for an operation; undefined where it has none such. Without actions the mix is questions alone. */
  operation?(operation: Operation): Request | undefined;
  /** The same system, set to keep its answers for an hour, so that what was asked once is a hit. */
  keeping?: Omit<System, "keeping">;
  /** What was asked of it once and is a hit from then on; only where it keeps its answers. */
  kept?: Question | undefined;
  /** Asks it again what it was asked before the run: after a long stop it keeps nothing of what it kept. */
  refill?: (() => Promise<void>) | undefined;
  /** What it counted so far: questions answered from its cache, questions that were not, and calls to its engine. */
  counts?(): Promise<Counts>;
  /** What its cache takes, in bytes. */
  cacheBytes?(): Promise<number>;
  /** All of its processes; the load generator is not among them. */
  processes: Processes;
  stop(): Promise<void>;
};

/**
 * Starts a system and loads the world. `at` is the time for systems that take it with a question. Gives a reason where
 * this machine has not what the system needs.
 */
export type StartSystem = (world: World, at: Date) => Promise<System | Missing>;
