/**
 * Plays the sample of `npm start` on a service that runs elsewhere: takes CONCORDAT_URL
 * and CONCORDAT_KEY, a key with the scopes `manage` and `admin`. Played again it changes nothing.
 */
import { playSample } from "../src/start/sample.ts";
import { secretsOrExit } from "./secrets.ts";

const { CONCORDAT_URL: url, CONCORDAT_KEY: key } = secretsOrExit(1);

if (!url || !key) {
  console.error("CONCORDAT_URL and CONCORDAT_KEY are not set. `npm start` plays the sample by itself.");
  process.exit(1);
}
try {
  const { cooperation, share } = await playSample((path, init) => fetch(new URL(path, url), init), key);
  console.log(`cooperation ${cooperation}\nshare ${share}`);
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
