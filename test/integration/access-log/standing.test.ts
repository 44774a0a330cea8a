/** What an access was by the records that are kept, against what the engine and the explanation say of the same one. */
import { expect } from "vitest";
import { createStanding } from "../../../src/access-log/standing.ts";
import { findAccessPath } from "../../../src/check/access-path.ts";
import { RECORDED_DENIALS } from "../../../src/domain/access-log/lines.ts";
import { PERMISSION_OF } from "../../../src/domain/roles.ts";
import type { Engine, Question, TupleStore } from "../../../src/ports.ts";
import { grantsOf } from "../../../src/queries/explain/grants.ts";
import { cooperationHead } from "../../../src/store/snapshot.ts";
import { cooperate, createService, type Service, seedWorld, test } from "../../support/service.ts";

type Parts = { tupleStore: TupleStore; engine: Engine };
const OWNER = "organization:sunward";

/** The records with their reads counted. */
function standingOver({ tupleStore, engine }: Parts) {
  const counted = { reads: 0, questions: 0 };
  const reads = {
    read: (...asked: Parameters<TupleStore["read"]>) => {
      counted.reads++;
      return tupleStore.read(...asked);
    },
    readSome: (...asked: Parameters<TupleStore["readSome"]>) => {
      counted.reads++;
      return tupleStore.readSome(...asked);
    },
  };
  const batchCheck: Engine["batchCheck"] = (...asked) => {
    counted.questions++;
    return engine.batchCheck(...asked);
  };
  const partnerOf = async (id: string) => (await cooperationHead(reads, id as never)).value?.partner;
  return { standing: createStanding({ engine: { batchCheck }, reads, partnerOf }), counted };
}

const access = (user: string, relation: string, object: string, tokens: [string, string] | [] = ["u1", "o1"]) => {
  const question: Question = { user: `user:${user}`, relation, object };
  return { question, first: Date.now(), userToken: tokens[0], ownerToken: tokens[1] };
};

/** Two cooperations of one pair, one of them paused, in which much is shared twice; and people of both sides. */
async function busyWorld(service: Service) {
  await seedWorld(service);
  const put = async (path: string, body: object) =>
    expect((await service.admin("PUT", path, body)).status).toBeLessThan(300);
  await put("/v1/organizations/third", { name: "Third" });
  await put("/v1/organizations/third/people/zoe", { role: "admin", email: "zoe@third.example" });
  await put("/v1/organizations/sunward/people/both", { role: "member", email: "both@sunward.example" });
  await put("/v1/organizations/brightfix/people/both", { role: "admin", email: "both@sunward.example" });
  await put("/v1/plants/9", { owner: "sunward", name: "Not shared" });
  await put("/v1/plants/7/roles/otto", { role: "technical_manager" });
  const paused = await cooperate(service, [{ resource: "plant:7", role: "asset_manager" }]);
  const open = await cooperate(service, [
    { resource: "plant:7", role: "technical_manager" },
    { resource: "portfolio:north", role: "viewer" },
    { resource: "plant:8", role: "technical_manager" },
  ]);
  const delegate = async (share: string | undefined, user: string, role: string) =>
    expect((await service.as("ben", "PUT", `/v1/shares/${share}/delegations/${user}`, { role })).status).toBe(201);
  await delegate(paused.shares[0], "tom", "asset_manager");
  await delegate(open.shares[0], "tom", "viewer");
  await delegate(open.shares[1], "tom", "viewer");
  expect((await service.as("anna", "POST", `/v1/cooperations/${paused.id}/pause`)).status).toBe(200);
  return { paused, open };
}

test("whoever it is and whatever they ask: a path that is said is one by which the engine allows it, and a no that is left out has no grant", async ({
  tupleStore,
  engine,
}) => {
  const service = createService({ tupleStore, engine });
  await busyWorld(service);
  const { standing } = standingOver({ tupleStore, engine });
  const view = PERMISSION_OF.viewer;
  const isRecorded = ({ code }: { code: string }) => RECORDED_DENIALS.some((recorded) => recorded === code);
  const recordedOf = async (question: Question) => {
    const { grants } = await grantsOf(tupleStore, question, new Date());
    return grants.filter(({ denials }) => denials.every(isRecorded)).map(({ share }) => share);
  };
  const said = { own: 0, through: 0, without: 0, left: 0 };
  for (const user of ["anna", "otto", "ben", "tom", "eva", "zoe", "both", "nobody"])
    for (const relation of Object.values(PERMISSION_OF))
      for (const object of ["plant:7", "plant:8", "plant:9", "portfolio:north"]) {
        const one = access(user, relation, object);
        const { question } = one;
        const what = JSON.stringify(question);
        if (await engine.check(question, new Date())) {
          const found = await standing.pathOfYes(one, OWNER);
          if (found === undefined) said.left++;
          else if (found.path === "own") {
            const { accessPath } = await findAccessPath({ engine, clock: () => new Date() }, question, {
              owner: OWNER,
            });
            expect(accessPath, what).toBe("own");
            said.own++;
          } else {
            const { grants } = await grantsOf(tupleStore, question, new Date());
            const giving = grants.filter(({ denials }) => denials.length === 0).map(({ share }) => share);
            expect(giving, what).toContain(found.path.share);
            said.through++;
          }
        } else if (await standing.isWithoutGrant(one)) {
          // what is never shared is denied to all: only who could view has a grant
          const [asked, viewer] = await Promise.all([question, { ...question, relation: view }].map(recordedOf));
          expect(
            asked?.filter((share) => viewer?.includes(share)),
            what,
          ).toEqual([]);
          said.without++;
        } else said.left++;
      }
  expect(said.own).toBeGreaterThan(10);
  expect(said.through).toBeGreaterThan(5);
  expect(said.without).toBeGreaterThan(30);
});

test("of two shares it is said through which it was: the one that is not paused, and the one that was delegated", async ({
  tupleStore,
  engine,
}) => {
  const service = createService({ tupleStore, engine });
  const { open } = await busyWorld(service);
  const { standing } = standingOver({ tupleStore, engine });
  const view = PERMISSION_OF.viewer;
  expect(await standing.pathOfYes(access("ben", view, "plant:7"), OWNER)).toEqual({
    path: { cooperation: open.id, share: open.shares[0] },
    isOnly: false,
  });
  expect(await standing.pathOfYes(access("tom", view, "plant:8"), OWNER)).toEqual({
    path: { cooperation: open.id, share: open.shares[1] },
    isOnly: true,
  });
  // somebody of both sides may have it as own people, or not
  expect(await standing.pathOfYes(access("both", view, "plant:7"), OWNER)).toBeUndefined();
});

test("a person and a resource are read once for as long as their tokens are the same, and anew under others or none", async ({
  tupleStore,
  engine,
}) => {
  const service = createService({ tupleStore, engine });
  await seedWorld(service);
  const { standing, counted } = standingOver({ tupleStore, engine });
  const readsOf = async (ask: () => Promise<unknown>) => {
    const before = counted.reads;
    await ask();
    return counted.reads - before;
  };
  const view = PERMISSION_OF.viewer;
  const ofBen = (tokens?: [string, string] | []) => standing.isWithoutGrant(access("ben", view, "plant:7", tokens));
  expect(await readsOf(() => standing.pathOfYes(access("anna", view, "plant:7"), OWNER))).toBe(1);
  expect(await readsOf(() => standing.pathOfYes(access("anna", view, "plant:8"), OWNER))).toBe(0);
  expect(await ofBen()).toBe(true);
  expect(await readsOf(() => ofBen())).toBe(0);
  await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
  // what the cache's tokens say is taken for true, and they say otherwise after a change
  expect(await ofBen()).toBe(true);
  expect(await ofBen(["u1", "o2"])).toBe(false);
  expect(await readsOf(() => ofBen([]))).toBeGreaterThan(0);
  expect(await readsOf(() => ofBen([]))).toBeGreaterThan(0);
  expect(counted.questions).toBe(0);
});
