/** What is missing and no line says yet: of each reason one gap, however much is lost. Pure. */
import type { GapLine, GapReason } from "../domain/access-log/lines.ts";

type Loss = { from: number; to: number; lost: number };

export type Gaps = {
  /** So many accesses are missing, that happened between the two (milliseconds since the epoch). */
  add(reason: GapReason, loss: Loss): void;
  /** The gaps so far; those that come are new ones. */
  take(): GapLine[];
  /** When the oldest access happened that is missing in them; undefined where none is. */
  oldest(): number | undefined;
};

export function createGaps(): Gaps {
  const gaps = new Map<GapReason, Loss>();
  return {
    add(reason, { from, to, lost }) {
      const so = gaps.get(reason) ?? { from, to, lost: 0 };
      gaps.set(reason, { from: Math.min(so.from, from), to: Math.max(so.to, to), lost: so.lost + lost });
    },
    take() {
      const lines = [...gaps].map(([reason, { from, to, lost }]): GapLine => {
        return { kind: "gap", reason, from: new Date(from).toISOString(), to: new Date(to).toISOString(), lost };
      });
      gaps.clear();
      return lines;
    },
    oldest: () => (gaps.size === 0 ? undefined : Math.min(...[...gaps.values()].map(({ from }) => from))),
  };
}
