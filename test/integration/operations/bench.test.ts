/** The bench's world and questions: what it measures is what the service would have, and its answers are the laws'. */
import { expect, test } from "vitest";
import { ANSWER, KINDS, makeQuestions } from "../../../bench/questions.ts";
import { makeWorld } from "../../../bench/world.ts";
import { tuplesOfWorld } from "../../../bench/world-tuples.ts";
import { diagnose } from "../../../src/queries/doctor.ts";
import { allowed, keyOf } from "../../support/oracle.ts";

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
      until: until(cooperation.expiresAt),
      shares: world.shares.flatMap((share) =>
        share.cooperation !== cooperation.id
          ? []
          : [
              {
                ...share,
                until: until(share.expiresAt),
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
