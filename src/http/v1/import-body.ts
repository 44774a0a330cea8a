/** The body of an import, line by line: each held to its schema, and none of them a reason to stop. */
import { ImportLine, type LineError, type NumberedLine } from "../../domain/import-line.ts";
import { linesOf, parseLine } from "../ndjson.ts";
import { errorsOf } from "./route.ts";

/** The sender went away before the end of the body. */
export class BodyBroken extends Error {
  override readonly name = "BodyBroken";
}

/** The lines of a body from one on, as many at a time as came together. Throws BodyBroken. */
export async function* importBody(
  body: ReadableStream<Uint8Array> | null,
  from: number,
): AsyncGenerator<NumberedLine[]> {
  for await (const lines of linesOf(unbroken(body)))
    yield lines
      .filter(({ line }) => line >= from)
      .map(({ line, bytes }) => {
        if (bytes === undefined) return { line, errors: [{ pointer: "", detail: "is longer than 64 KiB" }] };
        const says = readLine(bytes);
        return "errors" in says ? { line, errors: says.errors } : { line, says };
      });
}

function readLine(bytes: Uint8Array): ImportLine | { errors: LineError[] } {
  let json: unknown;
  try {
    json = parseLine(bytes);
  } catch {
    return { errors: [{ pointer: "", detail: "must be JSON in UTF-8" }] };
  }
  const parsed = ImportLine.safeParse(json);
  return parsed.success ? parsed.data : { errors: errorsOf(parsed.error, "json") };
}

async function* unbroken(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  try {
    if (body !== null) for await (const chunk of body) yield chunk;
  } catch (error) {
    throw new BodyBroken("the sender went away", { cause: error });
  }
}
