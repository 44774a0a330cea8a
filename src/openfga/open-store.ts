/**
 * Opens the store: finds it by name, and makes sure that our model answers. The model's text is compared with the
 * store's models and written only when it is missing and the caller may write it; a store without it is refused. Every
 * question names the model found here, so that two versions run side by side, each with its own.
 */
import { isDeepStrictEqual } from "node:util";
import type { AuthorizationModel, OpenFgaClient, Store } from "@openfga/sdk";
import { transformer } from "@openfga/syntax-transformer";
import type { Rewrites } from "../domain/explain/rewrite.ts";
import { UnknownModel } from "../faults.ts";
import { createClient, type OpenFgaConnection, toThrow } from "./client.ts";
import { rewritesOf } from "./rewrites.ts";

/** The engine's largest page of models. */
const MODELS_PAGE_SIZE = 50;

export type OpenStore = {
  storeId: string;
  modelId: string;
  /** Each type with its `can_*` relations, in the model's order. */
  permissions: Map<string, string[]>;
  /** What each relation is made of. */
  rewrites: Rewrites;
  /** `same`: ours was the store's newest model. `first`: it had none. `replaced`: its newest was another. `older`: it is another, newer than ours. */
  model: "same" | "first" | "replaced" | "older";
};

/**
 * `model` is the text of model.fga. A missing store is created, and an empty store gets the model. A store whose newest
 * model is another gets it with `allowPush`; without, an older model that is the same is used, so that a version starts
 * again after another version's model was pushed, and without such a model the store is refused. Two stores of one name
 * are refused, and with `mustExist` a missing or empty store too: then nothing is written. `replaces` is the id of the
 * newest model that the caller has compared, empty without one: no other model is replaced.
 * Throws UnknownModel, which says what to do, and EngineUnavailable.
 */
export async function openStore(
  options: OpenFgaConnection & {
    store: string;
    model: string;
    allowPush: boolean;
    mustExist?: boolean;
    replaces?: string;
  },
): Promise<OpenStore> {
  const client = createClient(options);
  const wanted = transformer.transformDSLToJSONObject(options.model);
  try {
    const storeId = await findOrCreate(client, options.store, options.mustExist ?? false);
    const newest = (await client.readAuthorizationModels({ storeId, pageSize: 1 })).authorization_models[0];
    const same = newest && isSameModel(newest, wanted);
    const known = { storeId, permissions: permissionsOf(wanted), rewrites: rewritesOf(wanted) };
    if (same) return { ...known, modelId: newest.id, model: "same" };
    if (!newest && options.mustExist) throw new UnknownModel(`The store "${options.store}" (${storeId}) has no model.`);
    const older = newest && !options.allowPush ? await findModel(client, storeId, wanted) : undefined;
    if (older !== undefined) return { ...known, modelId: older, model: "older" };
    if (newest && !options.allowPush) {
      throw new UnknownModel(
        `The store "${options.store}" (${storeId}) answers by a model that is not this version's (${newest.id}). ` +
          "Run `npm run push-model` to give it this one, or set OPENFGA_STORE to another store.",
      );
    }
    if (newest && options.replaces !== undefined && newest.id !== options.replaces)
      throw new UnknownModel(`The store "${options.store}" got another model (${newest.id}) meanwhile. Push again.`);
    const written = await client.writeAuthorizationModel(wanted, { storeId });
    return { ...known, modelId: written.authorization_model_id, model: newest ? "replaced" : "first" };
  } catch (error) {
    throw error instanceof UnknownModel ? error : toThrow(error);
  }
}

/** The newest model of a store, as the server has it; undefined without a store or model. Writes nothing. */
export async function newestModel(
  options: OpenFgaConnection & { store: string },
): Promise<{ storeId: string; model: AuthorizationModel } | undefined> {
  const client = createClient(options);
  try {
    const [store, ...others] = await storesNamed(client, options.store);
    if (store === undefined) return undefined;
    refuseOthers(options.store, [store, ...others]);
    const { authorization_models } = await client.readAuthorizationModels({ storeId: store.id, pageSize: 1 });
    return authorization_models[0] && { storeId: store.id, model: authorization_models[0] };
  } catch (error) {
    throw error instanceof UnknownModel ? error : toThrow(error);
  }
}

/** Each type of a model with its `can_*` relations, in the model's order. */
export function permissionsOf({ type_definitions }: Omit<AuthorizationModel, "id">): Map<string, string[]> {
  return new Map(
    type_definitions.map(({ type, relations }) => [
      type,
      Object.keys(relations ?? {}).filter((relation) => relation.startsWith("can_")),
    ]),
  );
}

/** Whether two models are the same, whatever their ids, comments and order. */
export function isSameModel(a: Omit<AuthorizationModel, "id">, b: Omit<AuthorizationModel, "id">): boolean {
  return isDeepStrictEqual(canonical(a), canonical(b));
}

// the server's JSON has defaults that ours omits, which the DSL normalizes, and an order of its own
function canonical(model: Omit<AuthorizationModel, "id">): unknown {
  const { type_definitions, ...rest } = transformer.transformDSLToJSONObject(transformer.transformJSONToDSL(model));
  return { ...rest, types: Object.fromEntries(type_definitions.map((definition) => [definition.type, definition])) };
}

/** The newest of all models of a store that is the same as `wanted`. */
async function findModel(
  client: OpenFgaClient,
  storeId: string,
  wanted: Omit<AuthorizationModel, "id">,
): Promise<string | undefined> {
  const pages = pagesOf((token) => client.readAuthorizationModels({ storeId, pageSize: MODELS_PAGE_SIZE, ...token }));
  for await (const { authorization_models } of pages) {
    const found = authorization_models.find((model) => isSameModel(model, wanted));
    if (found) return found.id;
  }
  return undefined;
}

async function findOrCreate(client: OpenFgaClient, name: string, mustExist: boolean): Promise<string> {
  const found = await storesNamed(client, name);
  if (found.length === 0 && mustExist) throw new UnknownModel(`There is no store "${name}".`);
  if (found.length === 0) {
    await client.createStore({ name });
    // read again: names are not unique in OpenFGA, and another process may start at this moment
    found.push(...(await storesNamed(client, name)));
  }
  const [store] = found;
  if (store === undefined) throw new UnknownModel(`The store "${name}" was created and is not listed.`);
  refuseOthers(name, found);
  return store.id;
}

function refuseOthers(name: string, found: Store[]): void {
  if (found.length === 1) return;
  const ids = found.map(({ id }) => id).join(", ");
  throw new UnknownModel(
    `${found.length} stores are named "${name}" (${ids}). Delete all but one, or set OPENFGA_STORE to another name.`,
  );
}

async function storesNamed(client: OpenFgaClient, name: string): Promise<Store[]> {
  const found: Store[] = [];
  // a server that does not know the filter lists them all
  for await (const { stores } of pagesOf((token) => client.listStores({ name, ...token })))
    found.push(...stores.filter((store) => store.name === name));
  return found;
}

/** All pages of a list; each is read when it is needed. */
async function* pagesOf<Page extends { continuation_token?: string }>(
  read: (token: { continuationToken?: string }) => Promise<Page>,
): AsyncGenerator<Page> {
  let continuationToken: string | undefined;
  do {
    const page = await read(continuationToken ? { continuationToken } : {});
    yield page;
    continuationToken = page.continuation_token;
  } while (continuationToken);
}
