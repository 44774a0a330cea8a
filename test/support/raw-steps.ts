/**
 * Raw tuples among the steps of the property test. A `write` says with tuples what other
 * steps say under `/v1`, one to three at once, and is held to what the oracle makes of
 * those, in their order. A `raw` is any tuples at all, sensible and hostile; whatever
 * became of it is read back from the store and held to the laws alone.
 */
import { RELATIONS } from "../../src/domain/relations.ts";
import type { Tuple } from "../../src/domain/tuples.ts";
import type { TupleStore } from "../../src/ports.ts";
import { inOrganization } from "./oracle.ts";
import { apply } from "./oracle-effects.ts";
import { refusalOfDelegation } from "./oracle-policy.ts";
import { outcomeOf, type Step, type World } from "./oracle-refusals.ts";
import { type Draw, RESOURCES, stepOf, USERS } from "./steps.ts";

type Key = { user: string; relation: string; object: string };
type Raw = Key & { condition?: { name: string; context?: Record<string, unknown> } };
type Lenient = { lenient: boolean; by: string | undefined };

/** The steps that tuples can say. */
const SAID = ["put_person", "remove_person", "give_job", "take_job", "register", "unregister"] as const;
const DELEGATED = ["delegate", "revoke"] as const;
type Said = Extract<Step, { do: (typeof SAID)[number] | (typeof DELEGATED)[number] }>;

export type RawStep =
  | ({ do: "write"; steps: Said[]; alt: boolean } & Lenient)
  | ({ do: "raw"; writes: Raw[]; deletes: Key[] } & Lenient);

export const isRawDraw = (draw: Draw) => draw.kind === "write" || draw.kind === "raw";

/** Numbers from a draw's, as many as are asked for (mulberry32). */
function numbersOf({ n }: Draw): (below: number) => number {
  let state = n.reduce((sum, one) => (Math.imul(sum, 61) + one) | 0, 7);
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** What a step is about: two about one thing in one request would be one change. */
const subjectOf = (step: Said) =>
  JSON.stringify(
    "organization" in step
      ? ["person", step.organization, step.user]
      : "share" in step
        ? ["delegation", step.share, step.user]
        : ["user" in step ? step.user : "resource", step.resource],
  );

/** The raw step that a draw means in this world; undefined where there is nothing to take it on. */
export function rawStepOf(world: World, draw: Draw): RawStep | undefined {
  const next = numbersOf(draw);
  const lenient = next(2) === 0;
  if (draw.kind === "raw") return anyTuples(world, draw, next, lenient);
  const kinds = next(3) === 0 ? DELEGATED : SAID;
  const steps: Said[] = [];
  let by: string | undefined;
  for (let count = 1 + next(3); count > 0; count--) {
    const n = Array.from({ length: 6 }, () => next(60));
    const step = stepOf(world, { ...draw, kind: kinds[next(kinds.length)] ?? "put_person", n }) as Said | undefined;
    // no tuple can say that operator crosses: the model has no such relation
    if (step === undefined || (step.do === "delegate" && step.role === "operator")) continue;
    by ??= kinds === DELEGATED ? step.by : undefined;
    // nor an address
    const said = step.do === "put_person" ? { ...step, email: undefined } : step;
    if (!steps.some((one) => subjectOf(one) === subjectOf(said))) steps.push({ ...said, by });
  }
  return steps.length === 0 ? undefined : { do: "write", by, steps, alt: next(2) === 0, lenient };
}

function pick<T>(list: readonly T[], next: (below: number) => number): T {
  if (list.length === 0) throw new Error("nothing to choose from: a type of the model that this does not know?");
  return list[next(list.length)] as T;
}

/** Tuples of everybody and everything, most of them of a shape that the model has. */
function anyTuples(world: World, { fits, hours }: Draw, next: (below: number) => number, lenient: boolean): RawStep {
  const organizations = [...world.people.keys()];
  const shares = world.cooperations.flatMap((one) => one.shares.map(({ id }) => `share:${id}`));
  const objects: Record<string, string[]> = {
    organization: organizations.map((one) => `organization:${one}`),
    plant: [...RESOURCES.filter((ref) => ref.startsWith("plant:")), "plant:new"],
    portfolio: [...RESOURCES.filter((ref) => ref.startsWith("portfolio:")), "portfolio:new"],
    share: [...shares, "share:01HZZZZZZZZZZZZZZZZZZZZZZZ"],
    cooperation: [...world.cooperations.map(({ id }) => `cooperation:${id}`), "cooperation:x"],
    user: USERS.map((one) => `user:${one}`),
    twin: organizations.map((one) => `twin:${one}`),
    sweep: ["sweep:all"],
    receiver: ["receiver:erp"],
    schedule: ["schedule:all", "schedule:2027063022", "schedule:202706302200.sun"],
    due: ["due:ends.cooperation.x"],
    webhook: ["webhook:all", "webhook:/erp", ...organizations.map((one) => `webhook:${one}/erp`)],
    preset: organizations.map((one) => `preset:${one}/standard`),
    email: ["email:x"],
    invitation: ["invitation:x"],
    policy: ["policy:sun"],
    asks: ["asks:x"],
    entry: ["entry:organization.sun.1"],
  };
  const people = USERS.map((one) => `user:${one}`);
  const users = [...Object.values(objects).flat(), "user:*", "organization:sun#admin", "share:x#viewer", "nobody", ""];
  const date = new Date(world.now + (Number.isFinite(hours) ? hours : 99) * 3_600_000).toISOString();
  const conditions: Raw["condition"][] = [
    { name: "not_expired", context: { expires_at: date } },
    { name: "not_expired", context: { expires_at: date, current_time: "2020-01-01T00:00:00Z" } },
    { name: "not_expired" },
    { name: "record", context: { fields: { owner: "sun" } } },
    { name: "nope", context: {} },
  ];
  const anybody = fits[0] ? 20 : 3;
  const admins = world.cooperations.map(({ partner }) => partner).flatMap((one) => adminsOf(world, one));
  const by = next(3) > 0 ? undefined : admins.length > 0 && next(4) > 0 ? pick(admins, next) : pick(USERS, next);
  const fitting = by === undefined ? ["organization", "plant", "portfolio"] : ["share"];
  const writes: Raw[] = [];
  const deletes: Key[] = [];
  const add = () => {
    const type = pick(fits[1] ? fitting : Object.keys(RELATIONS), next);
    const relations = Object.keys(RELATIONS[type] ?? {});
    const admitted = relations.filter((relation) => !/^(head|log|shared_.*|cooperation|upcoming)$/.test(relation));
    const relation = pick(fits[1] ? admitted : [...relations, "can_view", "viewer", "constructor"], next);
    const object = pick(objects[type] ?? [], next);
    // for the most part somebody who may hold it
    const { owner } = world.resources.get(object) ?? {};
    const members = [...(world.people.get(owner ?? "")?.keys() ?? [])].map((one) => `user:${one}`);
    const near = members.length > 0 && next(4) > 0 ? members : people;
    const own = relation === "owner" ? objects.organization : relation === "portfolio" ? objects.portfolio : near;
    const user = pick(next(anybody) === 0 ? users : (own ?? people), next);
    const condition = next(fits[1] && type !== "share" ? 30 : 3) === 0 ? pick(conditions, next) : undefined;
    if (next(3) === 0) return void deletes.push({ user, relation, object });
    writes.push({ user, relation, object, ...(condition && { condition }) });
    const held = world.people.get(object.replace("organization:", ""))?.get(user.replace("user:", ""));
    if (held !== undefined && held !== relation && next(4) > 0) deletes.push({ user, relation: held, object });
  };
  // the more there are, the likelier one of them spoils the rest
  for (let count = 1 + Math.floor(next(10) / 5); count > 0; count--) add();
  return { do: "raw", by, writes, deletes, lenient };
}

const adminsOf = (world: World, organization: string | undefined) =>
  [...(world.people.get(organization ?? "") ?? [])].flatMap(([user, role]) => (role === "admin" ? [user] : []));

/** Deletions first, additions last; a new admin is added before another is removed. */
function turnOf(step: Said): number {
  switch (step.do) {
    case "take_job":
    case "revoke":
      return 0;
    case "put_person":
      return step.role === "admin" ? 1 : 2;
    case "remove_person":
      return 3;
    case "register":
      return step.resource.startsWith("portfolio:") ? 4 : 5;
    case "unregister":
      return step.resource.startsWith("portfolio:") ? 6 : 5;
    default:
      return 7;
  }
}

/** The steps of a `write` in the order in which they are taken: those that give before those that only take, then by turn. */
const inTurn = (steps: readonly Said[]) => {
  const takes = (step: Said) => (["take_job", "revoke", "remove_person", "unregister"].includes(step.do) ? 1 : 0);
  return [...steps].sort((a, b) => takes(a) - takes(b)).sort((a, b) => turnOf(a) - turnOf(b));
};

/** Whether a step's tuples exist already, whatever its action would say of it. */
function isIdle(world: World, step: Said): boolean {
  if ("share" in step) {
    const held = world.cooperations.flatMap(({ shares }) => shares).find(({ id }) => id === step.share);
    const delegated = held?.delegations.get(step.user);
    return step.do === "revoke"
      ? delegated === undefined
      : delegated?.role === step.role && delegated.until === step.until;
  }
  if (step.do === "take_job") return !world.resources.get(step.resource)?.jobs.has(step.user);
  return false;
}

/** What a `write` is answered with: `done`, `same`, `write_failed` (it exists already, or is missing) or the code of the first refusal. */
export function rawOutcomeOf(world: World, { steps, lenient }: Extract<RawStep, { do: "write" }>): string {
  const trial = structuredClone(world);
  let done = false;
  for (const step of inTurn(steps)) {
    const plain = outcomeOf(trial, step);
    const isDisclosed = ["not_admin", "wrong_side"].includes(plain) || ("share" in step && plain === "not_found");
    const outcome = !isDisclosed && isIdle(trial, step) ? "same" : plain;
    if (outcome === "same" && !lenient) return "write_failed";
    if (outcome === "same") continue;
    if (outcome !== "done") return outcome;
    apply(trial, step, { cooperation: undefined, shares: new Map() });
    done = true;
  }
  return done ? "done" : "same";
}

/** What a `write` that was done makes of the world. */
export function applyRaw(world: World, { steps }: Extract<RawStep, { do: "write" }>): void {
  for (const step of inTurn(steps))
    if (outcomeOf(world, step) === "done") apply(world, step, { cooperation: undefined, shares: new Map() });
}

/** The outcome of a Write's reply, in the words of `rawOutcomeOf`. */
export function outcomeOfReply(
  { status, body }: { status: number; body: { code?: string; message?: string } },
  wrote: boolean,
) {
  if (status === 200) return wrote ? "done" : "same";
  if (body.code === "write_failed_due_to_invalid_input") return "write_failed";
  if (body.message?.includes("an owner never changes")) return "owner_is_fixed";
  return /: ([a-z_]+): /.exec(body.message ?? "")?.[1] ?? `${status} ${body.code} ${body.message}`;
}

/** The body of OpenFGA's Write for a step. */
export async function bodyOf(world: World, step: RawStep, reads: Pick<TupleStore, "read">): Promise<object> {
  const { writes, deletes } = step.do === "raw" ? step : await tuplesOf(world, step, reads);
  return {
    ...(writes.length > 0 && { writes: { tuple_keys: writes, on_duplicate: step.lenient ? "ignore" : "error" } }),
    ...(deletes.length > 0 && { deletes: { tuple_keys: deletes, on_missing: step.lenient ? "ignore" : "error" } }),
  };
}

async function tuplesOf(
  world: World,
  { steps, alt }: Extract<RawStep, { do: "write" }>,
  reads: Pick<TupleStore, "read">,
) {
  const writes: Raw[] = [];
  const deletes: Key[] = [];
  for (const step of steps) {
    if ("share" in step) {
      const [object, user] = [`share:${step.share}`, `user:${step.user}`];
      const found = [...(await reads.read({ object, user }))].sort((a, b) => a.relation.length - b.relation.length);
      const own = found.at(-1) ?? { user, relation: "delegated_viewer", object };
      const held = world.cooperations.flatMap(({ shares }) => shares).find(({ id }) => id === step.share);
      const same = step.do === "delegate" && isIdle(world, step);
      const isHeld = held?.delegations.has(step.user) === true;
      if (step.do === "revoke" || (isHeld && !same)) deletes.push({ user, relation: own.relation, object });
      if (step.do === "revoke") continue;
      // where it exists the other spelling is free; where it does not, either is
      const spelled = own.relation.endsWith("_alt");
      const other = isHeld ? (same ? spelled : !spelled) : alt;
      const until = step.until === Infinity ? undefined : new Date(step.until).toISOString();
      writes.push({
        ...{ user, relation: `delegated_${step.role}${other ? "_alt" : ""}`, object },
        ...(until && { condition: { name: "not_expired", context: { expires_at: until } } }),
      });
    } else if ("organization" in step) {
      const object = `organization:${step.organization}`;
      const held = world.people.get(step.organization)?.get(step.user);
      const user = `user:${step.user}`;
      if (step.do === "put_person") writes.push({ user, relation: step.role, object });
      if (step.do === "remove_person") deletes.push({ user, relation: held ?? "member", object });
      else if (held !== undefined && held !== step.role) deletes.push({ user, relation: held, object });
    } else if ("user" in step) {
      const held = world.resources.get(step.resource)?.jobs.get(step.user);
      const [user, object] = [`user:${step.user}`, step.resource];
      if (step.do === "give_job") writes.push({ user, relation: step.role, object });
      if (step.do === "take_job") deletes.push({ user, relation: held ?? "viewer", object });
      else if (held !== undefined && held !== step.role) deletes.push({ user, relation: held, object });
    } else {
      const held = world.resources.get(step.resource);
      const object = step.resource;
      const owner = `organization:${step.do === "register" ? step.owner : (held?.owner ?? "sun")}`;
      if (step.do === "unregister") {
        deletes.push({ user: owner, relation: "owner", object });
        continue;
      }
      const moves = held?.owner === step.owner && held.portfolio !== step.portfolio;
      if (!moves) writes.push({ user: owner, relation: "owner", object });
      if (moves && held.portfolio !== undefined) deletes.push({ user: held.portfolio, relation: "portfolio", object });
      if (step.portfolio !== undefined && (moves || held === undefined))
        writes.push({ user: step.portfolio, relation: "portfolio", object });
    }
  }
  return { writes, deletes };
}

/** The part of a world that raw tuples may change, as the store has it now; throws where it breaks a law. */
export function readBack(
  world: World,
  before: readonly Tuple[],
  after: readonly Tuple[],
  by: string | undefined,
): void {
  const wrong: string[] = [];
  const id = (ref: string) => ref.slice(ref.indexOf(":") + 1);
  const of = (type: string) => after.filter(({ object }) => object.startsWith(`${type}:`));
  const grants =
    /^(admin|moderator|technical_asset_manager|commercial_asset_manager|member|external|person|suspended)$/;
  const rungs = ["operator", "technical_manager", "asset_manager", "viewer"];
  const bound = (tuples: readonly Tuple[]) =>
    tuples
      .filter(({ relation, object }) => !grants.test(relation) || !object.startsWith("organization:"))
      .filter(
        ({ relation }) =>
          !["owner", "portfolio", "head", "log", ...rungs].includes(relation) && !relation.startsWith("delegated_"),
      )
      .map((tuple) => JSON.stringify(tuple))
      .sort()
      .join("\n");
  if (bound(before) !== bound(after)) wrong.push("a tuple of a cooperation or a record was changed");

  for (const [organization, people] of world.people) {
    const admins = adminsOf(world, organization).length;
    const granted = of("organization").filter(
      ({ object, relation }) => id(object) === organization && grants.test(relation),
    );
    people.clear();
    const isPerson = ({ relation }: Tuple) => relation === "person" || relation === "suspended";
    for (const { user, relation } of granted.filter((tuple) => !isPerson(tuple))) {
      if (people.has(id(user))) wrong.push(`${user} has two roles in ${organization}`);
      people.set(id(user), relation);
      world.known.add(id(user));
    }
    // who is suspended has that tuple in the place of the other
    const persons = granted.filter(isPerson).map(({ user }) => id(user));
    for (const { user, relation } of granted.filter(isPerson)) {
      const isSuspended = world.suspended?.has(inOrganization(organization, id(user))) === true;
      if (isSuspended !== (relation === "suspended"))
        wrong.push(`${user} was suspended or restored in ${organization}`);
    }
    for (const user of world.known)
      if (!persons.includes(user)) world.suspended?.delete(inOrganization(organization, user));
    if (persons.sort().join() !== [...people.keys()].sort().join())
      wrong.push(`the people of ${organization} are not its roles`);
    const live = world.cooperations.some(
      ({ status, initiator, partner }) =>
        status !== "ended" && (initiator === organization || (partner === organization && status !== "pending")),
    );
    if (live && admins > 0 && adminsOf(world, organization).length === 0)
      wrong.push(`${organization} lost its last admin`);
  }

  const owners = new Map([...world.resources].map(([ref, { owner }]) => [ref, owner]));
  world.resources.clear();
  for (const { object, user, relation } of [...of("portfolio"), ...of("plant")].filter(
    ({ relation }) => relation === "owner",
  )) {
    if (world.resources.has(object)) wrong.push(`${object} has two owners (${relation})`);
    if ((owners.get(object) ?? id(user)) !== id(user)) wrong.push(`${object} changed its owner`);
    const lies = after.filter((one) => one.object === object && one.relation === "portfolio").map((one) => one.user);
    if (lies.length > 1) wrong.push(`${object} lies in ${lies.length} portfolios`);
    const jobs = new Map<string, string>();
    for (const rung of rungs)
      for (const held of after.filter((one) => one.object === object && one.relation === rung))
        if (!jobs.has(id(held.user))) jobs.set(id(held.user), rung);
    for (const holder of jobs.keys())
      if (!world.people.get(id(user))?.has(holder))
        wrong.push(`${holder} has a job role on ${object} and is no person of its owner`);
    world.resources.set(object, { owner: id(user), portfolio: lies[0], jobs });
  }
  for (const [ref, { owner, portfolio }] of world.resources)
    if (portfolio !== undefined && world.resources.get(portfolio)?.owner !== owner)
      wrong.push(`${ref} lies in another's portfolio`);

  for (const cooperation of world.cooperations)
    for (const share of cooperation.shares.filter((one) => !cooperation.sweptShares.has(one.id))) {
      const earlier = new Map(share.delegations);
      const was = JSON.stringify([...earlier].sort());
      const left = new Map(
        [...share.delegations].filter(([user]) => world.people.get(cooperation.partner ?? "")?.has(user)),
      );
      share.delegations.clear();
      for (const rung of rungs.slice(1))
        for (const { user, relation, condition } of after.filter(({ object }) => object === `share:${share.id}`))
          if (relation.replace(/_alt$/, "") === `delegated_${rung}` && !share.delegations.has(id(user))) {
            const until = condition?.name === "not_expired" ? Date.parse(condition.context.expires_at) : Infinity;
            share.delegations.set(id(user), { role: rung, until });
          }
      const is = JSON.stringify([...share.delegations].sort());
      if (is === was || is === JSON.stringify([...left].sort())) continue;
      if (!adminsOf(world, cooperation.partner).includes(by ?? "")) wrong.push(`${by} delegated on ${share.id}`);
      for (const [user, held] of share.delegations)
        if (refusalOfDelegation(world, cooperation, earlier.get(user), held) !== "done")
          wrong.push(`${user} is delegated what a policy does not allow`);
      for (const user of share.delegations.keys())
        if (!world.people.get(cooperation.partner ?? "")?.has(user))
          wrong.push(`${user} is a delegate and no person of the partner`);
    }

  const logs = Map.groupBy(
    after.filter(({ relation }) => relation === "log"),
    ({ object }) => object,
  );
  for (const [object, lines] of logs) world.entries.set(object, lines.length);
  if (wrong.length > 0) throw new Error(wrong.join("\n"));
}
