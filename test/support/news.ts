/** Mails about what happens, for the tests: the relay with the receiver `mails` alone, and a real SMTP server that takes them. */
import PostalMime from "postal-mime";
import { expect, onTestFinished } from "vitest";
import type { CooperationId } from "../../src/domain/ids.ts";
import { keepReceiver, receiverHead } from "../../src/events/receivers.ts";
import { relay } from "../../src/events/relay.ts";
import { createMailer } from "../../src/mail/mailer.ts";
import { mailNews } from "../../src/news/mail-news.ts";
import { placeText } from "../../src/store/events.ts";
import { cooperationHead } from "../../src/store/snapshot.ts";
import { from } from "./mail.ts";
import { cooperate, type Service, seedWorld } from "./service.ts";
import type { Smtp } from "./smtp.ts";

/** From the beginning of the log on; what happened in these cooperations until now counts as mailed. */
export async function beginNews({ deps: { tupleStore } }: Service, ...mailed: CooperationId[]): Promise<void> {
  const place = placeText({ from: "", seen: [] });
  await keepReceiver(tupleStore, await receiverHead(tupleStore, "mails"), { place });
  for (const id of mailed) {
    const { n } = await cooperationHead(tupleStore, id);
    const head = await receiverHead(tupleStore, `mails.${id}`);
    await keepReceiver(tupleStore, head, { place: `0:1-${n}` });
  }
}

/** An active cooperation with two admins on each side: anna and ada invite, ben and bob accept; plant 7 is shared. */
export async function world(service: Service) {
  await seedWorld(service);
  const admins = [
    ["sunward", "ada"],
    ["brightfix", "bob"],
  ];
  for (const [organization, user] of admins)
    await service.admin("PUT", `/v1/organizations/${organization}/people/${user}`, {
      role: "admin",
      email: `${user}@${organization}.example`,
    });
  const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]);
  await beginNews(service, id);
  const at = `/v1/cooperations/${id}`;
  return { id, share: shares[0] ?? "", at };
}

/** A call that is to succeed. */
export const done = async (reply: Promise<{ status: number; body: unknown }>) => {
  const { status, body } = await reply;
  expect(status, JSON.stringify(body)).toBeLessThan(300);
};

/** Sends mails to that server until the test ends or it is stopped. */
export function startNews({ deps }: Service, smtp: Smtp, changes: Partial<Parameters<typeof mailNews>[0]> = {}) {
  const { tupleStore, clock } = deps;
  const stopped = new AbortController();
  const warnings: object[] = [];
  const warn = (event: string, facts: object) => void warnings.push({ event, ...facts });
  const leads = async () => true;
  const mailer = createMailer({ smtpUrl: `smtp://127.0.0.1:${smtp.port}`, folder: "none", from, clock });
  const secret = "a secret for the tests alone, 32+";
  const readLog = tupleStore.changesPage;
  const news = {
    store: tupleStore,
    readLog,
    secret,
    leads,
    mailer,
    clock,
    warn,
    lateMilliseconds: 0,
    patienceMilliseconds: 30_000,
    lookEveryMilliseconds: 200,
    ...changes,
  };
  const { sink, run } = mailNews(news);
  const relaying = {
    ...news,
    clock: () => new Date(),
    meter: { eventDelivered: () => {}, eventsDeliveredTo: () => {} },
    random: () => 0,
  };
  const running = Promise.all([relay([sink], relaying, stopped.signal), run(stopped.signal)]);
  const stop = async () => {
    stopped.abort();
    await running;
    mailer.close();
  };
  onTestFinished(stop);
  return { stop, warnings };
}

/** What the server took: to whom, under which id, and what a reader sees. */
export async function mailsAt({ taken }: Smtp) {
  const read = await Promise.all(
    taken.map(async ({ to, raw }) => ({ to: to[0]?.split("@")[0] ?? "", raw, mail: await PostalMime.parse(raw) })),
  );
  return read.map(({ to, raw, mail: { messageId, subject, text = "" } }) => ({
    to,
    raw,
    id: messageId,
    subject,
    text,
    lines: text.split("\n").flatMap((line) => (line.startsWith("- ") ? [line.slice(2).trim()] : [])),
  }));
}

/** Waits until so many mails were taken, and gives the lines of each by who got it. */
export async function expectNews(smtp: Smtp, expected: Record<string, string[][]>): Promise<void> {
  const byReader = async () => {
    const mails = await mailsAt(smtp);
    return Object.fromEntries(
      [...Map.groupBy(mails, ({ to }) => to)].map(([to, own]) => [to, own.map((one) => one.lines)]),
    );
  };
  await expect.poll(byReader).toEqual(expected);
}
