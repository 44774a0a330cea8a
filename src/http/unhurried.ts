/**
 * Which connections carry a request whose body may take as long as it takes: an import,
 * which has a deadline of its own between two lines. All others have the server's.
 */
import type { Socket } from "node:net";
import type { Context } from "hono";

const unhurried = new WeakSet<Socket>();

/** Lifts the deadline of this request's body, whose caller is known by now. The returned function ends that. */
export function allowLongRunning(c: Context): () => void {
  const socket: Socket | undefined = c.env?.incoming?.socket;
  if (socket === undefined) return () => {};
  unhurried.add(socket);
  return () => void unhurried.delete(socket);
}

/** Whether the request on this connection may take its time. */
export const isLongRunning = (socket: Socket) => unhurried.has(socket);
