/** What the records say that people may do, and whether the engine answers so. */
import { expect } from "vitest";
import { hasPassed } from "../../src/domain/expiry.ts";
import { idOf, type ResourceRef } from "../../src/domain/ids.ts";
import { effectiveRole, type JobRole, PERMISSION_OF, RUNGS } from "../../src/domain/roles.ts";
import type { Engine, Question, Relationships } from "../../src/ports.ts";
import { adminsOf, organizationIdsOf } from "../../src/store/people.ts";
import { jobRolesOn, plantsIn, resourceRefsOf } from "../../src/store/resources.ts";
import { cooperationHead, cooperationIdsOf, sharesOf } from "../../src/store/snapshot.ts";

/** Every `user can_… resource` that the records of these organizations grant. */
async function granted(relationships: Relationships, organizations: string[], now: Date): Promise<Set<string>> {
  const grants = new Set<string>();
  const grant = async (user: string, role: JobRole, ref: ResourceRef) => {
    const below = ref.startsWith("portfolio:") ? await plantsIn(relationships, idOf(ref)) : [];
    for (const rung of RUNGS[role])
      for (const on of [ref, ...below]) grants.add(`${user} ${PERMISSION_OF[rung]} ${on}`);
  };
  for (const organization of organizations) {
    for (const ref of await resourceRefsOf(relationships, organization)) {
      for (const admin of await adminsOf(relationships, organization)) await grant(admin, "operator", ref);
      for (const { user, role } of await jobRolesOn(relationships, ref)) await grant(user, role, ref);
    }
    for (const id of await cooperationIdsOf(relationships, organization, "initiator")) {
      const { value } = await cooperationHead(relationships, id);
      if (value?.status !== "active" || value.partner === undefined || hasPassed(value.expires_at, now)) continue;
      for (const { share, delegations } of await sharesOf(relationships, id)) {
        if (hasPassed(share.expires_at, now)) continue;
        for (const admin of await adminsOf(relationships, value.partner))
          await grant(admin, share.role, share.resource);
        for (const { user, role, expires_at } of delegations)
          if ((await organizationIdsOf(relationships, user)).includes(value.partner) && !hasPassed(expires_at, now))
            await grant(user, effectiveRole(role, share.role), share.resource);
      }
    }
  }
  return grants;
}

/** Holds the engine to the records, for each of these users on everything that these organizations own. */
export async function expectAnswersOfRecords(
  { relationships, engine }: { relationships: Relationships; engine: Engine },
  organizations: string[],
  users: string[],
): Promise<void> {
  const now = new Date();
  const grants = await granted(relationships, organizations, now);
  const owned = await Promise.all(organizations.map((organization) => resourceRefsOf(relationships, organization)));
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
