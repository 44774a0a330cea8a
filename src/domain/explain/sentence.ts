/**
 * A tuple in words, so that who looks at access at night need not know the model by
 * heart. One sentence for each relation that tuples are written in.
 */
import { hasPassed, type Instant } from "../expiry.ts";
import { splitRef } from "../ids.ts";
import { entryNumber } from "../records.ts";
import type { Tuple } from "../tuples.ts";

type Wording = (user: string, object: string) => string;

const role =
  (name: string): Wording =>
  (user, object) =>
    `${user} is ${name} of ${object}`;
const delegated =
  (rung: string): Wording =>
  (user, object) =>
    `${user} is delegated ${rung} on ${object}`;
const shared =
  (rung: string): Wording =>
  (user, object) =>
    `the ${rung}s of ${user} are ${rung}s of ${object}`;
const head: Wording = (user, object) => `the newest entry of ${object} is number ${entryNumber(user)}`;
const log: Wording = (user, object) => `${object} has entry number ${entryNumber(user)}`;

const RESOURCE: Record<string, Wording> = {
  owner: (user, object) => `${user} owns ${object}`,
  operator: role("operator"),
  technical_manager: role("technical_manager"),
  asset_manager: role("asset_manager"),
  viewer: role("viewer"),
  shared_technical_manager: shared("technical_manager"),
  shared_asset_manager: shared("asset_manager"),
  shared_viewer: shared("viewer"),
  head,
};

/** By type and relation, all that model.fga lets be written. */
export const SENTENCES: Record<string, Record<string, Wording>> = {
  user: { head },
  email: { head, holder: (user, object) => `${user} holds the address behind ${object}` },
  organization: {
    admin: role("an admin"),
    moderator: role("a moderator"),
    technical_asset_manager: role("a technical_asset_manager"),
    commercial_asset_manager: role("a commercial_asset_manager"),
    member: role("a member"),
    external: role("an external"),
    person: role("a person"),
    head,
    log,
  },
  twin: { organization: (user, object) => `${object} is the second spelling of ${user}` },
  cooperation: {
    initiator: (user, object) => `${user} initiated ${object}`,
    partner: (user, object) => `${user} is the partner in ${object}`,
    former_initiator: (user, object) => `${user} initiated ${object}, which has ended`,
    former_partner: (user, object) => `${user} was the partner in ${object}, which has ended`,
    in_force: (user, object) => `${object} is in force for ${user}`,
    head,
    log,
  },
  share: {
    cooperation: (user, object) => `${object} belongs to ${user}`,
    head,
    delegated_technical_manager: delegated("technical_manager"),
    delegated_technical_manager_alt: delegated("technical_manager"),
    delegated_asset_manager: delegated("asset_manager"),
    delegated_asset_manager_alt: delegated("asset_manager"),
    delegated_viewer: delegated("viewer"),
    delegated_viewer_alt: delegated("viewer"),
  },
  invitation: { head },
  sweep: { pending: (user) => `${user} was removed and still has tuples to sweep` },
  portfolio: RESOURCE,
  plant: { ...RESOURCE, portfolio: (user, object) => `${object} lies in ${user}` },
};

/** The date that a tuple counts until; undefined for one that counts for ever. */
export function expiryOf({ condition }: Tuple): Instant | undefined {
  return condition?.name === "not_expired" ? condition.context.expires_at : undefined;
}

/** A tuple in words, with its date as of now. */
export function sentenceOf(tuple: Tuple, now: Date): string {
  const { user, relation, object } = tuple;
  const [type] = splitRef(object);
  const wording = SENTENCES[type]?.[relation] ?? ((u: string, o: string) => `${u} is in ${relation} of ${o}`);
  const expiry = expiryOf(tuple);
  const dated = expiry === undefined ? "" : hasPassed(expiry, now) ? `; that ended at ${expiry}` : `, until ${expiry}`;
  return wording(nameOf(user), nameOf(object)) + dated;
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
