/**
 * Mails leave over SMTP, or without a server as `.eml` files that any mail program opens.
 * One mail is one message to one address; a file is there whole or not at all.
 */
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createTransport, type SendMailOptions } from "nodemailer";
import { ulid } from "ulid";
import type { Clock, Mail, Mailer } from "../ports.ts";
import { makePrivate } from "../private-folder.ts";

/**
 * `smtpUrl` as nodemailer reads it (`smtp://user:password@host:587`, `smtps://host`); without it mails
 * are written to `folder`. `from` is the sender, as an address or `Name <address>`.
 */
export type MailerOptions = { smtpUrl?: string | undefined; folder: string; from: string; clock: Clock };

// Well below nodemailer's own minutes: a request may be waiting for the mail.
const TIMEOUTS = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000 };

/** A mailer. Opens nothing before the first mail; `send` throws when the server or the disk refuses. */
export function createMailer({ smtpUrl, folder, from, clock }: MailerOptions): Mailer {
  const message = (mail: Mail): SendMailOptions => ({
    from,
    to: { name: "", address: oneAddress(mail.to) },
    subject: mail.subject,
    text: mail.text,
    date: clock(),
    // So that no holiday notice answers (RFC 3834 §5).
    headers: { "Auto-Submitted": "auto-generated" },
  });
  if (smtpUrl !== undefined) {
    const transport = createTransport({ url: smtpUrl, ...TIMEOUTS });
    return {
      async send(mail) {
        await transport.sendMail(message(mail));
      },
    };
  }
  const transport = createTransport({ streamTransport: true, buffer: true, newline: "windows" });
  let isPrivate = false;
  return {
    async send(mail) {
      // once: there may be many mails in it
      if (!isPrivate) makePrivate(folder);
      isPrivate = true;
      const sent = await transport.sendMail(message(mail));
      await keep(folder, clock(), sent.message as Buffer);
    },
  };
}

/** Writes a message beside its place and moves it there. Mails hold tokens: only the service's own user may read them. */
async function keep(folder: string, at: Date, message: Buffer): Promise<void> {
  const name = `${at.toISOString().slice(0, 19).replaceAll(":", "-")}Z-${ulid(at.getTime())}.eml`;
  const draft = join(folder, `.${name}.draft`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    await writeFile(draft, message, { mode: 0o600, flag: "wx" });
    await rename(draft, join(folder, name));
  } finally {
    await rm(draft, { force: true });
  }
}

// nodemailer would read a list of addresses, or a name, out of one string.
function oneAddress(to: string): string {
  if (!/^[^\s\p{Cc},;:<>()[\]"\\]+@[^\s\p{Cc},;:<>()[\]"\\@]+$/u.test(to))
    throw new Error("a mail goes to one plain address");
  return to;
}
