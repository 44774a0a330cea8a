/** A proxy in front of any TCP server on the loopback that slows it, cuts it off, or swallows what is sent to it. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export type TcpProxy = {
  port: number;
  /** How much later everything arrives, each way. */
  delayMilliseconds: number;
  /** Takes everything and passes nothing on, for ever: what was swallowed does not come later. */
  blackHole: boolean;
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
    from.on("data", (chunk) => {
      if (proxy.blackHole) return;
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

  const destroyAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer((caller) => {
    if (isCut) return void caller.destroy();
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
