/**
 * Looks at what people hold: roles in organizations, job roles and delegations. They
 * have no records, so they are held to their own form and to the histories.
 */
import { idOf } from "../ids.ts";
import type { Delegation } from "../records.ts";
import { alive } from "../records.ts";
import { delegatedBy, type Relation, relationOf } from "../relations.ts";
import { type JobRole, RUNGS, roleOfRungs } from "../roles.ts";
import { tuplesOfDelegation } from "../state-tuples.ts";
import { endText, keyText, type Tuple } from "../tuples.ts";
import { type LastFacts, sameFacts } from "./examine-histories.ts";
import { isMarked } from "./examine-leftovers.ts";
import { isPerson, type Records } from "./examine-records.ts";
import type { Contents, FindingKind, Proposal, Report } from "./finding.ts";

/** What is wrong with what somebody holds, and which of it nobody gave. */
type Problem = { detail: string; proposal?: Proposal };

export function examineHolders(contents: Contents, records: Records, told: LastFacts, report: Report): void {
  const groups = (...kinds: Relation["kind"][]) => {
    const tuples = contents.all.filter((tuple) => kinds.some((kind) => kind === relationOf(tuple)?.kind));
    return Map.groupBy(tuples, (tuple) => `${tuple.object} ${tuple.user}`).values();
  };
  for (const tuples of groups("organization_role", "person")) examinePerson(tuples, records, told, report);
  const tell = (kind: FindingKind, tuples: Tuple[], problem: Problem | undefined) => {
    if (problem !== undefined) report(kind, tuples[0]?.object ?? "", problem.detail, problem.proposal);
  };
  for (const tuples of groups("job_role")) tell("job_role", tuples, jobRoleProblem(tuples, contents, records, told));
  for (const tuples of groups("delegated"))
    tell("delegation", tuples, delegationProblem(tuples, contents, records, told));
  // who left and whom the history still has in
  for (const [object, user, { after }] of told.all())
    if (
      after !== undefined &&
      user.startsWith("user:") &&
      records.organizations.has(object) &&
      !contents.has({ user, relation: "person", object })
    )
      report("person", object, `${user} is no person of it, its history says ${after.role}`);
}

/** Whether an organization's history has somebody in: what its people hold is not taken away because a tuple is missing. */
const belongs = (told: LastFacts, organization: string | undefined, user: string) =>
  organization !== undefined && told.last(`organization:${organization}`, user)?.after !== undefined;

function examinePerson(tuples: Tuple[], records: Records, told: LastFacts, report: Report): void {
  const { object, user } = tuples[0] as Tuple;
  const roles = tuples.map((tuple) => tuple.relation).filter((relation) => relation !== "person");
  const isOrganization = alive(records.organizations.get(object)) !== undefined;
  const said = told.last(object, user)?.after?.role;
  const given = isOrganization && said !== undefined ? [said, "person"] : [];
  const erase = tuples.filter((tuple) => !given.includes(tuple.relation));
  const tell = (detail: string) => report("person", object, detail, { erase, by: [object] });
  if (roles.length !== 1) tell(`${user} has ${roles.length} roles: ${roles.sort().join(", ")}`);
  if (roles.length === tuples.length) tell(`${user} has a role and is no person of it`);
  if (!records.people.has(user)) tell(`${user} has no record`);
  if (!isOrganization) tell(`${user} is a person of an organization that is not there`);
  if (roles.length === 1 && said !== roles[0])
    tell(`${user} is ${roles[0]}, its history says ${said ?? "nothing of it"}`);
}

function jobRoleProblem(tuples: Tuple[], contents: Contents, records: Records, told: LastFacts): Problem | undefined {
  const { object, user } = tuples[0] as Tuple;
  const role = roleOfRungs(tuples.map((tuple) => tuple.relation));
  const owner = alive(records.resources.get(object))?.owner;
  const said = told.last(`organization:${owner}`, `${object} ${idOf(user)}`)?.after?.role;
  const given: readonly string[] = belongs(told, owner, user) && said ? RUNGS[said as JobRole] : [];
  const proposal = {
    erase: tuples.filter((tuple) => !given.includes(tuple.relation)),
    by: owner === undefined ? [object] : [object, `organization:${owner}`],
  };
  const problem = (detail: string): Problem => ({ detail: `${user} ${detail}`, proposal });
  if (role === undefined || RUNGS[role].length !== tuples.length)
    return problem(`holds ${namesOf(tuples)}, which is no role`);
  if (!isPerson(contents, owner, idOf(user))) return problem(`is ${role} and no person of the owner`);
  return said === role ? undefined : problem(`is ${role}, the history says ${said ?? "nothing of it"}`);
}

function delegationProblem(
  tuples: Tuple[],
  contents: Contents,
  records: Records,
  told: LastFacts,
): Problem | undefined {
  const { object, user } = tuples[0] as Tuple;
  const share = records.shares.get(object)?.value;
  // what is being swept may be there in part
  if (isMarked(contents, idOf(object), share)) return undefined;
  const cooperation = share && `cooperation:${share.cooperation}`;
  const partner = cooperation && records.cooperations.get(cooperation)?.value?.partner;
  const word = cooperation === undefined ? undefined : told.last(cooperation, `${object} ${idOf(user)}`);
  const said = word?.after as Delegation | undefined;
  const given = belongs(told, partner, user) && said ? tuplesOfDelegation(said).map(keyText) : [];
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
  if (!isPerson(contents, partner, idOf(user))) return problem(`is ${role} and no person of the partner`);
  const is = { share: share.id, user: idOf(user), role, expires_at: end === "never" ? undefined : end, spelling };
  if (!said || !sameFacts(said, is)) return problem(`is ${role}, the history says ${said?.role ?? "nothing of it"}`);
  // two histories, so only their clocks can tell, and those may differ: named, not taken away
  const leftAt = told.leftAt(`organization:${partner}`, user);
  return leftAt !== undefined && word !== undefined && word.at < leftAt
    ? { detail: `${user} is ${role} by a delegation from before they left the partner` }
    : undefined;
}

const namesOf = (tuples: Tuple[]) =>
  tuples
    .map((tuple) => tuple.relation)
    .sort()
    .join(", ");
