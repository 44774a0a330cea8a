/**
 * Decides which mails about what happens a person gets: as it happens, once a day, or none. What needs an answer, an
 * invitation or a notice, is mailed whatever they chose. Pure.
 */
import { nextDigestAt } from "../digest-times.ts";
import type { UserId } from "../ids.ts";
import type { MailChoice, Person } from "../person-record.ts";
import { type Decision, planned, type Stamp, same } from "../plan.ts";
import { type Precondition, refuseUnlessOwn } from "../precondition.ts";
import type { Head } from "../records.ts";

export type MailsState = { user: UserId; person: Head<Person>; expected?: Precondition | undefined };

/** The choice, and the number of the person's head with it. */
export type MailsChosen = { mails: MailChoice; n: number };

/** What somebody gets who never chose. */
export const DEFAULT_MAILS: MailChoice = "at_once";

/** Keeps the choice. */
export function decideMails(
  { person, expected }: MailsState,
  mails: MailChoice,
  { now }: Stamp,
): Decision<MailsChosen> {
  const moved = refuseUnlessOwn(expected, person);
  if (moved) return moved;
  const before: Person = person.value ?? {};
  if ((before.mails ?? DEFAULT_MAILS) === mails) return same({ mails, n: person.n });
  // what came since the last digest was mailed to nobody yet
  const isLeft = before.mails === "daily" && mails === "at_once";
  const daily_until = isLeft ? nextDigestAt(now).toISOString() : undefined;
  const daily_since = mails === "daily" ? now.toISOString() : undefined;
  const record: Person = { ...before, mails, daily_since, daily_until };
  return planned({ touches: [{ head: person, record }], deletes: [], writes: [] }, { mails, n: person.n + 1 });
}
