/**
 * The world that every system is loaded with: organizations, their people and plants,
 * and what they share. Pure, and the same for the same scale and seed. How many tuples
 * concern one person, plant or share does not depend on the scale, nor with how many others an organization cooperates.
 */
import { CooperationId, OrganizationId, PortfolioId, type ResourceRef, ShareId, UserId } from "../src/domain/ids.ts";
import { delegable, JOB_ROLES, type JobRole, SHARED_ROLES, type SharedRole } from "../src/domain/roles.ts";
import { type Random, seededRandom } from "./random.ts";

/** Organizations and users are ids without a type; resources are references. Dates are RFC 3339 in UTC, none has come. */
export type World = {
  organizations: OrganizationId[];
  people: { organization: OrganizationId; user: UserId; role: "admin" | "member" }[];
  /** `portfolio` is the id of the one that a plant lies in, without its type. */
  resources: { ref: ResourceRef; owner: OrganizationId; portfolio?: PortfolioId }[];
  jobRoles: { ref: ResourceRef; user: UserId; role: JobRole }[];
  /** All of them are active. */
  cooperations: { id: CooperationId; initiator: OrganizationId; partner: OrganizationId; expiresAt?: string }[];
  shares: { id: ShareId; cooperation: CooperationId; resource: ResourceRef; role: SharedRole; expiresAt?: string }[];
  delegations: { share: ShareId; user: UserId; role: SharedRole; expiresAt?: string }[];
};

const ORGANIZATIONS = 100;
const ADMINS_EACH = 2;
const MEMBERS_EACH = 38;
const PLANTS_EACH = 100;
const PORTFOLIOS_EACH = 5;
const COOPERATIONS_EACH = 20;
/** So few that a tenth of the world has as many other sides for each: a list reads the name of each other side once. */
const PARTNERS_EACH = 4;
const SHARES_EACH = 6;
const DELEGATIONS_EACH = 3;
/** One in so many shares is of a portfolio; one in so many cooperations, shares and delegations has a date. */
const ONE_IN = 10;
/** So that most plants have strangers left. */
const ORGANIZATIONS_MIN = 4;

/** Scale 1 is the world of the published figures: 10 000 plants, 2 000 cooperations, 12 000 shares, 36 000 delegations. */
export function makeWorld(scale: number, seed: number): World {
  const random = seededRandom(seed);
  const count = Math.max(ORGANIZATIONS_MIN, Math.round(ORGANIZATIONS * scale));
  const organizations = Array.from({ length: count }, (_, n) => OrganizationId.parse(`org-${n}`));
  const world: World = {
    organizations,
    people: [],
    resources: [],
    jobRoles: [],
    cooperations: [],
    shares: [],
    delegations: [],
  };
  for (const organization of organizations) addOwn(world, organization, random);
  for (const [index, initiator] of organizations.entries())
    for (let nth = 0; nth < COOPERATIONS_EACH; nth++) {
      // the next ones in a circle: never itself, each as often as any other
      const partner = organizations[(index + 1 + (nth % Math.min(PARTNERS_EACH, count - 1))) % count] as OrganizationId;
      addCooperation(world, initiator, partner, random);
    }
  return world;
}

function addOwn(world: World, organization: OrganizationId, random: Random): void {
  for (const user of adminsOf(organization)) world.people.push({ organization, user, role: "admin" });
  for (const user of membersOf(organization)) world.people.push({ organization, user, role: "member" });
  for (const ref of portfoliosOf(organization)) world.resources.push({ ref, owner: organization });
  for (const ref of plantsOf(organization)) {
    const portfolio = portfolioOf(organization, ref);
    world.resources.push({ ref, owner: organization, ...(portfolio !== undefined && { portfolio }) });
    world.jobRoles.push({ ref, user: random.one(membersOf(organization)), role: random.one(JOB_ROLES) });
  }
}

function addCooperation(world: World, initiator: OrganizationId, partner: OrganizationId, random: Random): void {
  const cooperation = CooperationId.parse(ulidOf(world.cooperations.length));
  world.cooperations.push({ id: cooperation, initiator, partner, ...someDate(random) });
  // a plant in a portfolio is shared through it alone, so that each kind of question has one path
  const loose = plantsOf(initiator).filter((ref) => portfolioOf(initiator, ref) === undefined);
  const portfolios = Array.from({ length: SHARES_EACH }, () => random.below(ONE_IN)).filter((n) => n === 0).length;
  const resources = random.several(portfoliosOf(initiator), portfolios);
  for (const resource of [...resources, ...random.several(loose, SHARES_EACH - resources.length)]) {
    const share = ShareId.parse(ulidOf(world.shares.length));
    const role = random.one(SHARED_ROLES);
    world.shares.push({ id: share, cooperation, resource, role, ...someDate(random) });
    for (const user of random.several(membersOf(partner), DELEGATIONS_EACH))
      world.delegations.push({ share, user, role: random.one(delegable(role)), ...someDate(random) });
  }
}

const named = (organization: string, what: string, count: number) =>
  Array.from({ length: count }, (_, n) => `${organization}-${what}-${n}`);
const adminsOf = (organization: string) => named(organization, "admin", ADMINS_EACH).map((id) => UserId.parse(id));
const membersOf = (organization: string) => named(organization, "member", MEMBERS_EACH).map((id) => UserId.parse(id));
const plantsOf = (organization: string) =>
  named(organization, "plant", PLANTS_EACH).map((id): ResourceRef => `plant:${id}`);
const portfoliosOf = (organization: string) =>
  named(organization, "portfolio", PORTFOLIOS_EACH).map((id): ResourceRef => `portfolio:${id}`);

/** Every second plant lies in a portfolio. */
function portfolioOf(organization: string, plant: ResourceRef): PortfolioId | undefined {
  const n = Number(plant.slice(plant.lastIndexOf("-") + 1));
  return n % 2 === 0 ? undefined : PortfolioId.parse(`${organization}-portfolio-${((n - 1) / 2) % PORTFOLIOS_EACH}`);
}

/** A ULID of the first millisecond; they sort as they were made. */
const ulidOf = (n: number) => String(n).padStart(26, "0");

/** For one in ten a day of the 2090s: no run is so late that one has come. */
function someDate(random: Random): { expiresAt?: string } {
  if (random.below(ONE_IN) > 0) return {};
  return { expiresAt: `209${random.below(10)}-0${1 + random.below(9)}-1${random.below(10)}T00:00:00Z` };
}
