/**
 * Marks a person's address that a mail server refuses for good, until another address takes its place or a server takes a
 * mail to it. Who changes the person at the same moment is first; the next mail marks it then.
 */
import type { UserId } from "../domain/ids.ts";
import type { Person } from "../domain/person-record.ts";
import { headWrite } from "../domain/plan.ts";
import { toFields } from "../domain/records.ts";
import type { Clock, TupleStore } from "../ports.ts";
import { personHead } from "./snapshot.ts";

/** Keeps whether an address of somebody is refused, where that is news. Throws EngineUnavailable. */
export async function markAddress(
  store: Pick<TupleStore, "read" | "write">,
  { user, address, isRefused }: { user: UserId; address: string; isRefused: boolean },
  clock: Clock,
): Promise<void> {
  const head = await personHead(store, user);
  const { mail_refused_at, ...person }: Person = head.value ?? {};
  if (person.email !== address || isRefused === (mail_refused_at !== undefined)) return;
  const record = isRefused ? { ...person, mail_refused_at: clock().toISOString() } : person;
  await store.write(headWrite(head, toFields(record)));
}
