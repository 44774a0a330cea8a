/**
 * A tuple in words, so that who looks at access at night need not know the model by
 * heart. One sentence for each relation that tuples are written in.
 */
import { hasPassed, type Instant } from "../expiry.ts";
import { splitRef } from "../ids.ts";
import { entryNumber } from "../records.ts";
import { relationOfTuple } from "../relations.ts";
import type { Tuple } from "../tuples.ts";

/** What a tuple says, without its date. */
function factOf({ user, relation, object }: Tuple): string {
  const is = relationOfTuple({ relation, object });
  const [who, what] = [nameOf(user), nameOf(object)];
  switch (is?.kind) {
    case undefined:
      return `${who} is in ${relation} of ${what}`;
    case "head":
      return `the newest entry of ${what} is number ${entryNumber(user)}`;
    case "log":
      return `${what} has entry number ${entryNumber(user)}`;
    case "holder":
      return `${who} holds the address behind ${what}`;
    case "organization_role":
    case "person":
      return `${who} is ${/^[aeiou]/.test(relation) ? "an" : "a"} ${relation} of ${what}`;
    case "twin":
      return `${what} is the second spelling of ${who}`;
    case "side":
      return is.side === "initiator" ? `${who} initiated ${what}` : `${who} is the partner in ${what}`;
    case "former_side":
      return `${who} ${is.side === "initiator" ? "initiated" : "was the partner in"} ${what}, which has ended`;
    case "in_force":
      return `${what} is in force for ${who}`;
    case "cooperation":
      return `${what} belongs to ${who}`;
    case "delegated":
      return `${who} is delegated ${is.rung} on ${what}`;
    case "pending":
      return `${who} was removed and still has tuples to sweep`;
    case "owner":
      return `${who} owns ${what}`;
    case "portfolio":
      return `${what} lies in ${who}`;
    case "job_role":
      return `${who} is ${is.rung} of ${what}`;
    case "shared":
      return `the ${is.rung}s of ${who} are ${is.rung}s of ${what}`;
  }
}

/** The date that a tuple counts until; undefined for one that counts for ever. */
export function expiryOf({ condition }: Tuple): Instant | undefined {
  return condition?.name === "not_expired" ? condition.context.expires_at : undefined;
}

/** A tuple in words, with its date as of now. */
export function sentenceOf(tuple: Tuple, now: Date): string {
  const expiry = expiryOf(tuple);
  const dated = expiry === undefined ? "" : hasPassed(expiry, now) ? `; that ended at ${expiry}` : `, until ${expiry}`;
  return factOf(tuple) + dated;
}

/** How a reference is called in a sentence: people and organizations by their ids, a share's users by the share. */
export function nameOf(ref: string): string {
  const [type, rest] = splitRef(ref);
  const [id = ""] = rest.split("#", 1);
  switch (type) {
    case "user":
    case "organization":
      return id === "*" ? `every ${type}` : id;
    case "cooperation":
    case "share":
      return `${type} ${id}`;
    default:
      return type === "entry" ? ref : `${type}:${id}`;
  }
}
