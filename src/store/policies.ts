/** The policies of organizations, as the store has them. Each has a head of its own, which is read beside what an action reads anyway. */
import type { PoliciesOfSides } from "../domain/cooperation/refuse-policy.ts";
import type { OrganizationId } from "../domain/ids.ts";
import { type PolicyOf, PolicyRecord, policyIn } from "../domain/policy.ts";
import { type Cooperation, type Head, headFrom } from "../domain/records.ts";
import type { Reads } from "../ports.ts";

/** The head of an organization's policy; it stays when the organization is deleted. */
export async function policyHead(reads: Reads, organization: OrganizationId): Promise<Head<PolicyRecord>> {
  const object = `policy:${organization}`;
  return headFrom(object, await reads.read({ object, relation: "head" }), PolicyRecord);
}

/** The rules of an organization now. */
export const policyOf = async (reads: Reads, organization: OrganizationId): Promise<PolicyOf> => ({
  organization,
  policy: policyIn(await policyHead(reads, organization)),
});

/** The rules of both sides; of a partner that is not known yet those of the initiator. */
export async function policiesOfSides(
  reads: Reads,
  { initiator, partner = initiator }: Pick<Cooperation, "initiator" | "partner">,
): Promise<PoliciesOfSides> {
  const [ofInitiator, ofPartner] = await Promise.all([policyOf(reads, initiator), policyOf(reads, partner)]);
  return { initiator: ofInitiator, partner: ofPartner };
}
