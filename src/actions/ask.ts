/** The partner asks for more, and takes that back; the initiator says yes or no. */
import type { ReasonInput } from "../domain/commands.ts";
import { type AskInput, keptAsks } from "../domain/cooperation/asks.ts";
import {
  type AcceptState,
  type AskChanged,
  type AskState,
  decideAcceptAsk,
  decideAsk,
  decideNoAsk,
} from "../domain/cooperation/decide-ask.ts";
import type { CooperationId } from "../domain/ids.ts";
import { isRefusal } from "../domain/result.ts";
import { asksOf } from "../store/asks.ts";
import { policyOf } from "../store/policies.ts";
import { resourceHead, shareWithDelegations } from "../store/snapshot.ts";
import { inCooperation, readCooperation } from "./cooperation.ts";
import type { Action } from "./run/action.ts";

type In = { cooperation: CooperationId };
type Answer = In & ReasonInput & { n: number };

// it changes no answer; a refusal says something about the cooperation
const asking = { lock: inCooperation.lock, scopes: () => [], revealedScopes: inCooperation.scopes };

/** Asks for another role on a share, or for a later date. */
export const ask = ({ cooperation: id, ...input }: AskInput & In): Action<AskState, AskChanged> => ({
  ...asking,
  read: (on) => readCooperation(on, id, (cooperation) => asksOf(on.reads, cooperation, input.share)),
  decide: (state, stamp) => decideAsk(state, input, stamp),
});

/** Takes it back, as the partner, or says no to it, as the initiator. */
export const endAsk = (
  { cooperation: id, ...input }: Answer,
  action: "withdraw_ask" | "decline_ask",
): Action<AskState, AskChanged> => ({
  ...asking,
  read: (on) => readCooperation(on, id, (cooperation) => asksOf(on.reads, cooperation)),
  decide: (state, stamp) => decideNoAsk(state, action, input, stamp),
});

/** Does what was asked for. */
export const acceptAsk = ({ cooperation: id, ...input }: Answer): Action<AcceptState, AskChanged> => ({
  ...inCooperation,
  read: async (on) => {
    const { reads } = on;
    const state = await readCooperation(on, id, async (cooperation) => {
      const [asked, policy] = await Promise.all([asksOf(reads, cooperation), policyOf(reads, cooperation.initiator)]);
      return { ...asked, policy };
    });
    if (isRefusal(state)) return state;
    const { share, resource: ref } = keptAsks(state.asks).find(({ n }) => n === input.n) ?? {};
    if (share === undefined || ref === undefined || !state.shares.has(share)) return state;
    const [{ head, delegations }, resource] = await Promise.all([
      shareWithDelegations(reads, share),
      resourceHead(reads, ref),
    ]);
    if (head.value === undefined) return { code: "not_found", what: "share" };
    const of = { ...state, shareHead: head, share: head.value, resource: { ref, head: resource }, delegations };
    return { ...state, of };
  },
  decide: (state, stamp) => decideAcceptAsk(state, input, stamp),
});
