/**
 * The workloads beside the check: what people do and see, drawn from the world. What changes something comes in pairs, the
 * second of which takes the first back, so that a stream leaves the world as it was. Pure.
 */
import type { OrganizationId } from "../src/domain/ids.ts";
import { SHARED_ROLES } from "../src/domain/roles.ts";
import { interleaved, makeQuestions } from "./questions.ts";
import type { Operation } from "./system.ts";
import type { World } from "./world.ts";

/** What leaves changes behind is last, and the import, whose people stay, the very last. */
export const OPERATIONS = [
  "list:cooperations",
  "list:incoming",
  "search:resource",
  "explain",
  "action:delegate",
  "action:pause",
  "action:share",
  "import",
] as const;
export type OperationWorkload = (typeof OPERATIONS)[number];

/** The lines of one import. */
export const IMPORT_LINES = 100;

const PAIRS_MAX = 500;
/** More than a system takes in a run: who is imported a second time costs less. */
const IMPORTS = 500;
const QUESTIONS_EACH = 100;
const SEED = 3;

/** The operations of each workload; fewer where a small world has no more. */
export function operationsOf(world: World): Record<OperationWorkload, Operation[]> {
  const adminOf = new Map(world.people.flatMap((one) => (one.role === "admin" ? [[one.organization, one.user]] : [])));
  const admin = (organization: OrganizationId) => adminOf.get(organization) ?? "";
  const cooperations = world.cooperations.slice(0, PAIRS_MAX);
  const questions = interleaved(makeQuestions(world, QUESTIONS_EACH, SEED));
  const ofAll = (kind: "cooperations" | "incoming") =>
    world.organizations.map((organization) => ({ kind, admin: admin(organization), organization }));
  return {
    "action:delegate": newDelegations(world, admin).flatMap((one): Operation[] => [
      { kind: "delegate", ...one },
      { kind: "revoke", ...one },
    ]),
    "action:pause": cooperations.flatMap(({ id: cooperation, initiator }): Operation[] => [
      { kind: "pause", admin: admin(initiator), cooperation },
      { kind: "resume", admin: admin(initiator), cooperation },
    ]),
    "action:share": cooperations.flatMap(({ id: cooperation, initiator }, n): Operation[] => {
      const shared = new Set(world.shares.flatMap((one) => (one.cooperation === cooperation ? [one.resource] : [])));
      const resource = world.resources.find(({ ref, owner }) => owner === initiator && !shared.has(ref))?.ref ?? "";
      const role = SHARED_ROLES[n % SHARED_ROLES.length] ?? "viewer";
      return [
        { kind: "share", admin: admin(initiator), cooperation, resource, role },
        { kind: "unshare", admin: admin(initiator) },
      ];
    }),
    "list:cooperations": ofAll("cooperations"),
    "list:incoming": ofAll("incoming"),
    "search:resource": questions.map(({ user }) => ({ kind: "search", user, relation: "can_view" })),
    explain: questions.map((question) => ({ kind: "explain", question })),
    import: Array.from({ length: IMPORTS }, (_, n) => ({ kind: "import", lines: importOf(`imported-${n}`) })),
  };
}

/** Delegations that nobody has yet, each in another cooperation, to one of the partner's people. */
function newDelegations(world: World, admin: (organization: OrganizationId) => string) {
  const [shares, people, delegations] = [
    Map.groupBy(world.shares, ({ cooperation }) => cooperation),
    Map.groupBy(world.people, ({ organization }) => organization),
    new Set(world.delegations.map(({ share, user }) => `${share} ${user}`)),
  ];
  return world.cooperations.slice(0, PAIRS_MAX).flatMap(({ id, partner }) => {
    const share = shares.get(id)?.[0];
    const free = people.get(partner)?.find(({ user, role }) => {
      return share && role === "member" && !delegations.has(`${share.id} ${user}`);
    });
    return share && free ? [{ admin: admin(partner), share: share.id, user: free.user, role: share.role }] : [];
  });
}

/** An organization that the world does not have, with people. */
function importOf(organization: string): object[] {
  const people = Array.from({ length: IMPORT_LINES - 1 }, (_, n) => {
    const user = `${organization}-${n}`;
    const role = n === 0 ? "admin" : "member";
    return { kind: "person", organization, user, role, email: `${user}@example.org`, name: `Person ${n}` };
  });
  return [{ kind: "organization", id: organization, name: organization }, ...people];
}
