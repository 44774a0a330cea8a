/** Prints the measured permission matrix, as people read it in golden/permissions.txt. */
import { allowed, type Measured, permissionsOf } from "../../../scripts/permissions/measure.ts";
import { type Actor, AT, PASSED, type Target, TO_COME } from "../../../scripts/permissions/worlds.ts";

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
Written by UPDATE_GOLDEN=1 npm test -- test/integration/check/permissions.test.ts and compared by every
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
  Delegations exist in every situation that has a share, also where the service would not take them
  (before acceptance) or would sweep them soon (after an end): it is the engine that must say no.
`;
}
