/**
 * All tuples of an object: those on it and those in which it is the user, each with a sentence, its expiry and its
 * decoded record. Its history entries are left to the history.
 */
import { SCHEMAS } from "../../domain/doctor/examine-records.ts";
import { hasPassed, type Instant } from "../../domain/expiry.ts";
import { type Rewrites, restrictionsOf } from "../../domain/explain/rewrite.ts";
import { sentenceOf } from "../../domain/explain/sentence.ts";
import { splitRef } from "../../domain/ids.ts";
import { fieldsOf } from "../../domain/records.ts";
import { expiryOf, keyOf, type Tuple, type TupleKey } from "../../domain/tuples.ts";
import type { ReadFilter, TupleStore } from "../../ports.ts";

/** Tuples that are shown of one relation of the object, or of one type in which it is the user. */
export const TUPLES_MAX = 100;

/** `record`: the decoded record of a head. */
export type DescribedTuple = {
  tuple: TupleKey;
  says: string;
  expires_at?: Instant;
  expired?: boolean;
  record?: Record<string, unknown>;
};

/** `cut`: the reads of which only the first hundred are shown. */
export type Inspection = { as_object: DescribedTuple[]; as_user: DescribedTuple[]; cut: ReadFilter[] };

/** The tuples of an object whose type the model has; none for an unknown object. Throws EngineUnavailable. */
export async function inspect(
  reads: Pick<TupleStore, "readSome">,
  rewrites: Rewrites,
  object: string,
  now: Date,
): Promise<Inspection> {
  const cut: ReadFilter[] = [];
  async function described(filters: ReadFilter[]): Promise<DescribedTuple[]> {
    const all: DescribedTuple[] = [];
    for (const filter of filters) {
      const { tuples, complete } = await reads.readSome(filter, TUPLES_MAX);
      if (!complete) cut.push(filter);
      // OpenFGA reads `share:x#viewer` for `share:x` too: each is read by itself
      const own = filter.user === undefined ? tuples : tuples.filter(({ user }) => user === filter.user);
      all.push(...own.map((tuple) => describe(tuple, now)));
    }
    return all;
  }
  const [type] = splitRef(object);
  const relations = [...(rewrites.get(type) ?? [])].filter(([name, rewrite]) => {
    return name !== "log" && restrictionsOf(rewrite).length > 0;
  });
  return {
    as_object: await described(relations.map(([relation]) => ({ object, relation }))),
    as_user: await described(placesOf(rewrites, object)),
    cut,
  };
}

/** The types in which the model allows an object, or one of its usersets, as the user. */
function placesOf(rewrites: Rewrites, object: string): ReadFilter[] {
  const [ofType] = splitRef(object);
  return [...rewrites].flatMap(([type, relations]) => {
    const restrictions = [...relations.values()].flatMap(restrictionsOf).filter((one) => one.type === ofType);
    const users = restrictions.map(({ relation }) => (relation === undefined ? object : `${object}#${relation}`));
    return [...new Set(users)].map((user) => ({ object: `${type}:`, user }));
  });
}

function describe(tuple: Tuple, now: Date): DescribedTuple {
  const expiry = expiryOf(tuple);
  const fields = fieldsOf(tuple);
  const [type] = splitRef(tuple.object);
  return {
    tuple: keyOf(tuple),
    says: sentenceOf(tuple, now),
    ...(expiry !== undefined && { expires_at: expiry, expired: hasPassed(expiry, now) }),
    // a record that fits no schema was written past the service: it is shown undecoded
    ...(tuple.relation === "head" && { record: SCHEMAS[type]?.safeParse(fields).data ?? fields }),
  };
}
