/** The replies of Write: `{}`, or why not, in the words of OpenFGA where it has some and with what to do where it has none. */
import type { Context } from "hono";
import type { TuplesWritten } from "../../actions/write-tuples.ts";
import { WRITE_TUPLES_MAX } from "../../domain/plan.ts";
import type { RawChange } from "../../domain/raw-write/admit.ts";
import type { Rejected } from "../../domain/raw-write/raw-change.ts";
import { type RawTuple, tupleText } from "../../domain/raw-write/raw-tuple.ts";
import type { Refusal } from "../../domain/refusal.ts";
import type { TupleKey } from "../../domain/tuples.ts";
import { listedErrors } from "../problem.ts";
import { adviceOf, detailOf } from "../refusals.ts";
import { openFgaError } from "./error.ts";
import { problemText } from "./raw-problem.ts";

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
      return openFgaError(c, 400, "validation_error", listedText(outcome.problems.map(problemText)));
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
      return openFgaError(c, 400, "validation_error", `'${tupleText(why.tuple)}': ${why.problem}`);
  }
}

function decidedAgainst(c: Context, refusal: Refusal, change: RawChange): Response {
  const message = `${changeText(change)}: ${refusal.code}: ${detailOf(refusal)} ${adviceOf(refusal)}`;
  return openFgaError(c, 400, "validation_error", message);
}

const changeText = ({ asked }: RawChange) =>
  [...asked.writes, ...asked.deletes].map((tuple: RawTuple) => `'${tupleText(tuple)}'`).join(", ");
