/** A collector gets every batch, in order, and can verify the chain; it is sent again what it did not take. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { ulid } from "ulid";
import { expect, onTestFinished, test } from "vitest";
import { createHttpSink } from "../../../src/access-log/http-sink.ts";
import { verifyFiles } from "../../../src/domain/access-log/verify-files.ts";
import { answered, countOf, type LogLine, logOver, THROUGH } from "../../support/access-log.ts";
import { KEYS, lineOf } from "../../support/access-log-files.ts";

type Taken = { text: string; headers: Record<string, unknown> };

/** A collector that answers with these statuses, then with 200; `hang` keeps it from answering. */
async function collector(statuses: number[] = []) {
  const taken: Taken[] = [];
  const refused: Taken[] = [];
  const server = createServer(async (request, reply) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const status = statuses.shift() ?? 200;
    const one = { text: gunzipSync(Buffer.concat(chunks)).toString(), headers: request.headers };
    (status === 200 ? taken : refused).push(one);
    reply.writeHead(status, status === 302 ? { Location: "/elsewhere" } : {}).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const url = new URL(`http://log%20shipper:p%40ss@127.0.0.1:${port}/intake?stream=access`);
  const writer = ulid();
  let passed = 0;
  const clock = () => new Date(Date.now() + passed);
  const pass = (milliseconds: number) => {
    passed += milliseconds;
  };
  return { pass, taken, refused, server, writer, sink: createHttpSink({ url, writer, store: "s", keys: KEYS, clock }) };
}

const batch = (...lines: string[]) => ({ lines, through: new Date() });

test("all that a process sends is a chain from its begin to its signed seal", async () => {
  const { sink, taken, writer } = await collector();
  await sink.write(batch(lineOf("tom"), lineOf("ben")));
  await sink.write(batch(lineOf("ann")));
  await sink.close();
  const text = taken.map((one) => one.text).join("");
  expect(verifyFiles([{ name: writer, text }], { keys: KEYS.verifying })).toMatchObject({
    lines: 3,
    problems: [],
    notes: [],
  });
  expect(taken[0]?.headers).toMatchObject({
    "content-type": "application/x-ndjson",
    "content-encoding": "gzip",
    "concordat-batch": `${writer}/1`,
    authorization: `Basic ${Buffer.from("log shipper:p@ss").toString("base64")}`,
  });
});

test("at the start and once a minute without lines an empty batch is sent, the same until it is taken", async () => {
  const { sink, taken, refused, pass, writer } = await collector([503]);
  await expect(sink.tend(new Date(1000))).rejects.toThrow("503");
  for (const at of [2000, 3000]) expect(await sink.tend(new Date(at))).toEqual([]);
  await sink.write(batch(lineOf("tom")));
  pass(59_000);
  await sink.tend(new Date(4000));
  expect(taken).toHaveLength(2);
  pass(2000);
  await sink.tend(new Date(5000));
  await sink.close();
  expect(taken[0]?.text).toBe(refused[0]?.text);
  expect(taken.map(({ headers }) => headers["concordat-batch"])).toEqual([1, 2, 3, 4].map((n) => `${writer}/${n}`));
  const text = taken.map((one) => one.text).join("");
  const { problems, lines, proved } = verifyFiles([{ name: writer, text }], { keys: KEYS.verifying });
  expect([problems, lines, proved]).toEqual([[], 1, { files: 1, lines: 1 }]);
});

test.for([503, 429, 400, 302])("a batch that is answered with %i is sent again as it was", async (status) => {
  const { sink, taken, refused } = await collector([status]);
  const one = batch(lineOf("tom"));
  await expect(sink.write(one)).rejects.toMatchObject({ code: `http_${status}` });
  await sink.write(one);
  await sink.close();
  expect(taken[0]?.text.split("\n").at(1)).toBe(lineOf("tom"));
  expect(refused[0]?.headers["concordat-batch"]).toBe(taken[0]?.headers["concordat-batch"]);
});

test("a collector that is away and comes back has every access once", async () => {
  const { sink, taken } = await collector([503, 503, 503]);
  const { log } = logOver(sink, async () => THROUGH);
  log.start();
  onTestFinished(() => log.close());
  for (let n = 0; n < 10; n++) log.record(answered("tom"));
  await expect.poll(() => log.state()).toBe("behind");
  for (let n = 0; n < 10; n++) log.record(answered("ann"));
  await expect.poll(() => log.state()).toBe("ok");
  await log.close();
  const lines = taken.flatMap(({ text }) => text.split("\n").filter((line) => line !== ""));
  expect(countOf(lines.map((line): LogLine => JSON.parse(line)))).toBe(20);
});

test("one that never answers keeps nothing waiting, and what it did not take is counted when the service stops", async () => {
  const { server, sink } = await collector();
  server.removeAllListeners("request");
  const warned: string[] = [];
  const { log } = logOver(sink, async () => THROUGH, { warn: (event) => warned.push(event) });
  log.start();
  log.record(answered("tom"));
  await expect.poll(() => log.state()).toBe("behind");
  const startedAt = performance.now();
  await log.close();
  expect(performance.now() - startedAt).toBeLessThan(4000);
  expect(warned).toContain("access_log_lost");
  server.closeAllConnections();
});
