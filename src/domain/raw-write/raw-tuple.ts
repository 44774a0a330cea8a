/**
 * Reads one tuple of OpenFGA's Write: what it is about, or why it is not taken. A tuple is
 * taken where it can mean an action; every other relation belongs to an action with a name
 * of its own. Pure.
 */
import { type Instant, InstantInput } from "../expiry.ts";
import {
  idOfType,
  idProblem,
  type OrganizationId,
  type ResourceRef,
  type ShareId,
  splitRef,
  type UserId,
} from "../ids.ts";
import { RELATIONS, type Relation, relationOfTuple } from "../relations.ts";
import type { TupleKey } from "../tuples.ts";

export type RawOperation = "write" | "delete";

/** openfga.v1 TupleKey; a delete has no condition. */
export type RawTuple = TupleKey & {
  condition?: { name: string; context?: Record<string, unknown> | undefined } | undefined;
};

/** What a tuple that can be admitted is of. */
export type Meaning =
  | { of: "person"; organization: OrganizationId; user: UserId }
  | { of: "resource"; ref: ResourceRef }
  | { of: "job_role"; ref: ResourceRef; user: UserId }
  | { of: "delegation"; share: ShareId; user: UserId };

/** A tuple that can be admitted, with the date that its condition gives. */
export type ReadTuple = TupleKey & { expires_at?: Instant | undefined };

/** Why a tuple is not taken: `invalid`, in OpenFGA's words where it has some; `managed`: another action writes the relation. */
export type UnreadTuple = { kind: "invalid"; reason: string } | { kind: "managed"; relation: Relation };

/** OpenFGA's spelling of a tuple in its messages. */
export function tupleText({ object, relation, user, condition }: RawTuple): string {
  return `${object}#${relation}@${user}${condition === undefined ? "" : ` (condition ${condition.name})`}`;
}

/** What a tuple is about, as read; or why it is not taken. */
export function readTuple(tuple: RawTuple): { meaning: Meaning; tuple: ReadTuple } | UnreadTuple {
  const invalid = (reason: string): UnreadTuple => ({ kind: "invalid", reason });
  const { object, relation: name, user } = tuple;
  const [type, id] = splitRef(object);
  if (type === "" || id === "") return invalid("invalid 'object' field format");
  if (!Object.hasOwn(RELATIONS, type)) return invalid(`type '${type}' not found`);
  const relation = relationOfTuple(tuple);
  if (relation === undefined) return invalid(`no tuple is written in relation '${type}#${name}'`);
  const meaning = meaningOf(relation, tuple);
  if (meaning === undefined) return { kind: "managed", relation };
  const problem = idProblem(id);
  if (problem !== undefined) return invalid(`the id in 'object' ${problem}`);
  const unfit = userProblem(user, relation, `${type}#${name}`);
  if (unfit !== undefined) return invalid(unfit);
  const date = dateOf(tuple, relation.kind === "delegated");
  if (typeof date === "object") return invalid(date.problem);
  return { meaning, tuple: { user, relation: name, object, ...(date !== undefined && { expires_at: date }) } };
}

/** What a tuple is about; undefined where it can mean no action. */
function meaningOf({ kind }: Relation, { object, user }: TupleKey): Meaning | undefined {
  switch (kind) {
    case "organization_role":
    case "person":
      return { of: "person", organization: idOfType("organization", object), user: idOfType("user", user) };
    case "owner":
    case "portfolio":
      return { of: "resource", ref: object as ResourceRef };
    case "job_role":
      return { of: "job_role", ref: object as ResourceRef, user: idOfType("user", user) };
    case "delegated":
      return { of: "delegation", share: idOfType("share", object), user: idOfType("user", user) };
    default:
      return undefined;
  }
}

function userProblem(user: string, { forms: [wanted] }: Relation, relation: string): string | undefined {
  const [type, id] = splitRef(user);
  if (type === "" || id === "")
    return "the 'user' field must be an object (e.g. document:1) or an 'object#relation' or a typed wildcard (e.g. group:*)";
  const notAllowed = (what: string) => `${what} is not an allowed type restriction for '${relation}'`;
  if (id === "*") return notAllowed(`the typed wildcard '${user}'`);
  const hash = id.indexOf("#");
  if (hash >= 0) return notAllowed(`'${type}${id.slice(hash)}'`);
  if (type !== wanted) return notAllowed(`type '${type}'`);
  const problem = idProblem(id);
  return problem === undefined ? undefined : `the id in 'user' ${problem}`;
}

/** The date that a condition gives. What could stop a clock, or end at no time, is refused although the engine would hold it. */
function dateOf({ condition }: RawTuple, mayBeDated: boolean): Instant | undefined | { problem: string } {
  if (condition === undefined) return undefined;
  const { name, context = {} } = condition;
  if (name !== "not_expired" && name !== "record") return { problem: "undefined condition" };
  if (!mayBeDated || name === "record") return { problem: "invalid condition for type restriction" };
  if (Object.hasOwn(context, "current_time"))
    return { problem: "current_time belongs to the question: stored, it would stop the clock" };
  const unknown = Object.keys(context).find((key) => key !== "expires_at");
  if (unknown !== undefined) return { problem: `found invalid context parameter: ${unknown}` };
  const date = InstantInput.safeParse(context.expires_at);
  return date.success ? date.data : { problem: `expires_at ${date.error.issues[0]?.message ?? "is no date"}` };
}
