/** What an action, a reading or a query gives: its value, or why not. No value has a member `code`: by it the two are told apart. */
import type { Refusal } from "./refusal.ts";

export type Result<T> = T | Refusal;

export function isRefusal(result: unknown): result is Refusal {
  return typeof result === "object" && result !== null && "code" in result;
}
