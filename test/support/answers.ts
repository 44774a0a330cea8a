/** What the records say that people may do, and whether the engine answers so. */

import { expect } from "vitest";
import { hasPassed } from "../../src/domain/expiry.ts";
import { idOf, idOfType, type OrganizationId, type ResourceRef } from "../../src/domain/ids.ts";
import { effectiveRole, type JobRole, PERMISSION_OF, RUNGS } from "../../src/domain/roles.ts";
import type { Engine, Question, TupleStore } from "../../src/ports.ts";
import { adminsOf, organizationIdsOf } from "../../src/store/people.ts";
import { jobRolesOn, plantsIn, resourceRefsOf } from "../../src/store/resources.ts";
import { cooperationHead, cooperationIdsOf, sharesOf } from "../../src/store/snapshot.ts";
import { anyId } from "./ids.ts";

/** Every `user can_… resource` that the records of these organizations grant. */
async function granted(
  tupleStore: TupleStore,
  organizations: readonly OrganizationId[],
  now: Date,
): Promise<Set<string>> {
  const grants = new Set<string>();
  const grant = async (user: string, role: JobRole, ref: ResourceRef) => {
    const below = ref.startsWith("portfolio:") ? await plantsIn(tupleStore, idOfType("portfolio", ref)) : [];
    for (const rung of RUNGS[role])
      for (const on of [ref, ...below]) grants.add(`${user} ${PERMISSION_OF[rung]} ${on}`);
  };
  for (const organization of organizations) {
    for (const ref of await resourceRefsOf(tupleStore, organization)) {
      for (const admin of await adminsOf(tupleStore, organization)) await grant(admin, "operator", ref);
      for (const { user, role } of await jobRolesOn(tupleStore, ref)) await grant(user, role, ref);
    }
    for (const id of await cooperationIdsOf(tupleStore, organization, "initiator")) {
      const { value } = await cooperationHead(tupleStore, id);
      if (value?.status !== "active" || value.partner === undefined || hasPassed(value.expires_at, now)) continue;
      for (const { share, delegations } of await sharesOf(tupleStore, id)) {
        if (hasPassed(share.expires_at, now)) continue;
        for (const admin of await adminsOf(tupleStore, value.partner)) await grant(admin, share.role, share.resource);
        for (const { user, role, expires_at } of delegations)
          if ((await organizationIdsOf(tupleStore, user)).includes(value.partner) && !hasPassed(expires_at, now))
            await grant(user, effectiveRole(role, share.role), share.resource);
      }
    }
  }
  return grants;
}

/** Holds the engine to the records, for each of these users on everything that these organizations own. */
export async function expectAnswersOfRecords(
  { tupleStore, engine }: { tupleStore: TupleStore; engine: Engine },
  names: string[],
  users: string[],
): Promise<void> {
  const now = new Date();
  const organizations = names.map(anyId);
  const grants = await granted(tupleStore, organizations, now);
  const owned = await Promise.all(organizations.map((organization) => resourceRefsOf(tupleStore, organization)));
  const questions = users.flatMap((user) =>
    owned
      .flat()
      .flatMap((object) =>
        Object.values(PERMISSION_OF).map((relation) => ({ user: `user:${user}`, relation, object })),
      ),
  );
  const yes: string[] = [];
  // a fault is no answer: an engine that is short of time is asked again
  for (let open = questions, tries = 0; open.length > 0; tries++) {
    const answers = await engine.batchCheck(open, now);
    if (tries > 5) throw new Error(`no answer to ${open.length} questions: ${JSON.stringify(answers[0])}`);
    open = open.filter((question, index) => {
      const answer = answers[index];
      if (answer === undefined || "fault" in answer) return true;
      if (answer.allowed) yes.push(textOf(question));
      return false;
    });
  }
  const asked = new Set(questions.map(textOf));
  expect(yes.sort()).toEqual([...grants].filter((grant) => asked.has(grant)).sort());
}

const textOf = ({ user, relation, object }: Question) => `${idOf(user)} ${relation} ${object}`;
