/**
 * Mails as a real SMTP server takes, refuses or delays them: nobody's mailbox keeps
 * another's mail back or holds up a reply, and a process that stops sees to what it began.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { sweep } from "../../../src/actions/sweep.ts";
import { createMailer } from "../../../src/mail/mailer.ts";
import { startProcess } from "../../support/process.ts";
import { cooperate, createService, KEYS, type Service, seedWorld, test } from "../../support/service.ts";
import { type Smtp, startSmtp } from "../../support/smtp.ts";

const ADMINS = ["ada", "ben", "bob", "cyd"];
const address = (user: string) => `${user}@brightfix.example`;
const to = ({ taken }: Smtp) => taken.flatMap((mail) => mail.to).sort();
const inviteBrightfix = (service: Service) =>
  service.as("anna", "POST", "/v1/organizations/sunward/cooperations", { organization: "brightfix" });

/** Waits until it is so. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(10);
}

/** So long a reply waits for mails that are held back. */
const SOON = { mailWaitMilliseconds: 100 };

/** A service whose mails go to that server, with four admins at the partner, and what it warns of. */
async function mailing({ deps }: Service, smtp: Smtp, changes = {}) {
  const warned: [string, object][] = [];
  const smtpUrl = `smtp://127.0.0.1:${smtp.port}`;
  const mailer = createMailer({ smtpUrl, folder: "none", from: "Concordat <c@d.example>", clock: deps.clock });
  const service = createService(deps, { mailer, warn: (...line) => warned.push(line), ...changes });
  await seedWorld(service);
  for (const user of ADMINS)
    await service.admin("PUT", `/v1/organizations/brightfix/people/${user}`, { role: "admin", email: address(user) });
  return { service, warned };
}

test("one failing mailbox keeps the notice from no other admin; the reply says that not all were sent, the log how many", async ({
  service: base,
}) => {
  const dead = new Set([address("ben")]);
  const smtp = await startSmtp({
    rcpt: async (asked) => {
      if (dead.has(asked)) throw new Error(`no such person here: ${asked}`);
    },
  });
  const { service, warned } = await mailing(base, smtp);
  const first = await inviteBrightfix(service);
  expect([first.status, first.body.mail]).toEqual([201, "partly"]);
  expect(to(smtp)).toEqual(["ada", "bob", "cyd"].map(address));
  const facts = { cooperation: first.body.id, error: "MailFailed", message: "EENVELOPE RCPT TO 550" };
  expect(warned).toEqual([["mail_failed", expect.objectContaining(facts)]]);
  expect(JSON.stringify(warned)).not.toContain("ben");

  for (const user of ADMINS) dead.add(address(user));
  service.setNow(new Date(Date.now() + 61_000));
  const again = await service.as("anna", "POST", `/v1/cooperations/${first.body.id}/resend`);
  expect([again.status, again.body.mail]).toEqual([200, "failed"]);
  dead.clear();
  service.setNow(new Date(Date.now() + 122_000));
  expect((await service.as("anna", "POST", `/v1/cooperations/${first.body.id}/resend`)).body.mail).toBe("sent");
  expect(to(smtp)).toEqual([...ADMINS, "ada", "bob", "cyd"].sort().map(address));
});

test("a slow mailbox delays neither the reply nor the other mails, and its own mail is sent later", async ({
  service: base,
}) => {
  const answers = Promise.withResolvers<void>();
  const smtp = await startSmtp({ rcpt: (asked) => (asked === address("ada") ? answers.promise : Promise.resolve()) });
  const { service, warned } = await mailing(base, smtp, SOON);
  const { status, body } = await inviteBrightfix(service);
  expect([status, body.status, body.mail]).toEqual([201, "pending", "sending"]);
  await until(() => smtp.taken.length === ADMINS.length - 1);
  expect(to(smtp)).toEqual(["ben", "bob", "cyd"].map(address));
  answers.resolve();
  await service.settled();
  expect(to(smtp)).toEqual(ADMINS.map(address));
  expect(warned).toEqual([]);
});

test("an admin whose record cannot be read keeps the notice from no other admin", async ({
  service: base,
  tupleStore,
}) => {
  const smtp = await startSmtp();
  const { service, warned } = await mailing(base, smtp);
  const [head] = await tupleStore.read({ object: "user:bob", relation: "head" });
  if (head === undefined) throw new Error("bob has no head");
  await tupleStore.write({ deletes: [], writes: [{ ...head, user: "entry:user.bob.99" }] });
  expect((await inviteBrightfix(service)).body.mail).toBe("partly");
  expect(to(smtp)).toEqual(["ada", "ben", "cyd"].map(address));
  expect(warned).toEqual([["mail_failed", expect.objectContaining({ error: "StoreDamaged" })]]);
  expect(JSON.stringify(warned)).not.toContain("bob");
});

test("a removed object that cannot be read does not prevent others from being swept", async ({
  service: base,
  tupleStore,
}) => {
  const warned: [string, object][] = [];
  const service = createService(base.deps, { inBackground: () => {} });
  await seedWorld(service);
  const { shares } = await cooperate(service, [
    { resource: "plant:7", role: "viewer" },
    { resource: "plant:8", role: "viewer" },
    { resource: "portfolio:north", role: "viewer" },
  ]);
  for (const share of shares) await service.as("anna", "DELETE", `/v1/shares/${share}`);
  const [damaged = "", ...others] = [...shares].sort();
  const [head] = await tupleStore.read({ object: `share:${damaged}`, relation: "head" });
  if (head === undefined) throw new Error("the share has no head");
  await tupleStore.write({ deletes: [], writes: [{ ...head, user: `entry:share.${damaged}.99` }] });
  expect(await sweep({ tupleStore, warn: (...line) => warned.push(line) })).toBe(2);
  for (const share of others) expect(await tupleStore.read({ object: `share:${share}` })).toEqual([]);
  expect((await tupleStore.read({ object: "sweep:all" })).map(({ user }) => user)).toEqual([`share:${damaged}`]);
  expect(warned).toEqual([["sweep_failed", expect.objectContaining({ error: "StoreDamaged" })]]);
});

test("at most five mails of one action are sent at the same time", async ({ service: base }) => {
  const answers = Promise.withResolvers<void>();
  const smtp = await startSmtp({ rcpt: () => answers.promise });
  const { service } = await mailing(base, smtp, SOON);
  for (let n = 0; n < 8; n++)
    await service.admin("PUT", `/v1/organizations/brightfix/people/n${n}`, { role: "admin", email: address(`n${n}`) });
  expect((await inviteBrightfix(service)).body.mail).toBe("sending");
  await until(() => smtp.asked.length >= 5);
  expect(smtp.asked).toHaveLength(5);
  answers.resolve();
  await service.settled();
  expect(to(smtp)).toEqual([...ADMINS, ...Array.from({ length: 8 }, (_, n) => `n${n}`)].sort().map(address));
});

/** The process, which sends its mails to that server, and a function that calls it. */
async function startMailing(smtp: Smtp) {
  const { url, ...process } = await startProcess({ SMTP_URL: `smtp://127.0.0.1:${smtp.port}`, LOG_LEVEL: "debug" });
  const call = async (method: string, path: string, body?: unknown, user?: string, type = "application/json") =>
    fetch(`${url}${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${KEYS.all}`,
        "Content-Type": type,
        ...(user !== undefined && { "Acting-User": `user:${user}` }),
      },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
  return { ...process, call };
}

type Running = Awaited<ReturnType<typeof startMailing>>;

async function inviteIda({ call }: Running): Promise<unknown> {
  await call("PUT", "/v1/organizations/sunward", { name: "Sunward" });
  await call("PUT", "/v1/organizations/sunward/people/anna", { role: "admin" });
  const reply = await call("POST", "/v1/organizations/sunward/cooperations", { email: "ida@else.example" }, "anna");
  return ((await reply.json()) as { mail: unknown }).mail;
}

test("a process that receives SIGTERM sends the mails that it began, and then ends", async () => {
  const answers = Promise.withResolvers<void>();
  const smtp = await startSmtp({ rcpt: () => answers.promise });
  const running = await startMailing(smtp);
  expect(await inviteIda(running)).toBe("sending");
  running.child.kill("SIGTERM");
  await until(() => /"stopping"/.test(running.output()));
  answers.resolve();
  expect(await running.ended).toBe(0);
  expect(to(smtp)).toEqual(["ida@else.example"]);
  expect(running.output()).not.toContain("work_cut_off");
});

test("a mail server that never answers does not keep the process from ending; the log says that work was cut off", async () => {
  const smtp = await startSmtp({ rcpt: () => new Promise(() => {}) });
  const running = await startMailing(smtp);
  expect(await inviteIda(running)).toBe("sending");
  running.child.kill("SIGTERM");
  expect(await running.ended).toBe(0);
  expect(smtp.taken).toEqual([]);
  expect(running.output()).toContain('"work_cut_off"');
});

test("no name, address or reason is ever in the log, whatever fails", async () => {
  // each a word that occurs nowhere else, usable in an address and in a name
  const marks = { name: "qzname", address: "qzmail", reason: "qzreason", condition: "qzcontext" };
  const { name, address: mark, reason, condition } = marks;
  const email = `${mark}@else.example`;
  let refuses = true;
  const smtp = await startSmtp({
    rcpt: async (asked) => {
      if (refuses) throw new Error(`<${asked}> is unknown to ${name}`);
    },
  });
  const running = await startMailing(smtp);
  const { call } = running;
  const org = "/v1/organizations/sunward";
  const json = async (reply: Promise<Response>) => (await reply).json() as Promise<Record<string, string>>;
  await call("PUT", org, { name: `Sun ${name}` });
  await call("PUT", "/v1/organizations/grid", { name: `Grid ${name}` });
  await call("PUT", `${org}/people/anna`, { role: "admin", name: `Anna ${name}`, email: `anna-${email}` });
  await call("PUT", "/v1/organizations/grid/people/ben", { role: "admin", name, email: `ben-${email}` });
  await call("PUT", "/v1/plants/7", { owner: "sunward", name: `Plant ${name}` });
  const shares = [{ resource: "plant:7", role: "viewer" }];
  const invite = (body: object) => call("POST", `${org}/cooperations`, { ...body, reason, shares }, "anna");
  expect((await json(invite({ email }))).mail).toBe("failed");
  expect((await json(invite({ organization: "grid" }))).mail).toBe("failed");
  refuses = false;
  const { id, mail } = await json(invite({ email: `other-${email}` }));
  expect(mail).toBe("sent");
  await call("POST", `/v1/cooperations/${id}/resend`, { reason }, "anna");
  await call("DELETE", `/v1/cooperations/${id}?reason=${reason}`, undefined, "anna");
  // what the engine refuses, what cannot be read, what is not known
  for (const odd of ["\u0085", "\u007F", "\u0092", "\u0001"]) {
    await call("PUT", "/v1/plants/8", { owner: "sunward", name: `${name}${odd}` });
    await call("PUT", `${org}/people/otto`, { role: "member", name: `${name}${odd}` });
    await call("PATCH", `/v1/cooperations/${id}`, { expires_at: null, reason: `${reason}${odd}` }, "anna");
    const line = { kind: "person", organization: "sunward", user: "pia", role: "member", name: `${name}${odd}` };
    await (await call("POST", "/v1/import", `${JSON.stringify(line)}\n`, undefined, "application/x-ndjson")).text();
  }
  const broken = `{"kind":"person","name":"${name}","email":"${email}"\n{"kind":"${reason}"}\n${name}\n`;
  await (await call("POST", "/v1/import", broken, undefined, "application/x-ndjson")).text();
  await call("PUT", `${org}/people/eva`, `{"name":"${name}",`);
  await call("PUT", `${org}/people/eva`, { role: "member", email: `${mark} at else`, [name]: email });
  await call("GET", `${org}/resources?search=${name}`);
  await call("GET", `/v1/organizations/sunward/people?cursor=${name}`);
  await call("POST", "/v1/invitations/preview", { token: `${id}.1.${name}` });
  const { stores } = (await (await call("GET", "/stores")).json()) as { stores: { id: string }[] };
  const store = `/stores/${stores[0]?.id}`;
  const tuple_key = { user: "user:anna", relation: "can_view", object: "plant:7" };
  const context = { expires_at: name, current_time: condition, fields: { email } };
  const dated = { ...tuple_key, relation: "viewer", condition: { name: "not_expired", context } };
  for (const path of ["/check", "/write", "/list-users", "/streamed-list-objects", "/batch-check", "/read"])
    for (const body of [
      { tuple_key, context },
      { tuple_key, contextual_tuples: { tuple_keys: [dated] } },
      { writes: { tuple_keys: [dated] } },
      { user: "user:anna", relation: "can_view", type: "plant", context },
      { checks: [{ tuple_key, context, correlation_id: name }] },
      { checks: [{ tuple_key, context, correlation_id: "1" }] },
    ])
      await (await call("POST", `${store}${path}`, body)).text();
  const question = { subject: { type: "user", id: "anna", properties: { name } }, action: { name: "view" } };
  await call("POST", "/access/v1/evaluation", { ...question, resource: { type: "plant", id: "7" }, context });
  await call("POST", "/access/v1/search/resource", { ...question, resource: { type: name } });
  running.child.kill("SIGTERM");
  expect(await running.ended).toBe(0);
  const lines = running.output().split("\n");
  expect(lines.filter((line) => line.includes('"mail_failed"')).length).toBe(2);
  expect(lines.length).toBeGreaterThan(70);
  for (const word of Object.values(marks))
    expect(
      lines.filter((line) => line.includes(word)),
      word,
    ).toEqual([]);
});
