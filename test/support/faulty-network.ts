/** A proxy in front of the real engine that does to each request what a network may do to it. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * `pass`, or lose: the request before the engine has it, or the reply after. The late ones come
 * through, the caller's patience long gone. `turn_away` answers 429 in the engine's stead.
 */
export type Fate = "pass" | "lose_request" | "lose_reply" | "late_request" | "late_reply" | "turn_away";

type Asked = { path: string; isWrite: boolean; sending: number };

export type FaultyNetwork = {
  apiUrl: string;
  /** Decides for each request. `sending` counts from 1 how often this very body was sent. */
  fate: (request: Asked) => Fate;
  /** Runs when the engine has done what it was asked, or, where the request is lost, instead of it. */
  meanwhile: (request: Asked) => Promise<void>;
  /** How far the clock is ahead of whose time its replies have in `Date`; a proxy may have one of its own. */
  aheadMilliseconds: number;
  /** Until no request is open. */
  settled(): Promise<void>;
  /** As if nobody ever listened there. */
  close(): Promise<void>;
};

/** `lateMilliseconds`: how late the late ones are. */
export async function startFaultyNetwork(apiUrl: string, lateMilliseconds: number): Promise<FaultyNetwork> {
  const sendings = new Map<string, number>();
  const underWay = new Set<Promise<void>>();
  const forward = async (request: IncomingMessage, body: string) => {
    const { authorization } = request.headers;
    const headers = { "Content-Type": "application/json", ...(authorization && { authorization }) };
    const reply = await fetch(apiUrl + request.url, {
      method: request.method ?? "GET",
      headers,
      ...(body !== "" && { body }),
    });
    return { status: reply.status, text: await reply.text() };
  };
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const path = request.url ?? "";
    const isWrite = path.endsWith("/write");
    const sending = (sendings.get(body) ?? 0) + 1;
    sendings.set(body, sending);
    const fate = network.fate({ path, isWrite, sending });
    const answer = (status: number, text: string) =>
      response
        .writeHead(status, {
          "Content-Type": "application/json",
          Date: new Date(Date.now() + network.aheadMilliseconds).toUTCString(),
        })
        .end(text);
    if (fate === "turn_away") return void answer(429, '{"code":"rate_limit_exceeded","message":"later"}');
    if (fate === "late_request") await sleep(lateMilliseconds);
    const reply = fate === "lose_request" ? undefined : await forward(request, body);
    await network.meanwhile({ path, isWrite, sending });
    if (reply === undefined || fate === "lose_reply") return void request.socket.destroy();
    if (fate === "late_reply") await sleep(lateMilliseconds);
    answer(reply.status, reply.text);
  };
  const server = createServer((request, response) => {
    const done = handle(request, response)
      .catch(() => void request.socket.destroy())
      .finally(() => underWay.delete(done));
    underWay.add(done);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const network: FaultyNetwork = {
    apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fate: () => "pass",
    meanwhile: async () => {},
    aheadMilliseconds: 0,
    settled: async () => {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return network;
}
