/**
 * An expiry ends access at its instant, cached or not (law 7), whatever the replicas' clocks say: every case over
 * small whole seconds. One replica fills and stores, another one hits, and a check of the first joins its question.
 */

/** How long an entry may live, in seconds: the whole life, and the short one of a yes that ends before. */
const TTL_SECONDS = 4;
const SHORT_SECONDS = 2;
/** When the fill begins and Redis reports its time, in true time. */
const FILL_SECONDS = 3;
/** The last second looked at, in true time. */
const END_SECONDS = 14;

export type DateRules = {
  /** A date only ever lapses: what is a yes for now + TTL is a yes throughout, and a no for it is asked again for now. */
  readonly asks: "for now + TTL, a no again for now" | "for now";
  readonly hitComparesValidUntil: boolean;
  /** How long a yes is kept that is none for now + TTL: a short life, where it is one for the end of that; or as long as any other. */
  readonly yesThatEnds: "a short life, if it lasts" | "not at all" | "the TTL";
  readonly entryEnds: "TTL after the fill began" | "TTL after the store";
  /** A yes for now that is none for now + TTL is answered once and not stored. */
  readonly joinersGet: "only what may be stored" | "every answer";
};

export const AGREED_RULES: DateRules = {
  asks: "for now + TTL, a no again for now",
  yesThatEnds: "a short life, if it lasts",
  hitComparesValidUntil: true,
  entryEnds: "TTL after the fill began",
  joinersGet: "only what may be stored",
};

/** Clocks are given by how far they are ahead of true time. `date` is by the clock of whoever asks or answers. */
export type Case = {
  readonly fillerAhead: number;
  readonly serverAhead: number;
  readonly date: number;
  readonly questionSeconds: number;
  readonly storeSeconds: number;
};

export type Wrong = { readonly what: string; readonly at: number; readonly of: Case };

/** Tries all cases: how many, and the first in which something is wrong. */
export function tryDates(rules: DateRules): { cases: number; wrong: Wrong | undefined } {
  const all = range(-2, 2).flatMap((fillerAhead) =>
    range(-2, 2).flatMap((serverAhead) =>
      range(0, END_SECONDS).flatMap((date) =>
        range(0, 2).flatMap((questionSeconds) =>
          range(0, 3).map((storeSeconds): Case => ({ fillerAhead, serverAhead, date, questionSeconds, storeSeconds })),
        ),
      ),
    ),
  );
  const wrong = all.map((of) => hitsWrongly(rules, of) ?? joinsWrongly(rules, of)).find((found) => found !== undefined);
  return { cases: all.length, wrong };
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** What the engine answers the filler, and how long that is stored for, if at all. */
function filled({ asks, yesThatEnds }: DateRules, { fillerAhead, date }: Case): { answer: boolean; life: number } {
  const now = FILL_SECONDS + fillerAhead;
  const yesNow = now < date;
  const yesThroughout = now + TTL_SECONDS < date;
  if (asks === "for now" || yesThroughout || !yesNow) return { answer: yesNow, life: TTL_SECONDS };
  if (yesThatEnds === "the TTL") return { answer: yesNow, life: TTL_SECONDS };
  const lasts = yesThatEnds !== "not at all" && now + SHORT_SECONDS < date;
  return { answer: yesNow, life: lasts ? SHORT_SECONDS : 0 };
}

function hitsWrongly(rules: DateRules, of: Case): Wrong | undefined {
  const { answer, life } = filled(rules, of);
  const storedAt = FILL_SECONDS + of.questionSeconds + of.storeSeconds;
  const endsAt = (rules.entryEnds === "TTL after the store" ? storedAt : FILL_SECONDS) + life;
  const validUntil = FILL_SECONDS + of.fillerAhead + life;
  if (life === 0) return undefined;
  for (const at of range(storedAt, END_SECONDS)) {
    const now = at + of.serverAhead;
    if (at >= endsAt || (rules.hitComparesValidUntil && now >= validUntil)) continue;
    if (answer && now >= of.date) return { what: "a hit says yes after the date", at, of };
    if (at >= FILL_SECONDS + TTL_SECONDS) return { what: "a hit after the TTL", at, of };
  }
  return undefined;
}

function joinsWrongly(rules: DateRules, of: Case): Wrong | undefined {
  const { answer, life } = filled(rules, of);
  if (!answer || (life === 0 && rules.joinersGet === "only what may be stored")) return undefined;
  for (const at of range(FILL_SECONDS, FILL_SECONDS + of.questionSeconds))
    if (at + of.fillerAhead >= of.date) return { what: "a joiner gets yes after the date", at, of };
  return undefined;
}
