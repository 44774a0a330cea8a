/**
 * The connections whose request body has no deadline: an import, which has its own deadline between two lines. All
 * others have the server's.
 */
import type { Socket } from "node:net";
import type { Context } from "hono";

const longRunning = new WeakSet<Socket>();

/** Lifts the deadline of this request's body; for authenticated callers. The returned function restores it. */
export function allowLongRunning(c: Context): () => void {
  const socket: Socket | undefined = c.env?.incoming?.socket;
  if (socket === undefined) return () => {};
  longRunning.add(socket);
  return () => void longRunning.delete(socket);
}

/** Whether the request on this connection has no deadline. */
export const isLongRunning = (socket: Socket) => longRunning.has(socket);
