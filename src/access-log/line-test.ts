/**
 * Which lines of a file are asked for. Most lines are not, so their text is looked at before they are read as JSON: a
 * member of a line is in its text as the writer spells it, and no other text of a line holds that.
 */
import { AccessLine, GapLine } from "../domain/access-log/lines.ts";
import { isOfSide } from "../domain/access-log/shown.ts";
import { isErasedBy } from "./erasure-marks.ts";
import type { AccessFilter } from "./reader.ts";

type Found = AccessLine | GapLine;

export type LineTest = {
  /** Whether one of these lines may be asked for. */
  mayBeIn(lines: Buffer): boolean;
  /** The line, where it is asked for; undefined also for what is no line that can be read. */
  find(text: string): Found | undefined;
};

const ACCESS = '{"kind":"access"';
const GAP = '{"kind":"gap"';
const COOPERATION = /"cooperation":"([^"]*)"/;

const member = (name: string, value: string | boolean | undefined) =>
  value === undefined ? [] : [`${JSON.stringify(name)}:${JSON.stringify(value)}`];

/** A filter; `among`: of lines through cooperations only those of one of these. */
export type LineFilter = AccessFilter & { among?: ReadonlySet<string> | undefined };

/** The test of a filter. Whose user is being erased has none any more. */
export function lineTest(filter: LineFilter, marks: Parameters<typeof isErasedBy>[0] = []): LineTest {
  const all = [
    ACCESS,
    ...member("cooperation", filter.cooperation),
    ...member("resource", filter.resource),
    ...member("user", filter.user),
    ...member("permission", filter.permission),
    ...member("decision", filter.decision),
    ...(filter.own ? [] : member("path", "cooperation")),
  ];
  const { among } = filter;
  const some = filter.of?.flatMap(({ side, organization }) => member(side, organization));
  const [allBytes, someBytes] = [all, some].map((texts) => texts?.map((text) => Buffer.from(text)));
  const gap = Buffer.from(GAP);
  return {
    mayBeIn: (lines) =>
      lines.includes(gap) ||
      ((allBytes ?? []).every((one) => lines.includes(one)) && (someBytes?.some((one) => lines.includes(one)) ?? true)),
    find(text) {
      if (text.startsWith(GAP)) {
        const line = read((json) => GapLine.safeParse(json).data, text);
        return line !== undefined && overlaps(line, filter) ? line : undefined;
      }
      const isLikely = all.every((one) => text.includes(one)) && (some?.some((one) => text.includes(one)) ?? true);
      const isAmong = among === undefined || among.has(COOPERATION.exec(text)?.[1] ?? "");
      const written = isLikely && isAmong ? read((json) => AccessLine.safeParse(json).data, text) : undefined;
      const line = written !== undefined && isErasedBy(marks, written) ? hiddenIn(written) : written;
      return line !== undefined && isAskedFor(line, filter) ? line : undefined;
    },
  };
}

/** A line without its user. */
function hiddenIn({ user: _, salt: __, ...line }: AccessLine): AccessLine {
  return line;
}

function read<T>(parse: (json: unknown) => T | undefined, text: string): T | undefined {
  try {
    return parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function overlaps(gap: GapLine, { from, to }: AccessFilter): boolean {
  const isBefore = to === undefined || Date.parse(gap.from) < to.getTime();
  return isBefore && (from === undefined || Date.parse(gap.to) >= from.getTime());
}

function isAskedFor(line: AccessLine, filter: AccessFilter): boolean {
  const { of, cooperation, resource, user, permission, decision, own, from, to } = filter;
  const first = Date.parse(line.first);
  const through = line.path === "cooperation" ? line.cooperation : undefined;
  return (
    (own || line.path !== "own") &&
    (cooperation === undefined || through === cooperation) &&
    (resource === undefined || line.resource === resource) &&
    (user === undefined || line.user === user) &&
    (permission === undefined || line.permission === permission) &&
    (decision === undefined || line.decision === decision) &&
    (from === undefined || first >= from.getTime()) &&
    (to === undefined || first < to.getTime()) &&
    (of === undefined || of.some((one) => isOfSide(line, one)))
  );
}
