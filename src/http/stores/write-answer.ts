/**
 * The replies of Write: `{}`, or why not, in the words of OpenFGA where it has some, and with which request to send
 * instead where there is one.
 */
import type { Context } from "hono";
import type { TuplesWritten } from "../../actions/write-tuples.ts";
import { idOf, splitRef } from "../../domain/ids.ts";
import { WRITE_TUPLES_MAX } from "../../domain/plan.ts";
import type { RawChange, RawProblem } from "../../domain/raw-write/admit.ts";
import type { Rejected } from "../../domain/raw-write/raw-change.ts";
import { type RawOperation, type RawTuple, tupleText } from "../../domain/raw-write/raw-tuple.ts";
import type { Refusal } from "../../domain/refusal.ts";
import type { Relation } from "../../domain/relations.ts";
import type { TupleKey } from "../../domain/tuples.ts";
import { listedErrors } from "../problem.ts";
import { adviceOf } from "../refusal-advice.ts";
import { detailOf } from "../refusal-detail.ts";
import { invalid, openFgaError } from "./error.ts";

/** More tuples than one Write holds, and `why` where it is not the request that names so many. */
export const exceeded = (c: Context, why = "") =>
  openFgaError(
    c,
    400,
    "exceeded_entity_limit",
    `The number of write operations exceeds the allowed limit of ${WRITE_TUPLES_MAX}${why}`,
  );

/** One problem a line, as many as a reply lists. */
export function listedText(problems: readonly string[]): string {
  const { errors, more_errors: more } = listedErrors(problems);
  return [...errors, ...(more === undefined ? [] : [`and ${more} more`])].join("\n");
}

/** The reply to what became of a Write. */
export function answerWrite(c: Context, outcome: TuplesWritten): Response {
  switch (outcome.kind) {
    case "done":
      return c.json({});
    case "twice":
      return openFgaError(
        c,
        400,
        "cannot_allow_duplicate_tuples_in_one_request",
        `duplicate tuple in write: ${keyWords(outcome.tuple)}`,
      );
    case "refused":
      return invalid(c, listedText(outcome.problems.map(problemText)));
    case "rejected":
      return rejected(c, outcome.rejected);
    case "decided_against":
      return decidedAgainst(c, outcome.refusal, outcome.change);
    case "too_large":
      return exceeded(
        c,
        `: with records and history these take ${outcome.tuples} or more, from ${changeText(outcome.change)} on. Send fewer at once.${instead(outcome.change)}`,
      );
  }
}

/** Where one change alone is more than a Write holds, its action still takes it away in several. */
function instead(change: RawChange): string {
  return change.of === "person" && change.asked.writes.length === 0
    ? ` Who holds very much leaves by DELETE /v1/organizations/${encodeURIComponent(change.organization)}/people/${encodeURIComponent(change.user)}.`
    : "";
}

const keyWords = ({ user, relation, object }: TupleKey) =>
  `user: '${user}', relation: '${relation}', object: '${object}'`;

function rejected(c: Context, why: Rejected): Response {
  const words = keyWords(why.tuple);
  const failed = (what: string) =>
    openFgaError(
      c,
      400,
      "write_failed_due_to_invalid_input",
      `${what}: ${words}: tuple to be written already existed or the tuple to be deleted did not exist`,
    );
  switch (why.kind) {
    case "exists":
      return failed("cannot write a tuple which already exists");
    case "missing":
      return failed("cannot delete a tuple which does not exist");
    case "conflict":
      return openFgaError(
        c,
        409,
        "Aborted",
        `transactional write failed due to conflict: attempted to write a tuple which already exists with a different condition: ${words}`,
      );
    case "refused":
      return invalid(c, `'${tupleText(why.tuple)}': ${why.problem}`);
  }
}

function decidedAgainst(c: Context, refusal: Refusal, change: RawChange): Response {
  const message = `${changeText(change)}: ${refusal.code}: ${detailOf(refusal)} ${adviceOf(refusal)}`;
  return invalid(c, message);
}

const changeText = ({ asked }: RawChange) =>
  [...asked.writes, ...asked.deletes].map((tuple: RawTuple) => `'${tupleText(tuple)}'`).join(", ");

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

/** What no request writes or deletes. */
const OWN = "the service writes it itself";
const WEBHOOK_REQUESTS = "use the requests of /v1/webhooks, or those of /v1/organizations/{org}/webhooks";

const PRESET_REQUESTS = "use the requests of /v1/organizations/{org}/presets";

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
    case "suspended":
      return `use ${write ? "PUT" : "DELETE"} /v1/organizations/${id}/people/${segment(user)}/suspension`;
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
        ? `use PATCH ${share} for its role and dates, POST /v1/cooperations/{id}/shares to share`
        : `use DELETE ${share}`;
    }
    case "upcoming": {
      const share = `/v1/shares/${segment(user)}`;
      return write
        ? "use POST /v1/cooperations/{id}/shares with `starts_at`"
        : `use PATCH ${share} with \`starts_at\`, DELETE ${share} to remove it`;
    }
    case "webhook_owner":
    case "version":
      return WEBHOOK_REQUESTS;
    case "preset_owner":
      return PRESET_REQUESTS;
    case "pending": {
      const type = ["share", "organization"].find((one) => user.startsWith(`${one}:`)) ?? "cooperation";
      return `use DELETE /v1/${type}s/${segment(user)}`;
    }
    case "due":
      return OWN;
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
    case "webhook":
    case "receiver":
      return WEBHOOK_REQUESTS;
    case "preset":
      return PRESET_REQUESTS;
    case "cooperation":
    case "share":
      return `use PATCH /v1/${type}s/${id}`;
    case "schedule":
    case "due":
      return OWN;
    default:
      return `use PUT /v1/${type}s/${id}`;
  }
}
