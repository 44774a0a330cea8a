/**
 * A proxy in front of any TCP server on the loopback that slows it, cuts it off, or swallows what is sent to it; and one
 * that lets several servers answer in turn.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export type TcpProxy = {
  port: number;
  /** The port that new connections go to. */
  to: number;
  /** How much later everything arrives, in each direction. */
  delayMilliseconds: number;
  /**
   * Takes everything and passes nothing on. A connection that lost something stays silent in that direction for
   * ever: TCP has no gaps, so nothing that came later would ever arrive.
   */
  blackHole: boolean;
  /** Sends every caller something that nobody asked for. */
  insert(data: string): void;
  /** Ends every connection and refuses new ones, until `mend`. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
};

/** Listens on a free port and passes on to `port`, until `to` is another. */
export async function startTcpProxy(port: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let isCut = false;

  function pass(from: Socket, to: Socket): void {
    // timers of one length fire in the order they were set; a shorter one must not overtake
    let last = Promise.resolve();
    let hasGap = false;
    from.on("data", (chunk) => {
      hasGap ||= proxy.blackHole;
      if (hasGap) return;
      const due = Promise.withResolvers<void>();
      setTimeout(due.resolve, proxy.delayMilliseconds);
      last = Promise.all([last, due.promise]).then(() => void to.write(chunk));
    });
    from.on("error", () => {});
    from.on("close", () => {
      sockets.delete(from);
      to.destroy();
    });
    sockets.add(from);
  }

  const callers = new Set<Socket>();
  const destroyAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer((caller) => {
    if (isCut) return void caller.destroy();
    callers.add(caller);
    caller.on("close", () => callers.delete(caller));
    const callee = connect(proxy.to, "127.0.0.1");
    pass(caller, callee);
    pass(callee, caller);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const proxy: TcpProxy = {
    port: (server.address() as AddressInfo).port,
    to: port,
    delayMilliseconds: 0,
    blackHole: false,
    insert: (data) => {
      for (const caller of callers) caller.write(data);
    },
    cut: () => {
      isCut = true;
      destroyAll();
    },
    mend: () => {
      isCut = false;
    },
    close: async () => {
      destroyAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}

/** A command to Redis is an array of strings. */
const BETWEEN_COMMANDS = /(?=\*\d+\r\n\$)/;

/** Listens on a free port and has Redis servers answer the commands of a connection in turn, as if they were one. */
export async function startAlternatingProxy(ports: readonly number[]): Promise<Pick<TcpProxy, "port" | "close">> {
  const sockets = new Set<Socket>();
  const server = createServer((caller) => {
    const callees = ports.map((port) => connect(port, "127.0.0.1"));
    for (const socket of [caller, ...callees]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        for (const one of [caller, ...callees]) one.destroy();
      });
    }
    let asked = 0;
    let last = Promise.resolve();
    caller.on("data", (chunk) => {
      for (const command of chunk.toString("latin1").split(BETWEEN_COMMANDS)) {
        const callee = callees[asked++ % callees.length];
        last = last.then(async () => {
          if (callee === undefined || callee.destroyed) return;
          callee.write(command, "latin1");
          await once(callee, "data").catch(() => {});
        });
      }
    });
    for (const callee of callees) callee.on("data", (chunk) => void caller.write(chunk));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
