/** What a partner asks for, as the admins of both sides see it while the cooperation lives. */
import { type Ask, isStale, openAsks } from "../../domain/cooperation/asks.ts";
import type { Cooperation } from "../../domain/records.ts";
import type { Reads } from "../../ports.ts";
import { asksOf } from "../../store/asks.ts";
import { inTurns, resourceHead } from "../../store/snapshot.ts";

/** One of them; `stale`: what it is about has changed, so that a yes is refused. */
export async function askView(reads: Reads, ask: Ask, stale: boolean) {
  const { n, share, resource, role, expires_at, note, by, at } = ask;
  const name = resource === undefined ? null : ((await resourceHead(reads, resource)).value?.name ?? null);
  return {
    n,
    share: share ?? null,
    resource: resource ?? null,
    name,
    role: role ?? null,
    expires_at: expires_at ?? null,
    note,
    by,
    at,
    stale,
  };
}

/** Those of a cooperation that wait for an answer, oldest first. */
export async function askViews(reads: Reads, cooperation: Cooperation, now: Date) {
  const { asks, shares } = await asksOf(reads, cooperation);
  const open = openAsks(asks, cooperation, shares);
  return inTurns(open, (ask) => askView(reads, ask, isStale(ask, cooperation, shares, now)));
}
