/**
 * Looks at what people hold: roles in organizations, job roles and delegations. They
 * have no records, so they are compared with their own form and with the histories.
 */
import { idOf, idOfType, type OrganizationId } from "../ids.ts";
import { BELONGING, belongs } from "../membership.ts";
import type { Delegation } from "../records.ts";
import { alive } from "../records.ts";
import { delegatedBy, type Relation, relationOfTuple } from "../relations.ts";
import { type JobRole, RUNGS, roleOfRungs } from "../roles.ts";
import { tuplesOfDelegation } from "../state-tuples.ts";
import { endText, keyText, type Tuple } from "../tuples.ts";
import { type LastFacts, sameFacts, suspensionOf } from "./examine-histories.ts";
import { isMarked } from "./examine-leftovers.ts";
import { isPerson, type Records } from "./examine-records.ts";
import type { Contents, FindingKind, Proposal, Report } from "./finding.ts";

/** What is wrong with what somebody holds, and which of it nobody gave. */
type Problem = { detail: string; proposal?: Proposal };

export function examineHolders(contents: Contents, records: Records, facts: LastFacts, report: Report): void {
  const groups = (...kinds: Relation["kind"][]) => {
    const tuples = contents.all.filter((tuple) => kinds.some((kind) => kind === relationOfTuple(tuple)?.kind));
    return Map.groupBy(tuples, (tuple) => `${tuple.object} ${tuple.user}`).values();
  };
  for (const tuples of groups("organization_role", "person", "suspended"))
    examinePerson(tuples, records, facts, report);
  const add = (kind: FindingKind, tuples: Tuple[], problem: Problem | undefined) => {
    if (problem !== undefined) report(kind, tuples[0]?.object ?? "", problem.detail, problem.proposal);
  };
  for (const tuples of groups("job_role")) add("job_role", tuples, jobRoleProblem(tuples, contents, records, facts));
  for (const tuples of groups("delegated"))
    add("delegation", tuples, delegationProblem(tuples, contents, records, facts));
  // people that the history has and the store does not
  for (const [object, user, { after }] of facts.all())
    if (
      after !== undefined &&
      user.startsWith("user:") &&
      !user.includes(" ") &&
      records.organizations.has(object) &&
      !BELONGING.some((relation) => contents.has({ user, relation, object }))
    )
      report("person", object, `${user} is no person of it, its history says ${after.role}`);
}

/** Whether an organization's history has a person: what its people hold is not deleted because one tuple is missing. */
const hasPerson = (facts: LastFacts, organization: OrganizationId | undefined, user: string) =>
  organization !== undefined && facts.last(`organization:${organization}`, user)?.after !== undefined;

function examinePerson(tuples: Tuple[], records: Records, facts: LastFacts, report: Report): void {
  const { object, user } = tuples[0] as Tuple;
  const roles = tuples.filter((tuple) => !belongs(tuple)).map(({ relation }) => relation);
  const is = tuples.filter(belongs).map(({ relation }) => relation);
  const isOrganization = alive(records.organizations.get(object)) !== undefined;
  const said = facts.last(object, user)?.after?.role;
  const wanted = facts.last(object, suspensionOf(user))?.after === undefined ? "person" : "suspended";
  const given: unknown[] = isOrganization && said !== undefined ? [said, wanted] : [];
  // alone it is not deleted, for it is what leaves them a person: an admin lifts it
  if (given.length > 0 && is.join() === "suspended") given.push("suspended");
  const erase = tuples.filter((tuple) => !given.includes(tuple.relation));
  const add = (detail: string) => report("person", object, detail, { erase, by: [object] });
  if (roles.length !== 1) add(`${user} has ${roles.length} roles: ${roles.sort().join(", ")}`);
  if (is.length > 0 && said !== undefined && is.join() !== wanted)
    add(`${user} is ${is.sort().join(" and ")}, its history says ${wanted}`);
  if (roles.length === tuples.length) add(`${user} has a role and is no person of it`);
  if (!records.people.has(user)) add(`${user} has no record`);
  if (!isOrganization) add(`${user} is a person of an organization that is not there`);
  if (roles.length === 1 && said !== roles[0])
    add(`${user} is ${roles[0]}, its history says ${said ?? "nothing of it"}`);
}

function jobRoleProblem(tuples: Tuple[], contents: Contents, records: Records, facts: LastFacts): Problem | undefined {
  const { object, user } = tuples[0] as Tuple;
  const role = roleOfRungs(tuples.map((tuple) => tuple.relation));
  const owner = alive(records.resources.get(object))?.owner;
  const said = facts.last(`organization:${owner}`, `${object} ${idOf(user)}`)?.after?.role;
  const given: readonly string[] = hasPerson(facts, owner, user) && said ? RUNGS[said as JobRole] : [];
  const proposal = {
    erase: tuples.filter((tuple) => !given.includes(tuple.relation)),
    by: owner === undefined ? [object] : [object, `organization:${owner}`],
  };
  const problem = (detail: string): Problem => ({ detail: `${user} ${detail}`, proposal });
  if (role === undefined || RUNGS[role].length !== tuples.length)
    return problem(`holds ${namesOf(tuples)}, which is no role`);
  if (!isPerson(contents, owner, idOfType("user", user))) return problem(`is ${role} and no person of the owner`);
  return said === role ? undefined : problem(`is ${role}, the history says ${said ?? "nothing of it"}`);
}

function delegationProblem(
  tuples: Tuple[],
  contents: Contents,
  records: Records,
  facts: LastFacts,
): Problem | undefined {
  const { object, user } = tuples[0] as Tuple;
  const share = records.shares.get(object)?.value;
  // what is being swept may be there in part
  if (isMarked(contents, idOfType("share", object), share)) return undefined;
  const cooperation = share && `cooperation:${share.cooperation}`;
  const partner = records.cooperations.get(cooperation ?? "")?.value?.partner;
  const word = cooperation === undefined ? undefined : facts.last(cooperation, `${object} ${idOf(user)}`);
  const said = word?.after as Delegation | undefined;
  const given = hasPerson(facts, partner, user) && said ? tuplesOfDelegation(said).map(keyText) : [];
  const proposal = {
    erase: tuples.filter((tuple) => !given.includes(keyText(tuple))),
    by: cooperation === undefined ? [object] : [object, cooperation],
    trusting: partner === undefined ? [] : [`organization:${partner}`],
  };
  const problem = (detail: string): Problem => ({ detail: `${user} ${detail}`, proposal });
  const parts = tuples.flatMap((tuple) => delegatedBy(tuple) ?? []);
  const role = roleOfRungs(parts.map(({ rung }) => rung));
  const [spelling, ...spellings] = new Set(parts.map((part) => part.spelling));
  const [end, ...ends] = new Set(tuples.map(endText));
  if (role === undefined || RUNGS[role].length !== tuples.length || spellings.length > 0)
    return problem(`holds ${namesOf(tuples)}, which is no delegation`);
  if (ends.length > 0) return problem(`is ${role} with two dates`);
  if (share === undefined) return problem(`is ${role} on a share that is not there`);
  if (!isPerson(contents, partner, idOfType("user", user))) return problem(`is ${role} and no person of the partner`);
  const is = { share: share.id, user: idOf(user), role, expires_at: end === "never" ? undefined : end, spelling };
  if (!said || !sameFacts(said, is)) return problem(`is ${role}, the history says ${said?.role ?? "nothing of it"}`);
  // two histories, so only their clocks say which came first, and those may differ: reported, not deleted
  const leftAt = facts.leftAt(`organization:${partner}`, user);
  return leftAt !== undefined && word !== undefined && word.at < leftAt
    ? { detail: `${user} is ${role} by a delegation from before they left the partner` }
    : undefined;
}

const namesOf = (tuples: Tuple[]) =>
  tuples
    .map((tuple) => tuple.relation)
    .sort()
    .join(", ");
