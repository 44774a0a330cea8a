/** Where the access log is written to, by the text of ACCESS_LOG. */

/** `file` without a folder: in the service's own. */
export type LogTarget =
  | { kind: "off" }
  | { kind: "stdout" }
  | { kind: "file"; folder?: string | undefined }
  | { kind: "http"; url: URL }
  | { kind: "postgres"; url: URL };

export const TARGET_FORM =
  "`off`, `stdout`, `file`, `file:///folder`, `https://user:password@host/path` or `postgres://user:password@host:5432/database`";

/** How a connection to PostgreSQL is encrypted: not, without a look at who answers, or with one. */
const SSL_MODES = ["disable", "require", "verify-full"];

/** Undefined for a text that names no target. */
export function readLogTarget(text: string): LogTarget | undefined {
  if (text === "off" || text === "stdout" || text === "file") return { kind: text };
  if (!/^(file|https?|postgres(ql)?):\/\//i.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.hash !== "") return undefined;
  // `a%zz` is in a URL, and no text
  const parts = [url.pathname, url.username, url.password].map(decoded);
  const [path] = parts;
  if (path === undefined || parts.includes(undefined)) return undefined;
  if (url.protocol.startsWith("postgres")) return isDatabase(url) ? { kind: "postgres", url } : undefined;
  if (url.protocol !== "file:") return url.hostname === "" ? undefined : { kind: "http", url };
  // `file://folder` names a machine
  const isFolder = url.hostname === "" && url.search === "" && url.pathname.length > 1;
  return isFolder ? { kind: "file", folder: path } : undefined;
}

/** Whether it names one database of one host, and nothing but `sslmode` beside it. */
function isDatabase({ hostname, pathname, searchParams }: URL): boolean {
  const known = [...searchParams].every(([name, value]) => name === "sslmode" && SSL_MODES.includes(value));
  return /^[^%]+$/.test(hostname) && /^\/[^/]+$/.test(pathname) && known && searchParams.size <= 1;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
