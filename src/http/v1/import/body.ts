/** The body of an import, line by line: each is parsed by its schema, and none that fails stops the others. */

import { readJson } from "../../../domain/read-json.ts";
import { ImportLine, type LineError, type NumberedLine } from "../../../domain/registry/import-line.ts";
import { BodyBroken, BodyIdle } from "../../../faults.ts";
import { batched } from "../../batched.ts";
import { linesOf, type RawLine } from "../../ndjson.ts";
import { errorsOf } from "../route.ts";

/** How many lines may wait while those before them are imported. */
const WAITING_LINES_MAX = 128;

/** The lines of a body from `from` on, as many at a time as have arrived. Throws BodyBroken, and BodyIdle where none arrived for so long. */
export function importBody(
  body: ReadableStream<Uint8Array> | null,
  from: number,
  idleMilliseconds: number,
): AsyncGenerator<NumberedLine[]> {
  const reader = (body ?? new Blob([]).stream()).getReader();
  const lines = heldLines(timely(linesOf(unbroken(reader)), idleMilliseconds), from);
  return batched(lines, WAITING_LINES_MAX, () => void reader.cancel().catch(() => {}));
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
  const read = readJson(bytes);
  if (read.kind === "wrong") return { errors: [read.wrong] };
  const parsed = ImportLine.safeParse(read.json);
  return parsed.success ? parsed.data : { errors: errorsOf(parsed.error, "json") };
}

/** The same items; throws BodyIdle where one takes longer than that. */
async function* timely<T>(source: AsyncGenerator<T>, idleMilliseconds: number): AsyncGenerator<T> {
  for (;;) {
    const idle = Promise.withResolvers<never>();
    const fail = () => idle.reject(new BodyIdle(`No line came for ${Math.round(idleMilliseconds / 1000)} seconds`));
    const timer = setTimeout(fail, idleMilliseconds);
    try {
      const { done, value } = await Promise.race([source.next(), idle.promise]);
      if (done) return;
      yield value;
    } finally {
      clearTimeout(timer);
    }
  }
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
