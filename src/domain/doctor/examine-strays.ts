/**
 * Names every tuple of a form that Concordat does not write: left by another model, or
 * written under one. The other examinations answer for every form in this table, so no
 * tuple of a store is passed over in silence.
 */

import { JOB_ROLES, ORGANIZATION_ROLES, SHARED_ROLES } from "../roles.ts";
import { type Forms, fits, formOf } from "../tuple-form.ts";
import type { Contents, Report } from "./finding.ts";

const each = (relations: readonly string[], forms: (relation: string) => string[]) =>
  Object.fromEntries(relations.map((relation) => [relation, forms(relation)]));
const dated = (...users: string[]) => users.flatMap((user) => [user, `${user} with not_expired`]);
const RECORD = ["entry with record"];

const RESOURCE = {
  owner: ["organization"],
  head: RECORD,
  ...each(JOB_ROLES, () => ["user"]),
  ...Object.fromEntries(SHARED_ROLES.map((rung) => [`shared_${rung}`, dated(`share#${rung}`, `share#${rung}_alt`)])),
};

/** Every form that Concordat writes: the direct relations of model.fga. */
export const WRITTEN: Forms = {
  user: { head: RECORD },
  email: { holder: ["user"], head: RECORD },
  organization: { ...each([...ORGANIZATION_ROLES, "person"], () => ["user"]), head: RECORD, log: RECORD },
  twin: { organization: ["organization"] },
  cooperation: {
    initiator: ["organization"],
    partner: ["organization"],
    former_initiator: ["organization"],
    former_partner: ["organization"],
    in_force: dated("organization", "twin"),
    head: RECORD,
    log: RECORD,
  },
  share: {
    cooperation: ["cooperation"],
    head: RECORD,
    ...each(
      SHARED_ROLES.flatMap((rung) => [`delegated_${rung}`, `delegated_${rung}_alt`]),
      () => dated("user"),
    ),
  },
  invitation: { head: RECORD },
  sweep: { pending: ["cooperation", "share", "organization"] },
  portfolio: RESOURCE,
  plant: { ...RESOURCE, portfolio: ["portfolio"] },
};

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
    report("stray", tuple.object, `${tuple.relation} ${tuple.user} stands where no sweep looks`, {
      erase: [tuple],
      by: [],
    });
}
