/** What an action, a reading or a query gives: its value, or a refusal. No value has a member `code`, by which the two are distinguished. */
import type { Refusal } from "./refusal.ts";

export type Result<T> = T | Refusal;

export function isRefusal(result: unknown): result is Refusal {
  return typeof result === "object" && result !== null && "code" in result;
}
