/**
 * `npm run playground`: the copy answers as the store did at its instant, without any
 * condition, and holds nothing of the records; the command brings it up and down.
 */
import { transformer } from "@openfga/syntax-transformer";
import { expect } from "vitest";
import { freePort } from "../../../bench/processes.ts";
import { accessModel, accessTuples, nearest } from "../../../scripts/playground/access-only.ts";
import { PERMISSION_OF } from "../../../src/domain/roles.ts";
import { createClient } from "../../../src/openfga/client.ts";
import { openStore } from "../../../src/openfga/open-store.ts";
import { createTupleStore } from "../../../src/openfga/tuple-store.ts";
import { connection, environmentOf } from "../../support/engine.ts";
import { MODEL } from "../../support/model.ts";
import { start } from "../../support/program.ts";
import { cooperate, createService, type Service, seedWorld, test } from "../../support/service.ts";

const NOW = new Date("2027-03-01T12:00:00.000Z");
const IN_AN_HOUR = "2027-03-01T13:00:00Z";
const model = transformer.transformDSLToJSONObject(MODEL);

const QUESTIONS = ["anna", "otto", "ben", "tom", "eva"].flatMap((user) =>
  ["plant:7", "plant:8", "portfolio:north"].flatMap((object) =>
    [...Object.values(PERMISSION_OF), "can_share"].map((relation) => ({ user: `user:${user}`, relation, object })),
  ),
);

/** Access by every kind of path, some of it ending in an hour. */
async function live(service: Service): Promise<void> {
  service.setNow(NOW);
  await seedWorld(service);
  await service.admin("PUT", "/v1/plants/8/roles/otto", { role: "operator" });
  const { shares } = await cooperate(service, [
    { resource: "plant:7", role: "technical_manager", expires_at: IN_AN_HOUR },
    { resource: "portfolio:north", role: "viewer" },
  ]);
  for (const share of shares)
    expect((await service.as("ben", "PUT", `/v1/shares/${share}/delegations/tom`, { role: "viewer" })).status).toBe(
      201,
    );
}

/** A store with the model and tuples of the copy; asked without a time, as the playground asks. */
async function copied(tuples: ReturnType<typeof accessTuples>) {
  const client = createClient(connection());
  const storeId = (await client.createStore({ name: "copy" })).id;
  const modelId = (await client.writeAuthorizationModel(accessModel(model), { storeId })).authorization_model_id;
  const copy = createClient(connection(), { storeId, modelId });
  await copy.writeTuples(tuples);
  return {
    may: async (question: (typeof QUESTIONS)[number]) => (await copy.check(question)).allowed,
    remove: () => client.deleteStore({ storeId }),
  };
}

test("the copy answers every question as the store does at that time, and needs no current_time", async ({
  service,
}) => {
  await live(service);
  const { tupleStore, engine } = service.deps;
  const counts: number[] = [];
  for (const at of [NOW, new Date(IN_AN_HOUR)]) {
    const copy = await copied(accessTuples(model, await tupleStore.readAll(), at));
    const answers = await engine.batchCheck(QUESTIONS, at);
    for (const [n, question] of QUESTIONS.entries())
      expect({ allowed: await copy.may(question) }, JSON.stringify(question)).toEqual(answers[n]);
    counts.push(answers.filter((answer) => "allowed" in answer && answer.allowed).length);
    await copy.remove();
  }
  // what ends in an hour was in the first copy
  expect(counts[0]).toBeGreaterThan(counts[1] ?? 0);
});

test("the copy has no condition, no record, no history and no address in it", async ({ service }) => {
  await live(service);
  const text = JSON.stringify(accessModel(model));
  for (const word of ["condition", "record", "not_expired", '"head"', '"log"', '"entry"', '"email"', '"sweep"'])
    expect(text).not.toContain(word);
  for (const permission of [...Object.values(PERMISSION_OF), "can_share", "can_delegate"])
    expect(text).toContain(`"${permission}"`);
  const tuples = JSON.stringify(accessTuples(model, await service.deps.tupleStore.readAll(), NOW));
  for (const word of ["entry:", "email:", "condition", "brightfix.example", "Brightfix", "Hillside"])
    expect(tuples).not.toContain(word);
});

test("of too many tuples those nearest to the named object are copied", () => {
  const owns = (n: number) => ({ user: `organization:o${n}`, relation: "owner", object: `plant:${n}` });
  const admin = (n: number) => ({ user: `user:u${n}`, relation: "admin", object: `organization:o${n}` });
  const many = Array.from({ length: 200 }, (_, n) => [owns(n), admin(n)]).flat();
  expect(nearest(many, [], 100)).toEqual(many.slice(0, 100));
  expect(nearest(many, ["plant:150"], 100)).toEqual([owns(150), admin(150)]);
  expect(nearest(many, ["user:u3"], 1)).toEqual([admin(3)]);
  expect(nearest(many, ["plant:none"], 100)).toEqual([]);
});

const run = (env: NodeJS.ProcessEnv, args: string[] = []) =>
  start(process.execPath, ["scripts/playground.ts", ...args], { env });

test("the command serves the playground on a copy, and Ctrl-C removes all of it", async ({ engine }) => {
  const name = `playground ${Date.now()}`;
  const opened = await openStore({ ...connection(), store: name, model: MODEL, allowPush: false });
  const tupleStore = createTupleStore({ ...connection(), ...opened });
  // only written through: no check is asked here
  await live(createService({ tupleStore, engine }));
  const port = await freePort();
  const env = { ...environmentOf(connection()), OPENFGA_STORE: name, PLAYGROUND_PORT: `${port}` };
  const playground = run(env, ["plant:7"]);
  await playground.printed(/Open http:[\s\S]*The copy has no key: every user of this machine/);
  expect(playground.output()).toMatch(/As of \S+: \d+ of \d+ tuples/);
  const page = await (await fetch(`http://127.0.0.1:${port}/playground`)).text();
  const apiUrl = `http://${decodeURIComponent(/fga_api_host=([^&]+)/.exec(page)?.[1] ?? "")}`;
  const { stores } = await createClient({ apiUrl }).listStores();
  expect(stores).toHaveLength(1);
  const copy = createClient({ apiUrl, timeoutMilliseconds: 5000 });
  const tuples = (await copy.read({}, { storeId: stores[0]?.id ?? "" })).tuples.map(({ key }) => key);
  expect(tuples).toContainEqual(
    expect.objectContaining({ user: "organization:sunward", relation: "owner", object: "plant:7" }),
  );
  expect(JSON.stringify(tuples)).not.toContain("record");
  playground.child.kill("SIGINT");
  expect(await playground.ended).toBe(0);
  await expect(fetch(`${apiUrl}/healthz`)).rejects.toThrow();
  await createClient(connection()).deleteStore({ storeId: opened.storeId });
});

test("the command copies to an OpenFGA that runs already, as in the compose file, and ends", async ({ ownServer }) => {
  const name = `playground ${Date.now()}`;
  const { storeId } = await openStore({ ...connection(), store: name, model: MODEL, allowPush: false });
  await ownServer.stop();
  const target = await ownServer.restart({ open: true });
  const env = { ...environmentOf(connection()), OPENFGA_STORE: name, PLAYGROUND_API_URL: target.apiUrl };
  const playground = run(env);
  expect(await playground.ended).toBe(0);
  await playground.printed(/0 of 0 tuples[.]\nCopied to/);
  const { stores } = await createClient(target).listStores();
  expect(stores.map((store) => store.name)).toEqual([expect.stringMatching(/^concordat \d{4}-\d\d-\d\dT[\d.]+$/)]);
  await createClient(connection()).deleteStore({ storeId });
});

test("the command fails and says why where there is no store", async () => {
  const env = { ...environmentOf(connection()), OPENFGA_STORE: "not there" };
  const playground = run(env);
  await playground.printed(/There is no store "not there"/);
  expect(await playground.ended).toBe(1);
});
