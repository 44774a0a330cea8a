/**
 * Measures the permission matrix and prints it. Every answer is the engine's; nothing
 * here knows what it should be.
 */

import { splitRef } from "../../src/domain/ids.ts";
import { difference, type Tuple } from "../../src/domain/tuples.ts";
import type { Engine, Question, Relationships } from "../../src/ports.ts";
import { type Actor, AT, PASSED, type Situation, type Target, TO_COME, type World, worldOf } from "./worlds.ts";

/** A situation with all its answers. */
export type Measured = World & {
  permissions: ReadonlyMap<string, readonly string[]>;
  /** By actor, target and permission; see `allowed` and `rowOf`. */
  answers: Map<string, boolean>;
};

// Deletes and writes together stay within the 100 that one Write takes.
const PART = 50;

/** The key of an answer. */
export const answerKey = (actor: Actor, target: Target, permission: string) =>
  `${actor.label} | ${target.label} | ${permission}`;

/** Every `can_*` that the engine knows for a target. */
export function permissionsOf(measured: Measured, target: Target): readonly string[] {
  return measured.permissions.get(splitRef(target.ref)[0]) ?? [];
}

/** What the engine said. Throws for what was never asked. */
export function allowed(measured: Measured, actor: Actor, target: Target, permission: string): boolean {
  const answer = measured.answers.get(answerKey(actor, target, permission));
  if (answer === undefined) throw new Error(`never asked: ${answerKey(actor, target, permission)}`);
  return answer;
}

/** Writes every situation into one store, state after state, and asks every actor for every permission on every target. */
export async function measure(
  situations: readonly Situation[],
  engine: Engine,
  relationships: Relationships,
): Promise<Measured[]> {
  const worlds = situations.map((situation, n) => worldOf(situation, `s${n}`));
  for (const { states } of worlds) {
    let before: Tuple[] = [];
    for (const state of states) {
      await writeAll(relationships, difference(before, state));
      before = state;
    }
  }
  const { permissions } = engine;
  const measured = worlds.map((world): Measured => ({ ...world, permissions, answers: new Map() }));
  const asked = measured.flatMap((one) =>
    cellsOf(one).map(({ actor, target, permission }) => ({
      keep: (answer: boolean) => one.answers.set(answerKey(actor, target, permission), answer),
      question: { user: actor.user, relation: permission, object: target.ref } satisfies Question,
    })),
  );
  const answers = await engine.batchCheck(
    asked.map(({ question }) => question),
    AT,
  );
  asked.forEach(({ keep, question }, index) => {
    const answer = answers[index];
    if (answer === undefined || "fault" in answer)
      throw new Error(`no answer to ${JSON.stringify(question)}: ${answer?.fault ?? "missing"}`);
    keep(answer.allowed);
  });
  return measured;
}

/** Every cell of a situation's block, in its order. */
export function cellsOf(measured: Measured): { actor: Actor; target: Target; permission: string }[] {
  return measured.actors.flatMap((actor) =>
    measured.targets.flatMap((target) =>
      permissionsOf(measured, target).map((permission) => ({ actor, target, permission })),
    ),
  );
}

/** Takes any number of tuples, as only a test may: the worlds are built before anybody asks. */
async function writeAll(relationships: Relationships, { deletes, writes }: ReturnType<typeof difference>) {
  for (let start = 0; start < writes.length || start < deletes.length; start += PART) {
    const part = { deletes: deletes.slice(start, start + PART), writes: writes.slice(start, start + PART) };
    const outcome = await relationships.write(part);
    if (outcome !== "committed") throw new Error(`a world was not written: ${outcome}`);
  }
}

/** An actor's answers as text, to compare with another's of the same situation. */
export function rowOf(measured: Measured, actor: Actor): string {
  return measured.targets.map((target) => `${target.label}: ${marksOf(measured, actor, target)}`).join("; ");
}

const marksOf = (measured: Measured, actor: Actor, target: Target) =>
  permissionsOf(measured, target)
    .map((permission) => (allowed(measured, actor, target, permission) ? "y" : "."))
    .join("");

/** Whether an actor's answers are those of the actor of the same name in another situation, target by target. */
export function sameRow(measured: Measured, actor: Actor, reference: Measured): boolean {
  const other = reference.actors.find(({ label }) => label === actor.label);
  return measured.targets.every((target) => {
    const like = reference.targets.find(({ label }) => label === target.like);
    return other && like && marksOf(measured, actor, target) === marksOf(reference, other, like);
  });
}

/** `can_manage_technical` as MT. Throws when two permissions of a type would look the same. */
export function codesOf(permissions: readonly string[]): string[] {
  const codes = permissions.map((permission) =>
    permission
      .split("_")
      .slice(1)
      .map((word) => word.slice(0, 1).toUpperCase())
      .join(""),
  );
  if (new Set(codes).size < codes.length) throw new Error(`two permissions with one code: ${permissions.join(", ")}`);
  return codes;
}

/** The whole file. Rows of the owner's people that are as in the first block are left out of the later ones. */
export function print(all: readonly Measured[]): string {
  const [first] = all;
  if (first === undefined) throw new Error("nothing was measured");
  return [HEADING, ...all.map((measured) => block(measured, first)), legend(first)].join("\n\n");
}

const HEADING = `Who may do what: every situation, every actor, every permission, as the engine answered.
Written by UPDATE_GOLDEN=1 npm test -- test/integration/permissions.test.ts and compared by every
other run. Legend at the end.`;

function block(measured: Measured, first: Measured): string {
  const asBefore = (actor: Actor) => measured !== first && actor.side === "owner" && sameRow(measured, actor, first);
  const shown = measured.actors.filter((actor) => !asBefore(actor));
  const width = Math.max(...shown.map(({ label }) => label.length));
  const columns = measured.targets.map((target) => {
    const codes = codesOf(permissionsOf(measured, target));
    const cells = (marks: string[]) => marks.map((mark, n) => mark.padStart(codes[n]?.length ?? 1)).join(" ");
    return { target, cells, codes, width: Math.max(target.label.length, codes.join(" ").length) };
  });
  const line = (label: string, cells: (column: (typeof columns)[number]) => string) =>
    `  ${label.padEnd(width)}  ${columns.map((column) => cells(column).padEnd(column.width)).join("  ")}`.trimEnd();
  const left = measured.actors.length - shown.length;
  return [
    `== ${measured.situation.title}`,
    "",
    line("", ({ target }) => target.label),
    line("", ({ cells, codes }) => cells(codes)),
    ...shown.map((actor) => line(actor.label, ({ target, cells }) => cells([...marksOf(measured, actor, target)]))),
    ...(left > 0 ? [`  (${left} of the owner's people as in "${first.situation.title}")`] : []),
  ].join("\n");
}

function legend(first: Measured): string {
  const codes = [...first.permissions]
    .filter(([, permissions]) => permissions.length > 0)
    .map(([type, permissions]) => {
      const meaning = codesOf(permissions).map((code, n) => `${code} ${permissions[n]}`);
      return `  ${type.padEnd(13)}${meaning.join(", ")}`;
    });
  return `== Legend

  y yes, . no; asked at ${AT.toISOString()}

${codes.join("\n")}

  plant         lies in the portfolio; "taken out" did
  other plant   the owner's too, shared with the other partner in a cooperation of its own
  owner         the organization that initiated the cooperation and owns all three
  partner       the organization that was invited
  delegate      an external of the partner with that role delegated, on the share where there is only one
  expired       a date that is the instant of the question (${PASSED}); "to come" is a second later (${TO_COME})
  plain, alt    the two spellings of a dated fact (model.fga)
  former person left the partner, and a delegation stayed behind: nothing in the service leaves one, the engine ignores it

  A permission on a share or a cooperation says who acts there, not when: the action also reads the
  status, so "delegate" and "answer" are still yes where there is nothing left to do.
  Delegations stand in every situation that has a share, also where the service would not take them
  (before acceptance) or would sweep them soon (after an end): it is the engine that must say no.
`;
}
