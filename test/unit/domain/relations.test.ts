/** The forms that Concordat writes are model.fga's, and doctor answers for each of them: no tuple is passed over. */
import { transformer } from "@openfga/syntax-transformer";
import { expect, test } from "vitest";
import { entryRef } from "../../../src/domain/records.ts";
import { fits, formOf, WRITTEN } from "../../../src/domain/relations.ts";
import type { Tuple } from "../../../src/domain/tuples.ts";
import { formsOf } from "../../../src/openfga/model-forms.ts";
import { diagnose } from "../../../src/queries/doctor.ts";
import { MODEL } from "../../support/model.ts";

const model = transformer.transformDSLToJSONObject(MODEL);

const flat = (forms: typeof WRITTEN) =>
  Object.entries(forms)
    .flatMap(([type, relations]) =>
      Object.entries(relations).flatMap(([relation, list]) => list.map((form) => `${type}#${relation}: ${form}`)),
    )
    .sort();

test("the forms of tuples that Concordat writes are the forms that the model allows", () => {
  expect(flat(WRITTEN)).toEqual(flat(formsOf(model)));
  expect(flat(WRITTEN).length).toBeGreaterThan(50);
});

test("no tuple takes access away in the model, so a repair that deletes tuples only narrows access", () => {
  expect(JSON.stringify(model)).not.toContain('"difference"');
});

test("a form distinguishes users, usersets, wildcards and conditions", () => {
  const tuple = (user: string): Tuple => ({ user, relation: "shared_viewer", object: "plant:7" });
  expect(["user:a", "user:*", "share:s#viewer"].map((user) => formOf(tuple(user)))).toEqual([
    "user",
    "user:*",
    "share#viewer",
  ]);
  expect(fits(WRITTEN, tuple("share:s#viewer"))).toBe(true);
  expect(fits(WRITTEN, tuple("share:s#technical_manager"))).toBe(false);
  expect(fits(WRITTEN, { ...tuple("share:s#viewer"), object: "robot:7" })).toBe(false);
  expect(fits(WRITTEN, { user: "user:a", relation: "toString", object: "plant:7" })).toBe(false);
});

/** A tuple of that form that no action ever wrote: about nothing that is there. */
function strayOf(type: string, relation: string, form: string): Tuple {
  const [who = "", condition] = form.split(" with ");
  const [userType, rung] = who.split("#");
  const object = `${type}:nowhere`;
  const user = userType === "entry" ? entryRef(object, 1) : `${userType}:nobody${rung === undefined ? "" : `#${rung}`}`;
  const context = condition === "record" ? { fields: {} } : { expires_at: "2099-01-01T00:00:00Z" };
  return { user, relation, object, ...(condition && { condition: { name: condition, context } }) } as Tuple;
}

test("a tuple of any form without its objects is found, at its object, alone in a store", () => {
  for (const [type, relations] of Object.entries(WRITTEN))
    for (const [relation, forms] of Object.entries(relations))
      for (const form of forms) {
        const tuple = strayOf(type, relation, form);
        expect(fits(WRITTEN, tuple), form).toBe(true);
        const findings = diagnose([tuple]);
        // an address was held once, somebody was invited once, and only its head is left of it
        const isAllThatTells = ["email", "invitation"].includes(type) && relation === "head";
        expect(findings.length > 0, `${type}#${relation}: ${form}`).toBe(!isAllThatTells);
        for (const { object } of findings) expect(object, `${type}#${relation}: ${form}`).toBe(tuple.object);
      }
});
