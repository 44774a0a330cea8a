/**
 * Asks two models the same questions, each in a scratch store that is deleted at the end, also after an error, and
 * says which answers differ. The store that the models are for is not asked.
 */
import type { AuthorizationModel } from "@openfga/sdk";
import { ulid } from "ulid";
import { type Forms, fits, relationOfTuple } from "../../src/domain/relations.ts";
import type { Tuple } from "../../src/domain/tuples.ts";
import { createClient, type OpenFgaConnection } from "../../src/openfga/client.ts";
import { createEngine } from "../../src/openfga/engine.ts";
import { formsOf } from "../../src/openfga/model-forms.ts";
import { permissionsOf } from "../../src/openfga/open-store.ts";
import { rewritesOf } from "../../src/openfga/rewrites.ts";
import { createTupleStore } from "../../src/openfga/tuple-store.ts";
import { type Measured, measure } from "../permissions/measure.ts";
import type { Situation } from "../permissions/worlds.ts";

type Model = Omit<AuthorizationModel, "id">;

/** What scratch stores are called: one that outlived its process may be deleted by hand. */
export const SCRATCH = "concordat scratch";

// a batch is 50 questions, and nobody waits for one
const TIMEOUT_MILLISECONDS = 30_000;

/**
 * Answers that turn, as `situation: actor | target | permission`. `first` counts the yes among answers of permissions
 * that the old model has not: nobody was answered there before.
 */
export type Answers = { asked: number; widened: string[]; narrowed: string[]; first: number };

/** Compares what two models answer in these situations. Throws when one of them cannot be measured. */
export async function compareAnswers(
  connection: OpenFgaConnection,
  from: Model,
  to: Model,
  situations: readonly Situation[],
): Promise<Answers> {
  const was = await measureIn(connection, from, situations);
  const is = await measureIn(connection, to, situations);
  const answers: Answers = { asked: 0, widened: [], narrowed: [], first: 0 };
  for (const [n, { situation, answers: now }] of is.entries())
    for (const [key, allowed] of now) {
      const before = was[n]?.answers.get(key);
      answers.asked++;
      if (before === undefined) answers.first += allowed ? 1 : 0;
      else if (before !== allowed) answers[allowed ? "widened" : "narrowed"].push(`${situation.title}: ${key}`);
    }
  return answers;
}

/**
 * A fact as the version that a model is of writes it. Before there were former sides, ended cooperations kept the
 * present ones: without that, people who could see an ended cooperation would seem to have been denied.
 */
function spelledFor(forms: Forms, tuple: Tuple): Tuple[] {
  const is = relationOfTuple(tuple);
  const earlier = is?.kind === "former_side" ? { ...tuple, relation: is.side } : tuple;
  return [tuple, earlier].filter((one) => fits(forms, one)).slice(0, 1);
}

async function measureIn(
  connection: OpenFgaConnection,
  model: Model,
  situations: readonly Situation[],
): Promise<Measured[]> {
  const client = createClient(connection);
  const { id: storeId } = await client.createStore({ name: `${SCRATCH} ${ulid()}` });
  try {
    const { authorization_model_id: modelId } = await client.writeAuthorizationModel(model, { storeId });
    const patient = { ...connection, timeoutMilliseconds: TIMEOUT_MILLISECONDS };
    const opened = { ...patient, storeId, modelId, permissions: permissionsOf(model), rewrites: rewritesOf(model) };
    const engine = createEngine({ ...opened, connections: 4 });
    try {
      const forms = formsOf(model);
      return await measure(situations, engine, createTupleStore(opened), (tuple) => spelledFor(forms, tuple));
    } finally {
      await engine.close();
    }
  } finally {
    await client.deleteStore({ storeId });
  }
}
