/** HTTP by hand: requests that no client would send, or not to their end, and what comes back. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import type { Reply } from "./service.ts";

export type RawConnection = {
  socket: Socket;
  write(part: string): void;
  /** Waits until that has come, and gives all that came. */
  came(wanted: RegExp): Promise<string>;
  /** All that comes until the other side ends the connection. */
  rest(): Promise<string>;
};

/** Connects to the server; the connection ends with the test. */
export async function rawConnection(url: string): Promise<RawConnection> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  // what it ends by is in what came, or not
  socket.setMaxListeners(0).on("error", () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  let seen = "";
  const closed = once(socket, "close");
  socket.setEncoding("latin1").on("data", (data: string) => {
    seen += data;
  });
  return {
    socket,
    write: (part) => void socket.write(part, "latin1"),
    async came(wanted) {
      while (!wanted.test(seen)) {
        if (socket.closed) throw new Error(`closed before ${wanted}: ${seen}`);
        await Promise.race([once(socket, "data"), closed]);
      }
      return seen;
    },
    async rest() {
      await closed;
      return seen;
    },
  };
}

/** The only reply in what came. */
export function replyIn(came: string): Reply {
  const [head = "", ...bodies] = came.split("\r\n\r\n");
  const [status = "", ...lines] = head.split("\r\n");
  const headers = new Headers(lines.map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]));
  const body = bodies.join("\r\n\r\n");
  return { status: Number(status.split(" ")[1]), headers, body: body === "" ? undefined : JSON.parse(body) };
}
