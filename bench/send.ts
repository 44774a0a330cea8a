/** Sends one of the bench's requests once. */
import type { Request } from "./system.ts";

/** The reply's JSON. Throws when it is no success. */
export async function send(url: string, { method, path, headers, body }: Request): Promise<unknown> {
  const reply = await fetch(url + path, { method, headers, body });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`${method} ${url}${path}: ${reply.status} ${text.slice(0, 500)}`);
  return JSON.parse(text);
}

/** A member that must be a yes or a no. Throws when it is neither: a fault is never a no. */
export function yesOrNo(reply: unknown, member: string): boolean {
  const value = (reply as Record<string, unknown>)[member];
  if (typeof value !== "boolean") throw new Error(`neither yes nor no: ${JSON.stringify(reply)}`);
  return value;
}
