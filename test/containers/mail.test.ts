/** Mails through a mail server that the project did not write, as a provider runs it: with TLS and a password. */
import PostalMime from "postal-mime";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { createMailer } from "../../src/mail/mailer.ts";
import { createService, type Service, seedWorld, test } from "../support/service.ts";
import { missing, STEP_MILLISECONDS, UP_MILLISECONDS } from "./docker.ts";
import { type SmtpServer, startSmtpServer } from "./smtp.ts";

/** Invites an address through that server. Returns when its mail is sent or failed, with what the log warns of. */
async function inviteThrough(smtpUrl: string, { deps }: Service) {
  const warned: [string, object][] = [];
  const mailer = createMailer({ smtpUrl, folder: "none", from: "Concordat <c@d.example>", clock: deps.clock });
  const service = createService(deps, { mailer, warn: (...line) => warned.push(line) });
  await seedWorld(service);
  const { status } = await service.as("anna", "POST", "/v1/organizations/sunward/cooperations", {
    email: "ida@else.example",
  });
  expect(status).toBe(201);
  await service.settled();
  return { service, warned };
}

describe.skipIf(missing !== undefined)("an SMTP server in a container", () => {
  let smtp: SmtpServer;
  beforeAll(async () => {
    smtp = await startSmtpServer();
  }, UP_MILLISECONDS);
  afterAll(() => smtp?.stop(), STEP_MILLISECONDS);

  test(
    "with a wrong password the log names the refusal by its codes, and no mail arrives",
    async ({ service }) => {
      const { warned } = await inviteThrough(smtp.url("a wrong password"), service);
      const facts = { error: "MailFailed", message: expect.stringMatching(/^EAUTH .* 535$/) };
      expect(warned).toEqual([["mail_failed", expect.objectContaining(facts)]]);
      expect(await smtp.mails()).toEqual([]);
    },
    STEP_MILLISECONDS,
  );

  test(
    "the mail of an invitation is delivered, with the link by which an organization joins",
    async ({ service: base }) => {
      const { service, warned } = await inviteThrough(smtp.url(), base);
      expect(warned).toEqual([]);
      const [raw = ""] = await smtp.delivered(1);
      const mail = await PostalMime.parse(raw);
      expect(mail.to).toEqual([{ name: "", address: "ida@else.example" }]);
      expect(mail.text).toContain("Sunward Energy");
      const token = /https:\/\/app\.example\/join#token=(\S+)/.exec(mail.text ?? "")?.[1];
      const joined = await service.as("ben", "POST", "/v1/invitations/join", { token, organization: "brightfix" });
      expect([joined.status, joined.body.status]).toEqual([200, "active"]);
    },
    STEP_MILLISECONDS,
  );
});
