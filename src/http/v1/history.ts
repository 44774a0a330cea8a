/** `…/history`: what happened to a cooperation or an organization, newest first, with what it takes to verify it; and that it holds. */

import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { isService } from "../../domain/caller.ts";
import { ocsfOfEntry } from "../../domain/events/ocsf-entry.ts";
import type { Side } from "../../domain/history.ts";
import type { OrganizationId } from "../../domain/ids.ts";
import { refuseUnlessAdmin } from "../../domain/membership.ts";
import { incarnationOf } from "../../domain/records.ts";
import { isRefusal } from "../../domain/result.ts";
import { findCooperation, sideOf } from "../../queries/views/reader.ts";
import { membershipIn } from "../../store/acting.ts";
import { historyOf, type Verified, verifyHistory } from "../../store/history.ts";
import { organizationHead } from "../../store/snapshot.ts";
import type { Env } from "../env.ts";
import { NDJSON, ndjson } from "../ndjson.ts";
import { cursorAfter, PAGE_MAX, PageQuery, readCursor } from "../page.ts";
import { fault, refused } from "../problem.ts";
import { listed, notFound, routesUnder, type V1App, type V1Deps } from "./route.ts";

const define = routesUnder("History");

type HistoryPage = Awaited<ReturnType<typeof historyOf>>;

const Instant = z.iso.datetime();
const Hash = z.string().regex(/^[0-9a-f]{64}$/);
export const EntryView = z
  .strictObject({
    n: z.int(),
    id: z.string(),
    at: Instant,
    actor: z.string(),
    action: z.string(),
    request_id: z.string(),
    object: z.string(),
    before: z.record(z.string(), z.unknown()).optional(),
    after: z.record(z.string(), z.unknown()).optional(),
    reason: z.string().optional().describe("Only your own side's."),
    proof: z.strictObject({
      previous: Hash,
      hash: Hash,
      common: Hash,
      initiator_only: Hash,
      partner_only: Hash,
      nonce: z.string().optional(),
    }),
  })
  .openapi("Entry");

const ChainEnd = {
  object: z.string(),
  n: z.int(),
  hash: Hash,
  signature: z.string().nullable().describe("Key id and Ed25519 signature; null where it was not signed."),
};

/** A page of a history, with where the whole of it ends. */
const HistoryView = z.strictObject({
  items: z.array(EntryView),
  next_cursor: z.string().nullable().describe("null at the end."),
  head: z.strictObject({
    ...ChainEnd,
    first: z.int().describe("The first entry that the reader may see: 1, or the one with which they came to it."),
  }),
});

const VerifiedView = z
  .strictObject({
    ...ChainEnd,
    holds: z.boolean(),
    signed: z.enum(["valid", "missing", "invalid", "unknown_key", "unchecked"]),
    problems: z.array(z.string()).describe("What does not hold, and at which entry."),
  })
  .openapi("VerifiedHistory");

const CooperationHistoryQuery = PageQuery.extend({
  format: z
    .enum(["json", "ocsf"])
    .default("json")
    .describe("`ocsf`: the whole history as events of OCSF 1.9.0, one a line."),
});

const ofCooperation = define.get("/cooperations/{id}/history", "List a cooperation's history", {
  answers: "either",
  refuses: ["not_found", "not_admin", "suspended"],
  query: CooperationHistoryQuery,
  reply: HistoryView,
  otherForm: NDJSON,
});
const ofOrganization = define.get("/organizations/{org}/history", "List an organization's history", {
  answers: "either",
  refuses: ["not_found", "not_admin"],
  query: PageQuery,
  reply: HistoryView,
});
const verifyCooperation = define.get(
  "/cooperations/{id}/history/verify",
  "Verify a cooperation's history: its hash chain and the signature on its head",
  {
    answers: "either",
    refuses: ["not_found", "not_admin", "suspended"],
    reply: VerifiedView,
  },
);
const verifyOrganization = define.get("/organizations/{org}/history/verify", "Verify an organization's history", {
  answers: "either",
  refuses: ["not_found", "not_admin"],
  reply: VerifiedView,
});

export const HISTORY_OPERATIONS = [ofCooperation, ofOrganization, verifyCooperation, verifyOrganization];

export function historyRoutes(app: V1App, deps: V1Deps) {
  const { tupleStore } = deps;
  /** A history is verified one time at a time: that reads all of it, so callers who ask meanwhile share the answer. */
  const underWay = new Map<string, Promise<Verified>>();

  async function page(object: string, side: Side | undefined, first: number, { limit, cursor }: PageQuery) {
    const from = readCursor(["history", object], cursor);
    if (from === undefined) return undefined;
    const before = from.after === undefined ? undefined : Number(from.after);
    const { items, next, head } = await historyOf(tupleStore, object, side, { before, limit, first });
    return {
      items,
      next_cursor: next === undefined ? null : cursorAfter(["history", object], String(next)),
      head: { ...head, first },
    };
  }

  /** The entries as events, behind the newest page of them. */
  async function* eventsOf(object: string, side: Side | undefined, first: number, newest: HistoryPage) {
    for (let { items, next } = newest; ; ) {
      for (const entry of items) yield ocsfOfEntry(object, entry);
      if (next === undefined) return;
      ({ items, next } = await historyOf(tupleStore, object, side, { before: next, limit: PAGE_MAX, first }));
    }
  }

  async function verified(c: Context<Env>, object: string) {
    const look = () =>
      verifyHistory(tupleStore, object, deps.historyKeys?.verifying).finally(() => underWay.delete(object));
    const found = underWay.get(object) ?? look();
    underWay.set(object, found);
    const { problems, ...end } = await found;
    return c.json({ ...end, holds: problems.length === 0, problems });
  }

  /** The side that an organization's history is read from and its first entry there, or why not. */
  async function readerOfOrganization(c: Context<Env>, org: OrganizationId) {
    const { caller } = c.var;
    const membership = await membershipIn(tupleStore, org, caller);
    const refusal = isService(caller) ? undefined : refuseUnlessAdmin(org, membership);
    if (refusal) return { refusal: refused(c, refusal) };
    // behind the role: of an organization that was created meanwhile under the id only its own history is shown
    const { n, value } = await organizationHead(tupleStore, org);
    if (n === 0) return { refusal: notFound(c, "organization") };
    return {
      // an organization's own reasons are its history's first private part
      side: membership === "admin" ? ("initiator" as const) : undefined,
      // to its admins the history is their organization's, not that of one which had the id before (law 15)
      // nor to a key that was bound to it
      first: isService(caller) && caller.bounds?.organizations === undefined ? 1 : incarnationOf(value?.incarnation),
    };
  }

  app.openapi(ofCooperation, async (c) => {
    const { id } = c.req.valid("param");
    const found = await findCooperation(tupleStore, id, c.var.caller);
    if (isRefusal(found)) return refused(c, found);
    const side = sideOf(found.reader);
    // what was offered and taken back before somebody joined was never offered to them
    const first = side === "partner" ? (found.cooperation.partner_since ?? 1) : 1;
    const { format, ...query } = c.req.valid("query");
    const object = `cooperation:${id}`;
    if (format === "json") return listed(c, await page(object, side, first, query));
    if (query.cursor !== undefined) {
      const errors = [{ pointer: "query: cursor", detail: "is only for format=json" }];
      return fault(c, "invalid_request", { errors });
    }
    const newest = await historyOf(tupleStore, object, side, { limit: PAGE_MAX, first });
    return ndjson(c, eventsOf(object, side, first, newest));
  });
  app.openapi(ofOrganization, async (c) => {
    const { org } = c.req.valid("param");
    const { refusal, side, first } = await readerOfOrganization(c, org);
    return refusal ?? listed(c, await page(`organization:${org}`, side, first, c.req.valid("query")));
  });
  app.openapi(verifyCooperation, async (c) => {
    const { id } = c.req.valid("param");
    const found = await findCooperation(tupleStore, id, c.var.caller);
    return isRefusal(found) ? refused(c, found) : verified(c, `cooperation:${id}`);
  });
  app.openapi(verifyOrganization, async (c) => {
    const { org } = c.req.valid("param");
    const { refusal } = await readerOfOrganization(c, org);
    return refusal ?? verified(c, `organization:${org}`);
  });
}
