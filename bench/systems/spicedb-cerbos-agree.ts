/**
 * Sees that SpiceDB's schema and Cerbos' policies keep the laws as model.fga does: on a
 * small world where much has lapsed or soon will, where people have left or are in two
 * organizations and delegations exceed their share, each answer is the real OpenFGA's.
 */
import { idOfType } from "../../src/domain/ids.ts";
import { PERMISSION_OF, SHARED_ROLES } from "../../src/domain/roles.ts";
import { agree, type Expected } from "../agree.ts";
import { type Random, seededRandom } from "../random.ts";
import type { Question, StartSystem, System } from "../system.ts";
import { makeWorld, type World } from "../world.ts";
import { startCerbos } from "./cerbos.ts";
import { startOpenFga } from "./openfga.ts";
import { startSpicedb } from "./spicedb.ts";

const SCALE = 0.01;
const SEED = 1;
const PLANTS = 3;
const PORTFOLIOS = 1;
const HOUR_MS = 3_600_000;
const PERMISSIONS = [...Object.values(PERMISSION_OF), "can_share"];

/** Everybody asks every permission on some resources, now and, of what takes a time, in two hours. Throws with the first disagreement. */
export async function agreeWithModel(now: Date): Promise<void> {
  const random = seededRandom(SEED);
  const plain = makeWorld(SCALE, SEED);
  const world = disordered(plain, now, random);
  const resources = [...mostShared(world, "plant:", PLANTS), ...mostShared(world, "portfolio:", PORTFOLIOS)];
  const questions = plain.people.flatMap(({ user }) =>
    resources.flatMap((object) => PERMISSIONS.map((relation) => ({ user: `user:${user}`, relation, object }))),
  );
  const before = await compare(world, questions, now, [startSpicedb, startCerbos]);
  const later = new Date(now.getTime() + 2 * HOUR_MS);
  const after = await compare(world, questions, later, [startCerbos]);
  const lapsed = before.filter(({ answer }, n) => answer && !after[n]?.answer).length;
  const held = after.filter(({ answer }) => answer).length;
  // else the questions would prove nothing about dates, or nothing at all
  if (lapsed === 0 || held === 0 || held === after.length) throw new Error("the questions prove nothing");
}

/** OpenFGA's answers at that time. Throws when one of the others gives another. */
async function compare(world: World, questions: Question[], at: Date, others: StartSystem[]): Promise<Expected[]> {
  const running: System[] = [];
  const start = async (startSystem: StartSystem) => {
    const system = await startSystem(world, at);
    if ("reason" in system) throw new Error(system.reason);
    running.push(system);
    return system;
  };
  try {
    const expected: Expected[] = [];
    const model = await start(startOpenFga);
    for (const question of questions) expected.push({ question, answer: await model.answer(question) });
    for (const other of others) await agree(await start(other), expected);
    return expected;
  } finally {
    await Promise.all(running.map((system) => system.stop()));
  }
}

/** Those with the most shares on them. */
function mostShared(world: World, type: string, count: number): string[] {
  const shares = [...Map.groupBy(world.shares, ({ resource }) => resource)];
  return shares
    .filter(([ref]) => ref.startsWith(type))
    .sort(([, a], [, b]) => b.length - a.length)
    .slice(0, count)
    .map(([ref]) => ref);
}

/** The same world after a wild history. */
function disordered(world: World, now: Date, random: Random): World {
  const inHours = (hours: number) => `${new Date(now.getTime() + hours * HOUR_MS).toISOString().slice(0, 19)}Z`;
  const dated = <T extends { expiresAt?: string }>(thing: T): T => {
    const { expiresAt: _, ...undated } = thing;
    const hours = random.one([undefined, undefined, -1, 1, 24]);
    return (hours === undefined ? undated : { ...undated, expiresAt: inHours(hours) }) as T;
  };
  const stayed = world.people.filter(() => random.below(5) > 0);
  const elsewhere = world.people.flatMap(({ organization, user }) => {
    const other = random.one(world.organizations);
    return other === organization || random.below(5) > 0
      ? []
      : [{ organization: other, user, role: random.one(["admin", "member"] as const) }];
  });
  const portfolios = Map.groupBy(
    world.resources.filter(({ ref }) => ref.startsWith("portfolio:")),
    ({ owner }) => owner,
  );
  return {
    ...world,
    // a plant that is shared itself lies in a portfolio that is shared too
    resources: world.resources.map((resource) =>
      resource.ref.startsWith("plant:")
        ? { ...resource, portfolio: idOfType("portfolio", random.one(portfolios.get(resource.owner) ?? []).ref) }
        : resource,
    ),
    people: [...stayed, ...elsewhere],
    cooperations: world.cooperations.map(dated),
    shares: world.shares.map(dated),
    delegations: world.delegations.map((delegation) => dated({ ...delegation, role: random.one(SHARED_ROLES) })),
  };
}
