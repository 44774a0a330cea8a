/**
 * Tuples as they come from OpenFGA's Write: which of them can mean an action, which
 * belong to one that has a name of its own, and what is wrong with the rest, in
 * OpenFGA's words where it has some. Pure, and about one tuple at a time.
 */
import { type Instant, InstantInput } from "../expiry.ts";
import { idOf, idProblem, type ResourceRef, splitRef } from "../ids.ts";
import { JOB_ROLES, ORGANIZATION_ROLES, SHARED_ROLES } from "../roles.ts";
import type { TupleKey } from "../tuples.ts";

export type RawOperation = "write" | "delete";

/** openfga.v1 TupleKey; a delete has no condition. */
export type RawTuple = TupleKey & {
  condition?: { name: string; context?: Record<string, unknown> | undefined } | undefined;
};

/** What a tuple that can be admitted is of. */
export type Meaning =
  | { of: "person"; organization: string; user: string }
  | { of: "resource"; ref: ResourceRef }
  | { of: "job_role"; ref: ResourceRef; user: string }
  | { of: "delegation"; share: string; user: string };

/** A tuple that can be admitted, with the date that its condition gives. */
export type ReadTuple = TupleKey & { expires_at?: Instant | undefined };

/** OpenFGA's spelling of a tuple in its messages. */
export function tupleText({ object, relation, user, condition }: RawTuple): string {
  return `${object}#${relation}@${user}${condition === undefined ? "" : ` (condition ${condition.name})`}`;
}

/** The one type of user that each relation takes which can mean an action. */
const onResource = Object.fromEntries([["owner", "organization"], ...JOB_ROLES.map((role) => [role, "user"])]);
const ADMITTED: Record<string, Record<string, string>> = {
  organization: Object.fromEntries([...ORGANIZATION_ROLES, "person"].map((role) => [role, "user"])),
  plant: { ...onResource, portfolio: "portfolio" },
  portfolio: onResource,
  share: Object.fromEntries(
    SHARED_ROLES.flatMap((role) => [`delegated_${role}`, `delegated_${role}_alt`]).map((role) => [role, "user"]),
  ),
};

type Advice = (parts: { id: string; user: string; operation: RawOperation; dated: boolean }) => string;
// what is refused may hold anything, and half a character cannot be encoded
const segment = (id: string) => encodeURIComponent(id.toWellFormed());
const onHistory: Advice = () => "the service writes the history itself, one line with every action";
const shared: Advice = ({ user, operation }) => {
  const share = `/v1/shares/${segment(idOf(user).split("#", 1)[0] ?? "")}`;
  return operation === "delete"
    ? `use DELETE ${share}`
    : `use PATCH ${share} for its role and date, POST /v1/cooperations/{id}/shares to share`;
};
const putResource = (type: string) => ({
  head: ((parts) => `use PUT /v1/${type}s/${segment(parts.id)}`) as Advice,
  ...Object.fromEntries(SHARED_ROLES.map((role) => [`shared_${role}`, shared])),
});
const removed: Advice = ({ user }) => {
  const type = ["share", "organization"].find((one) => user.startsWith(`${one}:`)) ?? "cooperation";
  return `use DELETE /v1/${type}s/${segment(idOf(user))}`;
};
const ended: Advice = ({ id }) =>
  `use DELETE /v1/cooperations/${segment(id)} for the initiator, POST /v1/cooperations/${segment(id)}/leave for the partner`;
const cooperation =
  (write: (parts: Parameters<Advice>[0]) => string, remove: string): Advice =>
  (parts) =>
    `use ${parts.operation === "write" ? write(parts) : remove.replace("{id}", segment(parts.id))}`;

/** Every other relation that the model has tuples in, with the action to use instead. */
const MANAGED: Record<string, Record<string, Advice>> = {
  user: {
    head: ({ id, operation }) =>
      `use ${operation === "write" ? "PUT /v1/organizations/{org}" : "DELETE /v1"}/people/${segment(id)}`,
  },
  email: {
    head: () => "use PUT /v1/organizations/{org}/people/{user} with `email`",
    holder: ({ user, operation }) =>
      `use PUT /v1/organizations/{org}/people/${segment(idOf(user))} with \`email\`${
        operation === "write" ? "" : `, or DELETE /v1/people/${segment(idOf(user))}`
      }`,
  },
  organization: { head: ({ id }) => `use PUT /v1/organizations/${segment(id)}`, log: onHistory },
  twin: {
    organization: ({ id, operation }) =>
      `use ${operation === "write" ? "PUT" : "DELETE"} /v1/organizations/${segment(id)}`,
  },
  cooperation: {
    initiator: cooperation(
      ({ user }) => `POST /v1/organizations/${segment(idOf(user))}/cooperations`,
      "DELETE /v1/cooperations/{id}",
    ),
    partner: cooperation(({ id }) => `POST /v1/cooperations/${segment(id)}/accept`, "POST /v1/cooperations/{id}/leave"),
    former_initiator: ended,
    former_partner: ended,
    in_force: cooperation(
      ({ id, dated }) =>
        dated
          ? `PATCH /v1/cooperations/${segment(id)} with \`expires_at\``
          : `POST /v1/cooperations/${segment(id)}/resume`,
      "POST /v1/cooperations/{id}/pause",
    ),
    head: ({ id }) => `use PATCH /v1/cooperations/${segment(id)}`,
    log: onHistory,
  },
  share: {
    cooperation: ({ id, user, operation }) =>
      operation === "write"
        ? `use POST /v1/cooperations/${segment(idOf(user))}/shares`
        : `use DELETE /v1/shares/${segment(id)}`,
    head: ({ id }) => `use PATCH /v1/shares/${segment(id)}`,
  },
  invitation: { head: () => "use POST /v1/organizations/{org}/cooperations" },
  sweep: { pending: removed },
  plant: putResource("plant"),
  portfolio: putResource("portfolio"),
  entry: {},
};

/** Every relation with tuples, by type: held to model.fga by a test. */
export const RELATIONS: Record<string, readonly string[]> = Object.fromEntries(
  Object.keys(MANAGED).map((type) => [
    type,
    [...Object.keys(ADMITTED[type] ?? {}), ...Object.keys(MANAGED[type] ?? {})],
  ]),
);

/** What a tuple is of, as read; or what is wrong with it, and what to do where that is known. */
export function readTuple(
  tuple: RawTuple,
  operation: RawOperation,
): { meaning: Meaning; tuple: ReadTuple } | { problem: string } {
  const invalid = (reason: string) => ({ problem: `Invalid tuple '${tupleText(tuple)}'. Reason: ${reason}` });
  const { object, relation, user } = tuple;
  const [type, id] = splitRef(object);
  if (type === "" || id === "") return invalid("invalid 'object' field format");
  const managed = Object.hasOwn(MANAGED, type) ? MANAGED[type] : undefined;
  if (managed === undefined) return invalid(`type '${type}' not found`);
  const advice = Object.hasOwn(managed, relation) ? managed[relation] : undefined;
  if (advice !== undefined) {
    const dated = tuple.condition !== undefined;
    return { problem: `${operation} '${tupleText(tuple)}': ${advice({ id, user, operation, dated })}` };
  }
  const admitted = ADMITTED[type] ?? {};
  const userType = Object.hasOwn(admitted, relation) ? admitted[relation] : undefined;
  if (userType === undefined) return invalid(`no tuple is written in relation '${type}#${relation}'`);
  const problem = idProblem(id);
  if (problem !== undefined) return invalid(`the id in 'object' ${problem}`);
  const unfit = userProblem(user, userType, `${type}#${relation}`);
  if (unfit !== undefined) return invalid(unfit);
  const date = dateOf(tuple, type === "share");
  if (typeof date === "object") return invalid(date.problem);
  const key: ReadTuple = { user, relation, object, ...(date !== undefined && { expires_at: date }) };
  return { meaning: meaningOf(type, id, relation, idOf(user)), tuple: key };
}

function meaningOf(type: string, id: string, relation: string, user: string): Meaning {
  if (type === "organization") return { of: "person", organization: id, user };
  if (type === "share") return { of: "delegation", share: id, user };
  const ref = `${type}:${id}` as ResourceRef;
  return relation === "owner" || relation === "portfolio" ? { of: "resource", ref } : { of: "job_role", ref, user };
}

function userProblem(user: string, wanted: string, relation: string): string | undefined {
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
