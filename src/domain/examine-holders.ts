/**
 * Looks at what people hold: roles in organizations, job roles and delegations. They
 * have no records, so they are held to their own form and to the histories.
 */
import { sameFacts, type Told } from "./examine-histories.ts";
import { alive, isPerson, type Records } from "./examine-records.ts";
import { isMarked } from "./examine-relations.ts";
import type { Contents, FindingKind, Report } from "./finding.ts";
import { idOf } from "./ids.ts";
import { JOB_ROLES, ORGANIZATION_ROLES, RUNGS, roleOfRungs } from "./roles.ts";
import type { Tuple } from "./tuples.ts";

const PERSON_RELATIONS: readonly string[] = [...ORGANIZATION_ROLES, "person"];
const DELEGATED = /^delegated_(.+?)(_alt)?$/;

export function examineHolders(contents: Contents, records: Records, told: Told, report: Report): void {
  const groups = (test: (tuple: Tuple) => boolean) =>
    Map.groupBy(contents.all.filter(test), (tuple) => `${tuple.object} ${tuple.user}`).values();
  const isJobRole = ({ object, relation }: Tuple) =>
    /^(plant|portfolio):/.test(object) && JOB_ROLES.some((rung) => rung === relation);
  for (const tuples of groups(
    (tuple) => tuple.object.startsWith("organization:") && PERSON_RELATIONS.includes(tuple.relation),
  ))
    examinePerson(tuples, records, told, report);
  const tell = (kind: FindingKind, tuples: Tuple[], problem: string | undefined) => {
    if (problem !== undefined) report(kind, tuples[0]?.object ?? "", problem);
  };
  for (const tuples of groups(isJobRole)) tell("job_role", tuples, jobRoleProblem(tuples, contents, records, told));
  for (const tuples of groups((tuple) => tuple.object.startsWith("share:") && DELEGATED.test(tuple.relation)))
    tell("delegation", tuples, delegationProblem(tuples, contents, records, told));
  // who left and whom the history still has in
  for (const [object] of records.organizations)
    for (const [user] of records.people) {
      const said = told.last(object, user)?.after;
      if (said !== undefined && !contents.has({ user, relation: "person", object }))
        report("person", object, `${user} is no person of it, its history says ${said.role}`);
    }
}

function examinePerson(tuples: Tuple[], records: Records, told: Told, report: Report): void {
  const { object, user } = tuples[0] as Tuple;
  const roles = tuples.map((tuple) => tuple.relation).filter((relation) => relation !== "person");
  if (roles.length !== 1) report("person", object, `${user} has ${roles.length} roles: ${roles.sort().join(", ")}`);
  if (roles.length === tuples.length) report("person", object, `${user} has a role and is no person of it`);
  if (!records.people.has(user)) report("person", object, `${user} has no record`);
  if (alive(records.organizations.get(object)) === undefined)
    report("person", object, `${user} is a person of an organization that is not there`);
  const said = told.last(object, user)?.after?.role;
  if (roles.length === 1 && said !== roles[0])
    report("person", object, `${user} is ${roles[0]}, its history says ${said ?? "nothing of it"}`);
}

function jobRoleProblem(tuples: Tuple[], contents: Contents, records: Records, told: Told): string | undefined {
  const { object, user } = tuples[0] as Tuple;
  const role = roleOfRungs(tuples.map((tuple) => tuple.relation));
  if (role === undefined || RUNGS[role].length !== tuples.length)
    return `${user} holds ${namesOf(tuples)}, which is no role`;
  const owner = alive(records.resources.get(object))?.owner;
  if (!isPerson(contents, owner, idOf(user))) return `${user} is ${role} and no person of the owner`;
  const said = told.last(`organization:${owner}`, `${object} ${idOf(user)}`)?.after?.role;
  return said === role ? undefined : `${user} is ${role}, the history says ${said ?? "nothing of it"}`;
}

function delegationProblem(tuples: Tuple[], contents: Contents, records: Records, told: Told): string | undefined {
  const { object, user } = tuples[0] as Tuple;
  const share = records.shares.get(object)?.value;
  // what is being swept may be there in part
  if (isMarked(contents, idOf(object), share)) return undefined;
  const parts = tuples.map((tuple) => DELEGATED.exec(tuple.relation) ?? []);
  const role = roleOfRungs(parts.map(([, rung]) => rung ?? ""));
  const [spelling, ...spellings] = new Set(parts.map(([, , alt]) => (alt === undefined ? "plain" : "alt")));
  const [expires_at, ...dates] = new Set(tuples.map(dateOf));
  if (role === undefined || RUNGS[role].length !== tuples.length || spellings.length > 0)
    return `${user} holds ${namesOf(tuples)}, which is no delegation`;
  if (dates.length > 0) return `${user} is ${role} with two dates`;
  if (share === undefined) return `${user} is ${role} on a share that is not there`;
  const { partner } = records.cooperations.get(`cooperation:${share.cooperation}`)?.value ?? {};
  if (!isPerson(contents, partner, idOf(user))) return `${user} is ${role} and no person of the partner`;
  const said = told.last(`cooperation:${share.cooperation}`, `${object} ${idOf(user)}`)?.after;
  const is = { share: share.id, user: idOf(user), role, expires_at, spelling };
  return said && sameFacts(said, is)
    ? undefined
    : `${user} is ${role}, the history says ${said?.role ?? "nothing of it"}`;
}

const namesOf = (tuples: Tuple[]) =>
  tuples
    .map((tuple) => tuple.relation)
    .sort()
    .join(", ");
const dateOf = ({ condition }: Tuple) => (condition?.name === "not_expired" ? condition.context.expires_at : undefined);
