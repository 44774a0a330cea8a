/** The problems that the service answers with, and the codes of denials that it did not ask the engine for. */
import { code, table } from "./blocks.ts";

type Problems = Readonly<Record<string, readonly [status: number, title: string, advice: string]>>;

/** Every code once, by status and then as the code has them. */
export function errorsTable(...vocabularies: readonly Problems[]): string {
  const rows = vocabularies.flatMap((problems) => Object.entries(problems));
  const sorted = rows.toSorted(([, [a]], [, [b]]) => a - b);
  return table(
    ["status", "code", "title", "what to do"],
    sorted.map(([name, [status, title, advice]]) => [String(status), code(name), title, advice]),
  );
}

/** The codes beside `decision: false`. */
export function denialsTable(denials: Readonly<Record<string, string>>): string {
  return table(
    ["code", "what it means"],
    Object.entries(denials).map(([name, meaning]) => [code(name), meaning]),
  );
}
