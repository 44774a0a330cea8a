/** Every tuple that the model lets be written has a sentence of its own, and none that it does not know. */
import { transformer } from "@openfga/syntax-transformer";
import { expect, test } from "vitest";
import { restrictionsOf } from "../../../../src/domain/explain/rewrite.ts";
import { sentenceOf } from "../../../../src/domain/explain/sentence.ts";
import { RELATIONS } from "../../../../src/domain/relations.ts";
import type { Tuple } from "../../../../src/domain/tuples.ts";
import { rewritesOf } from "../../../../src/openfga/rewrites.ts";
import { MODEL } from "../../../support/model.ts";

const NOW = new Date("2027-03-01T12:00:00Z");

test("there is a sentence for every relation that tuples are written in, and no other", () => {
  const rewrites = rewritesOf(transformer.transformDSLToJSONObject(MODEL));
  const written = [...rewrites].flatMap(([type, relations]) =>
    [...relations].flatMap(([relation, rewrite]) =>
      restrictionsOf(rewrite).length > 0 ? [`${type}#${relation}`] : [],
    ),
  );
  const worded = Object.entries(RELATIONS).flatMap(([type, of]) => Object.keys(of).map((one) => `${type}#${one}`));
  expect(written.length).toBeGreaterThan(30);
  expect(worded.toSorted()).toEqual(written.toSorted());
  for (const of of written) {
    const [type, relation = ""] = of.split("#");
    const sentence = sentenceOf({ user: "organization:a", relation, object: `${type}:b` }, NOW);
    expect(sentence).not.toContain(` is in ${relation} of `);
  }
});

test.for<[tuple: Tuple, sentence: string]>([
  [{ user: "user:anna", relation: "admin", object: "organization:sunward" }, "anna is an admin of sunward"],
  [{ user: "organization:sunward", relation: "owner", object: "plant:7" }, "sunward owns plant:7"],
  [{ user: "portfolio:north", relation: "portfolio", object: "plant:7" }, "plant:7 lies in portfolio:north"],
  [
    { user: "share:S#viewer_alt", relation: "shared_viewer", object: "plant:7" },
    "the viewers of share S are viewers of plant:7",
  ],
  [{ user: "share:S", relation: "upcoming", object: "plant:7" }, "share S is of plant:7 and has not started"],
  [{ user: "user:tom", relation: "delegated_viewer_alt", object: "share:S" }, "tom is delegated viewer on share S"],
  [
    { user: "twin:brightfix", relation: "in_force", object: "cooperation:C" },
    "cooperation C is in force for twin:brightfix",
  ],
  [{ user: "entry:plant.7.12", relation: "head", object: "plant:7" }, "the newest entry of plant:7 is number 12"],
  [{ user: "user:anna", relation: "strange", object: "plant:7" }, "anna is in strange of plant:7"],
])("%o is described as: %s", ([tuple, sentence]) => {
  expect(sentenceOf(tuple, NOW)).toBe(sentence);
});

test("a date is described as in the future or in the past, to the instant", () => {
  const dated = (expires_at: string): Tuple => ({
    user: "user:tom",
    relation: "delegated_viewer",
    object: "share:S",
    condition: { name: "not_expired", context: { expires_at } },
  });
  const words = "tom is delegated viewer on share S";
  expect(sentenceOf(dated("2027-03-01T12:00:01Z"), NOW)).toBe(`${words}, until 2027-03-01T12:00:01Z`);
  expect(sentenceOf(dated("2027-03-01T12:00:00Z"), NOW)).toBe(`${words}; that ended at 2027-03-01T12:00:00Z`);
});
