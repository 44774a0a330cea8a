/** The body of an import, line by line: each held to its schema, and none of them a reason to stop. */
import { ImportLine, type LineError, type NumberedLine } from "../../domain/import-line.ts";
import { gathered } from "../gathered.ts";
import { linesOf, parseLine, type RawLine } from "../ndjson.ts";
import { errorsOf } from "./route.ts";

/** The sender went away before the end of the body. */
export class BodyBroken extends Error {
  override readonly name = "BodyBroken";
}

/** How many lines may wait while those before them are imported. */
const WAITING_LINES_MAX = 128;

/** The lines of a body from one on, as many at a time as have come. Throws BodyBroken. */
export function importBody(body: ReadableStream<Uint8Array> | null, from: number): AsyncGenerator<NumberedLine[]> {
  const reader = (body ?? new Blob([]).stream()).getReader();
  const lines = heldLines(linesOf(unbroken(reader)), from);
  return gathered(lines, WAITING_LINES_MAX, () => void reader.cancel().catch(() => {}));
}

async function* heldLines(read: AsyncIterable<RawLine[]>, from: number): AsyncGenerator<NumberedLine[]> {
  for await (const lines of read)
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

async function* unbroken(reader: ReadableStreamDefaultReader<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (error) {
    throw new BodyBroken("the sender went away", { cause: error });
  }
}
