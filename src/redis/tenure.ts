/**
 * How long a server may be used as the one that has the data. A process uses it for three seconds from the moment at
 * which it began to ask who has it, and asks again every second; and it begins to use a server three seconds after it first
 * heard of it. More than half of those that are asked must agree, so a later answer knows of every earlier one: when one
 * process begins to use the next server, no other process uses the former one any more. Only durations count, no clock.
 * A server is known by its id, and not by its name, under which another may begin while the former one still answers.
 */
import { lookup } from "node:dns/promises";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { AbstractConnector } from "ioredis";
import type { RedisGroup } from "../domain/redis-url.ts";
import { startTimer } from "../elapsed.ts";
import { createOwner, hostAndPort } from "./owner.ts";

const TENURE_MILLISECONDS = 3000;
const FIND_AGAIN_MILLISECONDS = 250;
const DISCONNECT_MILLISECONDS = 2000;

export type Tenure = {
  /** For ioredis: connects to the server that has the data. */
  Connector: new (
    options: unknown,
  ) => AbstractConnector;
  /**
   * To be called when the connected server's epoch was read: asks whether it still has the data. Throws, in words, when
   * nobody says so. False when it is another server. `id`: its run id, or its id as a node of a Cluster.
   */
  confirm(epoch: string, id: string): Promise<boolean>;
  /** Whether the server may be used at this moment. */
  holds(): boolean;
  close(): void;
};

/** `key`: one of the keys of the store. */
export function createTenure(group: RedisGroup, key: string): Tenure {
  // the longer duration ends a use, also of a machine that was suspended; the shorter one, by the monotonic clock, begins it
  const now = startTimer();
  const owner = createOwner(group, key, now);
  let connectedTo = "";
  let socket: Socket | undefined;
  /** How often it was connected, and which time was the last for which a majority named its server. */
  let connections = 0;
  let confirmed = 0;
  let epochOf: string | undefined;
  let confirmedAt = Number.NEGATIVE_INFINITY;
  let usableFrom = Number.POSITIVE_INFINITY;
  const isOver = () => now() >= confirmedAt + TENURE_MILLISECONDS;

  class ToOwner extends AbstractConnector {
    constructor() {
      super(DISCONNECT_MILLISECONDS);
    }
    async connect(report: (type: string, error: Error) => void) {
      this.connecting = true;
      while (this.connecting) {
        try {
          const named = await owner.find();
          if (!this.connecting) break;
          connectedTo = hostAndPort(named);
          connections++;
          const { host, port } = named;
          this.stream = group.tls
            ? connectTls({ host, port, ...(isIP(host) === 0 && { servername: host }) })
            : connectTcp({ host, port });
          socket = this.stream;
          return socket;
        } catch (error) {
          report("error", error as Error);
          await sleep(FIND_AGAIN_MILLISECONDS);
        }
      }
      throw new Error("the connection is closed");
    }
  }

  /** A node that is replaced may keep its id; then its name has another address. A run id is of one process alone. */
  async function isStillAt(host: string): Promise<boolean> {
    if (group.kind === "sentinel" || isIP(host) !== 0) return true;
    return (await lookup(host, { all: true })).some(({ address }) => address === socket?.remoteAddress);
  }

  return {
    Connector: ToOwner,
    async confirm(epoch, id) {
      const connection = connections;
      const named = await owner.find();
      if (named.id !== id || hostAndPort(named) !== connectedTo || !(await isStillAt(named.host))) return false;
      if (connection !== connections) return false;
      // new data; or it may have been another server's meanwhile
      if (epoch !== epochOf || isOver()) usableFrom = performance.now() + TENURE_MILLISECONDS;
      epochOf = epoch;
      confirmedAt = named.askedAt;
      confirmed = connection;
      return true;
    },
    holds: () => confirmed === connections && performance.now() >= usableFrom && !isOver(),
    close: owner.close,
  };
}
