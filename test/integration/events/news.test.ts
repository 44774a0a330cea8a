/**
 * Mails about what happens in cooperations, over a real SMTP server: everybody it is news for gets it once, in one mail for
 * what happened together, also across crashes; nobody else gets anything, and no mailbox holds up another.
 */
import { expect, vi } from "vitest";
import { nextDigestAt } from "../../../src/domain/digest-times.ts";
import type { EntryAction } from "../../../src/domain/events/event-types.ts";
import type { CooperationId, OrganizationId } from "../../../src/domain/ids.ts";
import { writeOf } from "../../../src/domain/plan.ts";
import { receiverHead } from "../../../src/events/receivers.ts";
import { EngineUnavailable, MailFailed } from "../../../src/faults.ts";
import { createMailer } from "../../../src/mail/mailer.ts";
import { createPostponed } from "../../../src/news/postponed.ts";
import type { Write } from "../../../src/ports.ts";
import { organizationHead } from "../../../src/store/snapshot.ts";
import { from } from "../../support/mail.ts";
import { beginNews, done, expectNews, mailsAt, startNews, world } from "../../support/news.ts";
import { startProcess } from "../../support/process.ts";
import { seedWorld, test } from "../../support/service.ts";
import { startSmtp } from "../../support/smtp.ts";

// several waits, each of which is long on a busy machine
vi.setConfig({ testTimeout: 240_000 });

test("what happened together is one mail to each whom it is news for, and no mail to anybody else", async ({
  service,
}) => {
  const { share, at } = await world(service);
  const smtp = await startSmtp();
  await service.admin("PUT", "/v1/organizations/brightfix/people/bob", { role: "admin", language: "de" });
  await done(service.as("anna", "POST", `${at}/shares`, { resource: "plant:8", role: "viewer", reason: "qzreason" }));
  await done(service.as("anna", "PATCH", `/v1/shares/${share}`, { role: "viewer" }));
  await done(service.as("ben", "PUT", `/v1/shares/${share}/delegations/tom`, { role: "viewer", reason: "qzreason" }));
  await done(service.as("anna", "POST", `${at}/pause`, { reason: "qzreason" }));
  startNews(service, smtp, { appUrl: "https://app.example/{organization}/{cooperation}" });
  const paused = "Sunward Energy has paused the cooperation. Until it is resumed nobody has access through it.";
  await expectNews(smtp, {
    ada: [[paused]],
    ben: [["New: Plant “Lakeside”, role: Viewer", "Changed: Plant “Hillside”, role: Viewer", paused]],
    bob: [
      [
        "Neu: Anlage „Lakeside“, Rolle: Betrachter",
        "Geändert: Anlage „Hillside“, Rolle: Betrachter",
        "Sunward Energy hat die Kooperation pausiert. Bis sie fortgesetzt wird, hat niemand über sie Zugriff.",
      ],
    ],
    tom: [["You have access: Plant “Hillside”, role: Viewer"]],
  });
  const mails = await mailsAt(smtp);
  // neither side's reasons are in a mail, not even to their own
  for (const { raw } of mails) expect(raw).not.toContain("qzreason");
  const links = mails.map(({ to, text }) => [to, /^https:\S+$/m.exec(text)?.[0]]);
  const id = at.slice("/v1/cooperations/".length);
  expect(Object.fromEntries(links)).toEqual({
    ada: `https://app.example/sunward/${id}`,
    ...Object.fromEntries(["ben", "bob"].map((user) => [user, `https://app.example/brightfix/${id}`])),
    // no admin, so the page is not for him
    tom: undefined,
  });
  // a later change is a mail of its own, with another id
  await done(service.as("anna", "POST", `${at}/resume`));
  await expect.poll(async () => (await mailsAt(smtp)).length).toBe(7);
  const ids = (await mailsAt(smtp)).map(({ to, id }) => `${to} ${id}`);
  expect(new Set(ids).size).toBe(7);
});

test("each step of a cooperation is news for the admins of both sides but who took it", async ({ service }) => {
  await seedWorld(service);
  await beginNews(service);
  const smtp = await startSmtp();
  const offer = async (): Promise<string> => {
    const body = { organization: "brightfix", shares: [{ resource: "plant:7", role: "viewer" }] };
    const reply = await service.as("anna", "POST", "/v1/organizations/sunward/cooperations", body);
    expect(reply.status).toBe(201);
    return `/v1/cooperations/${reply.body.id}`;
  };
  const accepted = await offer();
  // an organization that has not accepted is not written to about what is offered
  await done(service.as("anna", "POST", `${accepted}/shares`, { resource: "plant:8", role: "viewer" }));
  startNews(service, smtp);
  await done(service.as("ben", "POST", `${accepted}/accept`));
  const isAccepted = "Brightfix Service has accepted. The cooperation is active.";
  await expectNews(smtp, { anna: [[isAccepted]] });
  await done(service.as("ben", "POST", `${accepted}/leave`));
  const left = "Brightfix Service has ended the cooperation.";
  await expectNews(smtp, { anna: [[isAccepted], [left]] });
  const withdrawn = await offer();
  await done(service.as("anna", "DELETE", withdrawn));
  await expectNews(smtp, { anna: [[isAccepted], [left]], ben: [["Sunward Energy has withdrawn the proposal."]] });
});

test("of a cooperation that has ended only its end is news", async ({ service }) => {
  const { at } = await world(service);
  const smtp = await startSmtp();
  await done(service.as("anna", "POST", `${at}/shares`, { resource: "plant:8", role: "viewer" }));
  await done(service.as("anna", "DELETE", at));
  startNews(service, smtp);
  const removed = "Sunward Energy has ended the cooperation.";
  await expectNews(smtp, { ada: [[removed]], ben: [[removed]], bob: [[removed]] });
});

test("an organization that was created under the id of a deleted one reads nothing of what was its cooperation", async ({
  service,
}) => {
  const { at } = await world(service);
  const smtp = await startSmtp();
  await done(service.as("ben", "POST", `${at}/leave`));
  await service.settled();
  const brightfix = "/v1/organizations/brightfix";
  for (const user of ["tom", "eva", "bob", "ben"]) await done(service.admin("DELETE", `${brightfix}/people/${user}`));
  await done(service.admin("DELETE", brightfix));
  await done(service.admin("PUT", brightfix, { name: "Another" }));
  await done(service.admin("PUT", `${brightfix}/people/eve`, { role: "admin", email: "eve@else.example" }));
  startNews(service, smtp);
  const left = "Brightfix Service has ended the cooperation.";
  await expectNews(smtp, { ada: [[left]], anna: [[left]] });
});

test("who has left, has no address or wants no mails gets none", async ({ service }) => {
  const { share, at } = await world(service);
  const smtp = await startSmtp();
  await done(service.as("ben", "PUT", `/v1/shares/${share}/delegations/tom`, { role: "viewer" }));
  await done(service.as("ben", "PUT", `/v1/shares/${share}/delegations/eva`, { role: "viewer" }));
  await done(service.as("anna", "PATCH", at, { expires_at: "2199-01-01T00:00:00Z" }));
  await done(service.admin("DELETE", "/v1/organizations/brightfix/people/tom"));
  await done(service.admin("PUT", "/v1/organizations/brightfix/people/bob", { role: "admin", email: null }));
  startNews(service, smtp);
  const ends = "The cooperation ends on 1 January 2199, 00:00 UTC.";
  await expectNews(smtp, { ada: [[ends]], ben: [[ends]], eva: [["You have access: Plant “Hillside”, role: Viewer"]] });
});

test("a process that dies before its place is kept repeats the same mail, and what came since is in the next one", async ({
  service,
}) => {
  const { at } = await world(service);
  const smtp = await startSmtp();
  const { tupleStore } = service.deps;
  // of the dying process: the windows are kept, the place of the receiver is not
  const write = async (change: Write) => {
    if (change.writes.some(({ object }) => object === "receiver:mails")) throw new EngineUnavailable("dead");
    return tupleStore.write(change);
  };
  await done(service.as("anna", "POST", `${at}/pause`));
  const first = startNews(service, smtp, { store: { read: tupleStore.read, write } });
  const paused = "Sunward Energy has paused the cooperation. Until it is resumed nobody has access through it.";
  await expectNews(smtp, { ada: [[paused]], ben: [[paused]], bob: [[paused]] });
  await first.stop();
  await done(service.as("anna", "POST", `${at}/resume`));
  startNews(service, smtp);
  const both = [[paused], [paused], ["The cooperation has been resumed."]];
  await expectNews(smtp, { ada: both, ben: both, bob: both });
  for (const [, own] of Map.groupBy(await mailsAt(smtp), ({ to }) => to)) {
    const [one, same, next] = own.map(({ id }) => id);
    expect([same, next === one]).toEqual([one, false]);
  }
});

test("what was missed for a while is one mail for each cooperation and person", async ({ service }) => {
  const { share } = await world(service);
  const smtp = await startSmtp();
  for (let n = 0; n < 3; n++) {
    await done(service.as("anna", "PATCH", `/v1/shares/${share}`, { role: "viewer" }));
    await done(service.as("anna", "PATCH", `/v1/shares/${share}`, { role: "technical_manager" }));
  }
  startNews(service, smtp);
  const lines = Array.from({ length: 3 }, () => ["Viewer", "Technical Manager"]).flat();
  const changed = lines.map((role) => `Changed: Plant “Hillside”, role: ${role}`);
  await expectNews(smtp, { ben: [changed], bob: [changed] });
});

test("a mailbox that is refused or slow holds up no other, and the mail of the slow one is taken later", async ({
  service,
}) => {
  const { at } = await world(service);
  const answers = Promise.withResolvers<void>();
  const smtp = await startSmtp({
    rcpt: async (address) => {
      if (address.startsWith("ben@")) await answers.promise;
      if (address.startsWith("ada@")) throw new Error("no such person here");
    },
  });
  const { warnings } = startNews(service, smtp, { patienceMilliseconds: 200, lookEveryMilliseconds: 60_000 });
  await done(service.as("anna", "POST", `${at}/pause`));
  const paused = ["Sunward Energy has paused the cooperation. Until it is resumed nobody has access through it."];
  await expectNews(smtp, { bob: [paused] });
  await done(service.as("anna", "POST", `${at}/resume`));
  const resumed = ["The cooperation has been resumed."];
  await expectNews(smtp, { bob: [paused, resumed] });
  expect(warnings).toContainEqual(expect.objectContaining({ event: "mail_failed", message: "EENVELOPE RCPT TO 550" }));
  expect(JSON.stringify(warnings)).not.toContain("ada");
  answers.resolve();
  await expect.poll(async () => (await mailsAt(smtp)).filter(({ to }) => to === "ben").length).toBe(2);
  await expect.poll(() => createPostponed(service.deps.tupleStore, () => {}).all()).toEqual([]);
});

test("a mail that a mailbox does not take now is sent by whichever process is there when it is due", async ({
  service,
}) => {
  const { at } = await world(service);
  let isFull = true;
  const smtp = await startSmtp({
    rcpt: async (address) => {
      if (isFull && address.startsWith("ben@")) throw Object.assign(new Error("full"), { responseCode: 452 });
    },
  });
  await done(service.as("anna", "POST", `${at}/pause`));
  const first = startNews(service, smtp, { lookEveryMilliseconds: 60_000 });
  const paused = ["Sunward Energy has paused the cooperation. Until it is resumed nobody has access through it."];
  await expectNews(smtp, { ada: [paused], bob: [paused] });
  const postponed = createPostponed(service.deps.tupleStore, () => {});
  await expect.poll(async () => (await postponed.all()).map(({ user }) => user)).toEqual(["ben"]);
  await first.stop();
  isFull = false;
  service.setNow(new Date(Date.now() + 120_000));
  startNews(service, smtp);
  await expectNews(smtp, { ada: [paused], bob: [paused], ben: [paused] });
  await expect.poll(() => postponed.all()).toEqual([]);
});

test("while the server takes no mail nothing is lost, and nobody is mailed twice once it does", async ({ service }) => {
  const { at } = await world(service);
  const smtp = await startSmtp();
  const { clock, tupleStore } = service.deps;
  const real = createMailer({ smtpUrl: `smtp://127.0.0.1:${smtp.port}`, folder: "none", from, clock });
  const tried = new Set<string>();
  let isUp = false;
  // it fails in the midst of a window: ada's mail was taken by then
  const mailer = {
    send: async (mail: Parameters<typeof real.send>[0]) => {
      tried.add(mail.to);
      if (!isUp && !mail.to.startsWith("ada@")) throw new MailFailed("ECONNECTION", "server");
      await real.send(mail);
    },
  };
  await done(service.as("anna", "POST", `${at}/pause`));
  startNews(service, smtp, { mailer });
  await expect.poll(() => tried.size).toBe(3);
  await expect
    .poll(async () => (await receiverHead(tupleStore, "mails")).value?.why)
    .toBe("the mail server takes no mails");
  isUp = true;
  const paused = ["Sunward Energy has paused the cooperation. Until it is resumed nobody has access through it."];
  await expectNews(smtp, { ada: [paused], ben: [paused], bob: [paused] });
});

test("a cooperation that another one has in its name gives its own mails", async ({ service }) => {
  const { at } = await world(service);
  await done(service.admin("PUT", "/v1/organizations/gridco", { name: "Grid & Co https://evil.example" }));
  await done(
    service.admin("PUT", "/v1/organizations/gridco/people/gus", { role: "admin", email: "gus@gridco.example" }),
  );
  const invited = await service.as("anna", "POST", "/v1/organizations/sunward/cooperations", {
    organization: "gridco",
  });
  const other: CooperationId = invited.body.id;
  await done(service.as("gus", "POST", `/v1/cooperations/${other}/accept`));
  await done(service.as("anna", "POST", `${at}/pause`));
  const smtp = await startSmtp();
  startNews(service, smtp);
  const paused = ["Sunward Energy has paused the cooperation. Until it is resumed nobody has access through it."];
  const accepted = [expect.stringMatching(/^Grid & Co https: evil\. example has accepted/)];
  await expect
    .poll(async () => (await mailsAt(smtp)).map(({ to, lines }) => [to, ...lines]).sort())
    .toEqual([
      ["ada", ...accepted],
      ["ada", ...paused],
      ["anna", ...accepted],
      ["ben", ...paused],
      ["bob", ...paused],
    ]);
});

test("an address that the server refuses for good is shown to its admins, until it takes a mail or is another one", async ({
  service,
}) => {
  const { at } = await world(service);
  const refused = new Set(["ben@brightfix.example"]);
  const smtp = await startSmtp({
    rcpt: async (address) => {
      if (refused.has(address)) throw new Error("no such person here");
    },
  });
  startNews(service, smtp);
  const refusedAt = async (user: string, as = "bob") =>
    (await service.as(as, "GET", `/v1/organizations/brightfix/people/${user}`)).body.mail_refused_at;
  await done(service.as("anna", "POST", `${at}/pause`));
  await expect.poll(() => refusedAt("ben")).toEqual(expect.any(String));
  // the other one is not marked, and who is no admin does not see it
  expect([await refusedAt("bob"), await refusedAt("ben", "tom")]).toEqual([null, undefined]);
  refused.clear();
  await done(service.as("anna", "POST", `${at}/resume`));
  await expect.poll(() => refusedAt("ben")).toBe(null);
  refused.add("ben@brightfix.example");
  await done(service.as("anna", "POST", `${at}/pause`));
  await expect.poll(() => refusedAt("ben")).toEqual(expect.any(String));
  await done(
    service.admin("PUT", "/v1/organizations/brightfix/people/ben", { role: "admin", email: "ben@else.example" }),
  );
  expect(await refusedAt("ben")).toBe(null);
});

test("who wants no news gets none but what needs an answer, and who wants one mail a day gets that", async ({
  service,
}) => {
  const { id, share, at } = await world(service);
  const choose = (user: string, mails: string) => service.as(user, "PUT", "/v1/me/notifications", { mails });
  const smtp = await startSmtp();
  await done(choose("ada", "none"));
  await done(choose("bob", "daily"));
  const { stop } = startNews(service, smtp, { preferencesUrl: "https://app.example/me/mails?x=<1>" });
  await expect.poll(async () => (await receiverHead(service.deps.tupleStore, "mails.daily")).n).toBe(1);
  await done(service.as("anna", "POST", `${at}/pause`));
  const paused = "Sunward Energy has paused the cooperation. Until it is resumed nobody has access through it.";
  await expectNews(smtp, { ben: [[paused]] });
  await done(service.as("anna", "PATCH", `/v1/shares/${share}`, { role: "viewer" }));
  const changed = "Changed: Plant “Hillside”, role: Viewer";
  await expectNews(smtp, { ben: [[paused], [changed]] });
  // its place begins a little before it was first seen
  const digest = expect.arrayContaining([paused, changed]);
  // the next day: both are in bob's one mail, and ben has them
  const morning = nextDigestAt(new Date());
  service.setNow(morning);
  await expectNews(smtp, { ben: [[paused], [changed]], bob: [digest] });
  const mails = await mailsAt(smtp);
  for (const { raw } of mails)
    expect(raw).toMatch(/^List-Unsubscribe: <https:\/\/app\.example\/me\/mails\?x=%3C1%3E>\r$/im);
  // a process that begins again sends it to nobody again
  await stop();
  startNews(service, smtp);
  await done(service.as("anna", "POST", `${at}/resume`));
  const resumed = "The cooperation has been resumed.";
  await expectNews(smtp, { ben: [[paused], [changed], [resumed]], bob: [digest] });
  // who leaves the digest is in the next one with what came until then
  await done(choose("bob", "at_once"));
  await done(service.as("anna", "POST", `${at}/pause`));
  await expectNews(smtp, { ben: [[paused], [changed], [resumed], [paused]], bob: [digest, [paused]] });
  service.setNow(nextDigestAt(morning));
  await expectNews(smtp, {
    ben: [[paused], [changed], [resumed], [paused]],
    bob: [digest, [paused], [resumed, paused]],
  });
  // an offer needs an answer
  const { mails: answers } = service;
  await done(choose("ben", "none"));
  await done(service.as("anna", "DELETE", `/v1/cooperations/${id}`));
  answers.length = 0;
  await done(service.as("anna", "POST", "/v1/organizations/sunward/cooperations", { organization: "brightfix" }));
  await service.settled();
  expect(answers.map(({ to }) => to)).toContain("ben@brightfix.example");
  for (const { unsubscribe } of answers) expect(unsubscribe).toBeUndefined();
});

test("that an endpoint is disabled is news for the admins of its organization, and for nobody else", async ({
  service,
}) => {
  await world(service);
  const smtp = await startSmtp();
  const { tupleStore } = service.deps;
  await done(service.as("bob", "PUT", "/v1/me/notifications", { mails: "none" }));
  const action = "disable_webhook" as EntryAction;
  const disable = async (name: string, now: Date) => {
    const head = await organizationHead(tupleStore, "brightfix" as OrganizationId);
    if (head.value === undefined) throw new Error("brightfix has no record");
    const entry = { action, object: `webhook:brightfix/${name}`, after: { name, why: "it answered 410" } };
    const stamp = { id: "i", now, actor: "service:concordat", requestId: "r", nonce: "n" };
    const touches = [{ head, record: head.value, entry }];
    expect(await tupleStore.write(writeOf({ touches, deletes: [], writes: [] }, stamp))).toBe("committed");
  };
  // it happened too long ago to be news
  await disable("old", new Date(Date.now() - 8 * 24 * 3_600_000));
  await disable("erp", new Date());
  startNews(service, smtp);
  await expect
    .poll(async () => (await mailsAt(smtp)).map(({ to, subject }) => [to, subject]))
    .toEqual([["ben", "The endpoint erp gets no more events"]]);
});

test("a process mails news where that is switched on, and has no such receiver where it is not", async () => {
  const metricsOf = async (env: Record<string, string>) => {
    const { url } = await startProcess(env);
    return async () => (await fetch(`${url}/metrics`)).text();
  };
  const on = await metricsOf({ MAIL_NEWS: "on" });
  await expect.poll(on).toContain('concordat_events_lag_seconds{receiver="mails"}');
  const off = await metricsOf({});
  expect(await off()).not.toContain('receiver="mails"');
});
