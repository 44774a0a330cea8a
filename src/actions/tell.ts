/** Tells in the history that something ends soon, or has ended. Only the scheduler does. */

import { decideTell, type Telling, type TellState } from "../domain/cooperation/decide-tell.ts";
import type { DueSettings } from "../domain/due-dates.ts";
import type { Cooperation } from "../domain/records.ts";
import { dueHead, readDated } from "../store/dated.ts";
import type { Action } from "./run/action.ts";

/** Tells it once. Refused as not found where the thing is not there any more. */
export const tell = (telling: Telling, settings: DueSettings): Action<TellState, Cooperation> => ({
  lock: ({ head }) => head.object,
  read: async ({ reads }) => {
    const state = await readDated(reads, telling.thing);
    if (state === undefined) return { code: "not_found", what: telling.thing.kind };
    return { ...state, told: await dueHead(reads, telling) };
  },
  decide: (state) => decideTell(state, telling, settings),
  // it changes no answer
  scopes: () => [],
});
