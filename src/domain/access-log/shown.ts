/**
 * What a reader of the access log is shown of a line. Who reads all of it, and an owner of its own lines, is shown all; a
 * partner not which key asked and by which request, which are the owner's own. A gap is everybody's: how many accesses
 * are missing in it, and in which file, are of all organizations together, and shown to who reads all. A user is shown by
 * id, and only one that was erased by the hash: nobody can find out by what they were shown before who that is.
 */
import type { Side } from "../history.ts";
import type { AccessLine, GapLine } from "./lines.ts";

/** The lines in which an organization is on a side. `since`: those before are another's that had the id then (law 15). */
type SideOfLines = { side: Side; organization: string; since: Date };

/** Whether a line is one of them. */
export function isOfSide(line: AccessLine, { side, organization, since }: SideOfLines): boolean {
  const named = side === "initiator" ? line.initiator : line.path === "cooperation" ? line.partner : undefined;
  return named === organization && Date.parse(line.first) >= since.getTime();
}

const HIDDEN = ["caller", "request_id"] as const;
type Hidden = (typeof HIDDEN)[number];
type WithoutHidden<L> = L extends AccessLine ? Omit<L, Hidden> & Partial<Pick<L, Hidden>> : never;

/** An access as it is shown. */
export type ShownAccess = WithoutHidden<AccessLine>;
/** A gap as it is shown. */
export type ShownGap = Pick<GapLine, "kind" | "reason" | "from" | "to"> & Partial<GapLine>;
export type ShownLine = ShownAccess | ShownGap;

/** A line for who reads these lines; undefined reads all. */
export function shownLine(line: AccessLine | GapLine, of: readonly SideOfLines[] | undefined): ShownLine {
  if (line.kind === "gap") {
    if (of === undefined) return line;
    const { kind, reason, from, to } = line;
    return { kind, reason, from, to };
  }
  const { salt: _, user_hash, ...known } = line;
  const shown = line.user === undefined ? { ...known, user_hash } : known;
  if (of === undefined || of.some((one) => one.side === "initiator" && isOfSide(line, one))) return shown;
  const { caller: __, request_id: ___, ...rest } = shown;
  return rest;
}
