/**
 * The history cannot be bent (law 14): whatever is changed in a chain is found,
 * each side verifies all of it from what it may see, and neither sees the other's reasons.
 */
import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import { describe, expect, it } from "vitest";
import { Reason } from "../../../src/domain/commands.ts";
import {
  type Common,
  chainProblems,
  entriesFrom,
  entryFields,
  entryFrom,
  type HistoryEntry,
  type Private,
  type Side,
  sealEntry,
  type VisibleEntry,
  visibleTo,
} from "../../../src/domain/history.ts";
import { entryRef, NO_HASH } from "../../../src/domain/records.ts";
import type { Tuple } from "../../../src/domain/tuples.ts";

const OBJECT = "cooperation:01JD8ZT4Q5K3M9W2X7Y6V0B1CD";
const STEPS: { action: string; own?: { side: Side; part: Private } }[] = [
  { action: "invite", own: { side: "initiator", part: { reason: "their prices are low", nonce: "n1" } } },
  { action: "accept", own: { side: "partner", part: { reason: "we need the work", nonce: "n2" } } },
  { action: "share" },
  { action: "pause", own: { side: "initiator", part: { reason: "they were late", nonce: "n4" } } },
  { action: "leave", own: { side: "partner", part: { reason: "they pay late", nonce: "n5" } } },
];
const SIDES = ["initiator", "partner"] as const;

function chain(): HistoryEntry[] {
  let previous = NO_HASH;
  return STEPS.map(({ action, own }, index) => {
    const n = index + 1;
    const common: Common = {
      n,
      id: `e${n}`,
      at: `2026-12-0${n}T08:00:00.000Z`,
      actor: "user:ann",
      action,
      request_id: `r${n}`,
      object: OBJECT,
      before: { status: "pending", shares: n },
      after: { status: "active", email: undefined },
    };
    const entry = sealEntry(previous, common, own);
    previous = entry.hash;
    return entry;
  });
}

const headOf = (entries: HistoryEntry[]) => ({ n: entries.length, hash: entries.at(-1)?.hash ?? NO_HASH });
const at = (entries: HistoryEntry[], n: number): HistoryEntry => {
  const entry = entries[n - 1];
  if (entry === undefined) throw new Error(`there is no entry ${n}`);
  return entry;
};
/** The chain with its nth entry changed. */
const withEntry = (entries: HistoryEntry[], n: number, change: (entry: HistoryEntry) => HistoryEntry) =>
  entries.map((entry) => (entry.common.n === n ? change(entry) : entry));
/** The nth entry sealed anew: its own hash is right again, as a forger would leave it. */
const resealed = (entry: HistoryEntry, common: Partial<Common>) =>
  sealEntry(
    entry.previous,
    { ...entry.common, ...common },
    entry.initiator_only && { side: "initiator", part: entry.initiator_only },
  );

describe("a chain", () => {
  it("as it was written has no problems, and neither has an empty one", () => {
    expect(chainProblems(chain(), headOf(chain()), NO_HASH)).toEqual([]);
    expect(chainProblems([], { n: 0, hash: NO_HASH }, NO_HASH)).toEqual([]);
  });

  const whole = chain();
  const head = headOf(whole);
  const bent: [what: string, entries: HistoryEntry[], head: { n: number; hash: string }, problem: RegExp][] = [
    ["an entry missing in the middle", whole.filter(({ common }) => common.n !== 3), head, /entry 4 is where 3/],
    ["its first entry missing", whole.slice(1), head, /entry 2 is where 1/],
    ["its last entry missing", whole.slice(0, -1), head, /names entry 5, the log has 4/],
    ["its last entry missing, with a head that hides it", whole.slice(0, -1), { ...head, n: 4 }, /head's hash/],
    ["an entry twice", [...whole.slice(0, 3), ...whole.slice(2)], head, /entry 3 is where 4/],
    ["two entries in each other's place", [at(whole, 2), at(whole, 1), ...whole.slice(2)], head, /entry 2 is where 1/],
    ["a bent link", withEntry(whole, 3, (entry) => ({ ...entry, previous: NO_HASH })), head, /entry 3 does not follow/],
    [
      "a changed fact",
      withEntry(whole, 2, (entry) => ({ ...entry, common: { ...entry.common, actor: "user:eve" } })),
      head,
      /entry 2 was changed/,
    ],
    [
      "a changed fact inside what the action changed",
      withEntry(whole, 3, (entry) => ({ ...entry, common: { ...entry.common, after: { status: "paused" } } })),
      head,
      /entry 3 was changed/,
    ],
    [
      "a changed reason",
      withEntry(whole, 4, (entry) => ({ ...entry, initiator_only: { reason: "no reason", nonce: "n4" } })),
      head,
      /entry 4 was changed/,
    ],
    ["a reason taken away", withEntry(whole, 5, ({ partner_only: _, ...entry }) => entry), head, /entry 5 was changed/],
    [
      "a reason moved to the other side",
      withEntry(whole, 5, ({ partner_only, ...entry }) => ({ ...entry, initiator_only: partner_only })),
      head,
      /entry 5 was changed/,
    ],
    [
      "a reason given later",
      withEntry(whole, 3, (entry) => ({ ...entry, partner_only: { reason: "late", nonce: "n" } })),
      head,
      /entry 3 was changed/,
    ],
    [
      "a fact changed and sealed again, by its successor's link",
      withEntry(whole, 4, (entry) => resealed(entry, { actor: "user:eve" })),
      head,
      /entry 5 does not follow/,
    ],
    [
      "its last fact changed and sealed again, by the head",
      withEntry(whole.slice(0, 4), 4, (entry) => resealed(entry, { actor: "user:eve" })),
      headOf(whole.slice(0, 4)),
      /head's hash/,
    ],
    ["a head of another number", whole, { ...head, n: 6 }, /names entry 6, the log has 5/],
    ["a head of another hash", whole, { ...head, hash: NO_HASH }, /head's hash/],
    ["entries under a head that knows of none", whole, { n: 0, hash: NO_HASH }, /names entry 0/],
  ];

  it.each(bent)("is found damaged with %s", (_, entries, head, problem) => {
    expect(chainProblems(entries, head, NO_HASH).join("\n")).toMatch(problem);
  });

  it("read from its tuples in any order equals what was sealed", () => {
    const tuples: Tuple[] = chain().map((entry) => ({
      user: entryRef(OBJECT, entry.common.n),
      relation: "log",
      object: OBJECT,
      condition: { name: "record", context: { fields: entryFields(entry) } },
    }));
    const [last] = tuples.slice(-1);
    const head: Tuple[] = last ? [{ ...last, relation: "head" }] : [];
    const read = entriesFrom([...head, ...tuples.toReversed()]);
    expect(read).toEqual(chain());
    expect(chainProblems(read, headOf(read), NO_HASH)).toEqual([]);
  });

  it("keeps the order of ten and more entries, which text would not", () => {
    const tuples = [10, 9, 11, 1].map((n): Tuple => {
      const entry = sealEntry(NO_HASH, { ...at(chain(), 1).common, n });
      const condition = { name: "record", context: { fields: entryFields(entry) } } as const;
      return { user: entryRef(OBJECT, n), relation: "log", object: OBJECT, condition };
    });
    expect(entriesFrom(tuples).map(({ common }) => common.n)).toEqual([1, 9, 10, 11]);
  });

  it("throws for a log tuple without facts", () => {
    expect(() => entriesFrom([{ user: entryRef(OBJECT, 1), relation: "log", object: OBJECT }])).toThrow(/no facts/);
  });
});

// The verifier of a side, written from the law and RFC 8785 alone: nothing of history.ts is used in it.
const sha256 = (data: string | Buffer) => createHash("sha256").update(data).digest("hex");
const H = (part: object) => sha256(canonicalize(part) ?? "");

/** What a side finds wrong in what it sees. It cannot open the other side's part, only its hash. */
function problemsSeenBy(side: Side, seen: VisibleEntry[]): string[] {
  let previous = "0".repeat(64);
  return seen.flatMap((entry, index) => {
    const { reason, proof, ...common } = entry;
    const mine = reason === undefined ? {} : { reason, nonce: proof.nonce };
    const parts = { common: H(common), initiator_only: proof.initiator_only, partner_only: proof.partner_only };
    parts[`${side}_only`] = H(mine);
    const raw = [previous, parts.common, parts.initiator_only, parts.partner_only].map((hex) =>
      Buffer.from(hex, "hex"),
    );
    const holds = common.n === index + 1 && proof.previous === previous && proof.hash === sha256(Buffer.concat(raw));
    previous = proof.hash;
    return holds ? [] : [`entry ${common.n}`];
  });
}

describe.each(SIDES)("the %s", (side) => {
  const other = side === "initiator" ? "partner" : "initiator";
  const seen = () => chain().map((entry) => JSON.parse(JSON.stringify(visibleTo(entry, side))) as VisibleEntry);
  const secrets = (of: Side) => STEPS.flatMap(({ own }) => (own?.side === of ? [own.part.reason, own.part.nonce] : []));

  it("verifies the whole chain from what it sees alone", () => {
    expect(problemsSeenBy(side, seen())).toEqual([]);
  });

  it("finds every fact of it that was changed", () => {
    for (const n of [1, 2, 3, 4, 5])
      for (const member of ["at", "actor", "action", "object", "before", "after", "request_id"]) {
        const bent = seen().map((entry) => (entry.n === n ? { ...entry, [member]: "changed" } : entry));
        expect(problemsSeenBy(side, bent), `${member} of ${n}`).toEqual([`entry ${n}`]);
      }
  });

  it("finds that its own reason was changed or taken away", () => {
    const own = STEPS.findIndex((step) => step.own?.side === side) + 1;
    for (const reason of ["changed", undefined]) {
      const bent = seen().map(({ reason: was, ...entry }) => {
        const kept = entry.n === own ? reason : was;
        return { ...entry, ...(kept !== undefined && { reason: kept }) };
      });
      expect(problemsSeenBy(side, bent)).toEqual([`entry ${own}`]);
    }
  });

  it("finds that the other side's part was replaced, without having seen it", () => {
    const n = STEPS.findIndex(({ own }) => own?.side === other) + 1;
    const bent = seen().map((entry) =>
      entry.n === n ? { ...entry, proof: { ...entry.proof, [`${other}_only`]: NO_HASH } } : entry,
    );
    expect(problemsSeenBy(side, bent)).toEqual([`entry ${n}`]);
  });

  it("sees its own reasons, and neither the other's nor what would help to guess them", () => {
    const text = JSON.stringify(seen());
    for (const secret of secrets(side)) expect(text).toContain(`"${secret}"`);
    for (const secret of secrets(other)) expect(text).not.toContain(`"${secret}"`);
    const unsalted = STEPS.flatMap(({ own }) => (own?.side === other ? [H({ reason: own.part.reason })] : []));
    for (const hash of unsalted) expect(text).not.toContain(hash);
  });
});

describe("a reader of no side", () => {
  it("sees the facts and no reason", () => {
    const text = JSON.stringify(chain().map((entry) => visibleTo(entry, undefined)));
    for (const { own } of STEPS) if (own) expect(text).not.toContain(`"${own.part.reason}"`);
    for (const { own } of STEPS) if (own) expect(text).not.toContain(`"${own.part.nonce}"`);
    expect(text).toContain('"action":"leave"');
  });
});

describe("an entry in the store", () => {
  it("holds no control character, whatever its parts say, and says the same", () => {
    const all = Array.from({ length: 0xa0 }, (_, code) => String.fromCodePoint(code)).join("");
    const own = { side: "initiator", part: { reason: all, nonce: "n" } } as const;
    const entry = sealEntry(NO_HASH, { ...at(chain(), 1).common, request_id: all }, own);
    const fields = entryFields(entry);
    for (const text of Object.values(fields)) expect(text).not.toMatch(/\p{Cc}/u);
    const tuple: Tuple = {
      user: "entry:a.b.1",
      relation: "log",
      object: "a:b",
      condition: { name: "record", context: { fields } },
    };
    expect(entryFrom(tuple)).toEqual(entry);
  });
});

describe("a reason", () => {
  it.each(["late", "spät", "👍", '"quoted"'])("%j is accepted and sealed", (reason) => {
    const parsed = Reason.parse(reason);
    const own = { side: "partner", part: { reason: parsed, nonce: "n" } } as const;
    expect(visibleTo(sealEntry(NO_HASH, at(chain(), 1).common, own), "partner").reason).toBe(reason);
  });

  it("that is not well-formed Unicode is refused", () => {
    expect(Reason.safeParse("a\ud800").success).toBe(false);
  });

  it("that holds a control character is refused", () => {
    for (let code = 0; code <= 0x9f; code++) {
      const character = String.fromCodePoint(code);
      expect(Reason.safeParse(`a${character}b`).success, code.toString(16)).toBe(!/\p{Cc}/u.test(character));
    }
  });
});
