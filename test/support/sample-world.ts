/**
 * A service with the world that the document's examples are of: the sample, played on the real engine at a fixed instant,
 * under the ids that the document shows. What the engine makes by itself (its ids, its times, its tokens) is written
 * as the document writes it.
 */
import { expect } from "vitest";
import { type Example, PREPARATIONS, SAMPLE, type Step } from "../../scripts/reference/openapi/world.ts";
import { issueToken } from "../../src/domain/cooperation/invitation-token.ts";
import type { Operation } from "../../src/http/operation.ts";
import { createClient } from "../../src/openfga/client.ts";
import { createEngine } from "../../src/openfga/engine.ts";
import { openStore } from "../../src/openfga/open-store.ts";
import { createTupleStore } from "../../src/openfga/tuple-store.ts";
import { playSample } from "../../src/start/sample.ts";
import { connection, MODEL } from "./engine.ts";
import { createService, KEYS, type Service } from "./service.ts";

const BEGIN = Date.parse("2026-12-01T09:00:00Z");
const DAY = 24 * 60 * 60 * 1000;

/** Ids that are no example's to name, and hashes over them: how many an action makes is its own business. */
const MADE = /01KBD3X4M8Z\d{15}/g;
const HASH = /\b[0-9a-f]{64}\b/g;

export type Answer = { status: number; body: unknown; headers: Headers };
export type SampleWorld = {
  service: Service;
  /** Sends an example to its operation, after what it needs. */
  answerOf: (operation: Operation, example: Example) => Promise<Answer>;
  end: () => Promise<void>;
};

/** A world of its own; `name` is that of its store. */
export async function sampleWorld(name: string): Promise<SampleWorld> {
  const store = await openStore({ ...connection(), store: name, model: MODEL, allowPush: false });
  const engine = createEngine({ ...store, ...connection(), timeoutMilliseconds: 10_000, connections: 10 });
  const tupleStore = createTupleStore({ ...store, ...connection() });
  let made = 0;
  const service = createService(
    { tupleStore, engine },
    {
      newId: () => `01KBD3X4M8Z${String(++made).padStart(15, "0")}`,
      newNonce: () => "AAAAAAAAAAAAAAAAAAAAAA",
    },
  );
  service.setNow(new Date(BEGIN));
  const names: [shown: string, own: string][] = [
    [SAMPLE.store, store.storeId],
    [SAMPLE.model, store.modelId],
  ];
  const ours = (text: string) => names.reduce((at, [shown, own]) => at.replaceAll(shown, own), text);
  const shown = (text: string) =>
    names
      .reduce((at, [as, own]) => at.replaceAll(own, as), text.replaceAll(name, "concordat"))
      .replace(MADE, `01KBD3X4M8Z${"0".repeat(15)}`)
      .replace(HASH, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");

  async function send(method: string, { to, by, body, type = "application/json" }: Example, key: string | undefined) {
    const text = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
    const reply = await service.app.request(ours(to), {
      method,
      ...(text !== undefined && { body: ours(text) }),
      headers: {
        "X-Request-ID": "01KBD3X4M8REQ0000000000000",
        ...(text !== undefined && { "Content-Type": type }),
        ...(key !== undefined && { Authorization: `Bearer ${key}` }),
        ...(by !== undefined && { "Acting-User": `user:${by}` }),
      },
    });
    const answered = await reply.text();
    const isJson = /^application\/(problem\+)?json\b/.test(reply.headers.get("Content-Type") ?? "");
    if (isJson && reply.status === 201) created(JSON.parse(answered).id);
    const answer = shown(answered);
    const ofEngine = to.startsWith("/stores");
    const json = isJson ? JSON.parse(answer, ofEngine ? settled : undefined) : answer;
    return { status: reply.status, body: json, headers: reply.headers };
  }

  /** What is made beside the sample is shown under the id that is next. */
  function created(id: string | undefined) {
    if (id === undefined || id.length !== SAMPLE.next.length) return;
    names.push([SAMPLE.next, id], [SAMPLE.token, issueToken(service.deps.invitation.secret, id, 1)]);
  }

  async function prepare({ does, by, body, days }: Step) {
    const [method = "", to = ""] = does.split(" ");
    if (days !== undefined) service.setNow(new Date(BEGIN + days * DAY));
    const reply = await send(method, { to, ...(by && { by }), body }, by === undefined ? KEYS.admin : KEYS.manage);
    expect(reply.status, `${does} ${JSON.stringify(reply.body)}`).toBeLessThan(300);
  }

  const sample = await playSample((path, init) => service.app.request(path, named(init)), KEYS.all);
  if (sample.kind !== "played") throw new Error(`the sample was not played: ${JSON.stringify(sample)}`);
  names.push([SAMPLE.cooperation, sample.cooperation], [SAMPLE.share, sample.share]);
  return {
    service,
    answerOf: async ({ method, answers }, example) => {
      for (const step of example.after === undefined ? [] : PREPARATIONS[example.after]) await prepare(step);
      return send(method.toUpperCase(), example, keyOf(answers, example.by));
    },
    end: async () => {
      await service.settled();
      await engine.close();
      await createClient(connection()).deleteStore({ storeId: store.storeId });
    },
  };
}

/** With a request id, as histories have it. */
const named = (init: RequestInit): RequestInit => ({
  ...init,
  headers: { ...(init.headers as Record<string, string>), "X-Request-ID": "01KBD3X4M8REQ0000000000000" },
});

function keyOf(answers: Operation["answers"], by: string | undefined): string | undefined {
  if (answers === "nobody") return undefined;
  if (answers === "checker") return KEYS.check;
  return answers === "service" || (answers === "either" && by === undefined) ? KEYS.admin : KEYS.manage;
}

/** Times and tokens of the engine. */
function settled(name: string, value: unknown): unknown {
  if (["timestamp", "created_at", "updated_at"].includes(name)) return new Date(BEGIN).toISOString();
  return name === "continuation_token" && value !== "" ? "<of the next page>" : value;
}
