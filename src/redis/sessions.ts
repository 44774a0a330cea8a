/**
 * Sessions of the console in Redis, shared by all replicas. A record is sealed for its own key: who can read or write
 * Redis can neither learn a session's id or person, nor make or change a session. What Redis does not answer in time
 * throws SessionsUnavailable: nobody is signed in by guessing.
 */
import type { TextSeal } from "../domain/seal.ts";
import { type EndedSessions, isEndedBy, SESSIONS_MAX, type Session, type SessionStore } from "../domain/sessions.ts";
import { SessionsUnavailable } from "../faults.ts";
import { markKey, sessionIndexKey, sessionKey, usedKey } from "./cache-keys.ts";
import { connect } from "./connection.ts";
import { isCount, isValues } from "./reply-shapes.ts";

type Options = {
  url: string;
  storeId: string;
  timeoutMilliseconds: number;
  /** The longest that a session lasts, and so what is kept of it beside. */
  absoluteMilliseconds: number;
  seal: TextSeal;
  /** Called for every operation without an answer. */
  failed: (operation: string) => void;
};

/** Connects in the background. */
export function createRedisSessions(options: Options): SessionStore {
  const { url, storeId, timeoutMilliseconds, absoluteMilliseconds, seal, failed } = options;
  const { redis, within, epoch, close } = connect({ url, key: markKey(storeId), timeoutMilliseconds, failed });

  async function ask<T extends NonNullable<unknown> | null>(
    name: string,
    command: () => Promise<T>,
    isShaped: (answer: T) => boolean,
  ): Promise<T> {
    // while Redis is away it is not asked, so that nobody waits for it
    const answer = epoch() === undefined ? undefined : await within(`session_${name}`, command(), isShaped);
    if (answer === undefined) throw new SessionsUnavailable("the sessions cannot be read or written");
    return answer;
  }

  /** Commands that are executed together, or not at all. */
  const together = (name: string, commands: ReturnType<typeof redis.multi>) =>
    ask(
      name,
      async () => (await commands.exec()) ?? [],
      (answers) => answers.length > 0 && answers.every(([error]) => error === null),
    );
  const key = (digest: string) => sessionKey(storeId, digest);
  const sealed = (digest: string, session: Session) => seal.seal([digest], JSON.stringify(session));
  const opened = (digest: string, text: string | null): Session | undefined => {
    const found = text === null ? undefined : seal.open([digest], text);
    return found === undefined ? undefined : JSON.parse(found);
  };
  const read = async (digests: readonly string[]) => {
    if (digests.length === 0) return [];
    const texts = await ask("find", () => redis.mget(digests.map(key)), isValues(digests.length));
    return digests.map((digest, n) => ({ digest, session: opened(digest, texts[n] ?? null) }));
  };
  const digestsIn = (index: string, end: number) =>
    ask("index", () => redis.zrange(index, 0, String(end)), Array.isArray);

  /** Ends sessions, and takes them out of an index. */
  async function endAll(digests: readonly string[], index: string): Promise<void> {
    if (digests.length === 0) return;
    await together(
      "end",
      redis
        .multi()
        .del(digests.map(key))
        .zrem(index, [...digests]),
    );
  }

  return {
    async open(digest, session, milliseconds) {
      const indexes = indexesOf(session).map((of) => sessionIndexKey(storeId, of));
      const commands = redis.multi().set(key(digest), sealed(digest, session), "PX", milliseconds);
      for (const index of indexes)
        commands
          .zremrangebyscore(index, "-inf", session.openedAt - absoluteMilliseconds)
          .zadd(index, session.openedAt, digest)
          .pexpire(index, absoluteMilliseconds);
      await together("open", commands);
      // of too many the oldest end
      for (const index of indexes) await endAll(await digestsIn(index, -1 - SESSIONS_MAX), index);
    },
    async find(digest) {
      const [found] = await read([digest]);
      return found?.session;
    },
    async keep(digest, session, milliseconds) {
      const commands = redis.multi().set(key(digest), sealed(digest, session), "PX", milliseconds, "XX");
      // an index that nobody used is what Redis takes away first, for want of memory; without it nothing would end them
      for (const of of indexesOf(session)) {
        const index = sessionIndexKey(storeId, of);
        commands.zadd(index, session.openedAt, digest).pexpire(index, absoluteMilliseconds);
      }
      await together("keep", commands);
    },
    async end(digest) {
      await ask("end", () => redis.del(key(digest)), isCount(1));
    },
    async endSessions(of) {
      const index = sessionIndexKey(storeId, indexOf(of));
      const found = await read(await digestsIn(index, -1));
      const ended = found.filter(({ session }) => session !== undefined && isEndedBy(session, of));
      await endAll(
        ended.map(({ digest }) => digest),
        index,
      );
      return ended.length;
    },
    async once(name, milliseconds) {
      const isShaped = (answer: string | null) => answer === "OK" || answer === null;
      const set = () => redis.set(usedKey(storeId, name), "1", "PX", milliseconds, "NX");
      return (await ask("once", set, isShaped)) === "OK";
    },
    async wasUsed(name) {
      return (await ask("once", () => redis.exists(usedKey(storeId, name)), isCount(1))) === 1;
    },
    close,
  };
}

/** By what the sessions of somebody are found, when they are to end. */
function indexesOf({ user, by }: Session): string[][] {
  return [
    ...(user === undefined ? [] : [indexOf({ user })]),
    ...(by === undefined ? [] : [indexOf({ iss: by.iss, sub: by.sub })]),
    ...(by?.sid === undefined ? [] : [indexOf({ iss: by.iss, sid: by.sid })]),
  ];
}

function indexOf(of: EndedSessions): string[] {
  if ("user" in of) return ["user", of.user];
  return of.sid === undefined ? ["sub", of.iss, of.sub] : ["sid", of.iss, of.sid];
}
