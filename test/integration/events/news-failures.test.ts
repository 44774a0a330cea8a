/**
 * Mails about what happens, when something fails: an engine that is away loses none, no mailbox and no organization keeps
 * others from theirs, and nothing is lost between mails at once and digests.
 */
import { expect, vi } from "vitest";
import { nextDigestAt } from "../../../src/domain/digest-times.ts";
import type { StoredEvent } from "../../../src/domain/events/cloud-event.ts";
import type { EntryAction } from "../../../src/domain/events/event-types.ts";
import type { OrganizationId, Ref, UserId } from "../../../src/domain/ids.ts";
import { writeOf } from "../../../src/domain/plan.ts";
import { receiverHead } from "../../../src/events/receivers.ts";
import { EngineUnavailable, MailFailed, StoreDamaged } from "../../../src/faults.ts";
import { createMailer } from "../../../src/mail/mailer.ts";
import { createPostponed, nextTry, type PostponedMail } from "../../../src/news/postponed.ts";
import { windowOf } from "../../../src/news/windows.ts";
import type { Reads } from "../../../src/ports.ts";
import { cooperationHead } from "../../../src/store/snapshot.ts";
import { from } from "../../support/mail.ts";
import { beginNews, done, expectNews, startNews, world } from "../../support/news.ts";
import { cooperate, type Service, seedWorld, test } from "../../support/service.ts";
import { type Smtp, startSmtp } from "../../support/smtp.ts";

// several waits, each of which is long on a busy machine
vi.setConfig({ testTimeout: 240_000 });

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const paused = ["Sunward Energy has paused the cooperation. Until it is resumed nobody has access through it."];
const resumed = ["The cooperation has been resumed."];

/** A mailer to that server, but for what fails. */
function failing({ deps: { clock } }: Service, smtp: Smtp, fails: (to: string) => "mail" | "server" | undefined) {
  const real = createMailer({ smtpUrl: `smtp://127.0.0.1:${smtp.port}`, folder: "none", from, clock });
  const tried: string[] = [];
  const send = async (mail: Parameters<typeof real.send>[0]) => {
    tried.push(mail.to);
    const by = fails(mail.to);
    if (by !== undefined) throw new MailFailed("ECONNECTION", by);
    await real.send(mail);
  };
  return { tried, send };
}

const choose = (service: Service, user: string, mails: string) =>
  done(service.as(user, "PUT", "/v1/me/notifications", { mails }));
const daily = async (service: Service) => (await receiverHead(service.deps.tupleStore, "mails.daily")).value?.place;

test("a mail that cannot be made since the engine is away is sent once it is back", async ({ service }) => {
  const { at } = await world(service);
  const smtp = await startSmtp();
  const { tupleStore } = service.deps;
  let failures = 0;
  const read: Reads["read"] = async (filter) => {
    if (filter.object === "user:ben" && failures++ === 0) throw new EngineUnavailable("away");
    return tupleStore.read(filter);
  };
  await done(service.as("anna", "POST", `${at}/pause`));
  startNews(service, smtp, { store: { read, write: tupleStore.write } });
  await expectNews(smtp, { ada: [paused], ben: [paused], bob: [paused] });
  expect(failures).toBeGreaterThan(1);
});

test("who has a record that cannot be read keeps nobody else from their mails", async ({ service }) => {
  const { at } = await world(service);
  const smtp = await startSmtp();
  const { tupleStore } = service.deps;
  const read: Reads["read"] = async (filter) => {
    if (filter.object === "user:ben") throw new StoreDamaged("user:ben", "it has two heads");
    return tupleStore.read(filter);
  };
  await done(service.as("anna", "POST", `${at}/pause`));
  startNews(service, smtp, { store: { read, write: tupleStore.write } });
  await expectNews(smtp, { ada: [paused], bob: [paused] });
  await done(service.as("anna", "POST", `${at}/resume`));
  await expectNews(smtp, { ada: [paused, resumed], bob: [paused, resumed] });
});

test("a mailbox that fails keeps no digest from its end, and gets its news later", async ({ service }) => {
  const { at } = await world(service);
  const smtp = await startSmtp();
  let isAway = true;
  const mailer = failing(service, smtp, (to) => (isAway && to.startsWith("ben@") ? "server" : undefined));
  for (const user of ["ben", "bob"]) await choose(service, user, "daily");
  startNews(service, smtp, { mailer });
  await expect.poll(() => daily(service)).toEqual(expect.any(String));
  await done(service.as("anna", "POST", `${at}/pause`));
  // by then the log is read that far
  await expectNews(smtp, { ada: [paused] });
  const morning = nextDigestAt(new Date());
  service.setNow(morning);
  const due = morning.toISOString();
  // without the third part, which says that one is being sent
  const isKept = async () => /^(\S+) \S+$/.exec((await daily(service)) ?? "")?.[1];
  await expect.poll(isKept).toBe(due);
  const digest = expect.arrayContaining(paused);
  await expectNews(smtp, { ada: [paused], bob: [digest] });
  isAway = false;
  service.setNow(new Date(morning.getTime() + 5 * MINUTE));
  await expectNews(smtp, { ada: [paused], bob: [digest], ben: [digest] });
});

test("while the server takes no mail a digest waits, and is the same one the next day", async ({ service }) => {
  const { at } = await world(service);
  const smtp = await startSmtp();
  let isUp = false;
  const mailer = failing(service, smtp, (to) => (isUp || to.startsWith("ada@") ? undefined : "server"));
  await choose(service, "bob", "daily");
  await choose(service, "ben", "none");
  startNews(service, smtp, { mailer });
  await expect.poll(() => daily(service)).toEqual(expect.any(String));
  await done(service.as("anna", "POST", `${at}/pause`));
  await expectNews(smtp, { ada: [paused] });
  const morning = nextDigestAt(new Date());
  service.setNow(morning);
  // more often than one that is postponed
  await expect.poll(() => mailer.tried.length).toBeGreaterThan(7);
  service.setNow(new Date(morning.getTime() + DAY));
  expect((await daily(service))?.split(" ")[2]).toBe(morning.toISOString());
  isUp = true;
  await expectNews(smtp, { ada: [paused], bob: [expect.arrayContaining(paused)] });
});

test("an organization with many mails that fail takes no place from another one", async ({ service }) => {
  const warnings: object[] = [];
  const { tupleStore } = service.deps;
  const postponed = createPostponed(tupleStore, (event, facts) => void warnings.push({ event, ...facts }));
  const now = new Date();
  const mail = (organization: string, user: string): PostponedMail => {
    const window = {
      history: "cooperation:01JD8ZT4Q5K3M9W2X7Y6V0B1CD" as Ref,
      from: 1,
      to: 2,
      since: now.toISOString(),
    };
    return nextTry({ ...window, user: user as UserId, organization: organization as OrganizationId }, now);
  };
  const many = 50;
  for (let n = 0; n < many; n++) await postponed.put(mail("many", `${"x".repeat(250)}-${n}`));
  expect(warnings).toEqual([]);
  // more than there are lists
  const others = Array.from({ length: 40 }, (_, n) => `other-${n}`);
  for (const other of others) await postponed.put(mail(other, `${"u".repeat(200)}-${other}`));
  for (let n = 0; n < many; n++) await postponed.put(mail("many", `${"y".repeat(250)}-${n}`));
  const kept = (await postponed.all()).map(({ organization }) => organization as string);
  expect(kept).toEqual(expect.arrayContaining(others));
  expect(warnings).toContainEqual(expect.objectContaining({ event: "mail_failed", given_up: true }));
  expect(kept.filter((one) => one === "many").length + warnings.length).toBe(2 * many);
});

test("a mail that waits for a server is never given up, and one to a mailbox that fails is after three days", async ({
  service,
}) => {
  const { id, at } = await world(service);
  const smtp = await startSmtp();
  await done(service.as("anna", "POST", `${at}/pause`));
  const { tupleStore } = service.deps;
  const { n } = await cooperationHead(tupleStore, id);
  await beginNews(service, id);
  const postponed = createPostponed(tupleStore, () => {});
  const since = new Date(Date.now() - 4 * DAY).toISOString();
  const window = { history: `cooperation:${id}` as Ref, from: n, to: n, since, next: since };
  const brightfix = "brightfix" as OrganizationId;
  for (const user of ["ben", "bob"] as UserId[]) await postponed.put({ ...window, user, organization: brightfix });
  const mailer = failing(service, smtp, (to) => (to.startsWith("ben@") ? "server" : "mail"));
  startNews(service, smtp, { mailer });
  await expect
    .poll(async () => (await postponed.all()).map(({ user, next }) => [user, next === since]))
    .toEqual([["ben", false]]);
});

test("a first window has the entries that its first one overtook, and none from before", async ({ service }) => {
  await seedWorld(service);
  const { tupleStore } = service.deps;
  const opened = async (later: number) => {
    const { id } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
    const { n } = await cooperationHead(tupleStore, id);
    const common = { n, at: new Date(Date.now() + later).toISOString() };
    const event = { history: `cooperation:${id}`, entry: { common } } as StoredEvent;
    const window = await windowOf(tupleStore, event);
    return [n > 1, window, await windowOf(tupleStore, event)];
  };
  const first = expect.objectContaining({ from: 1 });
  expect(await opened(0)).toEqual([true, first, first]);
  const own = expect.not.objectContaining({ from: 1 });
  expect(await opened(60 * MINUTE)).toEqual([true, own, own]);
});

test("what crowds a mail of one reader pushes out nothing of another's", async ({ service }) => {
  const { id, share } = await world(service);
  const smtp = await startSmtp();
  const { tupleStore } = service.deps;
  const { n: accepted } = await cooperationHead(tupleStore, id);
  await done(service.as("anna", "PATCH", `/v1/cooperations/${id}`, { expires_at: "2199-01-01T00:00:00Z" }));
  const entry = {
    action: "delegate" as EntryAction,
    object: `share:${share}`,
    after: { user: "tom", role: "viewer" },
  };
  for (let n = 0; n < 205; n++) {
    const head = await cooperationHead(tupleStore, id);
    if (head.value === undefined) throw new Error("the cooperation has no record");
    const stamp = { id: `i${n}`, now: new Date(), actor: "user:ben", requestId: "r", nonce: "n" };
    const touches = [{ head, record: head.value, entry }];
    expect(await tupleStore.write(writeOf({ touches, deletes: [], writes: [] }, stamp))).toBe("committed");
  }
  expect(accepted).toBeGreaterThan(0);
  startNews(service, smtp);
  const ends = ["The cooperation ends on 1 January 2199, 00:00 UTC."];
  const delegated = "You have access: Plant “Hillside”, role: Viewer";
  const toms = [...Array.from({ length: 50 }, () => delegated), "and 155 more"];
  await expectNews(smtp, { ada: [ends], ben: [ends], bob: [ends], tom: [toms] });
});

test("who chooses digests gets at once what was recorded before the last digest, and nothing else", async ({
  service,
}) => {
  const { at } = await world(service);
  const smtp = await startSmtp();
  const morning = nextDigestAt(new Date()).getTime();
  service.setNow(new Date(morning - 2 * MINUTE));
  await done(service.as("anna", "POST", `${at}/pause`));
  service.setNow(new Date(morning + MINUTE));
  await choose(service, "bob", "daily");
  service.setNow(new Date(morning + 3 * MINUTE));
  startNews(service, smtp);
  await expectNews(smtp, { ada: [paused], ben: [paused], bob: [paused] });
  await done(service.as("anna", "POST", `${at}/resume`));
  await expectNews(smtp, { ada: [paused, resumed], ben: [paused, resumed], bob: [paused] });
});

test("who leaves digests before one that no process sent gets it when it is made up for", async ({ service }) => {
  const { at } = await world(service);
  const smtp = await startSmtp();
  await choose(service, "bob", "daily");
  const { stop } = startNews(service, smtp);
  await expect.poll(() => daily(service)).toEqual(expect.any(String));
  await done(service.as("anna", "POST", `${at}/pause`));
  await expectNews(smtp, { ada: [paused], ben: [paused] });
  await stop();
  await choose(service, "bob", "at_once");
  service.setNow(new Date(nextDigestAt(new Date()).getTime() + DAY));
  startNews(service, smtp);
  await expectNews(smtp, { ada: [paused], ben: [paused], bob: [expect.arrayContaining(paused)] });
});
