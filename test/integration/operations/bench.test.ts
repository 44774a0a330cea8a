/** The bench's world and questions: what it measures is what the service would have, and its answers are the laws'. */
import { describe, expect } from "vitest";
import { evaluationRequest } from "../../../bench/authzen.ts";
import { IMPORT_LINES, OPERATIONS, type OperationWorkload } from "../../../bench/operations.ts";
import { ANSWER, KINDS, makeQuestions } from "../../../bench/questions.ts";
import { makeStreams, type Workload } from "../../../bench/streams.ts";
import type { Sent } from "../../../bench/system.ts";
import { operationRequest } from "../../../bench/systems/concordat-operations.ts";
import { makeWorld } from "../../../bench/world.ts";
import { isRelationship, tuplesOfWorld } from "../../../bench/world-tuples.ts";
import { diagnose } from "../../../src/queries/doctor.ts";
import { allowed, keyOf } from "../../support/oracle.ts";
import { KEYS, type Service, test } from "../../support/service.ts";

const world = makeWorld(0.01, 1);

test("the same scale and seed make the same world, another seed another one", () => {
  expect(makeWorld(0.01, 1)).toEqual(world);
  expect(makeWorld(0.01, 2)).not.toEqual(world);
});

test("at scale 1 the world has what the figures are published for", () => {
  const { organizations, resources, cooperations, shares, delegations } = makeWorld(1, 1);
  expect({
    organizations: organizations.length,
    plants: resources.filter(({ ref }) => ref.startsWith("plant:")).length,
    cooperations: cooperations.length,
    shares: shares.length,
    delegations: delegations.length,
  }).toEqual({ organizations: 100, plants: 10_000, cooperations: 2000, shares: 12_000, delegations: 36_000 });
});

test("an organization cooperates with as many others on a tenth of the world as on all of it", () => {
  const otherSides = (scale: number) => {
    const { organizations, cooperations } = makeWorld(scale, 1);
    return organizations.map((one) => {
      const own = cooperations.filter(({ initiator, partner }) => initiator === one || partner === one);
      return new Set(own.flatMap(({ initiator, partner }) => [initiator, partner])).size - 1;
    });
  };
  expect(new Set([...otherSides(0.1), ...otherSides(1)])).toEqual(new Set([8]));
});

test("doctor finds nothing in the world, and detects a tuple that is taken out", () => {
  const tuples = tuplesOfWorld(world);
  expect(diagnose(tuples)).toEqual([]);
  const log = tuples.findIndex(({ relation }) => relation === "log");
  expect(diagnose(tuples.toSpliced(log, 1))).not.toEqual([]);
});

test("every question has the answer that the laws give", () => {
  const yes = allowed(asOracle());
  const questions = makeQuestions(world, 300, 1);
  for (const kind of KINDS) {
    expect(questions[kind].length, kind).toBeGreaterThan(100);
    const answers = questions[kind].map(({ user, relation, object }) =>
      yes.has(keyOf(user.slice("user:".length), relation, object)),
    );
    expect(new Set(answers), kind).toEqual(new Set([ANSWER[kind]]));
  }
});

describe("the operations, sent to the service on the world", () => {
  const authorization = { Authorization: `Bearer ${KEYS.all}` };
  const requestsOf = (workload: Workload) =>
    makeStreams(world).requests(
      {
        request: (question) => evaluationRequest(question, authorization),
        operation: (operation) => operationRequest(operation, authorization),
      },
      workload,
    );
  const PAIRS = 10;

  /** Sends requests as walk.lua does, and gives the replies; each is a success. */
  function senderTo({ app }: Service): (requests: readonly Sent[]) => Promise<string[]> {
    let made = "";
    return async (requests) => {
      const replies: string[] = [];
      for (const { method, path, headers, body } of requests) {
        const target = path.replace("{id}", made);
        const reply = await app.request(target, { method, headers, ...(body !== "" && { body }) });
        const text = await reply.text();
        expect([200, 201], `${method} ${target} ${body}: ${reply.status} ${text}`).toContain(reply.status);
        made = reply.headers.get("Location")?.split("/").at(-1) ?? made;
        replies.push(text);
      }
      return replies;
    };
  }

  async function load({ deps: { tupleStore } }: Service): Promise<void> {
    const tuples = tuplesOfWorld(world);
    for (let from = 0; from < tuples.length; from += 100)
      expect(await tupleStore.write({ deletes: [], writes: tuples.slice(from, from + 100) })).toBe("committed");
  }

  const relationships = async ({ deps: { tupleStore } }: Service) =>
    (await tupleStore.readAll())
      .filter(isRelationship)
      .map((tuple) => JSON.stringify(tuple))
      .sort();

  test("actions are answered, and each pair leaves the world as it was; half a pair does not", async ({ service }) => {
    await load(service);
    const send = senderTo(service);
    const before = await relationships(service);
    const actions = OPERATIONS.filter((workload) => workload.startsWith("action:"));
    expect(actions.length).toBe(3);
    for (const workload of actions) {
      const [first, second, ...rest] = requestsOf(workload).slice(0, 2 * PAIRS);
      expect(rest.length, workload).toBe(2 * PAIRS - 2);
      await send([first as Sent]);
      expect(await relationships(service), workload).not.toEqual(before);
      await send([second as Sent, ...rest]);
      await service.settled();
      expect(await relationships(service), workload).toEqual(before);
    }
    expect(diagnose(await service.deps.tupleStore.readAll())).toEqual([]);
  });

  test("every connection's part of the mix has whole pairs of actions, which leave the world as it was", async ({
    service,
  }) => {
    await load(service);
    const send = senderTo(service);
    const before = await relationships(service);
    const requests = requestsOf("mix");
    const part = requests.slice(0, requests.length / 32);
    const actions = part.filter(({ isAction }) => isAction);
    expect(actions.length).toBe(part.length / 100);
    await send(actions.slice(0, -1));
    expect(await relationships(service)).not.toEqual(before);
    await send(actions.slice(-1));
    expect(await relationships(service)).toEqual(before);
  });

  test("lists, searches and explanations are answered, and have something in them", async ({ service }) => {
    await load(service);
    const send = senderTo(service);
    const lengths: Record<string, (reply: { items: []; results: []; paths: [] }) => number> = {
      "list:cooperations": ({ items }) => items.length,
      "list:incoming": ({ items }) => items.length,
      "search:resource": ({ results }) => results.length,
      explain: ({ paths }) => paths.length,
    };
    for (const [workload, lengthOf] of Object.entries(lengths)) {
      const replies = await send(requestsOf(workload as OperationWorkload).slice(0, PAIRS));
      expect(replies.length, workload).toBeGreaterThan(3);
      const found = replies.map((reply) => lengthOf(JSON.parse(reply)));
      expect(Math.max(...found), workload).toBeGreaterThan(0);
    }
  });

  test("an import takes each of its lines, and is new only once", async ({ service }) => {
    await load(service);
    const send = senderTo(service);
    const [first] = requestsOf("import");
    const end = async () => JSON.parse((await send([first as Sent]))[0]?.trim().split("\n").at(-1) ?? "");
    expect(await end()).toMatchObject({ event: "end", done: IMPORT_LINES, same: 0, refused: 0 });
    expect(await end()).toMatchObject({ event: "end", done: 0, same: IMPORT_LINES, refused: 0 });
  });
});

/** The world in the oracle's words. */
function asOracle(): Parameters<typeof allowed>[0] {
  const until = (expiresAt: string | undefined) =>
    expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(expiresAt);
  return {
    now: Date.now(),
    people: new Map(
      world.organizations.map((organization) => [
        organization,
        new Map(world.people.flatMap((one) => (one.organization === organization ? [[one.user, one.role]] : []))),
      ]),
    ),
    resources: new Map(
      world.resources.map(({ ref, owner, portfolio }) => [
        ref,
        {
          owner,
          portfolio: portfolio && `portfolio:${portfolio}`,
          jobs: new Map(world.jobRoles.flatMap((one) => (one.ref === ref ? [[one.user, one.role]] : []))),
        },
      ]),
    ),
    cooperations: world.cooperations.map((cooperation) => ({
      ...cooperation,
      status: "active",
      starts: Number.NEGATIVE_INFINITY,
      until: until(cooperation.expiresAt),
      shares: world.shares.flatMap((share) =>
        share.cooperation !== cooperation.id
          ? []
          : [
              {
                ...share,
                starts: Number.NEGATIVE_INFINITY,
                until: until(share.expiresAt),
                steps: Number.POSITIVE_INFINITY,
                removed: false,
                delegations: new Map(
                  world.delegations.flatMap(({ share: of, user, role, expiresAt }) =>
                    of === share.id ? [[user, { role, until: until(expiresAt) }]] : [],
                  ),
                ),
              },
            ],
      ),
    })),
  };
}
