/**
 * Names every tuple of a form that Concordat does not write: left by another model, or
 * written under one. The other examinations answer for every form in this table, so no
 * tuple of a store is passed over in silence.
 */
import { WRITTEN } from "../relations.ts";
import { fits, formOf } from "../tuple-form.ts";
import type { Contents, Report } from "./finding.ts";

export function examineStrays(contents: Contents, report: Report): void {
  for (const tuple of contents.all) {
    const { user, relation, object } = tuple;
    if (!fits(WRITTEN, tuple))
      report("stray", object, `${relation} ${user} (${formOf(tuple)}) is nothing that Concordat writes`, {
        erase: [tuple],
        by: [],
      });
  }
  for (const tuple of contents.all.filter(({ object }) => object.startsWith("sweep:") && object !== "sweep:all"))
    report("stray", tuple.object, `${tuple.relation} ${tuple.user} is where no sweep looks`, {
      erase: [tuple],
      by: [],
    });
}
