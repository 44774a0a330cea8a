/**
 * Statistics of OpenFGA's indexes for sqlite, so that no statement of the embedded engine reads more rows as the store
 * grows. Without statistics sqlite takes all indexes for equally good: of one that begins with the store it expects ten
 * rows, although there is only one store. Real statistics (ANALYZE) would be those of an empty store. So five rows are
 * written by hand; tables and indexes stay as OpenFGA's migrations made them.
 * `test/integration/check/engine-size.test.ts` counts the rows that are read.
 */
import { DatabaseSync } from "node:sqlite";

const USELESS = Array(8).fill("1000000").join(" ");

/**
 * For each index of the table `tuple` the rows in it, then those that equal columns leave: one column, two, and so on
 * (sqlite.org/fileformat2.html, sqlite_stat1). Every index begins with the store, which all rows share. What
 * counts is their order: an object has fewer rows than a user and relation, and these far fewer than a type.
 */
const STATISTICS: Record<string, string> = {
  // the primary key: store, object_type, object_id, relation, and the user's three parts
  sqlite_autoindex_tuple_1: "1000000 1000000 5000 5 2 2 1 1",
  // store, object_type, relation, and the user's three parts
  idx_reverse_lookup_user: "1000000 1000000 100000 50000 50000 5 5",
  // store, ulid
  idx_store_ulid: "1000000 1000000 1",
  // The columns of the primary key, for one kind of user each. They serve no query that it does not, and where they look
  // equally good, sqlite fails to plan a DELETE of two tuples: "internal query planner error". So they look useless.
  idx_tuple_partial_user: USELESS,
  idx_tuple_partial_userset: USELESS,
};

const BUSY_MILLISECONDS = 5000;

/** Writes them into a database that OpenFGA has migrated, unless they are there. Connections that are open do not see them. */
export function writeStatistics(path: string): void {
  const database = new DatabaseSync(path, { timeout: BUSY_MILLISECONDS });
  try {
    if (areWritten(database)) return;
    const insert = "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('tuple', ?, ?)";
    database.exec("BEGIN IMMEDIATE");
    // makes the tables of statistics, and nothing else
    database.exec("ANALYZE sqlite_schema");
    for (const table of statisticTables(database)) database.exec(`DELETE FROM ${table}`);
    for (const [index, statistic] of Object.entries(STATISTICS)) database.prepare(insert).run(index, statistic);
    database.exec("COMMIT");
  } finally {
    database.close();
  }
}

function areWritten(database: DatabaseSync): boolean {
  const rows = statisticTables(database).flatMap((table) =>
    database
      .prepare(`SELECT tbl, idx, ${table === "sqlite_stat1" ? "stat" : "neq AS stat"} FROM ${table}`)
      .all()
      .map(({ tbl, idx, stat }) => `${tbl} ${idx} ${stat}`),
  );
  const wanted = Object.entries(STATISTICS).map(([index, statistic]) => `tuple ${index} ${statistic}`);
  return rows.toSorted().join("\n") === wanted.toSorted().join("\n");
}

/** `sqlite_stat4` exists after an ANALYZE by a sqlite that keeps samples; these take precedence over stat1. */
function statisticTables(database: DatabaseSync): string[] {
  const rows = database.prepare("SELECT name FROM sqlite_schema WHERE name IN ('sqlite_stat1', 'sqlite_stat4')").all();
  return rows.map(({ name }) => String(name));
}
