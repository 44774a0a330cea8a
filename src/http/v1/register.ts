/**
 * `GET /v1/register`: who of other organizations has which right on what an organization shares, or its own people on what
 * is shared with it, now or at an instant of the past. As pages of JSON; whole as CSV or as a page to print.
 */
import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { accepts } from "hono/accepts";
import { isService } from "../../domain/caller.ts";
import { CooperationId, OrganizationId } from "../../domain/ids.ts";
import { refuseUnlessAdmin } from "../../domain/membership.ts";
import { HELD_AS, RIGHT_STATES } from "../../domain/register/rights.ts";
import { SHARED_ROLES } from "../../domain/roles.ts";
import type { RegisterAsked } from "../../queries/register/register.ts";
import { actingIn } from "../../store/acting.ts";
import { organizationHead } from "../../store/snapshot.ts";
import { CSV } from "../csv.ts";
import type { Env } from "../env.ts";
import { type Documented, PROBLEM } from "../operation.ts";
import { PageQuery } from "../page.ts";
import { refusePreconditions } from "../precondition.ts";
import { fault, refused } from "../problem.ts";
import { PAGE_CSP, PAGE_LANGUAGES, registerPage } from "../register-page.ts";
import { streamed } from "../streamed.ts";
import { allRights, csvOf, pageOfRights, rowsOf } from "./register-forms.ts";
import { notFound, type V1App, type V1Deps } from "./route.ts";
import { listOf, Named, withMembers } from "./views.ts";

const HTML = "text/html";
const DIRECTIONS = ["given", "held"] as const;
const SIDE_OF = { given: "initiator", held: "partner" } as const;
const FORMATS = { json: "application/json", html: HTML, csv: CSV } as const;
/** A date-time may be ahead of our clock by as much: it may be another one's "now". */
const AHEAD_MILLISECONDS = 5000;

const Instant = z.iso.datetime();
export const RightView = z
  .strictObject({
    user: z.string(),
    organization: Named.describe("The person's: the partner."),
    owner: Named.describe("The resource's: the initiator."),
    resource: z.string().describe("A right on a portfolio reaches the plants in it."),
    role: z.enum(SHARED_ROLES).describe("As it was given."),
    effective_role: z.enum(SHARED_ROLES).describe("What the share's role leaves of it."),
    path: z.strictObject({
      held_as: z.enum(HELD_AS).describe("`admin`: as an admin of the partner; `delegate`: it was delegated to them."),
      cooperation: z.string(),
      share: z.string(),
    }),
    state: z.enum(RIGHT_STATES).describe("`suspended`: the cooperation is paused."),
    since: Instant.describe(
      "From when on it was held, whatever paused or changed it since. Where a date had ended it: from when on it was given again.",
    ),
    until: Instant.nullable().describe("The earliest of the dates that end it."),
    steps_down_at: Instant.nullable().describe("From then on its effective role is viewer."),
    last_used: Instant.nullable().describe(
      "When it last let its person in, by the access log. Null where the log has no such use, or where there is no log that can be read; not shown of an instant of the past.",
    ),
    used_since: Instant.nullable().describe(
      "Where the log was searched only so far back: from when on a use was looked for. Null where all of it was.",
    ),
    by: z
      .string()
      .nullable()
      .describe(
        "Who decided its present form: who delegated it or, for an admin of the partner, who shared the resource. Who made them an admin is in the partner's history. Null where it was before the partner joined.",
      ),
    decided_at: Instant,
  })
  .openapi("Right");

const NOT_SHOWN = ["names", "plants_in_portfolios", "last_used"] as const;
const RegisterView = withMembers(listOf(RightView), {
  at: Instant,
  direction: z.enum(DIRECTIONS),
  organization: Named,
  not_shown: z
    .array(z.enum(NOT_SHOWN))
    .describe(
      "What is not shown as it was at an instant of the past. `names`: those of today are shown, and of a cooperation that has ended those at its end. `plants_in_portfolios`: which plants a right on a portfolio reached then; the history of the organization that is named, or that owns the portfolio, has both. `last_used`: when a right had been used by then; the access log has each use.",
    ),
}).openapi("Register");

const RegisterQuery = PageQuery.extend({
  organization: OrganizationId.describe("Whose register.").meta({ example: "sunward" }),
  direction: z
    .enum(DIRECTIONS)
    .default("given")
    .describe("`given`: rights of others on its resources; `held`: of its own people on resources of others."),
  cooperation: CooperationId.optional().describe("Only the rights of this one."),
  at: z.iso.datetime({ offset: true }).optional().describe("An instant of the past (RFC 3339). Default: now."),
  format: z
    .enum(["json", "csv", "html"])
    .optional()
    .describe("Default: by `Accept`, else JSON. CSV and HTML are whole."),
  language: z.enum(PAGE_LANGUAGES).optional().describe("Of the page. Default: by `Accept-Language`."),
}).strict();
type RegisterQuery = z.output<typeof RegisterQuery>;

const get = createRoute({
  method: "get",
  middleware: [refusePreconditions] as const,
  path: "/register",
  operationId: "getRegister",
  tags: ["Register"],
  summary: "List who from outside has which right, now or at an instant of the past",
  ...({
    answers: "either",
    refuses: ["not_found", "not_admin", "suspended", "audit_unavailable"],
  } satisfies Documented),
  request: { query: RegisterQuery },
  responses: {
    200: {
      description: "The rights: a page of them as JSON, all of them as CSV or as a page to print.",
      content: {
        [FORMATS.json]: { schema: RegisterView },
        [CSV]: { schema: z.string() },
        [HTML]: { schema: z.string() },
      },
      // typed without its content, as `described` does
    } as { description: string },
    default: PROBLEM,
  },
});

export const REGISTER_OPERATIONS = [get];

const wrong = (c: Context, parameter: string, detail: string) =>
  fault(c, "invalid_request", { errors: [{ pointer: `query: ${parameter}`, detail }] });

export function registerRoutes(app: V1App, deps: V1Deps) {
  const { tupleStore, clock, register, accessLogReader } = deps;

  /** What is asked, and of which organization; or the answer that it is not. */
  async function askedBy(c: Context<Env>, { organization: id, direction, cooperation, at }: RegisterQuery) {
    const { caller } = c.var;
    const membership = await actingIn(tupleStore, id, caller);
    const refusal = isService(caller) ? undefined : refuseUnlessAdmin(id, membership);
    if (refusal) return { refusal: refused(c, refusal) };
    // behind the role: of an organization that was created meanwhile under the id only its own rights are shown
    const { value } = await organizationHead(tupleStore, id);
    if (value === undefined || value.deleted_at !== undefined) return { refusal: notFound(c, "organization") };
    const now = clock();
    const instant = at === undefined ? undefined : new Date(at);
    if (instant !== undefined && instant.getTime() > now.getTime() + AHEAD_MILLISECONDS)
      return { refusal: wrong(c, "at", "lies in the future") };
    const side = SIDE_OF[direction];
    const asked: RegisterAsked = {
      id,
      side,
      organization: value,
      reader: isService(caller) ? undefined : side,
      cooperation,
      instant,
      now: instant ?? now,
    };
    return { asked, name: value.name };
  }

  app.openapi(get, async (c) => {
    const query = c.req.valid("query");
    const format = query.format ?? formatBy(c);
    if (format !== "json" && query.cursor !== undefined) return wrong(c, "cursor", "is only for format=json");
    const found = await askedBy(c, query);
    if (found.refusal) return found.refusal;
    const { asked, name } = found;
    const { direction } = query;
    // the log says when a right was used last, and not which was the last use before an instant
    const log = asked.instant === undefined ? accessLogReader : undefined;
    const heading = { direction, organization: { id: asked.id, name }, at: asked.now.toISOString() };
    c.header("Vary", "Accept, Accept-Language");
    if (format === "json") {
      const page = await pageOfRights(register, asked, query, log);
      if (page === undefined) return wrong(c, "cursor", "belongs to another list or query");
      return c.json({ ...heading, not_shown: asked.instant === undefined ? [] : NOT_SHOWN, ...page });
    }
    const rows = await allRights(register.ofOrganization(asked), log);
    if (format === "csv") {
      const name = `register-${direction}-${heading.at.replace(/[:.]/g, "-")}.csv`;
      const file = `attachment; filename="${name}"`;
      return streamed(c, csvOf(rows), { "Content-Type": `${CSV}; charset=utf-8`, "Content-Disposition": file });
    }
    c.header("Content-Security-Policy", PAGE_CSP);
    const language = query.language ?? languageBy(c);
    const page = registerPage(language, { ...heading, isPast: asked.instant !== undefined }, rowsOf(rows));
    return streamed(c, page, { "Content-Type": `${HTML}; charset=utf-8`, "Content-Language": language });
  });
}

const formatBy = (c: Context): keyof typeof FORMATS => {
  const type = accepts(c, { header: "Accept", supports: Object.values(FORMATS), default: FORMATS.json });
  return type === HTML ? "html" : type === CSV ? "csv" : "json";
};
const languageBy = (c: Context) =>
  accepts(c, { header: "Accept-Language", supports: [...PAGE_LANGUAGES], default: "en" }) === "de" ? "de" : "en";
