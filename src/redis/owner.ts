/**
 * Which server has the data: the master that Sentinels watch, or the owner of a slot of a Cluster. Every address of
 * REDIS_URL is asked, and what more than half of all say is believed: of two answers the later one has heard of whatever
 * the former was decided by.
 */
import { Redis } from "ioredis";
import type { Address, RedisGroup } from "../domain/redis-url.ts";

export type NamedServer = Address & {
  /** Which process it is, as it says itself: a master's run id, or the id of a node. A name or an address may pass on. */
  id: string;
  /** By the clock, before anybody was asked. */
  askedAt: number;
};

export type Owner = {
  /** Throws, in words without a password, when no server is named by more than half. */
  find(): Promise<NamedServer>;
  close(): void;
};

type Vote = Omit<NamedServer, "askedAt">;
type Voter = { ask(): Promise<Vote>; close(): void };

const ANSWER_MILLISECONDS = 1000;
// asked every second, so after this long without a byte the connection is made anew
const SILENCE_MILLISECONDS = 2000;
const RECONNECT_MILLISECONDS = 250;
const RECONNECT_MAX_MILLISECONDS = 2000;

/** `key`: one of the keys that are to be read and written; all of them are in its slot. `now` is in milliseconds. */
export function createOwner(group: RedisGroup, key: string, now: () => number): Owner {
  const voters = group.addresses.map((address) => openVoter(address, group, key));

  const find = () =>
    new Promise<NamedServer>((resolve, reject) => {
      const askedAt = now();
      const votes = new Map<string, number>();
      const asked = voters.map(async (voter) => {
        const vote = await voter.ask();
        const server = `${hostAndPort(vote)} (${vote.id})`;
        votes.set(server, (votes.get(server) ?? 0) + 1);
        // without waiting for the others, of which one may be asleep
        if ((votes.get(server) ?? 0) * 2 > voters.length) resolve({ ...vote, askedAt });
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

/** Of CLUSTER SLOTS: endpoint, port, id, and more in pairs. */
type Node = [string | null, number, string, unknown];

/** Names and values as they follow each other in a reply. */
function pairsIn(reply: unknown): Record<string, string | undefined> {
  if (!Array.isArray(reply)) return { ...(reply as object) };
  return Object.fromEntries(reply.flatMap((name, at) => (at % 2 === 0 ? [[name, reply[at + 1]]] : [])));
}

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
    socketTimeout: SILENCE_MILLISECONDS,
    // not all processes at once, when one comes back that all of them miss
    retryStrategy: (times) =>
      (0.5 + Math.random() / 2) * Math.min(RECONNECT_MILLISECONDS * 2 ** times, RECONNECT_MAX_MILLISECONDS),
  });
  let trouble = "no connection yet";
  redis.on("error", (error) => {
    trouble = error.message;
  });

  async function master(): Promise<Vote> {
    const { ip: host = "", port, runid: id } = pairsIn(await redis.call("SENTINEL", "MASTER", name));
    // it reads that a moment after a failover
    if (!id) throw new Error("it does not know the master's run id yet");
    return { host, port: Number(port), id };
  }

  let slot: number | undefined;
  async function ownerOfSlot(): Promise<Vote> {
    const of = slot ?? (await redis.cluster("KEYSLOT", key));
    slot = of;
    const ranges = (await redis.call("CLUSTER", "SLOTS")) as [number, number, Node][];
    const owner = ranges.find(([from, to]) => from <= of && of <= to)?.[2];
    if (owner === undefined) throw new Error("no node has the slot of this store");
    const [endpoint, port, id, more] = owner;
    // "?": it prefers a host name, and the owner announces none
    const host = endpoint === "?" ? pairsIn(more).ip : endpoint;
    if (host) return { host, port, id };
    // without an address a node may mean the one that it was asked at
    if (id === (await redis.cluster("MYID"))) return { host: address.host, port, id };
    throw new Error(
      "it gives no address of another node: set its cluster-preferred-endpoint-type to `ip` or `hostname`",
    );
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
