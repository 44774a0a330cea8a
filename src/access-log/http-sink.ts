/**
 * The access log sent to a collector: each batch is one POST of gzipped NDJSON, which ends with its control record, so
 * that the collector can verify the chain. A batch counts as taken when it was answered with 2xx, and is sent again as it
 * was until then: the collector may get it twice, with the same `Concordat-Batch`. No redirect is followed. The address
 * is the operator's own, so it may be a private one. At the start and once a minute without lines an empty batch is sent:
 * a stream that is silent for longer and has no seal is of a process that was killed, and nobody else writes a gap of it.
 */
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { Agent } from "undici";
import type { HistoryKeys } from "../domain/history-keys.ts";
import type { Clock } from "../ports.ts";
import { batchOf, beginOf, type Chain, sealOf } from "./chain.ts";
import type { LogBatch, LogSink } from "./sink.ts";

const ANSWER_MILLISECONDS = 10_000;
const SILENT_MILLISECONDS = 60_000;
/** What is read of an answer, so that its connection can be used again. */
const ANSWER_BYTES_MAX = 16 * 1024;

const compress = promisify(gzip);

type Options = { url: URL; writer: string; store: string; keys?: HistoryKeys | undefined; clock: Clock };

/** What a POST failed by: `http_503`, or a code of the network. */
class NotTaken extends Error {
  readonly code: string;
  constructor(status: number) {
    super(`the collector answered ${status}`);
    this.code = `http_${status}`;
  }
}

export function createHttpSink({ url, writer, store, keys, clock }: Options): LogSink {
  const agent = new Agent({ connections: 1 });
  // to a collector the whole stream of a process is one file
  const file = writer;
  const { username, password } = url;
  const pair = [username, password].map(decodeURIComponent).join(":");
  const authorization = username === "" ? undefined : `Basic ${Buffer.from(pair).toString("base64")}`;
  /** What the first batch begins with, and the chain behind the last one that was taken. */
  let begun: ReturnType<typeof beginOf> | undefined;
  let chain: Chain | undefined;
  /** The empty batch that is being sent, and when the last batch was taken. */
  let empty: LogBatch | undefined;
  let takenAt = Number.NEGATIVE_INFINITY;

  async function post(text: string, n: number): Promise<void> {
    const { statusCode, body } = await agent.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: "POST",
      headers: {
        "content-type": "application/x-ndjson",
        "content-encoding": "gzip",
        "user-agent": "Concordat",
        "concordat-batch": `${writer}/${n}`,
        ...(authorization && { authorization }),
      },
      body: await compress(text),
      signal: AbortSignal.timeout(ANSWER_MILLISECONDS),
    });
    await body.dump({ limit: ANSWER_BYTES_MAX }).catch(() => {});
    if (statusCode < 200 || statusCode > 299) throw new NotTaken(statusCode);
  }

  async function write(batch: LogBatch): Promise<void> {
    // once, so that a batch that is sent again is the same
    begun ??= beginOf({ writer, file, part: 1, store, follows: [] }, clock());
    const before = chain ?? begun.chain;
    const written = batchOf(before, batch);
    await post(`${chain === undefined ? begun.text : ""}${written.text}`, before.n);
    chain = written.chain;
    takenAt = clock().getTime();
  }

  return {
    pauseMaxMilliseconds: 10_000,
    write,

    async tend(through) {
      if (empty === undefined && Math.abs(clock().getTime() - takenAt) < SILENT_MILLISECONDS) return [];
      // the same again until it is taken
      empty ??= { lines: [], through };
      await write(empty);
      empty = undefined;
      return [];
    },

    async close() {
      try {
        if (chain !== undefined) await post(sealOf(chain, file, clock(), keys).text, chain.n);
      } finally {
        await agent.destroy();
      }
    },
  };
}
