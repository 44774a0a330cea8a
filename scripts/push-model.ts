/**
 * Gives the store of an external OpenFGA this version's model. It shows what changes and
 * which tuples stop fitting, asks both models who may do what, and refuses a model that
 * turns any answer from no to yes unless `--allow-widening` is given. `--dry-run` writes
 * nothing. Takes OPENFGA_API_URL, OPENFGA_API_TOKEN and OPENFGA_STORE as the service does.
 *
 * Exit code 0: the store has this model, or a dry run found nothing to refuse. 1: refused.
 * 2: it could not be done.
 */
import { readFileSync } from "node:fs";
import { argumentsOrExit } from "./arguments.ts";
import { SITUATIONS } from "./permissions/situations.ts";
import { pushModel } from "./push-model/push.ts";
import { secretsOrExit } from "./secrets.ts";

const USAGE = "usage: npm run push-model -- [--dry-run] [--allow-widening], with OPENFGA_API_URL set";
const options = { "allow-widening": { type: "boolean" }, "dry-run": { type: "boolean" } } as const;

async function main(): Promise<number> {
  const { values } = argumentsOrExit(USAGE, { options });
  // an empty variable is an unset one, as for the service
  const { OPENFGA_API_URL: apiUrl, OPENFGA_API_TOKEN: apiToken, OPENFGA_STORE } = secretsOrExit(2);
  if (!apiUrl)
    throw new Error("OPENFGA_API_URL is not set. The embedded engine gets the model at every start and needs no push.");
  const outcome = await pushModel({
    connection: { apiUrl, ...(apiToken && { apiToken }) },
    store: OPENFGA_STORE || "concordat",
    model: readFileSync(new URL("../model.fga", import.meta.url), "utf8"),
    situations: SITUATIONS,
    allowWidening: values["allow-widening"] ?? false,
    dryRun: values["dry-run"] ?? false,
    say: (line) => console.log(line),
  });
  return outcome === "refused" ? 1 : 0;
}

process.exitCode = await main().catch((error: unknown) => {
  console.error((error as Error).message);
  return 2;
});
