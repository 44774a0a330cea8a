/** Mails through a mail server that the project did not write, as a provider runs it: with TLS and a password. */
import PostalMime from "postal-mime";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { createMailer } from "../../src/mail/mailer.ts";
import { createService, type Service, seedWorld, test } from "../support/service.ts";
import { missing, STEP_MILLISECONDS, UP_MILLISECONDS } from "./docker.ts";
import { type SmtpServer, startSmtpServer } from "./smtp.ts";

/** A service whose mails go to that server. */
async function mailing({ deps }: Service, smtpUrl: string): Promise<Service> {
  const mailer = createMailer({ smtpUrl, folder: "none", from: "Concordat <c@d.example>", clock: deps.clock });
  const service = createService(deps, { mailer });
  await seedWorld(service);
  return service;
}

const invite = (service: Service) =>
  service.as("anna", "POST", "/v1/organizations/sunward/cooperations", { email: "ida@else.example" });

describe.skipIf(missing !== undefined)("an SMTP server in a container", () => {
  let smtp: SmtpServer;
  beforeAll(async () => {
    smtp = await startSmtpServer();
  }, UP_MILLISECONDS);
  afterAll(() => smtp?.stop(), STEP_MILLISECONDS);

  test(
    "with a wrong password the invitation is made, the reply says that its mail was not sent, and no mail arrives",
    async ({ service }) => {
      const invited = await invite(await mailing(service, smtp.url("a wrong password")));
      expect([invited.status, invited.body.mail]).toEqual([201, "failed"]);
      expect(await smtp.mails()).toEqual([]);
    },
    STEP_MILLISECONDS,
  );

  test(
    "the mail of an invitation is delivered, with the link by which an organization joins",
    async ({ service: base }) => {
      const service = await mailing(base, smtp.url());
      const invited = await invite(service);
      expect([invited.status, invited.body.mail]).toEqual([201, "sent"]);
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
