/** The lines of the access log in each form that they are answered in: items of JSON, and all of them as NDJSON, CSV or events of OCSF. */
import { z } from "@hono/zod-openapi";
import type { AccessFilter, AccessLogReader, AccessPage } from "../../access-log/reader.ts";
import { GAP_REASONS, type GapReason, RECORDED_DENIALS } from "../../domain/access-log/lines.ts";
import { ocsfOf } from "../../domain/access-log/ocsf.ts";
import { type ShownLine, shownLine } from "../../domain/access-log/shown.ts";
import { AuditUnavailable } from "../../faults.ts";
import { CSV, csvLine } from "../csv.ts";
import { NDJSON } from "../ndjson.ts";
import type { MayRead } from "./access-log-readers.ts";

/** Lines of a part of a reply that has all of them. */
const LINES_AT_ONCE = 500;

const Instant = z.iso.datetime();
const Counted = {
  user: z.string().optional().describe("Not there where the user was erased."),
  user_hash: z.string().optional().describe("In place of a user who was erased: the same in all lines of a month."),
  permission: z.string(),
  resource: z.string(),
  decision: z.boolean(),
  caller: z.string().optional().describe("The name of the key that asked. Not shown to the partner."),
  purpose: z.string().optional(),
  count: z.int().describe("How many accesses the line counts; those of several lines add up."),
  first: Instant,
  last: Instant,
  request_id: z.string().optional().describe("Of the first access. Not shown to the partner."),
};
const ThroughCooperation = z
  .strictObject({
    kind: z.literal("access"),
    path: z.literal("cooperation"),
    cooperation: z.string(),
    share: z.string(),
    initiator: z.string().describe("The owner of the resource."),
    partner: z.string().describe("Whose person it was."),
    reasons: z
      .array(z.enum(RECORDED_DENIALS).or(z.string()))
      .optional()
      .describe("Why it is a no: codes of denial reasons."),
    ...Counted,
  })
  .openapi("AccessThroughCooperation");
const OwnAccess = z
  .strictObject({ kind: z.literal("access"), path: z.literal("own"), initiator: z.string(), ...Counted })
  .openapi("OwnAccess");
const Gap = z
  .strictObject({
    kind: z.literal("gap"),
    reason: z.enum(Object.keys(GAP_REASONS) as [GapReason, ...GapReason[]]),
    from: Instant,
    to: Instant,
    lost: z
      .int()
      .nullable()
      .optional()
      .describe("How many accesses are missing, of all organizations; null where nobody knows. For services alone."),
    file: z.string().optional().describe("For services alone."),
    hash: z.string().optional().describe("For services alone."),
  })
  .openapi("AccessGap");

/** A line as replies show it. */
export const AccessLineView = z.union([ThroughCooperation, OwnAccess, Gap]);

/** A page as it is shown to who may read it. */
export const shownTo = (page: AccessPage, { of, all }: MayRead): ShownLine[] =>
  page.lines.map((line) => shownLine(line, all ? undefined : of));

/** All lines, page by page. The first page is read before the reply begins, so that a log that cannot be read is a problem and no file that ends too soon. */
export async function allLines(
  reader: AccessLogReader,
  filter: AccessFilter,
  may: MayRead,
): Promise<AsyncGenerator<ShownLine[]>> {
  const read = async (after?: string): Promise<AccessPage> => {
    const page = await reader.page(filter, LINES_AT_ONCE, after);
    if (page === undefined) throw new AuditUnavailable("the access log has lost its place");
    return page;
  };
  const first = await read();
  async function* pages() {
    for (let page = first; ; page = await read(page.next)) {
      yield shownTo(page, may);
      if (page.next === undefined) return;
    }
  }
  return pages();
}

const COLUMNS = [
  ...["kind", "first", "last", "count", "user", "user_hash", "permission", "resource", "decision", "reasons", "path"],
  ...["cooperation", "share", "initiator", "partner", "purpose", "caller", "request_id"],
  ...["gap", "lost", "file", "hash"],
];

/** A line's cells by their columns: a gap has its times where an access has them. */
function cellsOf(line: ShownLine): Record<string, unknown> {
  if (line.kind === "access") return line;
  const { reason: gap, from: first, to: last, ...rest } = line;
  return { ...rest, gap, first, last };
}

const textOf = (value: unknown): string | undefined =>
  value === undefined || value === null ? undefined : Array.isArray(value) ? value.join(" ") : String(value);

async function* csvOf(pages: AsyncGenerator<ShownLine[]>): AsyncGenerator<string> {
  yield csvLine(COLUMNS);
  for await (const lines of pages)
    yield lines
      .map((line) => {
        const cells = cellsOf(line);
        return csvLine(COLUMNS.map((name) => textOf(cells[name])));
      })
      .join("");
}

async function* jsonOf(pages: AsyncGenerator<ShownLine[]>, show: (line: ShownLine) => object): AsyncGenerator<string> {
  // also one without lines: who has gone away is noticed between two pages
  for await (const lines of pages) yield lines.map((line) => `${JSON.stringify(show(line))}\n`).join("");
}

/** The forms that have all lines, by the `format` that asks for them. */
export const WHOLE = {
  ndjson: { type: NDJSON, ending: "ndjson", write: (pages) => jsonOf(pages, (line) => line) },
  csv: { type: CSV, ending: "csv", write: csvOf },
  ocsf: { type: NDJSON, ending: "ocsf.ndjson", write: (pages) => jsonOf(pages, ocsfOf) },
} satisfies Record<
  string,
  { type: string; ending: string; write: (pages: AsyncGenerator<ShownLine[]>) => AsyncGenerator<string> }
>;
