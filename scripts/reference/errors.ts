/** The vocabularies of what is wrong: problems, reasons of a denial, denials without asking the engine, findings of doctor. */
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

/** The reasons of a denial, the nearest to access first. */
export const denialReasonsTable = (reasons: Readonly<Record<string, { meaning: string; advice: string }>>) =>
  table(
    ["code", "what it means", "what to do"],
    Object.entries(reasons).map(([name, { meaning, advice }]) => [code(name), meaning, advice]),
  );

/** The codes beside `decision: false`. */
export const denialsTable = (denials: Readonly<Record<string, string>>): string => meanings("code", denials);

/** The reasons of a denial that the access log has. */
export const recordedDenialsTable = <C extends string>(
  recorded: readonly C[],
  reasons: Readonly<Record<C, { meaning: string }>>,
): string => meanings("reason", Object.fromEntries(recorded.map((name) => [name, reasons[name].meaning])));

/** Why something is missing in the access log. */
export const gapsTable = (reasons: Readonly<Record<string, string>>): string => meanings("reason", reasons);

/** The kinds of what doctor reports. */
export const findingsTable = (kinds: Readonly<Record<string, string>>): string => meanings("kind", kinds);

const meanings = (heading: string, words: Readonly<Record<string, string>>) =>
  table(
    [heading, "what it means"],
    Object.entries(words).map(([word, meaning]) => [code(word), meaning]),
  );
