/**
 * Connections to the PostgreSQL of the access log. Nothing is waited for without an end. A connection on which something
 * failed is not used again: nobody knows what it still does.
 */
import { Client, type ClientBase, type ClientConfig, Pool, type PoolConfig } from "pg";

const CONNECT_MILLISECONDS = 5000;
/** What the database may take for a statement, and a bit later the connection is given up. */
const STATEMENT_MILLISECONDS = 8000;
const ANSWER_MILLISECONDS = 10_000;

/** The settings of a connection by its URL, which `readLogTarget` has read. */
export function settingsOf(url: URL): ClientConfig {
  const sslmode = url.searchParams.get("sslmode") ?? "disable";
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? 5432 : Number(url.port),
    database: decodeURIComponent(url.pathname.slice(1)),
    ...(url.username !== "" && { user: decodeURIComponent(url.username) }),
    ...(url.password !== "" && { password: decodeURIComponent(url.password) }),
    ssl: sslmode === "disable" ? false : { rejectUnauthorized: sslmode === "verify-full" },
    application_name: "concordat access log",
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_MILLISECONDS,
    query_timeout: ANSWER_MILLISECONDS,
  };
}

/** One connection. Throws what the network or the database says. */
export async function connectDatabase(settings: ClientConfig): Promise<Client> {
  const client = new Client(settings);
  // one that ends while nothing is asked is noticed by the next question
  client.on("error", () => {});
  await client.connect();
  return client;
}

/** Connections that are made when they are needed. */
export function openPool(settings: PoolConfig): Pool {
  const pool = new Pool(settings);
  // one that ends while nothing is asked, idle or taken, is noticed by the next question
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

/** Does it in a transaction, which is committed where `isKept` says so of the result. */
export async function inTransaction<T>(
  client: ClientBase,
  act: () => Promise<T>,
  {
    isKept = () => true,
    milliseconds = STATEMENT_MILLISECONDS,
  }: { isKept?: (value: T) => boolean; milliseconds?: number } = {},
): Promise<T> {
  await client.query(`BEGIN; SET LOCAL statement_timeout = ${milliseconds}`);
  const value = await act();
  await client.query(isKept(value) ? "COMMIT" : "ROLLBACK");
  return value;
}
