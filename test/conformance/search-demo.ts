/**
 * The rules of AuthZEN's search demo, over data of our own: the owner of a record may view, edit and delete it,
 * people of its department may view it, and a manager may view every record and edit those of their department.
 * From users and records come the tuples to write, and every search with the results that the rules give it.
 */
import type { TupleKey } from "../../src/domain/tuples.ts";

export type DemoUser = { id: string; role: string; department: string };
export type DemoRecord = { id: string; owner: string; department: string };
export type Search = { path: string; request: object; results: object[] };

const ACTIONS = ["view", "edit", "delete"] as const;

/** Every role, in departments with and without a manager. */
export const USERS: DemoUser[] = [
  { id: "amara", role: "manager", department: "Design" },
  { id: "bruno", role: "employee", department: "Design" },
  { id: "chiara", role: "contractor", department: "Design" },
  { id: "dmitri", role: "manager", department: "Support" },
  { id: "esra", role: "employee", department: "Support" },
  { id: "farid", role: "employee", department: "Research" },
  { id: "gitta", role: "contractor", department: "Sales" },
];

/**
 * A record of nearly every owner in each department, one without people among them: farid has one, gitta none.
 * The ids have another order as text than as numbers.
 */
export const RECORDS: DemoRecord[] = ["Research", "Design", "Support", "Archive"].flatMap((department, row) =>
  USERS.slice(0, row === 0 ? 6 : 5).map(({ id }, column) => ({ id: `${7 + 6 * row + column}`, owner: id, department })),
);

/** Whether the published rules let `user` do `action` on `record`. */
export function allowed(user: DemoUser, action: (typeof ACTIONS)[number], record: DemoRecord): boolean {
  if (record.owner === user.id) return true;
  const colleague = record.department === user.department;
  const manager = user.role === "manager";
  return { view: colleague || manager, edit: colleague && manager, delete: false }[action];
}

/** What says all of it to the fixture's model. */
export function tuplesOf(users: DemoUser[], records: DemoRecord[]): TupleKey[] {
  const people = users.flatMap(({ id, role, department }) => [
    { user: `user:${id}`, relation: "employee", object: `department:${department}` },
    ...(role === "manager"
      ? [
          { user: `user:${id}`, relation: "manager", object: `department:${department}` },
          { user: `user:${id}`, relation: "manager", object: "company:demo" },
        ]
      : []),
  ]);
  const things = records.flatMap(({ id, owner, department }) => [
    { user: `user:${owner}`, relation: "owner", object: `record:${id}` },
    { user: `department:${department}`, relation: "department", object: `record:${id}` },
    { user: "company:demo", relation: "company", object: `record:${id}` },
  ]);
  return [...people, ...things];
}

/** Each search that can be asked of them: for the subjects, the resources and the actions. */
export function searchesOf(users: DemoUser[], records: DemoRecord[]): Search[] {
  const subjectOf = ({ id }: DemoUser) => ({ type: "user", id });
  const resourceOf = ({ id }: DemoRecord) => ({ type: "record", id });
  const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
  const subjects = records.flatMap((record) =>
    ACTIONS.map((name) => ({
      path: "search/subject",
      request: { subject: { type: "user" }, action: { name }, resource: resourceOf(record) },
      results: users
        .filter((user) => allowed(user, name, record))
        .map(subjectOf)
        .sort(byId),
    })),
  );
  const resources = users.flatMap((user) =>
    ACTIONS.map((name) => ({
      path: "search/resource",
      request: { subject: subjectOf(user), action: { name }, resource: { type: "record" } },
      results: records
        .filter((record) => allowed(user, name, record))
        .map(resourceOf)
        .sort(byId),
    })),
  );
  const actions = users.flatMap((user) =>
    records.map((record) => ({
      path: "search/action",
      request: { subject: subjectOf(user), resource: resourceOf(record) },
      results: ACTIONS.filter((name) => allowed(user, name, record))
        .map((name) => ({ name }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    })),
  );
  return [...subjects, ...resources, ...actions];
}
