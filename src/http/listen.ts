/**
 * The HTTP server of the app. A client has seconds to send its request and to read the reply, and connections and
 * headers are bounded: so a client without a key can hold a connection for seconds only.
 */
import { createServer, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { getRequestListener } from "@hono/node-server";
import { isLongRunning } from "./long-running.ts";
import { FAULTS } from "./problem.ts";
import type { ReadRequest, Shortcut } from "./shortcut.ts";

/** From connecting, or the first byte, to the end of the headers. */
const HEADERS_MILLISECONDS = 5_000;
/** To the end of the body; an import has deadlines of its own. */
const REQUEST_MILLISECONDS = 10_000;
/** Between two requests of one connection. */
const IDLE_MILLISECONDS = 10_000;
/** How long a client may read nothing of a reply that waits. */
const UNREAD_MILLISECONDS = 20_000;
const LOOK_EVERY_MILLISECONDS = 1_000;
/** Of a request's headers with its URL. */
const HEADER_BYTES_MAX = 16 * 1024;
const WARN_EVERY_MILLISECONDS = 60_000;

export type ListenOptions = {
  hostname: string;
  port: number;
  connectionsMax: number;
  /** Is given each request before the app. */
  shortcut?: Shortcut | undefined;
  stopping: () => boolean;
  warn: (event: string, facts: object) => void;
};

/** Listens. Throws what listening throws. */
export async function listen(
  app: { fetch: (request: Request, env: object) => Response | Promise<Response> },
  { hostname, port, connectionsMax, shortcut, stopping, warn }: ListenOptions,
): Promise<Server> {
  const fetch = async (request: Request, env: object) => {
    const reply = await app.fetch(request, env);
    // a connection that is kept alive would bring further requests, and the shutdown would never end
    if (stopping()) reply.headers.set("Connection", "close");
    return reply;
  };
  const serverOptions = {
    headersTimeout: HEADERS_MILLISECONDS,
    requestTimeout: REQUEST_MILLISECONDS,
    keepAliveTimeout: IDLE_MILLISECONDS,
    connectionsCheckingInterval: LOOK_EVERY_MILLISECONDS,
    maxHeaderSize: HEADER_BYTES_MAX,
  };
  const ordinary = getRequestListener(fetch, { hostname });
  /** For a request whose body was read. */
  const behind = ({ bytes, signal, decided }: ReadRequest) =>
    getRequestListener(
      ({ url, method, headers }, env) =>
        fetch(new Request(url, { method, headers, signal, body: bytes }), { ...env, decided }),
      { hostname },
    );
  const server = createServer(serverOptions, (incoming, outgoing) => {
    const leave = (read?: ReadRequest) => void (read ? behind(read) : ordinary)(incoming, outgoing);
    if (!shortcut?.(incoming, outgoing, leave)) leave();
  });
  server.listen(port, hostname);
  // among workers Node would offer a connection that is too many to the next one, for ever where all are full
  Object.assign(server, { maxConnections: connectionsMax, dropMaxConnection: true });
  server.on("clientError", refuseUnparsed);
  endUnread(server);
  let warnedAt = Number.NEGATIVE_INFINITY;
  server.on("drop", () => {
    if (performance.now() - warnedAt < WARN_EVERY_MILLISECONDS) return;
    warnedAt = performance.now();
    warn("connections_full", { connections: connectionsMax });
  });
  await new Promise((resolve, reject) => {
    server.once("listening", resolve);
    server.once("error", reject);
  });
  return server;
}

/**
 * Ends connections whose reply is not read. They are looked for in intervals: Node's own time-out costs each request a
 * timer, and also ends connections that wait for us.
 */
function endUnread(server: Server): void {
  const taken = new Map<Socket, number>();
  server.on("connection", (socket) => {
    taken.set(socket, -1);
    socket.on("close", () => taken.delete(socket));
  });
  const look = () => {
    for (const [socket, before] of taken) {
      const now = socket.bytesWritten - socket.writableLength;
      if (socket.writableLength > 0 && now === before) socket.destroy();
      taken.set(socket, now);
    }
  };
  const looking = setInterval(look, UNREAD_MILLISECONDS);
  server.on("close", () => clearInterval(looking));
}

/** The reply that is being sent on a connection; only Node's internal name gives access to it. */
const replyOn = (socket: Socket) =>
  (socket as Socket & { _httpMessage?: ServerResponse | null })._httpMessage ?? undefined;

/** Answers a request that never reaches the app: its headers are too large, it took too long, or it is no HTTP. */
function refuseUnparsed(error: Error & { code?: string; reason?: string }, socket: Socket): void {
  if (error.code === "ERR_HTTP_REQUEST_TIMEOUT" && isLongRunning(socket)) return;
  // a reply that has begun is broken off: another reply inside it could pass for its end
  if (!socket.writable || error.code === "ECONNRESET" || replyOn(socket)?.headersSent) return void socket.destroy();
  const code = CODES[error.code ?? ""] ?? "invalid_request";
  const [status, title] = FAULTS[code];
  // the parser's own words
  const detail = code === "invalid_request" ? error.reason : undefined;
  const body = JSON.stringify({ type: `urn:concordat:problem:${code}`, title, status, code, detail });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "Connection: close",
    "Content-Type: application/problem+json",
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
  socket.destroySoon();
}

const CODES: Record<string, "headers_too_large" | "request_timeout"> = {
  HPE_HEADER_OVERFLOW: "headers_too_large",
  ERR_HTTP_REQUEST_TIMEOUT: "request_timeout",
};

/** Accepts no more connections, waits for the requests in progress, and closes the connections that are left. */
export async function drain(server: Server, patienceMilliseconds: number): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  const late = AbortSignal.timeout(patienceMilliseconds);
  while (!late.aborted) {
    // a reply that had begun before could not announce that its connection ends
    server.closeIdleConnections();
    if (await Promise.race([closed.then(() => true), sleep(100, false)])) return;
  }
  server.closeAllConnections();
  await closed;
}
