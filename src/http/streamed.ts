/**
 * A reply that is generated while it is read, so a slow reader slows its source and nothing of it is held. An exception
 * breaks the reply off, so that no reader takes a part for the whole.
 */
import type { Context } from "hono";

/** Answers with the texts, each generated when the one before was read. `onEnd` is called after the last, or when the reader disconnects. */
export function streamed(
  c: Context,
  texts: AsyncGenerator<string>,
  headers: Record<string, string>,
  onEnd = () => {},
): Response {
  const encoder = new TextEncoder();
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await texts.next();
          if (!done) return controller.enqueue(encoder.encode(value));
          controller.close();
        } catch (error) {
          controller.error(error);
        }
        onEnd();
      },
      async cancel() {
        await texts.return(undefined);
        onEnd();
      },
    },
    { highWaterMark: 0 },
  );
  return c.body(stream, 200, headers);
}
