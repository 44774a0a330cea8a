/** Headers of replies and requests, and which reply carries which. */

const text = (description: string) => ({ description, schema: { type: "string" } }) as const;

/** Headers of replies. */
export const HEADERS = {
  "X-Request-ID": text("The request's own, or one that the service made; logs and histories have it."),
  RateLimit: text(
    "What is left of each rate limit that the request counts for, and in how many seconds it is whole again.",
  ),
  "RateLimit-Policy": text("Those limits: `q` requests in `w` seconds."),
  ETag: text("The number of the head, quoted. With 412 that of the newest state, where there is one."),
  Location: text("Where it is from now on."),
  "Retry-After": { description: "Seconds to wait.", schema: { type: "integer" } },
  Allow: text("With 405: the methods that the path takes."),
  "Accept-Encoding": text("With 415, where the body was compressed: `identity`."),
  "WWW-Authenticate": text("RFC 6750."),
  "Openfga-Store-Id": text("The store that was asked."),
  "Openfga-Authorization-Model-Id": text("The model that answered."),
} as const;
export type Header = keyof typeof HEADERS;

const COUNTED: Header[] = ["RateLimit", "RateLimit-Policy"];
const OF_STATUS: Partial<Record<string, Header[]>> = {
  401: ["WWW-Authenticate"],
  403: ["WWW-Authenticate"],
  412: ["ETag"],
  415: ["Accept-Encoding"],
  429: ["Retry-After"],
  503: ["Retry-After"],
  default: ["Retry-After", "Allow", "Accept-Encoding", "WWW-Authenticate"],
};

/** The headers of a reply, as references; `own` are the operation's. */
export function headersOf(status: string, isOpen: boolean, own: readonly Header[]): Record<string, { $ref: string }> {
  const isError = status === "default" || Number(status) >= 400;
  const ofStatus = isOpen ? [] : [...COUNTED, ...(OF_STATUS[status] ?? [])];
  const names: Header[] = ["X-Request-ID", ...ofStatus, ...(isError ? [] : own)];
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}
