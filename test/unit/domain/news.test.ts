/** What is news for whom: the table in docs/mails.md is the one that decides, and each line says what its entry says. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { lastDigestAt, nextDigestAt } from "../../../src/domain/digest-times.ts";
import { EVENT_TYPES } from "../../../src/domain/events/event-types.ts";
import { type Common, sealEntry, visibleTo } from "../../../src/domain/history.ts";
import { NEWS_READERS, newsOf } from "../../../src/domain/news.ts";
import { type Cooperation, NO_HASH } from "../../../src/domain/records.ts";
import { isRecent } from "../../../src/news/recent.ts";

const PAGE = new URL("../../../docs/mails.md", import.meta.url);
/** By their own actions, by nobody, and by an operator. */
const NO_NEWS = ["invite", "resend", "repair", "sign"];

const accepted = { accepted_at: "2026-01-01T00:00:00Z", status: "active" } as Cooperation;
const pending = { status: "pending" } as Cooperation;
const joined = { ...accepted, partner_since: 3 } as Cooperation;

/** The news in an entry with these facts; `n` is 7. */
function newsIn(action: string, facts: Partial<Common> = {}, cooperation = accepted) {
  const common: Common = {
    n: 7,
    id: "i",
    at: "2026-01-05T09:00:00.000Z",
    actor: "user:anna",
    action,
    request_id: "r",
    object: "cooperation:c1",
    ...facts,
  };
  const own = { side: "initiator", part: { reason: "late bills", nonce: "n0" } } as const;
  return newsOf(visibleTo(sealEntry(NO_HASH, common, own), undefined), cooperation);
}
const readersOf = (...call: Parameters<typeof newsIn>) => [...new Set(newsIn(...call).map(({ reader }) => reader))];
const linesOf = (...call: Parameters<typeof newsIn>) =>
  newsIn(...call)
    .filter(({ reader }) => reader === "partner")
    .map(({ line }) => line);
const ofShare = { object: "share:s1" };
const share = { resource: "plant:7", role: "viewer", expires_at: "2027-01-01T00:00:00Z" };

describe("the table", () => {
  test("is the one in the documents", () => {
    const rows = readFileSync(PAGE, "utf8")
      .split("\n")
      .flatMap((line) => {
        const [, says = "", ...cells] = line.split("|").map((cell) => cell.trim());
        const actions = [...says.matchAll(/`(\w+)`/g)].map(([, action = ""]) => action);
        const isRow = cells.length === 4 && cells.slice(0, 3).every((cell) => ["yes", ""].includes(cell));
        const readers = ["initiator", "partner", "delegate"].filter((_, at) => cells[at] === "yes");
        return isRow ? actions.map((action) => [action, readers]) : [];
      });
    expect(Object.fromEntries(rows)).toEqual(NEWS_READERS);
  });

  test("has every action in a cooperation, but those that are mailed by themselves or concern nobody", () => {
    const actions = new Set(EVENT_TYPES.filter(({ history }) => history === "cooperation").map(({ action }) => action));
    const missing = [...actions].filter((action) => !Object.hasOwn(NEWS_READERS, action));
    expect(missing.toSorted()).toEqual(NO_NEWS.toSorted());
  });
});

describe("news", () => {
  test("of an offer reaches who has not accepted it only when there is nothing more to accept", () => {
    expect(readersOf("share", { ...ofShare, after: share }, pending)).toEqual([]);
    expect(readersOf("change_expiry", { after: { expires_at: "2027-01-01T00:00:00Z" } }, pending)).toEqual([
      "initiator",
    ]);
    expect(readersOf("remove", {}, pending)).toEqual(["initiator", "partner"]);
    expect(readersOf("share", { ...ofShare, after: share })).toEqual(["partner"]);
  });

  test("of what was before a partner joined does not reach it", () => {
    expect(readersOf("share", { ...ofShare, n: 2, after: share }, joined)).toEqual([]);
    expect(readersOf("share", { ...ofShare, n: 4, after: share }, joined)).toEqual(["partner"]);
  });

  test("holds no reason, and is none where the action is unknown", () => {
    expect(JSON.stringify(newsIn("pause"))).not.toMatch(/late bills|n0/);
    for (const action of [...NO_NEWS, "toString", "constructor", "invented"]) expect(newsIn(action)).toEqual([]);
  });

  test("of a delegation is its holder's; that it ends is the partner's admins' too, and never the initiator's", () => {
    const delegation = { ...ofShare, after: { user: "tom", role: "viewer", share: "s1" } };
    const of = { share: "s1", role: "viewer", user: "tom" };
    expect(newsIn("delegate", delegation)).toMatchObject([
      { reader: "delegate", user: "tom", line: { kind: "delegated", of } },
    ]);
    expect(newsIn("revoke", { ...ofShare, before: delegation.after })).toMatchObject([
      { reader: "delegate", user: "tom", line: { kind: "revoked", of: { share: "s1" } } },
    ]);
    const ends = { ...ofShare, after: { kind: "delegation", user: "tom", ...share } };
    expect(newsIn("remind", ends).map(({ reader, line: { kind } }) => [reader, kind])).toEqual([
      ["partner", "delegation_ends"],
      ["delegate", "access_ends"],
    ]);
    expect(readersOf("remind", { ...ofShare, after: { kind: "share", ...share } })).toEqual(["initiator", "partner"]);
  });

  test("of a removal is another one before and after the partner accepted", () => {
    expect(linesOf("remove", { before: {} }, pending)).toEqual([{ kind: "withdrawn" }]);
    expect(linesOf("remove", { before: { accepted_at: "2026-01-01T00:00:00Z" } })).toEqual([{ kind: "removed" }]);
  });

  test("of dates names those that changed, and that one is no more", () => {
    const date = "2027-01-01T00:00:00Z";
    expect(linesOf("change_expiry", { before: {}, after: { expires_at: date } })).toEqual([{ kind: "ends", date }]);
    expect(linesOf("change_expiry", { before: { expires_at: date }, after: {} })).toEqual([
      { kind: "ends", date: undefined },
    ]);
    const both = { before: { expires_at: date }, after: { expires_at: date, starts_at: date, resume_at: date } };
    expect(linesOf("change_expiry", both).map(({ kind }) => kind)).toEqual(["starts", "resumes"]);
    expect(linesOf("pause", { before: {}, after: { resume_at: date } })).toEqual([
      { kind: "paused" },
      { kind: "resumes", date },
    ]);
    expect(linesOf("remind", { after: { kind: "cooperation", expires_at: date } })).toEqual([
      { kind: "ends", date, isNear: true },
    ]);
    expect(newsIn("remind", { after: { kind: "invitation", expires_at: date } }, pending)).toEqual([
      { reader: "initiator", line: { kind: "invitation_ends" } },
    ]);
  });

  test("of a review that is due is the initiator's, and of one that was made or missed both sides'", () => {
    const date = "2027-01-01T00:00:00Z";
    const facts = { kind: "review", expires_at: date, review_by: date };
    expect(newsIn("remind", { after: facts })).toEqual([
      { reader: "initiator", line: { kind: "reviews", date, isNear: true } },
    ]);
    expect(readersOf("remind", { after: { kind: "cooperation", expires_at: date } })).toEqual(["initiator", "partner"]);
    expect(linesOf("expire", { after: facts })).toEqual([{ kind: "review_missed" }]);
    expect(linesOf("expire", { after: { kind: "cooperation", expires_at: date } })).toEqual([{ kind: "expired" }]);
    expect(linesOf("review", { before: {}, after: { review_by: date } })).toEqual([
      { kind: "reviewed" },
      { kind: "reviews", date },
    ]);
    expect(linesOf("review", { before: { review_by: date }, after: { review_by: date } })).toEqual([
      { kind: "reviewed" },
    ]);
    expect(linesOf("change_expiry", { before: { review_by: date }, after: {} })).toEqual([
      { kind: "reviews", date: undefined },
    ]);
  });

  test("of a start names the dates that were set with it", () => {
    const before = { starts_at: "2026-02-01T00:00:00Z" };
    const ends = { expires_at: "2026-03-01T00:00:00Z" };
    expect(linesOf("start", { before, after: ends })).toEqual([
      { kind: "started" },
      { kind: "ends", date: ends.expires_at },
    ]);
    expect(linesOf("start", { before: { ...before, ...ends }, after: ends })).toEqual([{ kind: "started" }]);
  });

  test("of an end is as old as that end, however late it was announced", () => {
    const now = new Date("2026-06-10T00:00:00Z");
    const announced = { action: "expire", at: "2026-06-09T00:00:00.000Z" };
    expect(isRecent({ ...announced, after: { expires_at: "2026-06-08T00:00:00Z" } }, now)).toBe(true);
    expect(isRecent({ ...announced, after: { expires_at: "2026-03-01T00:00:00Z" } }, now)).toBe(false);
    expect(isRecent({ ...announced, action: "share", after: { expires_at: "2026-03-01T00:00:00Z" } }, now)).toBe(true);
  });

  test("of a share says its role and its dates", () => {
    const after = { ...share, step_down_at: "2026-06-01T00:00:00Z" };
    expect(linesOf("change_share", { ...ofShare, before: share, after })).toEqual([
      { kind: "changed", of: { share: "s1", resource: "plant:7", role: "viewer", until: share.expires_at } },
      { kind: "steps_down", of: { share: "s1", resource: "plant:7", at: "2026-06-01T00:00:00Z" } },
    ]);
    expect(linesOf("unshare", { ...ofShare, before: share, after: share })).toEqual([
      { kind: "unshared", of: { share: "s1", resource: "plant:7" } },
    ]);
  });
});

describe("news of what was asked for", () => {
  const asked = { object: "asks:c1", before: { n: 2, share: "s1", resource: "plant:7", role: "asset_manager" } };

  test("is the partner's where it was declined, and the initiator's where it waits or was withdrawn", () => {
    const of = { share: "s1", resource: "plant:7", role: "asset_manager" };
    expect(newsIn("decline_ask", asked)).toEqual([{ reader: "partner", line: { kind: "ask_declined", of } }]);
    expect(newsIn("withdraw_ask", asked)).toEqual([{ reader: "initiator", line: { kind: "ask_withdrawn", of } }]);
    const made = { object: asked.object, after: asked.before };
    expect(newsIn("ask", made)).toEqual([{ reader: "initiator", line: { kind: "asked", of } }]);
  });

  test("is of the cooperation where its date was asked for, and holds no word of who asked", () => {
    const date = { object: "asks:c1", before: { n: 2, expires_at: "2027-01-01T00:00:00Z", note: "late bills" } };
    expect(newsIn("decline_ask", date)).toEqual([{ reader: "partner", line: { kind: "date_declined" } }]);
    const made = newsIn("ask", { object: date.object, after: date.before });
    expect(made).toEqual([{ reader: "initiator", line: { kind: "date_asked" } }]);
    expect(
      JSON.stringify(newsIn("withdraw_ask", { ...asked, before: { ...asked.before, note: "late bills" } })),
    ).not.toMatch(/late bills/);
  });
});

test("a digest is sent at five in the morning, UTC", () => {
  const [before, at] = [new Date("2026-03-01T04:59:59.999Z"), new Date("2026-03-01T05:00:00.000Z")];
  expect(lastDigestAt(before).toISOString()).toBe("2026-02-28T05:00:00.000Z");
  expect([lastDigestAt(at), nextDigestAt(before)]).toEqual([at, at]);
});
