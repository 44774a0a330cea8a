/** A real HTTP server that receives deliveries and answers as a test says. It ends with the test. */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";

export type Received = {
  id: string;
  type: string;
  headers: IncomingHttpHeaders;
  body: string;
  history: string;
  n: number;
};
export type Answer = { status: number; headers?: Record<string, string>; afterMilliseconds?: number };

/** `answer` decides on each delivery; it is counted as taken when the answer is 2xx. */
export async function startReceiver(answer: (received: Received, count: number) => Answer = () => ({ status: 204 })) {
  const received: Received[] = [];
  const taken: Received[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts).toString();
    const event = JSON.parse(body);
    const history = event.id.slice(0, event.id.lastIndexOf("/"));
    const one: Received = { id: event.id, type: event.type, headers: request.headers, body, history, n: event.data.n };
    received.push(one);
    const { status, headers = {}, afterMilliseconds = 0 } = answer(one, received.length);
    if (afterMilliseconds > 0) await sleep(afterMilliseconds);
    if (status >= 200 && status < 300) taken.push(one);
    response.writeHead(status, headers).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${port}/hook`, received, taken };
}
