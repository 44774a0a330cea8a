/**
 * A service with the world that the document's examples are of: the sample, played on the real engine at a fixed instant,
 * under the ids that the document shows. What the engine makes by itself (its ids, its times, its tokens) is written
 * as the document writes it.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeJwt } from "jose";
import { expect } from "vitest";
import { type Example, PREPARATIONS, SAMPLE, type Step } from "../../scripts/reference/openapi/world.ts";
import { createFileReader } from "../../src/access-log/file-reader.ts";
import { issueToken } from "../../src/domain/cooperation/invitation-token.ts";
import { readIssuers } from "../../src/domain/issuers.ts";
import { type EventReader, readEvents } from "../../src/domain/security-events.ts";
import type { Tuple } from "../../src/domain/tuples.ts";
import type { Operation } from "../../src/http/operation.ts";
import { createClient } from "../../src/openfga/client.ts";
import { createEngine } from "../../src/openfga/engine.ts";
import { openStore } from "../../src/openfga/open-store.ts";
import { createTupleStore } from "../../src/openfga/tuple-store.ts";
import type { TupleStore } from "../../src/ports.ts";
import { playSample } from "../../src/start/sample.ts";
import { connection } from "./engine.ts";
import { MODEL } from "./model.ts";
import { createService, KEYS, type Service } from "./service.ts";
import { accessAt, gapAt, writeTo } from "./written-log.ts";

const BEGIN = Date.parse("2026-12-01T09:00:00Z");
const DAY = 24 * 60 * 60 * 1000;

/** Ids that are no example's to name, and hashes over them: how many an action makes is its own business. */
const MADE = /01KBD3X4M8Z\d{15}/g;
const HASH = /\b[0-9a-f]{64}\b/g;
const ENDPOINT_SECRET = /\bwhsec_[A-Za-z0-9+/]+=*/g;
/** What an import says when it takes longer. */
const PROGRESS = /^\{"event":"done".*\n/gm;
const NEXT_PAGE = "<of the next page>";

const REQUEST_ID = "01KBD3X4M8REQ0000000000000";

export type Answer = { status: number; type: string; body: unknown };
export type SampleWorld = {
  /** Sends an example to its operation, after what it needs. The next one finds the sample as it was played. */
  answerOf: (operation: Operation, example: Example) => Promise<Answer>;
  end: () => Promise<void>;
};

/** A world of its own; `name` is that of its store. */
export async function sampleWorld(name: string): Promise<SampleWorld> {
  const store = await openStore({ ...connection(), store: name, model: MODEL, allowPush: false });
  const engine = createEngine({ ...store, ...connection(), timeoutMilliseconds: 10_000, connections: 10 });
  const tupleStore = createTupleStore({ ...store, ...connection() });
  let made = 0;
  const newId = () => `01KBD3X4M8Z${String(++made).padStart(15, "0")}`;
  /** A service that has answered nothing yet. */
  const folder = mkdtempSync(join(tmpdir(), "concordat-sample-"));
  const accessLogReader = createFileReader({ folder });
  const begin = (): Service => {
    const made = { newId, newNonce: () => "AAAAAAAAAAAAAAAAAAAAAA" };
    const service = createService({ tupleStore, engine }, { ...made, accessLogReader, readEvent: readSampleEvent });
    service.setNow(new Date(BEGIN));
    return service;
  };

  const first = begin();
  const sample = await playSample((path, init) => first.app.request(path, named(init)), KEYS.all);
  if (sample.kind !== "played") throw new Error(`the sample was not played: ${JSON.stringify(sample)}`);
  await first.settled();
  recordSample(folder, sample);
  const played = await tupleStore.readAll();
  const known: [shown: string, own: string][] = [
    [SAMPLE.store, store.storeId],
    [SAMPLE.model, store.modelId],
    [SAMPLE.cooperation, sample.cooperation],
    [SAMPLE.share, sample.share],
  ];

  async function answerOf({ method, answers }: Operation, example: Example): Promise<Answer> {
    const service = begin();
    const names = [...known];
    const send = async (asked: string, { to, by, body, type: sent = "application/json" }: Example, key?: string) => {
      const ours = (text: string) => names.reduce((at, [shown, own]) => at.replaceAll(shown, own), text);
      const text = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
      const reply = await service.app.request(ours(to), {
        method: asked,
        ...(text !== undefined && { body: ours(text) }),
        headers: {
          "X-Request-ID": REQUEST_ID,
          ...(text !== undefined && { "Content-Type": sent }),
          ...(key !== undefined && { Authorization: `Bearer ${key}` }),
          ...(by !== undefined && { "Acting-User": `user:${by}` }),
        },
      });
      const [type = ""] = (reply.headers.get("Content-Type") ?? "").split(";", 1);
      const isJson = /^application\/(problem\+)?json$/.test(type);
      const answered = await reply.text();
      const id = isJson && reply.status === 201 ? JSON.parse(answered).id : undefined;
      // what is made beside the sample is shown under the id that is next
      if (id?.length === SAMPLE.next.length)
        names.push([SAMPLE.next, id], [SAMPLE.token, issueToken(service.deps.invitation.secret, id, 1)]);
      const shown = names
        .reduce((at, [as, own]) => at.replaceAll(own, as), answered.replaceAll(name, "concordat"))
        .replace(MADE, `01KBD3X4M8Z${"0".repeat(15)}`)
        .replace(HASH, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        .replace(ENDPOINT_SECRET, "whsec_<base64>")
        .replace(PROGRESS, "");
      return {
        status: reply.status,
        type,
        body: isJson ? JSON.parse(shown, to.startsWith("/stores") ? settled : withoutCursor) : shown,
      };
    };
    for (const { does, by, body, days = 0 } of example.after === undefined ? [] : stepsBefore(example.after)) {
      const [asked = "", to = ""] = does.split(" ");
      service.setNow(new Date(BEGIN + days * DAY));
      const reply = await send(asked, { to, ...(by && { by }), body }, by === undefined ? KEYS.admin : KEYS.manage);
      expect(reply.status, `${does} ${JSON.stringify(reply.body)}`).toBeLessThan(300);
    }
    const answer = await send(method.toUpperCase(), example, keyOf(answers, example.by));
    await service.settled();
    await restore(tupleStore, played);
    return answer;
  }

  return {
    answerOf,
    end: async () => {
      await engine.close();
      rmSync(folder, { recursive: true });
      await createClient(connection()).deleteStore({ storeId: store.storeId });
    },
  };
}

/** As the sample's issuer has signed them. */
const readSampleEvent: EventReader = async (token) => {
  const found = readIssuers(JSON.stringify([SAMPLE_ISSUER]));
  const issuer = "issuers" in found ? found.issuers[0] : undefined;
  if (issuer?.signals === undefined) throw new Error("the sample's issuer is not one");
  const events = readEvents(issuer, decodeJwt(token), new Date(BEGIN));
  return "err" in events ? events : { ...events, issuer, source: issuer.signals };
};

const SAMPLE_ISSUER = {
  ...{ name: "idp", issuer: "https://id.example", audience: "https://concordat.example", algorithms: ["ES256"] },
  ...{ organization_claim: "org", signals: { audience: "https://concordat.example" } },
};

/** What tom did on the plant that is shared with his organization, and when some of the log is missing. */
function recordSample(folder: string, { cooperation, share }: { cooperation: string; share: string }): void {
  const at = BEGIN + 30 * 60 * 1000;
  const second = (count: number) => new Date(at + count * 1000).toISOString();
  const through = { cooperation, share, request_id: REQUEST_ID };
  const denied = { permission: "can_manage_technical", decision: false, reasons: ["delegation_too_low"] };
  writeTo(folder, { at }, [
    accessAt(at, { ...through, purpose: "order 4711", count: 3, last: second(41) }),
    accessAt(at + 47_000, { ...through, ...denied }),
    gapAt(at + 600_000, at + 660_000, { reason: "full", lost: 310, file: undefined, hash: undefined }),
  ]);
}

const stepsBefore = (name: keyof typeof PREPARATIONS): readonly Step[] => PREPARATIONS[name];

/** Has these tuples in the store again, and no others. */
async function restore(tupleStore: TupleStore, tuples: readonly Tuple[]): Promise<void> {
  const textOf = ({ user, relation, object, condition }: Tuple) => JSON.stringify([user, relation, object, condition]);
  const now = await tupleStore.readAll();
  const wanted = new Set(tuples.map(textOf));
  const there = new Set(now.map(textOf));
  const erased = now.filter((tuple) => !wanted.has(textOf(tuple)));
  const writes = tuples.filter((tuple) => !there.has(textOf(tuple)));
  if (erased.length > 0) await tupleStore.erase(erased);
  if (writes.length > 0) await tupleStore.write({ writes, deletes: [] });
}

/** With a request id, as histories have it. */
const named = (init: RequestInit): RequestInit => ({
  ...init,
  headers: { ...(init.headers as Record<string, string>), "X-Request-ID": REQUEST_ID },
});

function keyOf(answers: Operation["answers"], by: string | undefined): string | undefined {
  if (answers === "nobody") return undefined;
  if (answers === "checker") return KEYS.check;
  return answers === "service" || (answers === "either" && by === undefined) ? KEYS.admin : KEYS.manage;
}

/** Cursors are made of ids, places of the engine's time. */
const withoutCursor = (name: string, value: unknown) =>
  ["next_cursor", "place"].includes(name) && value !== null ? NEXT_PAGE : value;

/** Times, tokens and the order of the engine. */
function settled(name: string, value: unknown): unknown {
  if (["timestamp", "created_at", "updated_at"].includes(name)) return new Date(BEGIN).toISOString();
  if (name === "users" && Array.isArray(value))
    return value.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  return name === "continuation_token" && value !== "" ? NEXT_PAGE : value;
}
