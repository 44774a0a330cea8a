/** The state of what has dates, as the scheduler needs it. A head is read before what it covers. */
import type { DatedState } from "../domain/cooperation/decide-announcement.ts";
import { type CooperationId, idOfType, type ShareId } from "../domain/ids.ts";
import { alive, type Head, headFrom } from "../domain/records.ts";
import { type Dated, type Due, DueRecord, dueRef, type Thing } from "../domain/schedule.ts";
import type { Reads } from "../ports.ts";
import { cooperationHead, delegationsFrom, shareHead } from "./snapshot.ts";

/** A thing with what it is in; undefined where it is not there, was removed, or its cooperation has ended. Throws StoreDamaged. */
export async function readDated(reads: Reads, thing: Thing): Promise<DatedState | undefined> {
  const id = thing.kind === "cooperation" ? thing.cooperation : await cooperationOf(reads, thing.share);
  if (id === undefined) return undefined;
  const head = await cooperationHead(reads, id);
  const cooperation = head.value;
  if (cooperation === undefined || cooperation.status === "ended") return undefined;
  if (thing.kind === "cooperation") return { head, cooperation };
  // behind the cooperation's head, which every change of the share replaces
  const share = alive(await shareHead(reads, thing.share));
  if (share === undefined) return undefined;
  if (thing.kind === "share") return { head, cooperation, share };
  const tuples = await reads.read({ object: `share:${thing.share}`, user: `user:${thing.user}` });
  const [delegation] = delegationsFrom(thing.share, tuples);
  return delegation && { head, cooperation, share, delegation };
}

/** The cooperation that a share is in, which never changes; undefined for one that was swept, or never was. */
async function cooperationOf(reads: Reads, share: ShareId): Promise<CooperationId | undefined> {
  const [link] = await reads.read({ object: `share:${share}`, relation: "cooperation" });
  return link && idOfType("cooperation", link.user);
}

/** What was announced of a date. */
export async function dueHead(reads: Reads, dated: Dated): Promise<Head<Due>> {
  const object = dueRef(dated);
  return headFrom(object, await reads.read({ object, relation: "head" }), DueRecord);
}
