/** Which tuples of a store a new model would stop counting, and which it would begin to count. Pure. */
import type { AuthorizationModel } from "@openfga/sdk";
import { splitRef } from "../../src/domain/ids.ts";
import { fits, formOf } from "../../src/domain/relations.ts";
import { keyText, type Tuple } from "../../src/domain/tuples.ts";
import { formsOf } from "../../src/openfga/model-forms.ts";

type Model = Omit<AuthorizationModel, "id">;

/** Tuples of one relation and form, with a few of them as text. */
export type Group = { relation: string; form: string; count: number; examples: string[] };

const EXAMPLES_MAX = 3;

/** `stopping` fit the old model alone; `beginning` the new one alone: left by a model before, they would count again. */
export function misfitsBetween(
  tuples: readonly Tuple[],
  from: Model,
  to: Model,
): { stopping: Group[]; beginning: Group[] } {
  const [was, is] = [formsOf(from), formsOf(to)];
  return {
    stopping: grouped(tuples.filter((tuple) => fits(was, tuple) && !fits(is, tuple))),
    beginning: grouped(tuples.filter((tuple) => !fits(was, tuple) && fits(is, tuple))),
  };
}

function grouped(tuples: readonly Tuple[]): Group[] {
  const relationOf = ({ object, relation }: Tuple) => `${splitRef(object)[0]}#${relation}`;
  const groups = Map.groupBy(tuples, (tuple) => `${relationOf(tuple)} ${formOf(tuple)}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const examples = group.slice(0, EXAMPLES_MAX).map(keyText);
    return [{ relation: relationOf(first), form: formOf(first), count: group.length, examples }];
  });
}
