/** What a form was sent with: texts alone. A field that is left empty is one that is not there. */
import type { ConsoleContext } from "./context.ts";
import { instantFrom } from "./parts.ts";

export type Form = {
  /** The text of a field; undefined for an empty one. */
  text: (name: string) => string | undefined;
  /** The ETag of the state that the form was about; of a form without one that of no state, so that it changes nothing. */
  etag: string;
  /** All that were ticked. */
  all: (name: string) => string[];
  /**
   * The instant of a date field, null for an empty one. A field shows minutes: what was not changed there keeps the seconds
   * of `was_<name>`, and a date that has passed by now is sent back as it is.
   */
  date: (name: string) => string | null;
};

/** Reads the form of a request. */
export async function readForm(c: ConsoleContext): Promise<Form> {
  const body = await c.req.parseBody({ all: true });
  const all = (name: string) => [body[name] ?? []].flat().filter((one) => typeof one === "string" && one !== "");
  const text = (name: string) => all(name)[0] as string | undefined;
  return {
    text,
    etag: text("etag") ?? '"0"',
    all: (name) => all(name) as string[],
    date: (name) => {
      const [is, was] = [text(name), text(`was_${name}`)];
      return is !== undefined && is === was?.slice(0, 16) ? was : (instantFrom(is) ?? null);
    },
  };
}
