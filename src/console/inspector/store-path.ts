/** The path of the one store under OpenFGA's API, as its command line finds it: by asking. */
import { type Api, type ApiAnswer, v1Path } from "../api.ts";

type Stores = { stores: { id: string }[] };

/** `/stores/01H…`. */
export async function storePath(api: Api): Promise<ApiAnswer<string>> {
  const found = await api.get<Stores>("/stores");
  if (!found.ok) return found;
  const [store] = found.value.stores;
  return { ...found, value: v1Path`/stores/${store?.id ?? ""}` };
}
