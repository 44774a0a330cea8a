/**
 * Sends mails over SMTP, or without a server writes them as `.eml` files, which any mail program opens. A mail is one
 * message to one address, with the same Message-ID each time it is sent; a file is complete or missing. To another machine
 * mails are encrypted. A failure comes in bounded time, and no error of this file holds any part of the mail.
 */
import { hash } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { domainToASCII } from "node:url";
import { Semaphore } from "async-mutex";
import { createTransport, type SendMailOptions } from "nodemailer";
import { ulid } from "ulid";
import { MailFailed, type MailFailure } from "../faults.ts";
import type { Clock, Mail, Mailer } from "../ports.ts";
import { makePrivate } from "../private-folder.ts";

/**
 * `smtpUrl` as nodemailer reads it (`smtp://user:password@host:587`, `smtps://host`); without it mails
 * are written to `folder`. `from` is the sender, as an address or `Name <address>`. `sendMilliseconds` is for
 * one mail, from the connection to the server's last word.
 */
export type MailerOptions = {
  smtpUrl?: string | undefined;
  folder: string;
  from: string;
  clock: Clock;
  sendMilliseconds?: number;
};

/** Well below nodemailer's own minutes. The first is for the connection with the server's greeting. */
const TIMEOUTS = { connectionTimeout: 6000, socketTimeout: 20_000 };
const SERVICE_NOT_AVAILABLE = 421;
const NO_STARTTLS =
  "the server offers no STARTTLS. Use smtps://, or send in the clear by adding ?requireTLS=false to SMTP_URL";
/**
 * Connections are kept for the next mails, a few seconds. One that a server keeps waiting is busy with one mail for at
 * most SEND_MILLISECONDS, so slow mailboxes delay others only where there are this many of them.
 */
const CONNECTIONS = 20;
const POOL = { pool: true, maxConnections: CONNECTIONS, idleTimeout: 10_000 } as const;
/** For the whole mail: a slow server that sends a byte now and then never reaches the timeouts above. */
const SEND_MILLISECONDS = 30_000;

/**
 * A mailer. Opens nothing before the first mail; `send` throws MailFailed when the server or the disk refuses. `close`
 * ends the connections that no mail uses; those in use are ended behind their mail.
 */
export function createMailer({ smtpUrl, folder, from, clock, sendMilliseconds }: MailerOptions): Mailer {
  const domain = domainToASCII(/@([^@>]+)>?$/.exec(from)?.[1] ?? "") || "localhost";
  const message = (mail: Mail): SendMailOptions => ({
    from,
    messageId: `<${hash("sha256", `${mail.id}\n${mail.to}`).slice(0, 32)}@${domain}>`,
    to: { name: "", address: oneAddress(mail.to) },
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    date: clock(),
    headers: {
      // so that no holiday notice answers (RFC 3834 §5)
      "Auto-Submitted": "auto-generated",
      "Content-Language": mail.language,
      ...(mail.unsubscribe !== undefined && { "List-Unsubscribe": `<${mail.unsubscribe}>` }),
    },
  });
  if (smtpUrl !== undefined) {
    const transport = createTransport({ ...TIMEOUTS, ...POOL, ...transportOf(smtpUrl) });
    /** The signals of the mails that a server was asked to take: how such a one ends says nothing of the others. */
    const begun = new WeakSet<AbortSignal>();
    transport.use("stream", ({ message: built, data }, done) => {
      // nodemailer opens this on a connection that is ready, before it asks for the mailbox
      const open = built.createReadStream.bind(built);
      built.createReadStream = (options) => {
        if (data.signal) begun.add(data.signal);
        return open(options);
      };
      done();
    });
    // the time of a mail begins with its connection: what waits for one does not fail by others' slow mailboxes
    const connections = new Semaphore(Number(new URL(smtpUrl).searchParams.get("maxConnections")) || CONNECTIONS);
    return {
      send: orMailFailed((mail) =>
        connections.runExclusive(async () => {
          const signal = AbortSignal.timeout(sendMilliseconds ?? SEND_MILLISECONDS);
          await transport.sendMail({ ...message(mail), signal }).catch((error) => {
            throw mailFailed(error, begun.has(signal));
          });
        }),
      ),
      close: () => transport.close(),
    };
  }
  const transport = createTransport({ streamTransport: true, buffer: true, newline: "windows" });
  let isPrivate = false;
  return {
    send: orMailFailed(async (mail) => {
      // only before the first mail: the folder may hold many
      if (!isPrivate) makePrivate(folder);
      isPrivate = true;
      const sent = await transport.sendMail(message(mail));
      await keep(folder, clock(), sent.message as Buffer);
    }),
    close: () => {},
  };
}

/**
 * Mails hold tokens, so STARTTLS to another machine is required, not only used where it is offered;
 * `?requireTLS=false` in the URL turns that off. nodemailer's own log would hold addresses.
 */
function transportOf(smtpUrl: string) {
  const url = new URL(smtpUrl);
  for (const name of ["logger", "debug", "transactionLog"]) url.searchParams.delete(name);
  const isLoopback = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/i.test(url.hostname);
  // nodemailer lets a query in the URL override the option beside it
  return { requireTLS: url.protocol === "smtp:" && !isLoopback, url: url.href };
}

/** Turns a failure into MailFailed without the texts of servers and libraries: they hold addresses. */
const orMailFailed =
  (send: Mailer["send"]): Mailer["send"] =>
  async (mail) => {
    try {
      await send(mail);
    } catch (error) {
      throw error instanceof MailFailed ? error : mailFailed(error as Failure, false);
    }
  };

const mailFailed = (error: Failure, hasBegun: boolean) => new MailFailed(wordsOf(error), ofWhat(error, hasBegun));

/** A failure of nodemailer, of the disk, or of ours. `command`: what the server was asked. */
type Failure = Error & {
  code?: unknown;
  originalCode?: unknown;
  command?: unknown;
  responseCode?: unknown;
  response?: unknown;
};

function wordsOf({ name, code, originalCode, command, responseCode }: Failure): string {
  const words = [code ?? name, originalCode, command, responseCode].filter(
    (word) => typeof word === "number" || (typeof word === "string" && /^[\w ]{1,40}$/.test(word)),
  );
  const hasNoTls = command === "STARTTLS" && responseCode !== undefined;
  return hasNoTls ? `${words.join(" ")}: ${NO_STARTTLS}` : words.join(" ");
}

/** No such mailbox, now and ever (RFC 5321 §4.2.3). */
const REFUSED_FOR_GOOD: readonly unknown[] = [550, 551, 553];

/** It may say more (RFC 3463): 5.1.x is about the address, all else about a policy, a full mailbox, a relay. */
const isOfAddress = (response: unknown): boolean => {
  const [, subject = "1"] = /^\d{3}[ -]\d\.(\d{1,3})\.\d/.exec(String(response)) ?? [];
  return subject === "1";
};

/** After the server was asked for a mailbox: it fell silent or hung up, which another mailbox may have nothing to do with. */
const CUT_OFF: readonly unknown[] = ["ETIMEDOUT", "ESOCKET", "ECONNECTION", "EABORT"];

/** What a failure is about: of a server that takes no mail, the next mail fails as well. */
function ofWhat({ code, command, responseCode, response }: Failure, hasBegun: boolean): MailFailure {
  const isRefused = code === "EENVELOPE" && command === "RCPT TO" && REFUSED_FOR_GOOD.includes(responseCode);
  if (isRefused && isOfAddress(response)) return "address";
  // a sender that is refused, or a server that is closing down, is no matter of one mail
  if (command === "MAIL FROM" || responseCode === SERVICE_NOT_AVAILABLE) return "server";
  const isOfMail = code === "EENVELOPE" || code === "EMESSAGE" || (hasBegun && CUT_OFF.includes(code));
  return isOfMail ? "mail" : "server";
}

/** Writes a message under a draft name and renames it. Mails hold tokens: only the service's own user may read them. */
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
    throw new MailFailed("a mail needs one plain address", "mail");
  return to;
}
