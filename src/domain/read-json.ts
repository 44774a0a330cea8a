/**
 * JSON from callers, read so that every later reader understands the same: in UTF-8, no member named twice, no number
 * out of range, not nested deeper than any reader supports. Every body and every line of an import is read here.
 */

/** Deeper than any request, and shallow enough for every reader. */
const NESTING_MAX = 100;

/** What is wrong, and where: a JSON Pointer (RFC 6901). */
export type Wrong = { pointer: string; detail: string };

// fatal: bytes that are not UTF-8 would otherwise become another id than the one that was sent
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The JSON in the bytes, or what is wrong with it. */
export function readJson(
  bytes: ArrayBuffer | Uint8Array,
): { kind: "json"; json: unknown } | { kind: "wrong"; wrong: Wrong } {
  let text: string;
  let json: unknown;
  try {
    text = utf8.decode(bytes);
    json = JSON.parse(text);
  } catch {
    return { kind: "wrong", wrong: { pointer: "", detail: "must be JSON in UTF-8" } };
  }
  // each member has one colon; further colons are in strings, or belong to a member that another replaced
  const wrong = membersOf(json, 1) === colonsIn(text) ? undefined : findWrong(text);
  return wrong === undefined ? { kind: "json", json } : { kind: "wrong", wrong };
}

/** A place in a body as a JSON Pointer (RFC 6901). */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** How many members there are at all levels; NaN when it is nested too deep or a number is out of range. */
function membersOf(value: unknown, depth: number): number {
  if (typeof value === "number") return Number.isFinite(value) ? 0 : Number.NaN;
  if (typeof value !== "object" || value === null) return 0;
  if (depth > NESTING_MAX) return Number.NaN;
  let members = 0;
  if (Array.isArray(value)) for (const item of value) members += membersOf(item, depth + 1);
  // what was parsed has no members but its own
  else for (const name in value) members += 1 + membersOf((value as Record<string, unknown>)[name], depth + 1);
  return members;
}

function colonsIn(text: string): number {
  let colons = 0;
  for (let at = text.indexOf(":"); at >= 0; at = text.indexOf(":", at + 1)) colons++;
  return colons;
}

// in valid JSON: strings, punctuation and numbers
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|-?\d[\d.eE+-]*/g;

/** An open list or object: the reader's place in it, and in an object the names so far. */
type Level = { at: string | number; names?: Set<string>; isNamed: boolean };

/** The first thing in a valid JSON text that two readers could understand differently. */
function findWrong(text: string): Wrong | undefined {
  const levels: Level[] = [];
  const place = () => pointerOf(levels.map(({ at }) => at));
  for (const [token] of text.matchAll(TOKENS)) {
    const level = levels.at(-1);
    if (token === "{" || token === "[") {
      if (levels.length === NESTING_MAX)
        return {
          pointer: pointerOf([levels[0]?.at ?? ""]),
          detail: `must not be nested deeper than ${NESTING_MAX} levels`,
        };
      levels.push(token === "{" ? { at: "", names: new Set(), isNamed: false } : { at: 0, isNamed: true });
    } else if (token === "}" || token === "]") levels.pop();
    else if (token === "," && level !== undefined) {
      if (typeof level.at === "number") level.at++;
      else level.isNamed = false;
    } else if (token.startsWith('"')) {
      if (level?.names === undefined || level.isNamed) continue;
      const name: string = token.includes("\\") ? JSON.parse(token) : token.slice(1, -1);
      level.at = name;
      level.isNamed = true;
      if (level.names.has(name)) return { pointer: place(), detail: "is named twice" };
      level.names.add(name);
    } else if (token !== ":" && !Number.isFinite(Number(token)))
      return { pointer: place(), detail: "must be a smaller number" };
  }
  return undefined;
}
