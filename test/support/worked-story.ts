/**
 * Plays the tutorial: sends the requests that it shows and compares the replies with the
 * ones that it shows. A shown reply names some members; those must be
 * there with these values, lists in full. `$NAME` is whatever came first under
 * that name, later too, in requests as in replies; an instant of the story's day
 * is any instant.
 */

/** Sends one request, wherever the service is. */
export type Send = (path: string, init: RequestInit) => Response | Promise<Response>;

type Request = { method: string; path: string; headers: Record<string, string>; body: string | undefined };
type Reply = { status: number; body: unknown };
export type Exchange = { request: Request; reply: Reply | undefined };

const NAME = /\$[A-Z_]+/g;

/** The story on a page: all its requests and replies, in order. */
export function storyIn(page: string): Exchange[] {
  const blocks = [...page.matchAll(/^```http\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? "");
  const exchanges: Exchange[] = [];
  for (const message of blocks.flatMap((block) => block.split(/^###.*\n/m))) {
    const [head = "", body = ""] = message.trim().split(/\n\n([\s\S]*)/);
    const [first = "", ...lines] = head.split("\n");
    const last = exchanges.at(-1);
    if (!first.startsWith("HTTP/")) {
      const [method = "", path = ""] = first.split(" ");
      const headers = Object.fromEntries(lines.map((line) => line.split(": ", 2) as [string, string]));
      exchanges.push({ request: { method, path, headers, body: body || undefined }, reply: undefined });
    } else if (last !== undefined) {
      last.reply = { status: Number(first.split(" ")[1]), body: JSON.parse(body) };
    }
  }
  return exchanges;
}

/** Plays a story with a key of all scopes and gives the replies' bodies. Throws with every difference of the first reply that has one. */
export async function playStory(exchanges: Exchange[], send: Send, key: string): Promise<unknown[]> {
  const bodies: unknown[] = [];
  const names = new Map<string, string>();
  const named = (text: string) => text.replace(NAME, (name) => names.get(name) ?? name);
  for (const { request, reply } of exchanges) {
    const { method, path, headers, body } = request;
    const response = await send(named(path), {
      method,
      headers: { Authorization: `Bearer ${key}`, ...(body && { "Content-Type": "application/json" }), ...headers },
      ...(body && { body: named(body) }),
    });
    const got: unknown = await response.json();
    const statusProblem =
      reply === undefined ? !response.ok && "not 2xx" : response.status !== reply.status && `not ${reply.status}`;
    const problems = [
      ...(statusProblem ? [`status: ${response.status}, ${statusProblem}`] : []),
      ...(reply === undefined ? [] : problemsOf(reply.body, got, names, "")),
    ];
    if (problems.length > 0)
      throw new Error(`${method} ${path}\n${problems.join("\n")}\ngot ${JSON.stringify(got, null, 2)}`);
    bodies.push(got);
  }
  return bodies;
}

const STORY_DAY = "2026-12-01T";
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

function problemsOf(shown: unknown, got: unknown, names: Map<string, string>, at: string): string[] {
  const problem = () => [`${at || "reply"}: shown ${JSON.stringify(shown)}, got ${JSON.stringify(got)}`];
  if (typeof shown === "string" && /^\$[A-Z_]+$/.test(shown)) {
    if (typeof got !== "string") return problem();
    const known = names.get(shown) ?? got;
    names.set(shown, known);
    return known === got ? [] : problem();
  }
  if (typeof shown === "string" && shown.startsWith(STORY_DAY))
    return typeof got === "string" && INSTANT.test(got) ? [] : problem();
  if (typeof shown === "string" && shown.includes("$"))
    return shown.replace(NAME, (name) => names.get(name) ?? name) === got ? [] : problem();
  if (typeof shown !== "object" || shown === null) return shown === got ? [] : problem();
  if (typeof got !== "object" || got === null || Array.isArray(shown) !== Array.isArray(got)) return problem();
  if (Array.isArray(shown) && shown.length !== (got as unknown[]).length) return problem();
  return Object.entries(shown).flatMap(([member, value]) =>
    problemsOf(value, (got as Record<string, unknown>)[member], names, `${at}/${member}`),
  );
}
