/**
 * Which server has the data: the master that Sentinels watch, or the owner of a slot of a Cluster. Every address of
 * REDIS_URL is asked, and what more than half of all say is believed: of two answers the later one has heard of whatever
 * the former was decided by.
 */
import { Redis } from "ioredis";
import type { Address, RedisGroup } from "../domain/redis-url.ts";

export type NamedServer = Address & {
  /** `performance.now()` before anybody was asked. */
  askedAt: number;
};

export type Owner = {
  /** Throws, in words without a password, when no server is named by more than half. */
  find(): Promise<NamedServer>;
  close(): void;
};

type Voter = { ask(): Promise<Address>; close(): void };

const ANSWER_MILLISECONDS = 1000;
const RECONNECT_MILLISECONDS = 250;

/** `key`: one of the keys that are to be read and written; all of them are in its slot. */
export function createOwner(group: RedisGroup, key: string): Owner {
  const voters = group.addresses.map((address) => openVoter(address, group, key));

  const find = () =>
    new Promise<NamedServer>((resolve, reject) => {
      const askedAt = performance.now();
      const votes = new Map<string, number>();
      const asked = voters.map(async (voter) => {
        const address = await voter.ask();
        const server = hostAndPort(address);
        votes.set(server, (votes.get(server) ?? 0) + 1);
        // without waiting for the others, of which one may be asleep
        if ((votes.get(server) ?? 0) * 2 > voters.length) resolve({ ...address, askedAt });
      });
      void Promise.allSettled(asked).then((ended) => {
        const said = ended
          .map((one) => (one.status === "rejected" ? (one.reason as Error).message : ""))
          .filter(Boolean);
        const who = group.kind === "sentinel" ? "Sentinels" : "nodes";
        const named = [...votes].map(([server, count]) => `${count} of ${voters.length} name ${server}`);
        reject(new Error(`not more than half of the ${who} name one server: ${[...named, ...said].join("; ")}`));
      });
    });

  return {
    find,
    close: () => {
      for (const voter of voters) voter.close();
    },
  };
}

export const hostAndPort = ({ host, port }: Address): string => `${host.includes(":") ? `[${host}]` : host}:${port}`;

function openVoter(address: Address, { kind, name, tls, askedCredentials }: RedisGroup, key: string): Voter {
  const redis = new Redis({
    ...address,
    ...askedCredentials,
    ...(tls && { tls: {} }),
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    // a user that may ask for nothing but this needs no INFO
    enableReadyCheck: false,
    connectTimeout: ANSWER_MILLISECONDS,
    commandTimeout: ANSWER_MILLISECONDS,
    retryStrategy: () => RECONNECT_MILLISECONDS,
  });
  let trouble = "no connection yet";
  redis.on("error", (error) => {
    trouble = error.message;
  });

  async function master(): Promise<Address> {
    const found = (await redis.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", name)) as [string, string] | null;
    if (found === null) throw new Error(`it watches no master of the name in the URL`);
    return { host: found[0], port: Number(found[1]) };
  }

  let slot: number | undefined;
  async function ownerOfSlot(): Promise<Address> {
    const of = slot ?? (await redis.cluster("KEYSLOT", key));
    slot = of;
    const ranges = (await redis.call("CLUSTER", "SLOTS")) as [number, number, [string | null, number]][];
    const owner = ranges.find(([from, to]) => from <= of && of <= to)?.[2];
    if (owner === undefined) throw new Error("no node has the slot of this store");
    // a node that does not know its own address means the one that it was asked at
    return { host: owner[0] || address.host, port: owner[1] };
  }

  return {
    ask: async () => {
      try {
        return await (kind === "sentinel" ? master() : ownerOfSlot());
      } catch (error) {
        const { message } = error as Error;
        const said = redis.status === "ready" ? message : trouble;
        throw new Error(`${hostAndPort(address)}: ${said.split(", with args beginning with")[0]}`);
      }
    },
    close: () => redis.disconnect(),
  };
}
