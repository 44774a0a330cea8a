/** What the holder of an invitation's token may know before joining. Changes nothing. */
import { tokenProblem } from "../domain/cooperation/decide-invitation.ts";
import { readToken } from "../domain/cooperation/invitation-token.ts";
import type { Refusal } from "../domain/refusal.ts";
import { shareAt } from "../domain/share-dates.ts";
import { organizationName } from "../queries/views/cooperations.ts";
import { cooperationHead, inTurns, resourceHead, sharesOf } from "../store/snapshot.ts";
import type { ActionDeps } from "./run/action.ts";

/** Who invites, what would be shared and until when; or why the token is not valid. */
export async function previewInvitation(deps: ActionDeps, text: string) {
  const { tupleStore, invitation } = deps;
  const token = readToken(invitation.secret, text);
  const cooperation = token && (await cooperationHead(tupleStore, token.cooperation)).value;
  if (cooperation === undefined) return { code: "invalid_invitation" } satisfies Refusal;
  const problem = tokenProblem(cooperation, token?.n ?? -1, invitation.ttlDays, deps.clock());
  if (problem) return problem;
  // once it is joined or has ended, this token shows nothing any more
  if (cooperation.status !== "invited") return { code: "invalid_invitation" } satisfies Refusal;
  const shares = await sharesOf(tupleStore, cooperation.id);
  const { initiator, status, starts_at, expires_at, review_by } = cooperation;
  return {
    initiator: { id: initiator, name: await organizationName(tupleStore, initiator) },
    status,
    starts_at: starts_at ?? null,
    expires_at: expires_at ?? null,
    review_by: review_by ?? null,
    shares: await inTurns(shares, async ({ share }) => {
      const { resource, role, starts_at = null, expires_at = null, step_down_at = null } = shareAt(share, deps.clock());
      const name = (await resourceHead(tupleStore, resource)).value?.name ?? null;
      return { resource, name, role, starts_at, expires_at, step_down_at };
    }),
  };
}
