/**
 * Gives the store of an external OpenFGA this version's model: says whether its newest
 * one differs, writes ours if so, and prints the ids. Takes OPENFGA_API_URL,
 * OPENFGA_API_TOKEN and OPENFGA_STORE as the service does.
 */
import { readFileSync } from "node:fs";
import { openStore } from "../src/openfga/store.ts";

// an empty variable is an unset one, as for the service
const { OPENFGA_API_URL: apiUrl, OPENFGA_API_TOKEN: apiToken, OPENFGA_STORE } = process.env;
const store = OPENFGA_STORE || "concordat";

if (!apiUrl) {
  console.error("OPENFGA_API_URL is not set. The embedded engine gets the model at every start and needs no push.");
  process.exit(1);
}
try {
  const model = readFileSync(new URL("../model.fga", import.meta.url), "utf8");
  const opened = await openStore({ apiUrl, ...(apiToken && { apiToken }), store, model, allowPush: true });
  const said = {
    same: "has this model already; nothing was written",
    first: "had no model; it has this one now",
    older: "answers by it, though its newest model is another; nothing was written",
    replaced: "had another model; this one is its newest now. Restart the services that use it",
  }[opened.model];
  console.log(`The store "${store}" ${said}.\nstore ${opened.storeId}\nmodel ${opened.modelId}`);
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
