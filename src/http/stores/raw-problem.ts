/**
 * Why a tuple of Write is not taken, in OpenFGA's words where it has some, and which
 * request to send instead where there is one.
 */
import { idOf, splitRef } from "../../domain/ids.ts";
import type { RawProblem } from "../../domain/raw-write/admit.ts";
import { type RawOperation, type RawTuple, tupleText } from "../../domain/raw-write/raw-tuple.ts";
import type { Relation } from "../../domain/relations.ts";

/** The problem with its tuple, on one line. */
export function problemText(problem: RawProblem): string {
  const { operation, tuple } = problem;
  const text = tupleText(tuple);
  switch (problem.kind) {
    case "invalid":
      return `Invalid tuple '${text}'. Reason: ${problem.reason}`;
    case "managed":
      return `${operation} '${text}': ${requestFor(problem.relation, tuple, operation)}`;
    case "needs_person":
      return `${operation} '${text}': send \`Acting-User: user:<id>\`, an admin of the partner, with a key of scope manage`;
    case "needs_service":
      return `${operation} '${text}': needs a key with scope admin, and no Acting-User`;
  }
}

// what is refused may hold anything, and half a character cannot be encoded
const segment = (ref: string) => encodeURIComponent(idOf(ref).toWellFormed());

/** The request that writes or deletes in a relation that raw tuples do not. */
function requestFor({ kind, ...of }: Relation, { object, user, condition }: RawTuple, operation: RawOperation): string {
  const write = operation === "write";
  const id = segment(object);
  const cooperation = `/v1/cooperations/${id}`;
  switch (kind) {
    case "head":
      return requestForHead(object, operation);
    case "log":
      return "the service writes the history itself, one line with every action";
    case "holder": {
      const put = `use PUT /v1/organizations/{org}/people/${segment(user)} with \`email\``;
      return write ? put : `${put}, or DELETE /v1/people/${segment(user)}`;
    }
    case "twin":
      return `use ${write ? "PUT" : "DELETE"} /v1/organizations/${id}`;
    case "side":
      if ("side" in of && of.side === "partner")
        return write ? `use POST ${cooperation}/accept` : `use POST ${cooperation}/leave`;
      return write ? `use POST /v1/organizations/${segment(user)}/cooperations` : `use DELETE ${cooperation}`;
    case "former_side":
      return `use DELETE ${cooperation} for the initiator, POST ${cooperation}/leave for the partner`;
    case "in_force":
      if (!write) return `use POST ${cooperation}/pause`;
      return condition === undefined
        ? `use POST ${cooperation}/resume`
        : `use PATCH ${cooperation} with \`expires_at\``;
    case "cooperation":
      return write ? `use POST /v1/cooperations/${segment(user)}/shares` : `use DELETE /v1/shares/${id}`;
    case "shared": {
      const share = `/v1/shares/${segment(user.split("#", 1)[0] ?? "")}`;
      return write
        ? `use PATCH ${share} for its role and date, POST /v1/cooperations/{id}/shares to share`
        : `use DELETE ${share}`;
    }
    case "pending": {
      const type = ["share", "organization"].find((one) => user.startsWith(`${one}:`)) ?? "cooperation";
      return `use DELETE /v1/${type}s/${segment(user)}`;
    }
    default:
      throw new Error(`${kind} is a relation that raw tuples are written in`);
  }
}

function requestForHead(object: string, operation: RawOperation): string {
  const [type] = splitRef(object);
  const id = segment(object);
  switch (type) {
    case "user":
      return `use ${operation === "write" ? "PUT /v1/organizations/{org}" : "DELETE /v1"}/people/${id}`;
    case "email":
      return "use PUT /v1/organizations/{org}/people/{user} with `email`";
    case "invitation":
      return "use POST /v1/organizations/{org}/cooperations";
    case "cooperation":
    case "share":
      return `use PATCH /v1/${type}s/${id}`;
    default:
      return `use PUT /v1/${type}s/${id}`;
  }
}
