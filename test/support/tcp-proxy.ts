/** A proxy in front of any TCP server on the loopback that slows it, cuts it off, or swallows what is sent to it. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export type TcpProxy = {
  port: number;
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

/** Listens on a free port and passes on to `port`. */
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
    const callee = connect(port, "127.0.0.1");
    pass(caller, callee);
    pass(callee, caller);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const proxy: TcpProxy = {
    port: (server.address() as AddressInfo).port,
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
