/** The heads that actions in a cooperation replace, each with its line in the history. */
import { StoreDamaged } from "../../faults.ts";
import type { Touch } from "../plan.ts";
import type { Cooperation, Head, Organization } from "../records.ts";

/**
 * A cooperation as its history shows it to both sides: without the invited address,
 * which is the initiator's (its own history has it), and without what is remembered of batches.
 */
export function withoutAddress({
  email: _,
  shares_batch: __,
  delegations_batch: ___,
  ...shown
}: Cooperation): Omit<Cooperation, "email" | "shares_batch" | "delegations_batch"> {
  return shown;
}

/**
 * An organization's head, replaced because an action counted on it: that it exists, that
 * its admins may still leave, that no invitation is open. Its history says what came. Throws StoreDamaged for none.
 */
export function touchOrganization(
  head: Head<Organization> | undefined,
  action: "invite" | "join" | "accept",
  cooperation: Cooperation,
): Touch {
  if (head?.value === undefined) throw new StoreDamaged(head?.object ?? "a partner", "it has no record");
  const { id, initiator, partner, email, status } = cooperation;
  // the invited organization learns nothing of the address it was found by
  const after = { id, initiator, partner, status, ...(action === "invite" && { email }) };
  return { head, record: head.value, entry: { action, object: `cooperation:${id}`, after } };
}
