/**
 * A tuple in words, so that who looks at access at night need not know the model by
 * heart. One sentence for each relation that tuples are written in.
 */
import { webhookOfVersion } from "../events/webhook-record.ts";
import { hasPassed } from "../expiry.ts";
import { splitRef } from "../ids.ts";
import { entryNumber } from "../records.ts";
import { type Relation, relationOfTuple } from "../relations.ts";
import { expiryOf, type Tuple } from "../tuples.ts";

type Kind = Relation["kind"];
type Named = { who: string; what: string; tuple: Tuple };

/** What a tuple in each relation says: `who` is its user, `what` its object. */
const FACTS: { readonly [K in Kind]: (named: Named, is: Relation & { kind: K }) => string } = {
  head: ({ what, tuple }) => `the newest entry of ${what} is number ${entryNumber(tuple.user)}`,
  log: ({ what, tuple }) => `${what} has entry number ${entryNumber(tuple.user)}`,
  holder: ({ who, what }) => `${who} holds the address behind ${what}`,
  organization_role: ({ who, what }, { role }) => `${who} is ${/^[aeiou]/.test(role) ? "an" : "a"} ${role} of ${what}`,
  person: ({ who, what }) => `${who} is a person of ${what}`,
  suspended: ({ who, what }) => `${who} is suspended in ${what}`,
  twin: ({ who, what }) => `${what} is the second spelling of ${who}`,
  side: ({ who, what }, { side }) =>
    side === "initiator" ? `${who} initiated ${what}` : `${who} is the partner in ${what}`,
  former_side: ({ who, what }, { side }) =>
    `${who} ${side === "initiator" ? "initiated" : "was the partner in"} ${what}, which has ended`,
  in_force: ({ who, what }) => `${what} is in force for ${who}`,
  cooperation: ({ who, what }) => `${what} belongs to ${who}`,
  delegated: ({ who, what }, { rung }) => `${who} is delegated ${rung} on ${what}`,
  pending: ({ who }) => `${who} was removed and still has tuples to sweep`,
  due: ({ who, what }) => `${what} names ${who}`,
  owner: ({ who, what }) => `${who} owns ${what}`,
  portfolio: ({ who, what }) => `${what} lies in ${who}`,
  job_role: ({ who, what }, { rung }) => `${who} is ${rung} of ${what}`,
  upcoming: ({ who, what }) => `${who} is of ${what} and has not started`,
  webhook_owner: ({ who, what }) => `${what} is an endpoint of ${who}`,
  preset_owner: ({ who, what }) => `${what} is a preset of ${who}`,
  version: ({ tuple }) => `${nameOf(webhookOfVersion(tuple))} is an endpoint, in this version`,
  shared: ({ who, what }, { rung }) => `the ${rung}s of ${who} are ${rung}s of ${what}`,
};

/** What a tuple says, without its date. */
function factOf(tuple: Tuple): string {
  const is = relationOfTuple(tuple);
  const named = { who: nameOf(tuple.user), what: nameOf(tuple.object), tuple };
  if (is === undefined) return `${named.who} is in ${tuple.relation} of ${named.what}`;
  const fact: (named: Named, is: never) => string = FACTS[is.kind];
  return fact(named, is as never);
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
