/**
 * OpenFGA's Write, by hand, by its SDK and by its command line. What OpenFGA itself
 * refuses, Concordat refuses alike, to the last word; what is not is listed in DIFFERENCES.
 * What means an action is written by either client, and all that a law forbids is not.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  CredentialsMethod,
  FgaApiValidationError,
  ClientWriteRequestOnDuplicateWrites as OnDuplicate,
  ClientWriteRequestOnMissingDeletes as OnMissing,
  OpenFgaClient,
} from "@openfga/sdk";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { doctor } from "../../src/queries/doctor.ts";
import { runFga } from "../support/fga.ts";
import { ownFolder } from "../support/own-folder.ts";
import { everything } from "../support/routes.ts";
import { KEYS } from "../support/service.ts";
import { type Api, type SideBySide, startSideBySide } from "./openfga-side-by-side.ts";

let side: SideBySide;
let share: string;
beforeAll(async () => {
  side = await startSideBySide();
  const [rung] = await side.service.deps.tupleStore.read({ object: "plant:7", relation: "shared_viewer" });
  share = rung?.user.split("#", 1)[0] ?? "";
});
afterEach(async () => expect(await doctor(side.service.deps.tupleStore)).toEqual([]));
afterAll(() => side.close());

const tuple = (user: string, relation: string, object: string, more: object = {}) => ({
  user,
  relation,
  object,
  ...more,
});
const writes = (tuples: unknown, more: object = {}) => ({ writes: { tuple_keys: tuples, ...more } });
const deletes = (tuples: unknown, more: object = {}) => ({ deletes: { tuple_keys: tuples, ...more } });
const held = tuple("user:otto", "viewer", "plant:7");
const free = tuple("user:otto", "viewer", "plant:8");
const dated = (context: object, name = "not_expired") => ({ condition: { name, context } });
const DATE = { expires_at: "2040-01-01T00:00:00Z" };

/** What OpenFGA refuses, or answers without changing anything. `:share` is one that nothing is delegated on. */
const REQUESTS: Record<string, object | string> = {
  "a tuple that exists, ignored": writes([held], { on_duplicate: "ignore" }),
  "a tuple that is not there, ignored": deletes([free], { on_missing: "ignore" }),
  "the model named": { ...writes([held], { on_duplicate: "ignore" }), authorization_model_id: ":model" },
  "a tuple that exists": writes([held]),
  "a tuple that exists, an error": writes([held], { on_duplicate: "error" }),
  "a tuple that is not there": deletes([free]),
  "one that is not there beside one that could be written": {
    ...writes([free]),
    ...deletes([tuple("user:eva", "viewer", "plant:8")]),
  },
  nothing: {},
  "a body that is empty": "",
  "no writes": writes([]),
  "a tuple twice": writes([free, free]),
  "a tuple written and deleted": { ...writes([held]), ...deletes([held]) },
  "101 tuples": writes(Array.from({ length: 101 }, (_, n) => tuple(`user:p${n}`, "viewer", "plant:8"))),
  "an unknown type": writes([tuple("user:eva", "viewer", "turbine:7")]),
  "an unknown relation": writes([tuple("user:eva", "driver", "plant:7")]),
  "a permission": writes([tuple("user:eva", "can_view", "plant:7")]),
  "a wildcard": writes([tuple("user:*", "viewer", "plant:7")]),
  "a userset": writes([tuple("organization:sunward#admin", "viewer", "plant:7")]),
  "a type of user": writes([tuple("organization:sunward", "viewer", "plant:7")]),
  "a user without a type": writes([tuple("eva", "viewer", "plant:7")]),
  "an object without an id": writes([tuple("user:eva", "viewer", "plant")]),
  "an undefined condition": writes([{ ...free, ...dated({}, "nope") }]),
  "a condition where there is none": writes([{ ...free, ...dated(DATE) }]),
  "an unknown parameter": writes([tuple("user:eva", "delegated_viewer", ":share", dated({ ...DATE, more: 1 }))]),
  "a date that is none": writes([tuple("user:eva", "delegated_viewer", ":share", dated({ expires_at: "soon" }))]),
  "an unknown option": writes([held], { on_duplicate: "skip" }),
  "another model": { ...writes([free]), authorization_model_id: "01ARZ3NDEKTSV4RRFFQ69G5FAV" },
  "a model that is none": { ...writes([free]), authorization_model_id: "latest" },
  "no JSON": "{",
  "a list": "[]",
};

const WORDS = "The same code, in other words.";
const words = { openfga: "400 validation_error", concordat: "400 validation_error", why: WORDS };
const DIFFERENCES: Record<string, typeof words> = {
  "a permission": words,
  "an unknown relation": words,
  "no writes": words,
  "a date that is none": words,
  "an unknown option": words,
  "a model that is none": words,
  "no JSON": words,
  "a list": words,
};

async function post({ url, key }: Api, body: object | string, headers: Record<string, string> = {}) {
  const text = (typeof body === "string" ? body : JSON.stringify(body))
    .replaceAll(":model", side.store.modelId)
    .replaceAll(":share", share);
  const reply = await fetch(`${url}/stores/${side.store.storeId}/write`, {
    method: "POST",
    headers: {
      ...(key !== undefined && { Authorization: `Bearer ${key}` }),
      "Content-Type": "application/json",
      ...headers,
    },
    body: text,
  });
  return { status: reply.status, body: (await reply.json()) as { code?: string; message?: string } };
}

describe("a Write that OpenFGA refuses gets the same refusal", () => {
  test.each(Object.entries(REQUESTS))("%s", async (name, request) => {
    const before = await everything(side.service);
    const [theirs, ours] = [await post(side.openfga, request), await post(side.concordat, request)];
    const difference = DIFFERENCES[name];
    if (difference === undefined) expect(ours).toEqual(theirs);
    else {
      const shortly = ({ status, body }: typeof ours) =>
        [status, body.code].filter((part) => part !== undefined).join(" ");
      expect(ours).not.toEqual(theirs);
      expect([shortly(theirs), shortly(ours)]).toEqual([difference.openfga, difference.concordat]);
    }
    expect(await everything(side.service)).toEqual(before);
  });
});

/** The tuples in these relations of an object, as text. */
async function stored(object: string, ...relations: string[]): Promise<string[]> {
  const found = await side.service.deps.tupleStore.read({ object });
  return found
    .filter(({ relation }) => relations.includes(relation))
    .map(({ user, relation }) => `${user} ${relation}`)
    .sort();
}

describe("@openfga/sdk", () => {
  const clientFor = (key: string, headers: Record<string, string> = {}) =>
    new OpenFgaClient({
      apiUrl: side.concordat.url,
      storeId: side.store.storeId,
      authorizationModelId: side.store.modelId,
      credentials: { method: CredentialsMethod.ApiToken, config: { token: key } },
      telemetry: { metrics: {} },
      retryParams: { maxRetry: 0 },
      baseOptions: { headers },
    });

  test("writes and deletes tuples that mean an action, and can write back what it read", async () => {
    const client = clientFor(KEYS.admin);
    const zoe = [tuple("user:zoe", "member", "organization:sunward"), tuple("user:zoe", "operator", "plant:7")];
    await client.write({ writes: zoe });
    expect(await stored("plant:7", "operator", "viewer")).toContain("user:zoe viewer");
    const { tuples } = await client.read({ object: "plant:7", user: "user:zoe" });
    const rungs = tuples.map(({ key }) => key);
    expect(rungs).toHaveLength(4);
    await client.deleteTuples(rungs);
    expect(await stored("plant:7", "operator", "viewer")).not.toContain("user:zoe viewer");
    await client.writeTuples(rungs.map(({ user, relation, object }) => ({ user, relation, object })));
    await client.write(
      { writes: zoe, deletes: [tuple("user:zoe", "viewer", "plant:8")] },
      { conflict: { onDuplicateWrites: OnDuplicate.Ignore, onMissingDeletes: OnMissing.Ignore } },
    );
    await client.write({
      deletes: [...rungs, ...zoe.slice(0, 1), tuple("user:zoe", "person", "organization:sunward")],
    });
    expect(await stored("organization:sunward", "member", "person")).not.toContain("user:zoe person");
  });

  test("gets a refusal as OpenFGA's validation error, with what to do", async () => {
    const client = clientFor(KEYS.admin);
    const refused = await client
      .write({ writes: [tuple("organization:brightfix", "in_force", "cooperation:x")] })
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(FgaApiValidationError);
    expect(refused).toMatchObject({
      statusCode: 400,
      apiErrorCode: "validation_error",
      apiErrorMessage: "write 'cooperation:x#in_force@organization:brightfix': use POST /v1/cooperations/x/resume",
    });
  });

  test("delegates for a person, by scope manage and Acting-User", async () => {
    const client = clientFor(KEYS.manage, { "Acting-User": "user:ben" });
    const eva = tuple("user:eva", "delegated_viewer", share, dated(DATE));
    await client.writeTuples([eva]);
    expect(await stored(share, "delegated_viewer")).toContain("user:eva delegated_viewer");
    await client.deleteTuples([eva]);
    expect(await stored(share, "delegated_viewer")).not.toContain("user:eva delegated_viewer");
    await expect(clientFor(KEYS.admin).writeTuples([eva])).rejects.toThrow(/Acting-User: user:<id>/);
  });
});

describe("fga", () => {
  async function fga(args: string[], key = KEYS.admin): Promise<{ code: number | null; out: string; err: string }> {
    const at = ["--api-url", side.concordat.url, "--api-token", key, "--store-id", side.store.storeId];
    const { code, stdout: out, stderr: err } = await runFga(["tuple", ...args, ...at]);
    return { code, out, err };
  }

  test("writes and deletes a tuple, and prints why one is refused", async () => {
    expect(await fga(["write", "user:otto", "asset_manager", "plant:8"])).toMatchObject({ code: 0, err: "" });
    expect(await stored("plant:8", "viewer", "asset_manager")).toEqual(["user:otto asset_manager", "user:otto viewer"]);
    const rung = await fga(["delete", "user:otto", "viewer", "plant:8"]);
    expect([rung.code, rung.err]).toEqual([1, expect.stringContaining("belongs to asset_manager")]);
    expect(await fga(["delete", "user:otto", "asset_manager", "plant:8"])).toMatchObject({ code: 0, err: "" });
    const again = await fga(["delete", "user:otto", "asset_manager", "plant:8"]);
    expect([again.code, again.err]).toEqual([1, expect.stringContaining("cannot delete a tuple which does not exist")]);
    const stranger = await fga(["write", "user:ben", "viewer", "plant:8"]);
    expect([stranger.code, stranger.err]).toEqual([1, expect.stringContaining("ben is not a person of sunward")]);
  });

  test("writes a file of tuples in one request or one by one, and a second time", async () => {
    const file = join(ownFolder(), "tuples.json");
    const tuples = [
      tuple("organization:sunward", "owner", "plant:20"),
      tuple("portfolio:north", "portfolio", "plant:20"),
      tuple("user:max", "moderator", "organization:sunward"),
      tuple("user:max", "technical_manager", "plant:20"),
      tuple("user:max", "viewer", "plant:20"),
    ];
    writeFileSync(file, JSON.stringify(tuples));
    const one = await fga(["write", "--file", file, "--max-tuples-per-write", "20"]);
    expect([one.code, JSON.parse(one.out)]).toMatchObject([
      0,
      { total_count: 5, successful_count: 5, failed_count: 0 },
    ]);
    expect(await stored("plant:20", "technical_manager", "viewer")).toHaveLength(2);
    // each by itself, ten at once; those that exist already are ignored
    const each = await fga(["write", "--file", file]);
    expect([each.code, JSON.parse(each.out)]).toMatchObject([0, { total_count: 5, failed_count: 0 }]);
    const gone = await fga(["delete", "--file", file, "--max-tuples-per-write", "20"]);
    expect([gone.code, JSON.parse(gone.out)]).toMatchObject([0, { total_count: 5, failed_count: 0 }]);
    expect(await stored("plant:20", "owner", "technical_manager", "viewer")).toEqual([]);
  });

  test("delegates for a person, with a date", async () => {
    const eva = ["user:eva", "delegated_viewer", share];
    const ben = ["--custom-headers", "Acting-User: user:ben"];
    const date = ["--condition-name", "not_expired", "--condition-context", JSON.stringify(DATE)];
    expect(await fga(["write", ...eva, ...date, ...ben], KEYS.manage)).toMatchObject({ code: 0, err: "" });
    expect(await stored(share, "delegated_viewer")).toContain("user:eva delegated_viewer");
    expect(await fga(["delete", ...eva, ...ben], KEYS.manage)).toMatchObject({ code: 0, err: "" });
    const service = await fga(["write", ...eva]);
    expect([service.code, service.err]).toEqual([1, expect.stringContaining("Acting-User: user:<id>")]);
  });
});
