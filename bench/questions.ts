/**
 * Questions of each kind, whose answers follow from how they were drawn: a path of that
 * kind leads there, or for a stranger none at all. Pure, and no question twice.
 */
import type { OrganizationId } from "../src/domain/ids.ts";
import { PERMISSION_OF, RUNGS, SHARED_ROLES } from "../src/domain/roles.ts";
import { type Random, seededRandom } from "./random.ts";
import type { Question } from "./system.ts";
import type { World } from "./world.ts";

/** Owner's admin, own job role, partner's admin, delegate, delegate through a portfolio, somebody with no path. */
export const KINDS = ["admin", "job", "partner", "delegate", "portfolio", "stranger"] as const;
export type Kind = (typeof KINDS)[number];

/** The answer to every question of a kind. */
export const ANSWER = {
  admin: true,
  job: true,
  partner: true,
  delegate: true,
  portfolio: true,
  stranger: false,
} as const satisfies Record<Kind, boolean>;

/** So many draws in a row that bring nothing new mean that there is little left. */
const VAIN_DRAWS_MAX = 200;

/** At most `count` different questions of each kind about what `about` says; fewer where a small world has no more. */
export function makeQuestions(
  world: World,
  count: number,
  seed: number,
  about: (object: string) => boolean = () => true,
): Record<Kind, Question[]> {
  const random = seededRandom(seed);
  const draws = drawsOf(world, random);
  const drawn = (kind: Kind): Question[] => {
    const questions = new Map<string, Question>();
    for (let vain = 0; questions.size < count && vain < VAIN_DRAWS_MAX; ) {
      const question = draws[kind]();
      const text = question && Object.values(question).join(" ");
      if (question === undefined || text === undefined || questions.has(text) || !about(question.object)) {
        vain++;
        continue;
      }
      vain = 0;
      questions.set(text, question);
    }
    return [...questions.values()];
  };
  return {
    admin: drawn("admin"),
    job: drawn("job"),
    partner: drawn("partner"),
    delegate: drawn("delegate"),
    portfolio: drawn("portfolio"),
    stranger: drawn("stranger"),
  };
}

/** One of each kind, one of each kind again, as long as every kind has one. */
export function interleaved(questions: Record<Kind, Question[]>): Question[] {
  const length = Math.min(...KINDS.map((kind) => questions[kind].length));
  return Array.from({ length }, (_, n) => KINDS.map((kind) => questions[kind][n] as Question)).flat();
}

/** A function for each kind that draws a question; undefined when the draw gives none. */
function drawsOf(world: World, random: Random): Record<Kind, () => Question | undefined> {
  const ask = (user: string, rung: keyof typeof PERMISSION_OF, object: string): Question => ({
    user: `user:${user}`,
    relation: PERMISSION_OF[rung],
    object,
  });
  const plants = world.resources.filter(({ ref }) => ref.startsWith("plant:"));
  const plantsIn = Map.groupBy(plants, ({ portfolio }) => `portfolio:${portfolio}`);
  const admins = Map.groupBy(
    world.people.filter(({ role }) => role === "admin"),
    ({ organization }) => organization,
  );
  const adminOf = (organization: OrganizationId | undefined) =>
    random.one((organization && admins.get(organization)) ?? []).user;
  const cooperations = new Map(world.cooperations.map((cooperation) => [cooperation.id, cooperation]));
  const partnerOf = (share: World["shares"][number]) => cooperations.get(share.cooperation)?.partner;
  const shares = new Map(world.shares.map((share) => [share.id, share]));
  const sharedWith = Map.groupBy(world.shares, ({ resource }) => resource);
  const direct = world.shares.filter(({ resource }) => resource.startsWith("plant:"));
  const resourceOf = (delegation: World["delegations"][number]) => shares.get(delegation.share)?.resource ?? "";
  const [onPlants, onPortfolios] = [
    world.delegations.filter((delegation) => resourceOf(delegation).startsWith("plant:")),
    world.delegations.filter((delegation) => resourceOf(delegation).startsWith("portfolio:")),
  ];

  return {
    admin: () => {
      const { ref, owner } = random.one(plants);
      return ask(adminOf(owner), random.one(RUNGS.operator), ref);
    },
    job: () => {
      const { ref, user, role } = random.one(world.jobRoles);
      return ask(user, random.one(RUNGS[role]), ref);
    },
    partner: () => {
      const share = random.one(direct);
      return ask(adminOf(partnerOf(share)), random.one(RUNGS[share.role]), share.resource);
    },
    delegate: () => {
      const delegation = random.one(onPlants);
      return ask(delegation.user, random.one(RUNGS[delegation.role]), resourceOf(delegation));
    },
    portfolio: () => {
      const delegation = random.one(onPortfolios);
      const { ref } = random.one(plantsIn.get(resourceOf(delegation)) ?? []);
      return ask(delegation.user, random.one(RUNGS[delegation.role]), ref);
    },
    stranger: () => {
      const { ref, owner, portfolio } = random.one(plants);
      const through = [...(sharedWith.get(ref) ?? []), ...(sharedWith.get(`portfolio:${portfolio}`) ?? [])];
      const { user, organization } = random.one(world.people);
      if (organization === owner || through.some((share) => partnerOf(share) === organization)) return undefined;
      // what may cross: the engine then looks along every share before it says no
      return ask(user, random.one(SHARED_ROLES), ref);
    },
  };
}
