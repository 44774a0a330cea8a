/**
 * What the parts of OpenFGA's replies mean. Each is checked: a reply that is not what the API promises is a fault, and a
 * fault is never a "no".
 */
import { isObject } from "../domain/json.ts";
import { EngineUnavailable } from "../faults.ts";
import type { Answer } from "../ports.ts";

/** One item of a batch reply. `error` is read first: it may have `allowed: false` beside it. */
export function answerOf(item: unknown): Answer {
  if (!isObject(item)) return { fault: "no answer to this question" };
  if (item.error !== undefined && item.error !== null) return { fault: JSON.stringify(item.error) };
  if (typeof item.allowed !== "boolean") return { fault: "an answer without a boolean" };
  return { allowed: item.allowed };
}

/** `type:id` of one entry of a ListUsers reply; undefined for a userset or a wildcard. Throws EngineUnavailable. */
export function userOf(user: unknown): string | undefined {
  if (!isObject(user)) throw new EngineUnavailable("OpenFGA listed a user that is not an object");
  if (user.userset !== undefined || user.wildcard !== undefined) return undefined;
  const object = user.object;
  if (!isObject(object)) throw new EngineUnavailable("OpenFGA listed a user of no known kind");
  return `${replyText(object.type)}:${replyText(object.id)}`;
}

/** The users in the one leaf that a relation of tuples alone expands to. Throws EngineUnavailable. */
export function leafOf({ tree }: Record<string, unknown>): string[] {
  const root = isObject(tree) ? tree.root : undefined;
  const leaf = isObject(root) ? root.leaf : undefined;
  const users = isObject(leaf) ? leaf.users : undefined;
  if (!isObject(users)) throw new EngineUnavailable("OpenFGA expanded a relation to something that is no leaf");
  // an empty list is left out of the JSON
  const list = users.users ?? [];
  if (!Array.isArray(list)) throw new EngineUnavailable("OpenFGA expanded a relation to something that is no list");
  return list.map(replyText);
}

/** The code in an error of OpenFGA's API. The message beside it may repeat the request. */
export function codeIn(text: string): string {
  return /"code"\s*:\s*"(\w{1,80})"/.exec(text)?.[1] ?? "without a code";
}

/** Whether an error says that OpenFGA's gateway does not take a reply of this size from its server. */
export function isTooLarge(text: string): boolean {
  return codeIn(text) === "resource_exhausted" && text.includes("received message larger than max");
}

/** A string of a reply; anything else throws EngineUnavailable. */
export function replyText(value: unknown): string {
  if (typeof value !== "string") throw new EngineUnavailable("OpenFGA listed something that is not a string");
  return value;
}
