/**
 * A store file of OpenFGA's command line (`*.fga.yaml`): a model, tuples, and what was
 * answered on them. `fga model test` asks again, on an engine of its own. Written as
 * JSON in YAML's flow style, of which any YAML reader makes the same.
 */
import type { Tuple } from "../tuples.ts";

/** What was answered of one person and object: each permission, yes or no. */
export type Assertion = { user: string; object: string; answers: Record<string, boolean> };

/** The file, with its `name` and `at`, the time of the questions; `model` is the text of model.fga. */
export function fgaFile(
  { name, model, tuples, assertions }: { name: string; model: string; tuples: Tuple[]; assertions: Assertion[] },
  at: Date,
): string {
  const current_time = at.toISOString();
  const checks = assertions.map(({ user, object, answers }) => ({
    user,
    object,
    context: { current_time },
    assertions: answers,
  }));
  return [
    `name: ${quoted(name)}`,
    "model: |",
    ...model
      .trimEnd()
      .split("\n")
      .map((line) => (line === "" ? "" : `  ${line}`)),
    ...list("tuples", tuples, ""),
    "tests:",
    `  - name: ${quoted(`as it was answered at ${current_time}`)}`,
    ...list("check", checks, "    "),
    "",
  ].join("\n");
}

function list(key: string, items: object[], indent: string): string[] {
  if (items.length === 0) return [`${indent}${key}: []`];
  return [`${indent}${key}:`, ...items.map((item) => `${indent}  - ${quoted(item)}`)];
}

// YAML allows fewer characters unescaped than JSON, and none as two surrogates
function quoted(value: object | string): string {
  return JSON.stringify(value).replace(/[^ -~]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\U${code.toString(16).padStart(8, "0")}`;
  });
}
