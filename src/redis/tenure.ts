/**
 * How long a server may be used as the one that has the data. A process uses it for three seconds from the moment at
 * which it began to ask who has it, and asks again every second; and it begins to use a server three seconds after it first
 * heard of it. More than half of those that are asked must agree, so a later answer knows of every earlier one: when one
 * process begins to use the next server, no other process uses the former one any more. Only durations count, no clock.
 */
import { connect as connectTcp, isIP } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { AbstractConnector } from "ioredis";
import type { RedisGroup } from "../domain/redis-url.ts";
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
   * nobody says so. False when it is another server.
   */
  confirm(epoch: string): Promise<boolean>;
  /** Whether the server may be used at this moment. */
  holds(): boolean;
  close(): void;
};

/** `key`: one of the keys of the store. */
export function createTenure(group: RedisGroup, key: string): Tenure {
  const owner = createOwner(group, key);
  let connectedTo = "";
  /** How often it was connected, and which time was the last for which a majority named its server. */
  let connections = 0;
  let confirmed = 0;
  let epochOf: string | undefined;
  let confirmedAt = Number.NEGATIVE_INFINITY;
  let usableFrom = Number.POSITIVE_INFINITY;
  const isOver = () => performance.now() >= confirmedAt + TENURE_MILLISECONDS;

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
          return this.stream;
        } catch (error) {
          report("error", error as Error);
          await sleep(FIND_AGAIN_MILLISECONDS);
        }
      }
      throw new Error("the connection is closed");
    }
  }

  return {
    Connector: ToOwner,
    async confirm(epoch) {
      const connection = connections;
      const named = await owner.find();
      if (connection !== connections || hostAndPort(named) !== connectedTo) return false;
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
