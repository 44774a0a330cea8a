/**
 * The question for a page of the access log, as SQL with its values: lines and gaps between two places, newest first.
 * For each side that is asked for there is a part with a limit of its own, so that each is one walk along an index.
 */
import type { AccessFilter, LineOf } from "../reader.ts";

/** Behind the line with that id, whose instant is `at`: older ones follow. */
export type PagePlace = { at: string; id: string };

/** From `gapsFrom` on gaps, and from `from` on lines; both up to `upper`. */
type Span = { upper: PagePlace; from: string; gapsFrom: string; limit: number };

export function pageQuery(
  schema: string,
  filter: AccessFilter,
  { upper, from, gapsFrom, limit }: Span,
): { text: string; values: unknown[] } {
  const values: unknown[] = [];
  const value = (one: unknown) => `$${values.push(one)}`;
  const [at, id, max] = [value(upper.at), value(upper.id), value(limit)];
  const newest = `at <= ${at} AND (at, id) < (${at}, ${id})`;
  const order = `ORDER BY at DESC, id DESC LIMIT ${max}`;
  const part = (table: string, wanted: readonly string[]) =>
    `(SELECT id, at, line FROM ${schema}.${table} WHERE ${[newest, ...wanted].join(" AND ")} ${order})`;

  const classes = value(filter.own ? ["shared", "own"] : ["shared"]);
  const common = [`class = ANY(${classes})`, `at >= ${value(from)}`];
  for (const name of ["cooperation", "resource", "user", "permission", "decision"] as const)
    if (filter[name] !== undefined) common.push(`"${name}" = ${value(filter[name])}`);
  const ofSide = ({ side, organization, since }: LineOf) => [
    `${side} = ${value(organization)}`,
    `at >= ${value(since.toISOString())}`,
  ];
  // of nobody there are gaps alone
  const sides = filter.of?.length === 0 ? [["false"]] : (filter.of?.map(ofSide) ?? [[]]);
  const lines = sides.map((side) => part("lines", [...common, ...side]));

  const gaps = [`at >= ${value(gapsFrom)}`];
  if (filter.from !== undefined) gaps.push(`until >= ${value(filter.from.toISOString())}`);
  if (filter.to !== undefined) gaps.push(`at < ${value(filter.to.toISOString())}`);
  // a line that two sides ask for is one
  const parts = [...lines, part("gaps", gaps)].join("\nUNION ");
  return { text: `SELECT id, at, line FROM (${parts}) AS found ${order}`, values };
}
