/** What each scope is for, from the table that the endpoints follow. */
import type { NEEDS } from "../../src/domain/key-scopes.ts";
import { code, table } from "./blocks.ts";

/** A row for each thing that may be asked. */
export function scopesTable(needs: Readonly<Record<string, (typeof NEEDS)[keyof typeof NEEDS]>>): string {
  const rows = Object.values(needs).map(({ asks, endpoints, scopes }) => [
    asks,
    endpoints.join(", "),
    scopes.map(code).join(" or "),
  ]);
  return table(["what is asked", "where", "scope"], rows);
}
