/** The app on a port of its own, for clients that are programs of their own. */
import type { AddressInfo } from "node:net";
import { plainEvaluation } from "../../src/http/access/plain-evaluation.ts";
import { listen as listenTo } from "../../src/http/listen.ts";
import type { Service } from "./service.ts";

/** Listens as `main.ts` does, or without the shortcut of plain evaluations; `close` cuts off whoever is still connected. */
export async function listen(
  { app, deps }: Service,
  { isOrdinary = false, port = 0 }: { isOrdinary?: boolean; port?: number } = {},
): Promise<{ url: string; close(): Promise<void> }> {
  const { stopping, warn } = deps;
  const shortcut = isOrdinary ? undefined : plainEvaluation(deps);
  const server = await listenTo(app, {
    hostname: "127.0.0.1",
    port,
    connectionsMax: 1000,
    shortcut,
    stopping,
    warn,
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
