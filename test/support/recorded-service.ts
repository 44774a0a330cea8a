/** A service that keeps its access log in files and reads it back, by the clock of another one on the same store. */
import { ulid } from "ulid";
import { createClassifier } from "../../src/access-log/classify.ts";
import { createFileReader } from "../../src/access-log/file-reader.ts";
import { createFileSink } from "../../src/access-log/file-sink.ts";
import { logOver } from "./access-log.ts";
import { ownFolder } from "./own-folder.ts";
import { createService, type Service } from "./service.ts";

/** `recorded`: all that was asked is written then, and the log has ended. */
export function recordedService({ deps }: Service): { service: Service; recorded: () => Promise<void> } {
  const { tupleStore, engine, clock } = deps;
  const folder = ownFolder();
  const sink = createFileSink({ folder, writer: ulid(clock().getTime()), store: "store", clock });
  const classifier = createClassifier({ engine, reads: tupleStore, recordsOwn: false });
  const { log } = logOver(sink, classifier, { clock, closeMilliseconds: 20_000 });
  const accessLogReader = createFileReader({ folder });
  const service = createService({ tupleStore, engine }, { clock, recorder: log, accessLogReader });
  return { service, recorded: log.close };
}
