/** A person chooses which mails about what happens they get. */

import type { UserId } from "../domain/ids.ts";
import type { MailChoice } from "../domain/person-record.ts";
import { decideMails, type MailsChosen, type MailsState } from "../domain/registry/decide-mails.ts";
import { personHead } from "../store/snapshot.ts";
import type { Action } from "./run/action.ts";

/** Keeps what the acting person chose. Not found for who was never known. */
export const chooseMails = ({ user, mails }: { user: UserId; mails: MailChoice }): Action<MailsState, MailsChosen> => ({
  lock: ({ person }) => person.object,
  read: async ({ reads, expected }) => {
    const person = await personHead(reads, user);
    return person.n === 0 ? { code: "not_found", what: "person" } : { user, person, expected };
  },
  decide: (state, stamp) => decideMails(state, mails, stamp),
  // a mail changes no answer
  scopes: () => [],
});
