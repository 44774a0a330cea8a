/**
 * Gives a store a new model, once it was seen what that changes: its definitions, the
 * tuples that would stop fitting, and who may do what. A model that gives anybody what
 * they had not is refused unless that is wanted. Nothing is written before all of it is
 * known, and no model is replaced but the one that was looked at.
 */
import type { AuthorizationModel } from "@openfga/sdk";
import { transformer } from "@openfga/syntax-transformer";
import { type OpenFgaConnection, toThrow } from "../../src/openfga/client.ts";
import { isSameModel, newestModel, openStore, permissionsOf } from "../../src/openfga/open-store.ts";
import { createTupleStore } from "../../src/openfga/tuple-store.ts";
import type { Situation } from "../permissions/worlds.ts";
import { compareAnswers } from "./answers.ts";
import { changesBetween } from "./changes.ts";
import { type Group, misfitsBetween } from "./misfits.ts";

const LINES_MAX = 20;

export type PushOptions = {
  connection: OpenFgaConnection;
  /** The store's name. */
  store: string;
  /** The text of model.fga. */
  model: string;
  situations: readonly Situation[];
  allowWidening: boolean;
  /** Shows everything and writes nothing. */
  dryRun: boolean;
  say: (line: string) => void;
};

/** `refused`: it widens; nothing was written. `shown`: a dry run. Throws an Error that says what to do. */
export async function pushModel(options: PushOptions): Promise<"written" | "same" | "refused" | "shown"> {
  const { connection, store, dryRun, say } = options;
  const wanted = transformer.transformDSLToJSONObject(options.model);
  const found = await newestModel({ ...connection, store });
  const same = found !== undefined && isSameModel(found.model, wanted);
  if (found && !same && !(await show(options, found, wanted))) {
    say("Refused: it gives what nobody had. If that is meant, push it with --allow-widening. Nothing was written.");
    return "refused";
  }
  if (dryRun) {
    if (!found) say(`The store "${store}" has no model yet; there is nothing to compare with.`);
    say(same ? `The store "${store}" has this model already.` : "A dry run: nothing was written.");
    return "shown";
  }
  const replaces = found?.model.id ?? "";
  const opened = await openStore({ ...connection, store, model: options.model, allowPush: true, replaces });
  const said = {
    same: "has this model already; nothing was written",
    first: "had no model; it has this one now",
    replaced: "has this model as its newest now. Services go on answering by the one they started on",
    older: "answers by it",
  }[opened.model];
  say(`The store "${store}" ${said}.\nstore ${opened.storeId}\nmodel ${opened.modelId}`);
  return same ? "same" : "written";
}

/** Says what the new model changes. False when it is to be refused. */
async function show(
  { connection, store, situations, allowWidening, say }: PushOptions,
  found: { storeId: string; model: AuthorizationModel },
  wanted: Omit<AuthorizationModel, "id">,
): Promise<boolean> {
  const { storeId, model } = found;
  const { id: modelId, ...old } = model;
  say(`The newest model of the store "${store}" is ${modelId}. What changes:`);
  list(changesBetween(old, wanted), say);

  const tuples = await createTupleStore({ ...connection, storeId, modelId }).readAll();
  const { stopping, beginning } = misfitsBetween(tuples, old, wanted);
  say(`Tuples that would stop fitting, and count no more: ${countOf(stopping)} of ${tuples.length}.`);
  list(stopping.map(lineOf), say);
  if (beginning.length > 0) say(`Tuples that do not count now and would begin to: ${countOf(beginning)}.`);
  list(beginning.map(lineOf), say);
  const revives = beginning.length > 0 && !allowWidening;

  if (!haveCommonPermission(old, wanted)) {
    say("The two have no permission in common, so no answer can turn.");
    return !revives;
  }
  say(`Asking both models who may do what, in ${situations.length} situations in scratch stores. This takes minutes.`);
  const answers = await compareAnswers(connection, old, wanted, situations).catch((error: unknown) => {
    throw toError(error);
  });
  const { widened, narrowed, first } = answers;
  say(`Of ${answers.asked} answers ${widened.length} turn from no to yes and ${narrowed.length} from yes to no.`);
  if (first > 0) say(`${first} are yes to permissions that the old model has not.`);
  list(
    widened.map((answer) => `no → yes  ${answer}`),
    say,
  );
  list(
    narrowed.map((answer) => `yes → no  ${answer}`),
    say,
  );
  return !revives && (widened.length === 0 || allowWidening);
}

const countOf = (groups: Group[]) => groups.reduce((sum, { count }) => sum + count, 0);
const lineOf = ({ relation, form, count, examples }: Group) =>
  `${relation} of ${form}: ${count}, as ${examples.join("; ")}`;

function haveCommonPermission(old: Omit<AuthorizationModel, "id">, wanted: Omit<AuthorizationModel, "id">): boolean {
  const was = permissionsOf(old);
  return [...permissionsOf(wanted)].some(([type, names]) => names.some((name) => was.get(type)?.includes(name)));
}

function list(lines: string[], say: (line: string) => void): void {
  for (const line of lines.slice(0, LINES_MAX)) say(`  ${line}`);
  if (lines.length > LINES_MAX) say(`  … and ${lines.length - LINES_MAX} more`);
}

/** The SDK's errors carry request headers, so they are replaced; others are passed on as they are. */
function toError(error: unknown): Error {
  try {
    return toThrow(error);
  } catch {
    return error as Error;
  }
}
