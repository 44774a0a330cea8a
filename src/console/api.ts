/**
 * `/v1` as the pages use it: requests that the service answers inside the process, as the session's person. Whatever a
 * page reads or does is such a request, so the console has no rights of its own, and a page can show what it asked.
 */
import type { Presented } from "../domain/caller.ts";
import { isObject } from "../domain/json.ts";
import { encodedPart } from "./path.ts";

/** A problem as `/v1` answers it (RFC 9457), with the members of its own that some have. */
export type Problem = {
  status: number;
  code: string;
  title: string;
  detail?: string | undefined;
  errors?: readonly { pointer: string; detail: string }[] | undefined;
  [member: string]: unknown;
};

/** What was answered. `etag`: of the state, to be sent with a change of it. */
export type ApiAnswer<T> =
  | { ok: true; status: number; value: T; etag: string | undefined }
  | { ok: false; status: number; problem: Problem };

/** A file that was answered, or why not. */
type Opened = { ok: true; reply: Response } | Extract<ApiAnswer<never>, { ok: false }>;

/** A request that was made, as somebody could make it again. */
export type Sent = {
  method: string;
  /** With its query. */
  path: string;
  headers: Readonly<Record<string, string>>;
  body?: string | undefined;
  /** Whom it was made for; undefined for nobody in particular. */
  user?: string | undefined;
  status: number;
};

export type QueryValues = Readonly<Record<string, string | number | boolean | undefined>>;

export type SendOptions = {
  ifMatch?: string | undefined;
  dryRun?: boolean | undefined;
  reason?: string | undefined;
  idempotencyKey?: string | undefined;
};

export type Api = {
  /** The path begins with `/v1/`, its parts encoded by `v1Path`. */
  get<T>(path: string, query?: QueryValues): Promise<ApiAnswer<T>>;
  send<T>(
    method: "POST" | "PUT" | "PATCH" | "DELETE",
    path: string,
    body?: object,
    options?: SendOptions,
  ): Promise<ApiAnswer<T>>;
  /** A file, to be passed on as it comes. */
  open(path: string, query?: QueryValues): Promise<Opened>;
  /** What was asked until now, in its order. */
  readonly requests: readonly Sent[];
};

type Asking = {
  fetch: (request: Request, asWhom: { session: Presented }) => Response | Promise<Response>;
  publicUrl: string;
  presented: Presented;
  /** The id of the page's request, which its own requests have too. */
  requestId: string;
  /** Aborted when whoever asked for the page no longer waits for it. */
  signal: AbortSignal;
  requests: Sent[];
};

/** The requests of one page. */
export function pageApi({ fetch, publicUrl, presented, requestId, signal, requests }: Asking): Api {
  async function replyTo(method: string, path: string, own: Record<string, string>, body?: string) {
    const headers = { ...own, ...(body !== undefined && { "Content-Type": "application/json" }) };
    const url = new URL(path, publicUrl);
    // a part that was not encoded: what it leads to is not what the page meant to ask
    if (url.pathname !== path.split("?", 1)[0]) throw new Error("a path of the API leads elsewhere");
    const request = new Request(url, {
      method,
      headers: { ...headers, "X-Request-ID": requestId },
      signal,
      ...(body !== undefined && { body }),
    });
    const reply = await fetch(request, { session: presented });
    requests.push({ method, path, headers, body, user: presented.user, status: reply.status });
    return reply;
  }
  const ask = async <T>(...asked: Parameters<typeof replyTo>) => answerOf<T>(await replyTo(...asked));
  return {
    requests,
    async open(path, query = {}) {
      const reply = await replyTo("GET", pathWith(path, query), {});
      return reply.ok ? { ok: true, reply } : { ok: false, status: reply.status, problem: await problemOf(reply) };
    },
    get: (path, query = {}) => ask("GET", pathWith(path, query), {}),
    send(method, path, body, { ifMatch, dryRun, reason, idempotencyKey } = {}) {
      const headers = {
        ...(ifMatch && { "If-Match": headerValue(ifMatch) }),
        ...(idempotencyKey && { "Idempotency-Key": headerValue(idempotencyKey) }),
      };
      const isDelete = method === "DELETE";
      const query = { dry_run: dryRun || undefined, reason: isDelete ? reason : undefined };
      const whole = isDelete || reason === undefined ? body : { ...body, reason };
      return ask(method, pathWith(path, query), headers, whole && JSON.stringify(whole));
    },
  };
}

/** A text from a form as a header can have it: what no page of ours has put there is refused as something else, and not as a failure. */
const headerValue = (text: string) => (/^[\x21-\x7e]*$/.test(text) ? text : encodeURIComponent(text.toWellFormed()));

/** The path with a query of what is not undefined. */
function pathWith(path: string, query: QueryValues): string {
  const set = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  );
  if (set.length === 0) return path;
  return `${path}${path.includes("?") ? "&" : "?"}${new URLSearchParams(set)}`;
}

/** A path of `/v1` with each value encoded as one part. */
export function v1Path(parts: TemplateStringsArray, ...values: (string | number)[]): string {
  return String.raw({ raw: parts }, ...values.map((value) => encodedPart(String(value))));
}

async function answerOf<T>(reply: Response): Promise<ApiAnswer<T>> {
  const { status } = reply;
  if (!reply.ok) return { ok: false, status, problem: await problemOf(reply) };
  return { ok: true, status, value: (await contentOf(reply)) as T, etag: reply.headers.get("ETag") ?? undefined };
}

async function problemOf(reply: Response): Promise<Problem> {
  const value = await contentOf(reply);
  const problem =
    isObject(value) && typeof value.code === "string" ? value : { code: "internal", title: String(value) };
  return { ...problem, status: reply.status } as Problem;
}

/** What a reply has: a value where it is JSON, else its text. */
async function contentOf(reply: Response): Promise<unknown> {
  const text = await reply.text();
  const isJson = /^application\/(\w+\+)?json\b/.test(reply.headers.get("Content-Type") ?? "");
  return isJson && text !== "" ? JSON.parse(text) : text;
}

/** A request as a command: with the key of who runs it in `$KEY`, and the service's address in `$CONCORDAT`. */
export function curlOf({ method, path, headers, body, user }: Sent): string {
  const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
  const all = Object.entries(headers);
  if (user !== undefined) all.push(["Acting-User", `user:${encodeURIComponent(user)}`]);
  const lines = [
    `curl -X ${method} "$CONCORDAT"${quoted(path)} -H "Authorization: Bearer $KEY"`,
    ...all.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    ...(body === undefined ? [] : [`-d ${quoted(body)}`]),
  ];
  return lines.join(" \\\n  ");
}
