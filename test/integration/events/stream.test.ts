/** The stream: the same events as they happen, continued where it was cut off, bounded, and ended with the service. */
import { expect } from "vitest";
import { createTupleStore } from "../../../src/openfga/tuple-store.ts";
import type { TupleStore } from "../../../src/ports.ts";
import { createService, KEYS, type Service, seedWorld, test } from "../../support/service.ts";

type Sent = { id?: string; event?: string; data?: string };

/** Opens a stream; `until` reads on until what was received satisfies. */
async function openStream({ app }: Service, query = "", headers: Record<string, string> = {}) {
  const ended = new AbortController();
  const reply = await app.request(`/v1/events${query}`, {
    headers: { Authorization: `Bearer ${KEYS.admin}`, Accept: "text/event-stream", ...headers },
    signal: ended.signal,
  });
  const reader = reply.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const sent = (): Sent[] =>
    text
      .split("\n\n")
      .slice(0, -1)
      .map((block) =>
        Object.fromEntries(
          block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.replace(/^\w*: ?/, "")]),
        ),
      );
  async function until(isEnough: (sent: Sent[]) => boolean): Promise<Sent[]> {
    for (;;) {
      if (isEnough(sent())) return sent();
      const { done, value = "" } = (await reader?.read()) ?? { done: true };
      if (done) throw new Error(`the stream ended: ${text}`);
      text += value;
    }
  }
  async function rest(): Promise<string> {
    for (;;) {
      const { done, value = "" } = (await reader?.read()) ?? { done: true };
      if (done) return text;
      text += value;
    }
  }
  return { reply, until, rest, close: () => reader?.cancel() };
}
const idsOf = (sent: Sent[]) => sent.flatMap(({ data }) => (data ? [JSON.parse(data).id as string] : []));

test("what happens arrives, and Last-Event-ID continues behind what was received", async ({ service }) => {
  await seedWorld(service);
  const { body } = await service.admin("GET", "/v1/events?limit=200");
  const stream = await openStream(service, `?after=${body.next_cursor}`);
  expect(stream.reply.headers.get("Content-Type")).toMatch(/^text\/event-stream/);
  expect(stream.reply.headers.get("X-Accel-Buffering")).toBe("no");
  await service.admin("PUT", "/v1/plants/9", { owner: "sunward" });
  const sent = await stream.until((all) => idsOf(all).length === 1);
  const event = sent.find(({ data }) => data);
  expect([event?.event, JSON.parse(event?.data ?? "").subject]).toEqual(["concordat.resource.registered", "plant:9"]);
  await stream.close();
  await service.admin("PUT", "/v1/plants/10", { owner: "sunward" });
  const next = await openStream(service, `?after=${body.next_cursor}`, { "Last-Event-ID": event?.id ?? "" });
  const more = await next.until((all) => idsOf(all).length > 0);
  expect(JSON.parse(more.find(({ data }) => data)?.data ?? "").subject).toBe("plant:10");
  await next.close();
});

test("a long history is streamed whole and in order", async ({ service }) => {
  await seedWorld(service);
  for (let n = 0; n < 30; n++) await service.admin("PUT", `/v1/plants/p${n}`, { owner: "sunward" });
  const stream = await openStream(service, "?limit=7");
  const count = (await service.deps.tupleStore.readAll()).filter(({ relation }) => relation === "log").length;
  const ids = idsOf(await stream.until((all) => idsOf(all).length >= count));
  expect(new Set(ids).size).toBe(count);
  const own = ids.filter((id) => id.startsWith("organization:sunward/")).map((id) => Number(id.split("/")[1]));
  expect(own).toEqual(own.toSorted((a, b) => a - b));
  await stream.close();
});

test("a caller has five streams at once, and another again when one has ended", async ({ service }) => {
  const open = [];
  for (let n = 0; n < 5; n++) open.push(await openStream(service));
  const refused = await service.admin("GET", "/v1/events", undefined, { headers: { Accept: "text/event-stream" } });
  expect([refused.status, refused.body.code, refused.headers.get("Retry-After")]).toEqual([429, "rate_limited", "60"]);
  const other = await openStream(service, "", { Authorization: `Bearer ${KEYS.all}` });
  expect(other.reply.status).toBe(200);
  for (const stream of [...open, other]) await stream.close();
  await expect
    .poll(async () => {
      const again = await openStream(service);
      await again.close();
      return again.reply.status;
    })
    .toBe(200);
});

test("streams end when the service stops, and for who is no admin any more", async ({ service }) => {
  await seedWorld(service);
  let isStopping = false;
  const { tupleStore, engine } = service.deps;
  const other = createService({ tupleStore, engine }, { stopping: () => isStopping });
  const anna = { "Acting-User": "user:anna", Authorization: `Bearer ${KEYS.manage}` };
  const ours = await openStream(other, "?organization=sunward", anna);
  const all = await openStream(other);
  await service.admin("PUT", "/v1/organizations/sunward/people/ada", { role: "admin" });
  await service.admin("PUT", "/v1/organizations/sunward/people/anna", { role: "member" });
  await ours.rest();
  await all.until((sent) => sent.some(({ event }) => event === "concordat.person.changed"));
  isStopping = true;
  await all.rest();
});

test("HEAD is answered without a stream", async ({ service }) => {
  const headers = { Authorization: `Bearer ${KEYS.admin}`, Accept: "text/event-stream" };
  for (let n = 0; n < 6; n++) {
    const reply = await service.app.request("/v1/events", { method: "HEAD", headers });
    expect([reply.status, reply.headers.get("Content-Type")]).toEqual([200, "text/event-stream"]);
  }
  const stream = await openStream(service);
  expect(stream.reply.status).toBe(200);
  await stream.close();
});

test("a stream whose engine is away ends, is logged, and says nothing of why to its reader", async ({ service }) => {
  const { tupleStore, engine } = service.deps;
  const away = createTupleStore({ apiUrl: "http://127.0.0.1:9", storeId: "01KBD3X4M8N2Q7R5T9V1W3Y6Z0", modelId: "" });
  let isAway = false;
  const changing: TupleStore = {
    ...tupleStore,
    changesPage: (from) => (isAway ? away : tupleStore).changesPage(from),
  };
  const warnings: object[] = [];
  const other = createService(
    { tupleStore: changing, engine },
    { warn: (event, facts) => warnings.push({ event, ...facts }) },
  );
  const stream = await openStream(other);
  isAway = true;
  expect(await stream.rest()).not.toMatch(/event: error|OpenFGA/);
  expect(warnings).toContainEqual(expect.objectContaining({ event: "event_stream_ended", error: "EngineUnavailable" }));
});

test("an organization has twenty streams at once, whoever reads for it", async ({ service }) => {
  await seedWorld(service);
  const open = (user: string) =>
    openStream(service, "?organization=sunward&limit=1", {
      "Acting-User": `user:${user}`,
      Authorization: `Bearer ${KEYS.manage}`,
    });
  const admins = ["anna", "ada", "alf", "amy", "axl"];
  for (const user of admins.slice(1))
    await service.admin("PUT", `/v1/organizations/sunward/people/${user}`, { role: "admin" });
  const streams = [];
  for (const user of admins) for (let n = 0; n < 4; n++) streams.push(await open(user));
  expect(streams.map(({ reply }) => reply.status)).toEqual(streams.map(() => 200));
  const refused = await open("anna");
  expect(refused.reply.status).toBe(429);
  const others = await openStream(service, "?organization=brightfix");
  expect(others.reply.status).toBe(200);
  for (const stream of [...streams, refused, others]) await stream.close();
});

test("a stream whose reader takes nothing keeps its place no longer than it may last", async ({ service }) => {
  await seedWorld(service);
  let isStopping = false;
  const { tupleStore, engine } = service.deps;
  const other = createService({ tupleStore, engine }, { stopping: () => isStopping });
  const open = () =>
    other.app.request("/v1/events?limit=200", {
      headers: { Authorization: `Bearer ${KEYS.admin}`, Accept: "text/event-stream" },
    });
  for (let n = 0; n < 5; n++) expect((await open()).status).toBe(200);
  expect((await open()).status).toBe(429);
  isStopping = true;
  await expect.poll(async () => (await open()).status).toBe(200);
});
