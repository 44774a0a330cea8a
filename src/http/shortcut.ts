/** What may answer a request before the app does, on Node's own objects, and what it hands over where it does not. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Decided } from "./env.ts";

/** A request whose body was read: its bytes, when its caller has left, and what was decided meanwhile. */
export type ReadRequest = Decided & { bytes: Buffer; signal: AbortSignal };

/**
 * Takes a request, or returns false and has touched nothing. `leave` has the app answer a request that was taken; without
 * an argument it is one whose body broke off.
 */
export type Shortcut = (
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  leave: (read?: ReadRequest) => void,
) => boolean;
