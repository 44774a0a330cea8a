/** Announces in the history that something ends soon, or has ended. Only the scheduler does. */

import {
  type Announcement,
  type AnnounceState,
  decideAnnouncement,
} from "../domain/cooperation/decide-announcement.ts";
import type { DueSettings } from "../domain/due-dates.ts";
import type { Cooperation } from "../domain/records.ts";
import { dueHead, readDated } from "../store/dated.ts";
import type { Action } from "./run/action.ts";

/** Announces it once. Refused as not found where the thing is not there any more. */
export const announceEnd = (announcement: Announcement, settings: DueSettings): Action<AnnounceState, Cooperation> => ({
  lock: ({ head }) => head.object,
  read: async ({ reads }) => {
    const state = await readDated(reads, announcement.thing);
    if (state === undefined) return { code: "not_found", what: announcement.thing.kind };
    return { ...state, announced: await dueHead(reads, announcement) };
  },
  decide: (state, stamp) => decideAnnouncement(state, announcement, settings, stamp),
  // it changes no answer
  scopes: () => [],
});
