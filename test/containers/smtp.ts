/** An SMTP server in a container: OpenSMTPD over TLS with a password, which keeps every mail that it takes. */
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { GenericContainer, Wait } from "testcontainers";
import { STEP_MILLISECONDS } from "./docker.ts";

const PORT = 465;

export type SmtpServer = {
  /** As `SMTP_URL` takes it, with another password if wanted; the server's own certificate is trusted by it. */
  url(password?: string): string;
  /** The mails that it has delivered, as text. */
  mails(): Promise<string[]>;
  /** The same when there are that many. */
  delivered(count: number): Promise<string[]>;
  stop(): Promise<void>;
};

export async function startSmtpServer(): Promise<SmtpServer> {
  const image = await GenericContainer.fromDockerfile(fileURLToPath(new URL("smtp", import.meta.url))).build();
  const server = await image
    .withExposedPorts(PORT)
    .withWaitStrategy(Wait.forListeningPorts())
    .withStartupTimeout(STEP_MILLISECONDS)
    .start();
  const print = async (command: string) => (await server.exec(["sh", "-c", command])).stdout;
  const certificate = await print("cat /etc/smtpd/certificate.pem");
  const mails = async () =>
    (await print('for mail in /home/box/mail/new/*; do [ ! -e "$mail" ] || { cat "$mail"; printf "\\0"; }; done'))
      .split("\0")
      .slice(0, -1);
  return {
    url: (password = "the password of the tests") =>
      `smtps://concordat:${encodeURIComponent(password)}@localhost:${server.getMappedPort(PORT)}` +
      `?tls.ca=${encodeURIComponent(certificate)}`,
    mails,
    async delivered(count) {
      for (;;) {
        const all = await mails();
        if (all.length >= count) return all;
        await sleep(100);
      }
    },
    stop: async () => void (await server.stop()),
  };
}
