/** Mails over SMTP: each is sent once, to one address, and never unencrypted to another machine unless the URL asks for it. */
import { readdir } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { inspect } from "node:util";
import PostalMime from "postal-mime";
import { describe, expect, it, onTestFinished } from "vitest";
import { freePort } from "../../../bench/processes.ts";
import { LANGUAGES } from "../../../src/domain/language.ts";
import type { MailFailed } from "../../../src/faults.ts";
import { invitationMail, noticeMail } from "../../../src/mail/letters.ts";
import { createMailer } from "../../../src/mail/mailer.ts";
import { clock, from, invitation, newFolder, notice, someMail } from "../../support/mail.ts";
import { run } from "../../support/program.ts";
import { startSmtp } from "../../support/smtp.ts";

describe("with an SMTP server", () => {
  const at127 = ({ port }: { port: number }) => `smtp://127.0.0.1:${port}`;

  it.each(LANGUAGES)("each mail is sent once, to its one address (%s)", async (language) => {
    const smtp = await startSmtp();
    const folder = newFolder();
    const mailer = createMailer({ smtpUrl: at127(smtp), folder, from, clock });
    const mails = [invitationMail(language, invitation), noticeMail(language, notice)];
    for (const mail of mails) await mailer.send(mail);
    expect(smtp.taken.map(({ to }) => to)).toEqual([["ida@grid.example"], ["ida@grid.example"]]);
    const read = await Promise.all(smtp.taken.map(({ raw }) => PostalMime.parse(raw)));
    expect(read.map(({ subject }) => subject)).toEqual(mails.map(({ subject }) => subject));
    expect(read.map(({ text }) => text?.trimEnd())).toEqual(mails.map(({ text }) => text.trimEnd()));
    await expect(readdir(folder)).rejects.toThrow("ENOENT");
  });

  it("a mail that is sent again is the same message by its id, and another mail or another address is another one", async () => {
    const smtp = await startSmtp();
    const mailer = createMailer({ smtpUrl: at127(smtp), folder: newFolder(), from: "C <c@müller.example>", clock });
    const mail = invitationMail("en", invitation);
    const other = { ...mail, id: "cooperation:01JD8ZT4Q5K3M9W2X7Y6V0B1CD/2026-12-02T08:30:00Z" };
    for (const one of [mail, mail, other, { ...mail, to: "ben@grid.example" }]) await mailer.send(one);
    const read = await Promise.all(smtp.taken.map(({ raw }) => PostalMime.parse(raw)));
    const ids = read.map(({ messageId }) => messageId);
    expect(ids[1]).toBe(ids[0]);
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^<[0-9a-f]{32}@xn--mller-kva\.example>$/);
  });

  it("mails after each other use one connection, and those at the same time use several", async () => {
    let connections = 0;
    const answers = Promise.withResolvers<void>();
    const rcpt = (address: string) => (address === "slow@grid.example" ? answers.promise : Promise.resolve());
    const smtp = await startSmtp({
      rcpt,
      onConnect: (_session, done) => {
        connections++;
        done();
      },
    });
    const mailer = createMailer({ smtpUrl: at127(smtp), folder: newFolder(), from, clock });
    for (const to of ["a", "b", "c"]) await mailer.send(someMail(`${to}@grid.example`));
    expect(connections).toBe(1);
    const slow = mailer.send(someMail("slow@grid.example"));
    await mailer.send(someMail("d@grid.example"));
    expect(connections).toBe(2);
    answers.resolve();
    await slow;
    expect(smtp.taken.map(({ to: [to] }) => to)).toEqual(
      ["a", "b", "c", "d", "slow"].map((one) => `${one}@grid.example`),
    );
  });

  it("a connection that the server ended meanwhile, or that refused an address, fails no later mail", async () => {
    const smtp = await startSmtp({
      rcpt: async (address) => {
        if (address === "no@grid.example") throw new Error("unknown");
      },
    });
    const mailer = createMailer({ smtpUrl: at127(smtp), folder: newFolder(), from, clock });
    await mailer.send(someMail("a@grid.example"));
    await expect(mailer.send(someMail("no@grid.example"))).rejects.toThrow("EENVELOPE RCPT TO 550");
    await mailer.send(someMail("b@grid.example"));
    smtp.endAll();
    await mailer.send(someMail("c@grid.example"));
    expect(smtp.taken.map(({ to: [to] }) => to)).toEqual(["a", "b", "c"].map((one) => `${one}@grid.example`));
  });

  it("an address that the server refuses gives an error with numbers and codes only", async () => {
    const rcpt = async (address: string) => {
      if (address === "ida@grid.example") throw new Error(`no such person here: <${address}>`);
    };
    const smtp = await startSmtp({ rcpt });
    const mailer = createMailer({ smtpUrl: at127(smtp), folder: newFolder(), from, clock });
    const error = await mailer.send(invitationMail("en", invitation)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "MailFailed", message: "EENVELOPE RCPT TO 550" });
    expect(inspect(error)).not.toMatch(/ida|grid/);
    await mailer.send(invitationMail("en", { ...invitation, to: "ben@grid.example" }));
    expect(smtp.taken.map(({ to }) => to)).toEqual([["ben@grid.example"]]);
  });

  it("an unreachable server gives an error, and no file is written instead", async () => {
    const folder = newFolder();
    const mailer = createMailer({ smtpUrl: `smtp://127.0.0.1:${await freePort()}`, folder, from, clock });
    await expect(mailer.send(invitationMail("en", invitation))).rejects.toThrow("ECONNREFUSED");
    await expect(readdir(folder)).rejects.toThrow("ENOENT");
  });

  it("a server that never answers gives an error", async () => {
    const smtp = await startSmtp({ rcpt: () => new Promise(() => {}) });
    const mailer = createMailer({
      smtpUrl: at127(smtp),
      folder: newFolder(),
      from,
      clock,
      sendMilliseconds: 300,
    });
    await expect(mailer.send(invitationMail("en", invitation))).rejects.toThrow("EABORT");
    expect([smtp.asked, smtp.taken]).toEqual([["ida@grid.example"], []]);
  });

  it("a failure says whether it is the address's, the mailbox's, or the server's", async () => {
    const options = { folder: newFolder(), from, clock, sendMilliseconds: 3000 };
    const smtp: Awaited<ReturnType<typeof startSmtp>> = await startSmtp({
      rcpt: async (address) => {
        const [name] = address.split("@");
        if (name === "unknown") throw new Error("5.1.1 no such person here");
        if (name === "plain") throw new Error("no such person here");
        if (name === "relay") throw new Error("5.7.1 relaying denied");
        if (name === "full") throw Object.assign(new Error("4.2.2 full"), { responseCode: 452 });
        if (name === "reset") smtp.endAll();
        await new Promise(() => {});
      },
    });
    // it takes connections and says nothing
    const mute = createServer();
    await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void mute.close());
    const ofWhat = (smtpUrl: string, name: string) =>
      createMailer({ ...options, smtpUrl })
        .send(someMail(`${name}@grid.example`))
        .catch((error: MailFailed) => [name, error.by]);
    const names = ["unknown", "plain", "relay", "full", "reset", "silent"];
    const failures = [];
    for (const name of names) failures.push(await ofWhat(at127(smtp), name));
    failures.push(await ofWhat(at127({ port: await freePort() }), "closed"));
    failures.push(await ofWhat(at127(mute.address() as AddressInfo), "mute"));
    expect(failures).toEqual([
      ["unknown", "address"],
      ["plain", "address"],
      ["relay", "mail"],
      ["full", "mail"],
      ["reset", "mail"],
      ["silent", "mail"],
      ["closed", "server"],
      ["mute", "server"],
    ]);
  });

  it("a mail that waits for a connection does not fail by the slow mailbox that has it", async () => {
    const smtp = await startSmtp({
      rcpt: (address) => (address === "slow@grid.example" ? new Promise(() => {}) : Promise.resolve()),
    });
    const mailer = createMailer({
      smtpUrl: `${at127(smtp)}?maxConnections=1`,
      folder: newFolder(),
      from,
      clock,
      sendMilliseconds: 4000,
    });
    const slow = expect(mailer.send(someMail("slow@grid.example"))).rejects.toThrow("EABORT");
    await mailer.send(someMail("ida@grid.example"));
    await slow;
    expect(smtp.taken.map(({ to }) => to)).toEqual([["ida@grid.example"]]);
    mailer.close();
  });

  it("nodemailer's own log, which holds addresses, stays off whatever the URL sets", async () => {
    const smtp = await startSmtp();
    const smtpUrl = `${at127(smtp)}?logger=true&debug=true&transactionLog=true`;
    const send = `const { createMailer } = await import(${JSON.stringify(new URL("../../../src/mail/mailer.ts", import.meta.url).href)});
      const mailer = createMailer({ smtpUrl: ${JSON.stringify(smtpUrl)}, folder: "none", from: "a@b.example", clock: () => new Date() });
      await mailer.send(${JSON.stringify(someMail("ida@grid.example"))});
      mailer.close();`;
    const { stdout, stderr } = await run(process.execPath, ["--input-type=module", "-e", send]);
    expect([stdout, stderr, smtp.taken.length]).toEqual(["", "", 1]);
  });
});

// 0.0.0.0 leads to this machine, and is none of the names of its loopback: a host as good as another
describe("to another machine", () => {
  const mail = invitationMail("en", invitation);
  const trusting = "?tls.rejectUnauthorized=false";
  const sendTo = async (smtpUrl: string) => createMailer({ smtpUrl, folder: newFolder(), from, clock }).send(mail);

  it("a mail is not sent unencrypted: without STARTTLS it gives an error that says what to do", async () => {
    const smtp = await startSmtp();
    const error = await sendTo(`smtp://0.0.0.0:${smtp.port}`).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ message: expect.stringMatching(/^ETLS STARTTLS \d+: .*requireTLS=false/) });
    expect([smtp.asked, smtp.taken]).toEqual([[], []]);
  });

  it("a mail is sent unencrypted where the URL asks for it, and over loopback", async () => {
    const smtp = await startSmtp();
    for (const to of ["0.0.0.0", "127.0.0.1", "localhost"])
      await sendTo(`smtp://${to}:${smtp.port}${to === "0.0.0.0" ? "?requireTLS=false" : ""}`);
    expect(smtp.taken.map(({ secure }) => secure)).toEqual([false, false, false]);
  });

  it("a mail is sent over TLS, only to a trusted certificate", async () => {
    const starttls = await startSmtp({ disabledCommands: ["AUTH"] });
    await expect(sendTo(`smtp://0.0.0.0:${starttls.port}`)).rejects.toThrow(/CERT/);
    expect(starttls.taken).toEqual([]);
    await sendTo(`smtp://0.0.0.0:${starttls.port}${trusting}`);
    const smtps = await startSmtp({ secure: true });
    await expect(sendTo(`smtps://0.0.0.0:${smtps.port}`)).rejects.toThrow(/CERT/);
    await sendTo(`smtps://0.0.0.0:${smtps.port}${trusting}`);
    expect([...starttls.taken, ...smtps.taken].map(({ secure }) => secure)).toEqual([true, true]);
  });
});
