/**
 * All tuples around an object: those on it and those in which it is the user, each in
 * words, with what rides on it. The lines of its history are left to the history.
 */
import { SCHEMAS } from "../../domain/doctor/examine-records.ts";
import { hasPassed, type Instant } from "../../domain/expiry.ts";
import { type Rewrites, restrictionsOf } from "../../domain/explain/rewrite.ts";
import { expiryOf, sentenceOf } from "../../domain/explain/sentence.ts";
import { splitRef } from "../../domain/ids.ts";
import { fieldsOf } from "../../domain/records.ts";
import type { Tuple, TupleKey } from "../../domain/tuples.ts";
import type { ReadFilter, TupleStore } from "../../ports.ts";

/** Tuples of one relation on the object, or of one type that it is the user in. */
export const TUPLES_MAX = 100;

/** `record`: what a head says, decoded. */
export type DescribedTuple = {
  tuple: TupleKey;
  says: string;
  expires_at?: Instant;
  expired?: boolean;
  record?: Record<string, unknown>;
};

/** `cut`: the reads of which only the first hundred are shown. */
export type Inspection = { as_object: DescribedTuple[]; as_user: DescribedTuple[]; cut: ReadFilter[] };

/** What stands around an object of a type that the model knows; nothing where there is nothing. Throws EngineUnavailable. */
export async function inspect(
  reads: Pick<TupleStore, "readSome">,
  rewrites: Rewrites,
  object: string,
  now: Date,
): Promise<Inspection> {
  const cut: ReadFilter[] = [];
  async function told(filters: ReadFilter[]): Promise<DescribedTuple[]> {
    const all: DescribedTuple[] = [];
    for (const filter of filters) {
      const { tuples, complete } = await reads.readSome(filter, TUPLES_MAX);
      if (!complete) cut.push(filter);
      all.push(...tuples.map((tuple) => tell(tuple, now)));
    }
    return all;
  }
  const [type] = splitRef(object);
  const relations = [...(rewrites.get(type) ?? [])].filter(([name, rewrite]) => {
    return name !== "log" && restrictionsOf(rewrite).length > 0;
  });
  return {
    as_object: await told(relations.map(([relation]) => ({ object, relation }))),
    as_user: await told(placesOf(rewrites, object)),
    cut,
  };
}

/** Where the model lets an object, or those who stand in one of its relations, be written as the user. */
function placesOf(rewrites: Rewrites, object: string): ReadFilter[] {
  const [ofType] = splitRef(object);
  return [...rewrites].flatMap(([type, relations]) => {
    const restrictions = [...relations.values()].flatMap(restrictionsOf).filter((one) => one.type === ofType);
    const users = restrictions.map(({ relation }) => (relation === undefined ? object : `${object}#${relation}`));
    return [...new Set(users)].map((user) => ({ object: `${type}:`, user }));
  });
}

function tell(tuple: Tuple, now: Date): DescribedTuple {
  const { user, relation, object } = tuple;
  const expiry = expiryOf(tuple);
  const fields = fieldsOf(tuple);
  const [type] = splitRef(object);
  return {
    tuple: { user, relation, object },
    says: sentenceOf(tuple, now),
    ...(expiry !== undefined && { expires_at: expiry, expired: hasPassed(expiry, now) }),
    // what no schema reads was written past the service: it is shown as it stands
    ...(relation === "head" && { record: SCHEMAS[type]?.safeParse(fields).data ?? fields }),
  };
}
