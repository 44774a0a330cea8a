/** What the bench asks of each system it measures, so that all are asked the same questions. */
import type { ShareId, UserId } from "../src/domain/ids.ts";
import type { SharedRole } from "../src/domain/roles.ts";
import type { World } from "./world.ts";

/** A question as OpenFGA spells it: `user:…`, `can_…`, `plant:…`. */
export type Question = { user: string; relation: string; object: string };

/** An HTTP request, ready to be sent again and again. */
export type Request = { method: string; path: string; headers: Record<string, string>; body: string };

/** A delegation that an admin of the partner gives or takes back while questions are asked. */
export type Action = { kind: "delegate" | "revoke"; admin: string; share: ShareId; user: UserId; role: SharedRole };

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
  /** What is sent for an action; as often as one likes, it is no error. Without it the mix is questions alone. */
  act?(action: Action): Request;
  /** The same system, set to keep its answers for an hour, so that what was asked once is a hit. */
  keeping?: Omit<System, "keeping">;
  /** What it counted so far: questions answered from its cache, questions that were not, and calls to its engine. */
  counts?(): Promise<Counts>;
  /** What its cache takes, in bytes. */
  cacheBytes?(): Promise<number>;
  /** CPU seconds used so far by all of its processes; the load generator's are not among them. */
  cpuSeconds(): number;
  stop(): Promise<void>;
};

/** Starts a system and loads the world. `at` is the time for systems that take it with a question. */
export type StartSystem = (world: World, at: Date) => Promise<System[]>;
