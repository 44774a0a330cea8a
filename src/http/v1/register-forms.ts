/** The rights of the register in each form that they are answered in: a page of JSON, lines of CSV, rows of a page to print. */
import type { AccessLogReader } from "../../access-log/reader.ts";
import { keyOfRight } from "../../domain/register/rights.ts";
import type { NamedRight, Register, RegisterAsked } from "../../queries/register/register.ts";
import { csvLine } from "../csv.ts";
import { cursorAfter, type PageQuery, readCursor } from "../page.ts";
import type { PageRow } from "../register-page.ts";
import { type LastUse, lastUsesOf } from "./last-used.ts";

/** Cooperations of which the log is asked together, where all rights are sent: each time it may take a second. */
const COOPERATIONS_AT_ONCE = 16;

type RightShown = ReturnType<typeof rightView>;
type RightsShown = AsyncGenerator<RightShown[]>;
/** Where it is read when rights were last used; undefined where no log is kept, or of an instant of the past. */
type UseLog = AccessLogReader | undefined;

/** A right as replies show it. */
function rightView({ decided, ...right }: NamedRight, use: LastUse) {
  const { user, names, organization, owner, resource, role, effective_role, held_as, cooperation, share, state } =
    right;
  return {
    user,
    organization: { id: organization, name: names.partner },
    owner: { id: owner, name: names.initiator },
    resource,
    role,
    effective_role,
    path: { held_as, cooperation, share },
    state,
    since: right.since,
    until: right.until ?? null,
    steps_down_at: right.steps_down_at ?? null,
    last_used: use.at?.toISOString() ?? null,
    used_since: use.since?.toISOString() ?? null,
    by: right.by ?? null,
    decided_at: decided.at,
  };
}

/** Rights as replies show them, in their order. The log is asked once for all of them. */
export async function rightViews(rights: readonly NamedRight[], log: UseLog) {
  const useOf = await lastUsesOf(log, rights);
  return rights.map((right) => rightView(right, useOf(right)));
}

/** A page of the rights, in the order of their keys; undefined for a cursor of another list. */
export async function pageOfRights(
  { ofOrganization }: Pick<Register, "ofOrganization">,
  asked: RegisterAsked,
  { limit, cursor }: PageQuery,
  log: UseLog,
) {
  const list = ["register", asked.id, asked.side, asked.cooperation, asked.instant];
  const from = readCursor(list, cursor);
  if (from === undefined) return undefined;
  const { after } = from;
  const page: NamedRight[] = [];
  for await (const rights of ofOrganization(asked, after?.split(" ", 1)[0]))
    for (const right of rights) {
      const key = keyOfRight(right);
      if (after !== undefined && key <= after) continue;
      const last = page.at(-1);
      if (last !== undefined && page.length === limit)
        return { items: await rightViews(page, log), next_cursor: cursorAfter(list, keyOfRight(last)) };
      page.push(right);
    }
  return { items: await rightViews(page, log), next_cursor: null };
}

/**
 * All rights, some cooperations at a time, the first of them read: where the engine or the log does not answer, the reply is
 * a problem then and no file that ends too soon.
 */
export async function allRights(rights: AsyncGenerator<NamedRight[]>, log: UseLog): Promise<RightsShown> {
  const viewed = async function* () {
    let part: NamedRight[] = [];
    let cooperations = 0;
    for await (const some of rights) {
      part = part.concat(some);
      if (++cooperations % COOPERATIONS_AT_ONCE !== 0) continue;
      yield await rightViews(part, log);
      part = [];
    }
    yield await rightViews(part, log);
  };
  const rest = viewed();
  const first = await rest.next();
  async function* all() {
    if (first.done) return;
    yield first.value;
    yield* rest;
  }
  return all();
}

const COLUMNS = [
  "user",
  "organization",
  "organization_name",
  "owner",
  "owner_name",
  "resource",
  "role",
  "effective_role",
  "held_as",
  "state",
  "since",
  "until",
  "steps_down_at",
  "last_used",
  "used_since",
  "by",
  "decided_at",
  "cooperation",
  "share",
] as const;

/** The rights as CSV, with a line that names the columns. */
export async function* csvOf(rights: RightsShown): AsyncGenerator<string> {
  yield csvLine(COLUMNS);
  for await (const some of rights) if (some.length > 0) yield some.map((right) => csvLine(cellsOf(right))).join("");
}

function cellsOf({ organization, owner, path, ...shown }: RightShown) {
  const cells: Record<(typeof COLUMNS)[number], string | null> = {
    ...shown,
    ...path,
    organization: organization.id,
    organization_name: organization.name,
    owner: owner.id,
    owner_name: owner.name,
  };
  return COLUMNS.map((name) => cells[name]);
}

/** The rights as rows of the page. */
export async function* rowsOf(rights: RightsShown): AsyncGenerator<PageRow[]> {
  for await (const some of rights) yield some.map(({ path, ...shown }) => ({ ...shown, ...path }));
}
