/**
 * `…/access-log`: who used access through a cooperation, of an organization, or on a plant or portfolio, newest first. As
 * pages of JSON; whole as NDJSON, CSV or events of OCSF.
 */
import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { accepts } from "hono/accepts";
import type { AccessFilter } from "../../access-log/reader.ts";
import { RESOURCE_TYPES, type ResourceRef, type ResourceType, UserId } from "../../domain/ids.ts";
import { isRefusal, type Result } from "../../domain/result.ts";
import { CSV } from "../csv.ts";
import type { Env } from "../env.ts";
import { NDJSON } from "../ndjson.ts";
import { type Documented, PROBLEM } from "../operation.ts";
import { PageQuery } from "../page.ts";
import { refusePreconditions } from "../precondition.ts";
import { fault, refused } from "../problem.ts";
import { sealedCursors } from "../sealed-cursor.ts";
import { streamed } from "../streamed.ts";
import { AccessLineView, allLines, shownTo, WHOLE } from "./access-log-forms.ts";
import { type MayRead, mayReadCooperation, mayReadOrganization, mayReadResource } from "./access-log-readers.ts";
import { paramsOf } from "./path-parameters.ts";
import { listed, type V1App, type V1Deps } from "./route.ts";
import { listOf } from "./views.ts";

/** More than the longest cursor, which says how far each of many files is read, and is filled up to whole blocks. */
const CURSOR_MAX = 6000;
const FORMATS = ["json", "ndjson", "csv", "ocsf"] as const;

/** Of a year with four digits in UTC: PostgreSQL has no year 0, and others are written otherwise. */
const Time = z.iso
  .datetime({ offset: true, abort: true })
  .refine((text) => /^(?!0000)\d{4}-/.test(new Date(text).toISOString()), "is not within the years 1 to 9999 in UTC");

const AccessLogQuery = PageQuery.extend({
  cursor: z.string().max(CURSOR_MAX).optional(),
  user: UserId.optional().describe("Only this person's."),
  permission: z
    .string()
    .regex(/^\w{1,100}$/)
    .optional()
    .describe("Only this one, as it is in the lines.")
    .meta({ example: "can_view" }),
  decision: z
    .enum(["true", "false"])
    .transform((text) => text === "true")
    .optional()
    .describe("Only what was allowed, or only what was not."),
  from: Time.optional().describe("From then on (RFC 3339), by `first`."),
  to: Time.optional().describe("Before then (RFC 3339), by `first`."),
  format: z
    .enum(FORMATS)
    .optional()
    .describe(
      "Default: by `Accept`, else JSON. All others are whole, without pages. `ocsf`: OCSF 1.9.0, an event a line.",
    ),
}).strict();
type AccessLogQuery = z.output<typeof AccessLogQuery>;

const AccessLogView = listOf(AccessLineView).openapi("AccessLog");

/** A route's definition. */
function define<const Path extends string>(path: Path, operationId: string, summary: string) {
  return createRoute({
    method: "get",
    middleware: [refusePreconditions] as const,
    path,
    operationId,
    tags: ["Access log"],
    summary,
    ...({ answers: "either", refuses: [...REFUSES] } satisfies Documented),
    request: { params: paramsOf(path), query: AccessLogQuery },
    responses: {
      200: {
        description: "The lines, newest first: a page of them as JSON, all of them in the other forms.",
        content: {
          "application/json": { schema: AccessLogView },
          [NDJSON]: { schema: z.string() },
          [CSV]: { schema: z.string() },
        },
        // typed without its content, as `described` does
      } as { description: string },
      default: PROBLEM,
    },
  });
}

const REFUSES = ["not_found", "not_admin", "suspended", "access_log_not_kept", "audit_unavailable"] as const;
const ofCooperation = define(
  "/cooperations/{id}/access-log",
  "getCooperationsAccessLog",
  "List who used access through a cooperation",
);
const ofOrganization = define(
  "/organizations/{org}/access-log",
  "getOrganizationsAccessLog",
  "List who used access to what an organization owns, or its own people to what others own",
);
const onPlant = define("/plants/{id}/access-log", "getPlantsAccessLog", "List who used access to a plant");
const onPortfolio = define(
  "/portfolios/{id}/access-log",
  "getPortfoliosAccessLog",
  "List who used access to a portfolio itself",
);

export const ACCESS_LOG_OPERATIONS = [ofCooperation, ofOrganization, onPlant, onPortfolio];

const wrong = (c: Context, parameter: string, detail: string) =>
  fault(c, "invalid_request", { errors: [{ pointer: `query: ${parameter}`, detail }] });

export function accessLogRoutes(app: V1App, deps: V1Deps) {
  const { tupleStore } = deps;
  const cursors = sealedCursors(deps.invitation.secret);

  /** `list` names what the lines are of, for its cursors. */
  async function answer(
    c: Context<Env>,
    query: AccessLogQuery,
    list: string,
    may: Result<MayRead>,
    only: Pick<AccessFilter, "cooperation" | "resource">,
  ) {
    if (isRefusal(may)) return refused(c, may);
    const { accessLogReader: reader } = deps;
    if (reader === undefined) return refused(c, { code: "access_log_not_kept" });
    const { limit, cursor, format = formatBy(c), from, to, ...named } = query;
    if (from !== undefined && to !== undefined && Date.parse(to) <= Date.parse(from))
      return wrong(c, "to", "is not after `from`");
    const instant = (text: string | undefined) => (text === undefined ? undefined : new Date(text));
    const times = { from: instant(from), to: instant(to) };
    const own = only.cooperation === undefined;
    const filter: AccessFilter = { ...named, ...only, ...times, from: fromOf(times, may), of: may.of, own };
    c.header("Vary", "Accept");
    if (format !== "json") {
      if (cursor !== undefined) return wrong(c, "cursor", "is only for format=json");
      const { type, ending, write } = WHOLE[format];
      const name = `access-log-${deps.clock().toISOString().replace(/[:.]/g, "-")}.${ending}`;
      const texts = write(await allLines(reader, filter, may));
      const file = `attachment; filename="${name}"`;
      return streamed(c, texts, { "Content-Type": `${type}; charset=utf-8`, "Content-Disposition": file });
    }
    const asked = ["access-log", list, named, times];
    const after = cursor === undefined ? undefined : cursors.open(asked, cursor);
    const page = cursor !== undefined && after === undefined ? undefined : await reader.page(filter, limit, after);
    if (page === undefined) return listed(c, undefined);
    const next_cursor = page.next === undefined ? null : cursors.seal(asked, page.next);
    return c.json({ items: shownTo(page, may), next_cursor });
  }

  app.openapi(ofCooperation, async (c) => {
    const { id: cooperation } = c.req.valid("param");
    const may = await mayReadCooperation(tupleStore, c.var.caller, cooperation);
    return answer(c, c.req.valid("query"), `cooperation:${cooperation}`, may, { cooperation });
  });
  app.openapi(ofOrganization, async (c) => {
    const { org } = c.req.valid("param");
    const may = await mayReadOrganization(tupleStore, c.var.caller, org);
    return answer(c, c.req.valid("query"), `organization:${org}`, may, {});
  });
  const onResource = async (c: Context<Env>, type: ResourceType, id: string, query: AccessLogQuery) => {
    const resource: ResourceRef = `${type}:${id}`;
    const may = await mayReadResource(tupleStore, c.var.caller, resource);
    return answer(c, query, resource, may, { resource });
  };
  const [plant, portfolio] = RESOURCE_TYPES;
  app.openapi(onPlant, (c) => onResource(c, plant, c.req.valid("param").id, c.req.valid("query")));
  app.openapi(onPortfolio, (c) => onResource(c, portfolio, c.req.valid("param").id, c.req.valid("query")));
}

/** From when on: what is older than the reader's organization, also a gap, is not for it (law 15), and is not looked for. */
function fromOf({ from }: Pick<AccessFilter, "from">, { of }: MayRead): Date | undefined {
  if (of === undefined) return from;
  return new Date(Math.max(from?.getTime() ?? 0, Math.min(...of.map(({ since }) => since.getTime()))));
}

function formatBy(c: Context): (typeof FORMATS)[number] {
  const supports = ["application/json", NDJSON, CSV];
  const type = accepts(c, { header: "Accept", supports, default: "application/json" });
  return type === CSV ? "csv" : type === NDJSON ? "ndjson" : "json";
}
