/**
 * Plays the sample of `npm start` on a service that runs elsewhere and whose store is
 * empty: takes CONCORDAT_URL and CONCORDAT_KEY, a key with the scopes `manage` and `admin`.
 * On any other store it writes nothing. Exit code 0: the sample is there. 1: it is not, and why.
 */
import { playSample } from "../src/start/sample.ts";
import { secretsOrExit } from "./secrets.ts";

const { CONCORDAT_URL: url, CONCORDAT_KEY: key } = secretsOrExit(1);

if (!url || !key) {
  console.error("CONCORDAT_URL and CONCORDAT_KEY are not set. `npm start` plays the sample by itself.");
  process.exit(1);
}
try {
  const sample = await playSample((path, init) => fetch(new URL(path, url), init), key);
  if (sample.kind === "left") {
    console.error(`The sample was not played: ${sample.why}.`);
    process.exit(1);
  }
  if (sample.kind === "found") console.error("The sample was played before. Nothing was changed.");
  console.log(`cooperation ${sample.cooperation}\nshare ${sample.share}`);
} catch (error) {
  const { message, cause } = error as Error;
  console.error(`${url}: ${(cause as Error | undefined)?.message || message}`);
  process.exit(1);
}
