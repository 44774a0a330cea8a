/** Where the lines of the access log are written to. */
import type { GapLine } from "../domain/access-log/lines.ts";

/** Lines that are written together. `through`: every access before it is in these lines, or in earlier ones. */
export type LogBatch = { lines: readonly string[]; through: Date };

export type LogSink = {
  /** Writes all of it for good, or throws and has written nothing: then the same batch is given again. */
  write(batch: LogBatch): Promise<void>;
  /** Called again and again while no batch waits: every access before `through` is written. Gives the gaps that it found, which are in the next batch. Throws where nothing could be written. */
  tend(through: Date): Promise<GapLine[]>;
  /** Ends it: nothing is written any more. */
  close(): Promise<void>;
  /** The longest pause before it is tried again. */
  pauseMaxMilliseconds: number;
};

/** Lines on standard output, among those of the service's log, which have no `kind`. They are not sealed. */
export function createStdoutSink(): LogSink {
  return {
    write: ({ lines }) =>
      new Promise((resolve, reject) => {
        process.stdout.write(`${lines.join("\n")}\n`, (error) => (error ? reject(error) : resolve()));
      }),
    tend: async () => [],
    close: async () => {},
    pauseMaxMilliseconds: 1000,
  };
}
