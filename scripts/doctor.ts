/**
 * Looks the store over and says what is wrong, one finding a line. With `--repair` it
 * takes away what nobody gave, says each thing it did and what it left; with `--json` it
 * prints one object. Takes OPENFGA_API_URL, OPENFGA_API_TOKEN and OPENFGA_STORE as the
 * service does, REDIS_URL to bring cached checks up to date with a repair, and without
 * the first looks at the embedded engine in CONCORDAT_FOLDER: the running one, or one
 * started for it. HISTORY_KEY_FILE, or the key that `npm start` made there, holds heads to their
 * signatures and signs what a repair writes; with `--sign` it first signs what was there before histories were.
 *
 * Exit code 0: no damage, or none left after the repair; what a sweep takes away is none.
 * 1: damage. 2: it could not look.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ulid } from "ulid";
import { type Repair, type RepairDeps, repair } from "../src/actions/repair.ts";
import { signHeads } from "../src/actions/run/sign-heads.ts";
import { signStore } from "../src/actions/sign-store.ts";
import { resolveScopes } from "../src/check/resolve-scopes.ts";
import { readHistoryKeys } from "../src/domain/history-keys.ts";
import { keyText } from "../src/domain/tuples.ts";
import { openStore } from "../src/openfga/open-store.ts";
import { createTupleStore } from "../src/openfga/tuple-store.ts";
import { doctor, findingText, isDamage, viewOf } from "../src/queries/doctor.ts";
import { createRedisCache } from "../src/redis/decision-cache.ts";
import { argumentsOrExit } from "./arguments.ts";
import { secretsOrExit } from "./secrets.ts";
import { openSource } from "./source.ts";

const REDIS_TIMEOUT_MILLISECONDS = 2000;

// an empty variable is an unset one, as for the service
const env = secretsOrExit(2);
const { OPENFGA_API_URL: url, OPENFGA_STORE, CONCORDAT_FOLDER } = env;
const { REDIS_URL, CACHE_TTL_SECONDS, HISTORY_KEY_FILE } = env;
const store = OPENFGA_STORE || "concordat";
/** The key that `npm start` made for the engine in the folder. */
const ownKey = join(CONCORDAT_FOLDER || ".concordat", "history-key");
const keyFile = HISTORY_KEY_FILE || (!url && existsSync(ownKey) ? ownKey : undefined);

const say = (text: string) => console.error(text);

/** The cache of the services on this store. Without one of Redis each of them sees within a second what was written. */
async function cacheOf(ids: { storeId: string; modelId: string }) {
  if (!REDIS_URL) return { invalidate: async () => {}, close: async () => {} };
  const cache = createRedisCache({
    url: REDIS_URL,
    ...ids,
    timeoutMilliseconds: REDIS_TIMEOUT_MILLISECONDS,
    ttlMilliseconds: Number(CACHE_TTL_SECONDS || 10) * 1000,
    meter: { cacheFailed: () => {}, cacheForged: () => {} },
    warn: () => {},
  });
  const nobody = { user: "user:nobody", relation: "can_view", object: "plant:none" };
  const giveUpAt = performance.now() + REDIS_TIMEOUT_MILLISECONDS;
  while ((await cache.lookup(nobody, undefined)) === undefined && performance.now() < giveUpAt) await sleep(20);
  let warned = false;
  const invalidate: RepairDeps["invalidate"] = async (scopes) => {
    if ((await cache.invalidate(scopes)) || warned) return;
    warned = true;
    say("Redis does not answer: checks answer from after the repair in CACHE_UNWATCHED_SECONDS at the latest.");
  };
  return { invalidate, close: cache.close };
}

const USAGE = "usage: npm run doctor -- [--repair] [--sign] [--json]";
const options = { repair: { type: "boolean" }, sign: { type: "boolean" }, json: { type: "boolean" } } as const;

function actOf({ finding: { remedy }, took, outcome }: Repair): string {
  if (remedy && "sweep" in remedy) return "swept";
  if (remedy && "erase" in remedy && took.length === 0) return "taken already";
  const did = remedy && "restore" in remedy ? "wrote it into the record" : `took ${took.map(keyText).join(", ")}`;
  return `${did}${outcome === "unknown" ? " (the reply was lost)" : ""}`;
}

async function main(): Promise<number> {
  const { values } = argumentsOrExit(USAGE, { options });
  const { connection, close } = await openSource(env);
  try {
    const model = readFileSync(new URL("../model.fga", import.meta.url), "utf8");
    const opened = await openStore({ ...connection, store, model, allowPush: false, mustExist: true });
    // what a newer version writes would look like nothing that Concordat writes
    if (opened.model === "older")
      throw new Error(`The newest model of the store "${store}" is another version's. Run that version's doctor.`);
    const keys = keyFile === undefined ? undefined : readHistoryKeys(readFileSync(keyFile, "utf8"));
    const plain = createTupleStore({ ...connection, ...opened });
    // a repair touches nothing whose signature is wrong; one that is missing everywhere is a store not signed yet
    const tupleStore = keys === undefined ? plain : signHeads(plain, keys, "allow");
    const clock = () => new Date();
    if (values.sign) {
      if (keys === undefined) throw new Error("Set HISTORY_KEY_FILE to the key that the services sign with.");
      const { signed, left } = await signStore({ tupleStore: plain, clock, newId: ulid }, keys);
      say(`Signed ${signed} heads${left.length > 0 ? "; what is in disorder was left as it is" : ""}.`);
    }
    let done: Repair[] = [];
    let findings = values.repair ? [] : await doctor(tupleStore, keys?.verifying);
    if (values.repair) {
      const cache = await cacheOf(opened);
      const warn = (event: string, facts: object) => say(`${event} ${JSON.stringify(facts)}`);
      const scopesOf = (keys: Parameters<typeof resolveScopes>[1]) => resolveScopes(tupleStore, keys);
      ({ done, left: findings } = await repair({
        tupleStore,
        invalidate: cache.invalidate,
        scopesOf,
        clock,
        newId: ulid,
        warn,
        keys: keys?.verifying,
      }));
      await cache.close();
    }
    const damage = findings.filter(isDamage).length;
    if (values.json) {
      const repaired = done.map(({ finding, took }) => ({ ...viewOf(finding), took: took.map(keyText) }));
      const report = { store, damaged: damage, findings: findings.map(viewOf), ...(values.repair && { repaired }) };
      console.log(JSON.stringify(report, undefined, 2));
    } else {
      for (const one of done) console.log(`repaired ${findingText(one.finding)}: ${actOf(one)}`);
      for (const finding of findings) console.log(`${values.repair ? "left " : ""}${findingText(finding)}`);
    }
    const repaired = values.repair ? `${done.length} repaired, ` : "";
    say(`The store "${store}": ${repaired}${damage} damaged, ${findings.length - damage} left to sweep.`);
    return damage > 0 ? 1 : 0;
  } finally {
    await close();
  }
}

process.exitCode = await main().catch((error: unknown) => {
  say((error as Error).message);
  return 2;
});
