/** Every id that we let in has a place in the real engine: as object, as user and inside an entry's reference. */

import { expect } from "vitest";
import { ID_BYTES_MAX, idProblem } from "../../../src/domain/ids.ts";
import { headKey } from "../../../src/domain/records.ts";
import {
  tuplesOfCooperation,
  tuplesOfEmail,
  tuplesOfJobRole,
  tuplesOfOrganization,
  tuplesOfPerson,
  tuplesOfResource,
} from "../../../src/domain/state-tuples.ts";
import type { Tuple } from "../../../src/domain/tuples.ts";
import { test } from "../../support/engine.ts";
import { anyId } from "../../support/ids.ts";

const PRINTABLE = `!"$%&'()+,-./;<=>?@[\\]^_\`{|}~`;
const fill = (start: string, character = "x") =>
  start + character.repeat(Math.floor((ID_BYTES_MAX - Buffer.byteLength(start)) / Buffer.byteLength(character)));

const IDS: [what: string, id: string][] = [
  ["the full length", fill("")],
  ["the full length in two bytes each", fill("", "ü")],
  ["the full length in four bytes each", fill("", "👍")],
  ["the full length of an e-mail address", `${fill("", "a").slice(0, 190)}@b.example`],
  ["every printable character", fill(PRINTABLE)],
  ["characters that are not seen", fill("a\u200b\u200d\u00ad\u2060\u{e0001}")],
  ["a slash and a pipe", "a/b|c"],
  ["one character", "7"],
];

test.for(IDS)(
  "an id with %s can be written, found and checked as every kind of object",
  async ([, text], { engine, tupleStore }) => {
    const id = anyId(text);
    expect(idProblem(id)).toBeUndefined();
    const record = { name: "record", context: { fields: { name: id } } } as const;
    const heads = ["organization", "user", "plant", "portfolio"].map((type) => headKey(`${type}:${id}`, 999_999_999));
    const tuples: Tuple[] = [
      ...tuplesOfOrganization(id),
      ...tuplesOfPerson(id, id, "admin"),
      ...tuplesOfResource(`plant:${id}`, { owner: id, portfolio: id }),
      ...tuplesOfResource(`portfolio:${id}`, { owner: id }),
      ...tuplesOfJobRole(`plant:${id}`, id, "viewer"),
      ...tuplesOfEmail("e3b0", id),
      ...tuplesOfCooperation({
        id: anyId("c"),
        status: "active",
        initiator: id,
        partner: id,
        spelling: "alt",
        invitation: 0,
        shares: 0,
        expires_at: "2027-01-01T00:00:00Z",
        created_at: "2026-01-01T00:00:00Z",
        created_by: `user:${id}`,
      }),
      ...heads.map((key) => ({ ...key, condition: record })),
      { ...headKey(`organization:${id}`, 999_999_999), relation: "log", condition: record },
    ];
    expect(await tupleStore.write({ deletes: [], writes: tuples })).toBe("committed");

    for (const tuple of tuples)
      expect(await tupleStore.read({ object: tuple.object, relation: tuple.relation, user: tuple.user })).toEqual([
        tuple,
      ]);
    const question = { user: `user:${id}`, relation: "can_operate", object: `plant:${id}` };
    expect(await engine.check(question, new Date("2026-06-01T00:00:00Z"))).toBe(true);
    expect(await engine.check({ ...question, user: "user:other" }, new Date("2026-06-01T00:00:00Z"))).toBe(false);
  },
);
