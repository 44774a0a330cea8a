/**
 * OpenFGA's API, side by side: the same requests to OpenFGA and to Concordat on the same
 * store, by hand, by its SDK and by its command line. They are answered alike, to the last
 * word; what is not is listed in `openfga-differences.ts`, no more and no less.
 */
import { CredentialsMethod, FgaApiError, OpenFgaClient } from "@openfga/sdk";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findServer } from "../../src/openfga/server/find-server.ts";
import { startServer } from "../../src/openfga/server/server.ts";
import { runFga } from "../support/fga.ts";
import { ownFolder } from "../support/own-folder.ts";
import { everything } from "../support/routes.ts";
import { DIFFERENCES } from "./openfga-differences.ts";
import { PUBLISHED, PUBLISHED_ANSWERS } from "./openfga-published.ts";
import { REQUESTS, type SentRequest } from "./openfga-requests.ts";
import { type Api, type SideBySide, startSideBySide } from "./openfga-side-by-side.ts";

/** FC_RUNS and FC_SEED choose what chance makes up. */
const chance = {
  numRuns: Number(process.env.FC_RUNS ?? 300),
  ...(process.env.FC_SEED !== undefined && { seed: Number(process.env.FC_SEED) }),
};

let side: SideBySide;
let before: string[];

beforeAll(async () => {
  side = await startSideBySide();
  before = await everything(side.service);
});

// whatever was asked, and whatever was refused, nothing came of it
afterAll(async () => {
  expect(await everything(side.service)).toEqual(before);
  const openfga = clientOf(side.openfga, { storeId: side.store.storeId });
  expect((await openfga.readLatestAuthorizationModel()).authorization_model?.id).toBe(side.store.modelId);
  expect((await openfga.listStores({ name: "another store" })).stores).toEqual([]);
  expect((await openfga.readAssertions({ authorizationModelId: side.store.modelId })).assertions).toEqual([]);
  await side.close();
});

// the engine lists in the order in which it finds, and so do its clients
const isList = (key: string) => ["objects", "users", "relations"].includes(key);
const sorted = (key: string, value: unknown) =>
  Array.isArray(value) && isList(key) ? value.map((one) => JSON.stringify(one)).sort() : value;

/** The reply as OpenFGA's clients see it: the status, the model that answered, and each line of the body. */
async function send({ url, key }: Api, [path, body]: SentRequest) {
  const { storeId, modelId } = side.store;
  const named = (text: string) => text.replaceAll(":store", storeId).replaceAll(":model", modelId);
  const reply = await fetch(url + named(path), {
    method: body === undefined ? "GET" : "POST",
    headers: { ...(key !== undefined && { Authorization: `Bearer ${key}` }), "Content-Type": "application/json" },
    ...(body !== undefined && { body: named(typeof body === "string" ? body : JSON.stringify(body)) }),
  });
  const lines = (await reply.text()).split("\n").filter((line) => line !== "");
  return {
    status: reply.status,
    model: reply.headers.get("Openfga-Authorization-Model-Id"),
    body: lines.map((line) => JSON.stringify(JSON.parse(line), sorted)).sort(),
  };
}

/** A reply in short: `400 validation_error`. */
function shortly({ status, body }: Awaited<ReturnType<typeof send>>): string {
  const code: unknown = body.length === 1 ? JSON.parse(body[0] ?? "").code : undefined;
  const error = body.some((line) => line.includes('"error"')) ? "with an error in it" : undefined;
  return [status, code, error].filter((part) => part !== undefined).join(" ");
}

describe("the same requests get the same replies", () => {
  const statuses: Record<string, Set<number>> = {};

  test.each(Object.entries({ ...REQUESTS, ...PUBLISHED }))("%s", async (name, request) => {
    const [theirs, ours] = [await send(side.openfga, request), await send(side.concordat, request)];
    const endpoint = request[0].replace(/\?.*/, "").replace(/^(\/stores\/)[^/]+(\/[a-z-]+)?.*/, "$1{id}$2");
    statuses[endpoint] = (statuses[endpoint] ?? new Set()).add(theirs.status);
    const difference = DIFFERENCES[name];
    if (difference === undefined) return expect(ours).toEqual(theirs);
    expect(ours).not.toEqual(theirs);
    const { openfga, concordat } = difference;
    expect([shortly(theirs), shortly(ours)]).toEqual([openfga, concordat]);
  });

  test.each(Object.entries(PUBLISHED_ANSWERS))("%s: allowed is %s", async (name, allowed) => {
    const { status, body } = await send(side.concordat, PUBLISHED[name] as SentRequest);
    expect([status, ...body.map((line) => JSON.parse(line).allowed)]).toEqual([200, allowed]);
  });

  test("of every endpoint some requests are answered and some refused", () => {
    const { "/stores/{id}/nothing": none, ...endpoints } = statuses;
    expect(none).toEqual(new Set([404]));
    expect(Object.keys(endpoints)).toHaveLength(12);
    for (const [endpoint, seen] of Object.entries(endpoints))
      expect([seen.has(200), seen.has(400) || seen.has(404)], endpoint).toEqual([true, true]);
  });

  test("every listed difference belongs to a request that is sent", () => {
    expect(Object.keys(DIFFERENCES).filter((name) => REQUESTS[name] === undefined)).toEqual([]);
  });

  test("random questions about existing and missing objects do too", async () => {
    const ref = fc.constantFrom(
      ...["user:anna", "user:otto", "user:ben", "user:tom", "user:eva", "user:nobody", "user:*", "robot:1", "anna", ""],
      ...[
        "organization:sunward",
        "organization:brightfix#admin",
        "organization:sunward#person",
        "user:a b",
        "user:a@b|c",
      ],
      ...[
        "plant:7",
        "plant:8",
        "plant:none",
        "portfolio:north",
        "turbine:1",
        "plant:",
        "plant:7#viewer",
        "share:s#viewer",
      ],
    );
    const relation = fc.constantFrom(
      ...["can_view", "can_manage_technical", "can_operate", "can_share", "can_manage", "can_invite", "can_fly"],
      ...["viewer", "shared_viewer", "owner", "admin", "person", "partner_admin", "insider", "head", ""],
    );
    const type = fc.constantFrom("plant", "portfolio", "organization", "user", "share", "cooperation", "turbine", "");
    const time = fc.constantFrom("2030-01-01T00:00:00Z", "2039-12-31T23:59:59.999Z", "2040-01-01T00:00:00Z");
    const request = fc
      .record({
        user: ref,
        object: ref,
        relation,
        type,
        time,
        others: fc.array(fc.tuple(ref, relation, ref), { maxLength: 3 }),
      })
      .chain(({ user, object, relation, type, time, others }) => {
        const context = { current_time: time };
        const tuples = others.map(([user, relation, object]) => ({ user, relation, object }));
        const checks = [{ user, relation, object }, ...tuples].map((tuple_key, n) => ({
          tuple_key,
          context,
          correlation_id: `${n}`,
        }));
        const [of = "", id = ""] = object.split(":");
        const withTuples = { context, ...(tuples.length > 0 && { contextual_tuples: { tuple_keys: tuples } }) };
        return fc.constantFrom<SentRequest>(
          ["/stores/:store/check", { tuple_key: { user, relation, object }, ...withTuples }],
          ["/stores/:store/check", { tuple_key: { user, relation, object }, context }],
          ["/stores/:store/batch-check", { checks }],
          ["/stores/:store/list-objects", { user, relation, type, ...withTuples }],
          ["/stores/:store/streamed-list-objects", { user, relation, type, context }],
          ["/stores/:store/list-users", { object: { type: of, id }, relation, user_filters: [{ type }], context }],
          ["/stores/:store/expand", { tuple_key: { relation, object } }],
          ["/stores/:store/read", { tuple_key: { user, relation, object }, page_size: 3 }],
        );
      });
    const answered: number[] = [];
    await fc.assert(
      fc.asyncProperty(request, async (sent) => {
        const theirs = await send(side.openfga, sent);
        expect(await send(side.concordat, sent)).toEqual(theirs);
        answered.push(theirs.status);
      }),
      chance,
    );
    expect(answered.filter((status) => status === 200).length).toBeGreaterThan(answered.length / 10);
  });

  test("plain checks do too, which the cache answers, with ids of any characters", async () => {
    const id = fc.oneof(
      fc.string({ unit: "binary", minLength: 1, maxLength: 6 }),
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 6 }),
      fc.constantFrom(
        "7",
        "anna",
        "a@b|c",
        "%",
        ".",
        "..",
        "a\u200bb",
        "a\u0085b",
        "\u2028",
        "\ufeff",
        "é",
        "*",
        "a*b",
      ),
      fc.integer({ min: 150, max: 300 }).map((length) => "é".repeat(length / 2)),
    );
    const answered = new Set<number>();
    await fc.assert(
      fc.asyncProperty(id, id, async (who, what) => {
        const tuple_key = { user: `user:${who}`, relation: "can_view", object: `plant:${what}` };
        const sent: SentRequest = ["/stores/:store/check", { tuple_key }];
        const theirs = await send(side.openfga, sent);
        for (let n = 0; n < 2; n++) expect(await send(side.concordat, sent)).toEqual(theirs);
        answered.add(theirs.status);
      }),
      chance,
    );
    expect([...answered].sort()).toEqual([200, 400]);
  });

  test("only the one store is listed, whichever others OpenFGA has", async () => {
    const listed = async (api: Api) => {
      const { body } = await send(api, ["/stores?page_size=100"]);
      return JSON.parse(body[0] ?? "").stores.map(({ id }: { id: string }) => id);
    };
    const other = clientOf(side.openfga);
    const { id } = await other.createStore({ name: "another store" });
    expect(await listed(side.openfga)).toContain(id);
    expect(await listed(side.concordat)).toEqual([side.store.storeId]);
    await other.deleteStore({ storeId: id });
  });

  test("a continuation token of either is accepted by the other", async () => {
    for (const [path, list] of [
      ["read", "tuples"],
      ["changes", "changes"],
    ] as const) {
      const paged = async (apis: Api[]) => {
        const found: string[] = [];
        let token = "";
        do {
          const [api = side.openfga] = apis;
          apis.push(...apis.splice(0, 1));
          const query = `page_size=7&continuation_token=${encodeURIComponent(token)}`;
          const page = { page_size: 7, continuation_token: token };
          const { body } = await send(
            api,
            path === "read" ? [`/stores/:store/read`, page] : [`/stores/:store/changes?${query}`],
          );
          const { [list]: items, continuation_token } = JSON.parse(body[0] ?? "");
          found.push(...items.map((item: unknown) => JSON.stringify(item)));
          // changes have no end: the last page is empty and its token is the one it was asked with
          token = items.length === 0 ? "" : continuation_token;
        } while (token !== "");
        return found;
      };
      const theirs = await paged([side.openfga]);
      expect(theirs.length).toBeGreaterThan(20);
      expect(await paged([side.concordat])).toEqual(theirs);
      expect(await paged([side.concordat, side.openfga])).toEqual(theirs);
    }
  });
});

function clientOf({ url, key }: Api, more: { storeId?: string; authorizationModelId?: string } = {}): OpenFgaClient {
  return new OpenFgaClient({
    apiUrl: url,
    ...more,
    ...(key !== undefined && { credentials: { method: CredentialsMethod.ApiToken, config: { token: key } } }),
    retryParams: { maxRetry: 0 },
    telemetry: { metrics: {} },
  });
}

const VIEW = { user: "user:anna", relation: "can_view", object: "plant:7" };
const LOOK = { ...VIEW, user: "user:eva" };
const seen = { user: "user:eva", relation: "viewer", object: "plant:7" };
const context = { current_time: "2030-01-01T00:00:00Z" };

/** Each call that the SDK has. */
const CALLS: Record<string, (client: OpenFgaClient) => Promise<unknown>> = {
  listStores: (client) => client.listStores({ name: "the name of none" }),
  getStore: (client) => client.getStore(),
  readAuthorizationModels: (client) => client.readAuthorizationModels(),
  readAuthorizationModel: (client) => client.readAuthorizationModel(),
  readLatestAuthorizationModel: (client) => client.readLatestAuthorizationModel(),
  readAssertions: (client) => client.readAssertions(),
  check: (client) => client.check(VIEW),
  "check, a no": (client) => client.check(LOOK),
  "check at a time": (client) => client.check({ ...VIEW, user: "user:ben", object: "plant:8", context }),
  "check with contextual tuples": (client) => client.check({ ...LOOK, contextualTuples: [seen] }),
  batchCheck: async (client) => {
    const checks = [
      VIEW,
      LOOK,
      { ...LOOK, contextualTuples: { tuple_keys: [seen] } },
      { ...VIEW, relation: "can_fly" },
    ].map((question, n) => ({ ...question, correlationId: `${n}` }));
    return (await client.batchCheck({ checks })).result.sort((a, b) => (a.correlationId < b.correlationId ? -1 : 1));
  },
  "batchCheck of more than one request": async (client) => {
    const checks = Array.from({ length: 120 }, (_, n) => ({
      ...(n % 2 ? VIEW : LOOK),
      correlationId: `${n}`.padStart(3, "0"),
    }));
    return (await client.batchCheck({ checks })).result.sort((a, b) => (a.correlationId < b.correlationId ? -1 : 1));
  },
  // the SDK gives them in the order of their replies
  clientBatchCheck: async (client) =>
    (await client.clientBatchCheck([VIEW, LOOK])).result.sort((a, b) => (a._request.user < b._request.user ? -1 : 1)),
  listRelations: (client) =>
    client.listRelations({ user: "user:otto", object: "plant:7", relations: ["can_view", "can_operate", "viewer"] }),
  listObjects: (client) => client.listObjects({ user: "user:otto", relation: "can_view", type: "plant" }),
  "listObjects at a time": (client) =>
    client.listObjects({ user: "user:tom", relation: "can_view", type: "plant", context }),
  streamedListObjects: async (client) => {
    const found: string[] = [];
    for await (const { object } of client.streamedListObjects({
      user: "user:anna",
      relation: "can_view",
      type: "plant",
    }))
      found.push(object);
    return found.sort();
  },
  listUsers: async (client) => {
    const object = { type: "organization", id: "sunward" };
    return (await client.listUsers({ object, relation: "admin", user_filters: [{ type: "user" }] })).users;
  },
  expand: (client) => client.expand({ relation: "can_view", object: "plant:7" }),
  read: (client) => client.read({ object: "plant:7" }),
  "read a page": (client) => client.read({}, { pageSize: 5 }),
  readChanges: (client) => client.readChanges({ type: "plant" }),
  "readChanges since": (client) => client.readChanges({ type: "", startTime: "2020-01-01T00:00:00Z" }),
};

/** Calls that are refused. */
const REFUSED: typeof CALLS = {
  "check of a relation that is none": (client) => client.check({ ...VIEW, relation: "can_fly" }),
  "check by another model": (client) => client.check(VIEW, { authorizationModelId: "01ARZ3NDEKTSV4RRFFQ69G5FAV" }),
  "listObjects of a type that is none": (client) =>
    client.listObjects({ user: "user:otto", relation: "can_view", type: "turbine" }),
  "read an oversized page": (client) => client.read({}, { pageSize: 500 }),
};

/** Each call that would change something. */
const CHANGES: Record<string, (client: OpenFgaClient) => Promise<unknown>> = {
  createStore: (client) => client.createStore({ name: "another store" }),
  deleteStore: (client) => client.deleteStore(),
  writeAuthorizationModel: (client) =>
    client.writeAuthorizationModel({ schema_version: "1.1", type_definitions: [{ type: "user" }] }),
  writeAssertions: (client) => client.writeAssertions([{ ...VIEW, expectation: false }]),
};

/** What the caller of the SDK gets: the answer, or the error with its class, status, code and message. */
async function outcome(call: Promise<unknown>) {
  try {
    // its `$response` holds the whole exchange
    return JSON.parse(
      JSON.stringify(await call, (key, value) => (key === "$response" ? undefined : sorted(key, value))),
    );
  } catch (error) {
    if (!(error instanceof FgaApiError)) return String(error);
    const { name, statusCode, apiErrorCode, apiErrorMessage } = error as FgaApiError & { apiErrorCode?: string };
    return { name, statusCode, apiErrorCode, apiErrorMessage };
  }
}

describe("@openfga/sdk", () => {
  const idsOf = () => ({ storeId: side.store.storeId, authorizationModelId: side.store.modelId });

  const bothOf = (call: (client: OpenFgaClient) => Promise<unknown>) =>
    Promise.all([side.openfga, side.concordat].map((api) => outcome(call(clientOf(api, idsOf())))));

  test.each(Object.entries(CALLS))("%s gets the same answer", async (_, call) => {
    const [theirs, ours] = await bothOf(call);
    expect(ours).toEqual(theirs);
    expect(ours).not.toHaveProperty("statusCode");
  });

  test.each(Object.entries(REFUSED))("%s gets the same refusal", async (_, call) => {
    const [theirs, ours] = await bothOf(call);
    expect(ours).toEqual(theirs);
    expect(ours).toMatchObject({ statusCode: 400, apiErrorCode: expect.any(String) });
  });

  test.each(Object.entries(CHANGES))(
    "%s gets a 501 that names what to use instead, and changes nothing",
    async (name, call) => {
      const got = await outcome(call(clientOf(side.concordat, idsOf())));
      expect(got).toMatchObject({ statusCode: 501 });
      expect(JSON.stringify(got).toLowerCase()).toContain(name.toLowerCase());
    },
  );

  test("updating the store, which the SDK cannot, gets a 501 too", async () => {
    const reply = await fetch(`${side.concordat.url}/stores/${side.store.storeId}`, {
      method: "PATCH",
      headers: { Authorization: `Bearer ${side.concordat.key}` },
      body: '{"name":"another name"}',
    });
    expect([reply.status, await reply.json()]).toMatchObject([501, { code: "unimplemented" }]);
  });
});

/** Command lines of `fga`, answered and refused; in a store, by a model where the command takes one. */
const COMMANDS: string[][] = [
  ["store", "get"],
  ["model", "list"],
  ["model", "get"],
  ["model", "get", "--format", "json"],
  ["query", "check", "user:anna", "can_view", "plant:7"],
  ["query", "check", "user:eva", "can_view", "plant:7"],
  ["query", "check", "user:eva", "can_view", "plant:7", "--contextual-tuple", "user:eva viewer plant:7"],
  ["query", "check", "user:ben", "can_view", "plant:8", "--context", JSON.stringify(context)],
  ["query", "check", "user:anna", "can_view", "plant:7", "--consistency", "MINIMIZE_LATENCY"],
  ["query", "check", "user:anna", "can_fly", "plant:7"],
  ["query", "check", "anna", "can_view", "plant:7"],
  ["query", "list-objects", "user:otto", "can_view", "plant"],
  ["query", "list-objects", "user:otto", "can_view", "turbine"],
  ["query", "list-relations", "user:otto", "plant:7", "--relation", "can_view", "--relation", "can_operate"],
  ["query", "list-relations", "user:otto", "plant:7", "--context", JSON.stringify(context)],
  ["query", "list-users", "--object", "organization:sunward", "--relation", "admin", "--user-filter", "user"],
  ["query", "expand", "can_view", "plant:7"],
  ["query", "expand", "can_fly", "plant:7"],
  ["tuple", "read", "--object", "plant:7"],
  ["tuple", "read", "--max-pages", "0"],
  ["tuple", "read", "--user", "user:anna"],
  ["tuple", "changes", "--type", "plant"],
];
const REFUSED_COMMANDS: [name: string, ...string[]][] = [
  ["CreateStore", "store", "create", "--name", "another store"],
  ["DeleteStore", "store", "delete", "--force"],
  ["WriteAuthorizationModel", "model", "write", "model\n  schema 1.1\ntype user", "--format", "fga"],
];

/** JSON without the order of its lists, other text as it is. */
function ordered(output: string): string {
  try {
    return JSON.stringify(JSON.parse(output), sorted);
  } catch {
    return output;
  }
}

describe("fga", () => {
  async function fga(
    { url, key }: Api,
    args: string[],
    isInStore = true,
  ): Promise<{ code: number | null; output: string }> {
    const token = key === undefined ? [] : ["--api-token", key];
    const store = isInStore ? ["--store-id", side.store.storeId] : [];
    const { code, stdout, stderr } = await runFga([...args, "--api-url", url, ...token, ...store]);
    // OpenFGA ends its errors with an empty line
    return { code, output: `${ordered(stdout)}\n${stderr.trim()}` };
  }

  test.each(COMMANDS.map((args) => [args.join(" "), args] as const))("%s", async (_, args) => {
    const [theirs, ours] = [await fga(side.openfga, args), await fga(side.concordat, args)];
    expect(ours).toEqual(theirs);
    expect(ours.output).toMatch(/\w/);
  });

  test("store list shows the one store", async () => {
    const { code, output } = await fga(side.concordat, ["store", "list"], false);
    expect(code).toBe(0);
    expect(JSON.parse(output).stores.map(({ id }: { id: string }) => id)).toEqual([side.store.storeId]);
  });

  test.each(REFUSED_COMMANDS.map(([name, ...args]) => [args.join(" "), name, args] as const))(
    "%s is refused, and the error names what to use instead",
    async (_, name, args) => {
      const { code, output } = await fga(side.concordat, args, args[1] !== "create");
      expect(code).not.toBe(0);
      expect(output).toContain(`${name} is not offered here`);
    },
  );

  test("a missing and a wrong key get the errors of an OpenFGA with preshared keys", async () => {
    const found = await findServer({ ...process.env, OPENFGA_API_URL: "" }, { line: () => {}, counter: () => {} });
    if (found.kind === "external") throw new Error("an external engine has keys of its own");
    const flags = ["--datastore-engine=memory"];
    const server = await startServer(found, { folder: ownFolder(), throwAway: true, flags });
    for (const key of [undefined, "a-wrong-key"])
      for (const args of [
        ["query", "check", "user:anna", "can_view", "plant:7"],
        ["tuple", "read"],
        ["store", "get"],
      ]) {
        const theirs = await fga({ url: server.apiUrl, key }, args);
        const ours = await fga({ url: side.concordat.url, key }, args);
        expect(ours.code).toBe(1);
        expect(ours).toEqual(theirs);
      }
    for (const key of [undefined, "a-wrong-key"]) {
      const request: SentRequest = ["/stores/:store/check", { tuple_key: VIEW }];
      const theirs = await send({ url: server.apiUrl, key }, request);
      expect(await send({ url: side.concordat.url, key }, request)).toEqual(theirs);
      expect(theirs.status).toBe(401);
    }
    await server.stop();
  });
});
