/** A real SMTP server on a free port, what it took, and how it treats whom. */
import type { Socket } from "node:net";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { onTestFinished } from "vitest";

export type Taken = { to: string[]; raw: string; secure: boolean };
export type Smtp = { port: number; taken: Taken[]; asked: string[] /** Ends every connection. */; endAll(): void };

/**
 * `rcpt` decides on an address: accepted once it resolves, or refused with what it throws. By default
 * it offers no TLS. It listens on every address of the machine, so that it may be met as another machine would be.
 */
export async function startSmtp({
  rcpt = async () => {},
  ...options
}: { rcpt?: (address: string) => Promise<void> } & SMTPServerOptions = {}): Promise<Smtp> {
  const taken: Taken[] = [];
  const asked: string[] = [];
  const server = new SMTPServer({
    disabledCommands: ["STARTTLS", "AUTH"],
    closeTimeout: 100,
    ...options,
    onRcptTo: ({ address }, _session, done) => {
      asked.push(address);
      rcpt(address).then(() => done(), done);
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const to = session.envelope.rcptTo.map(({ address }) => address);
        taken.push({ to, raw: Buffer.concat(chunks).toString(), secure: session.secure });
        done();
      });
    },
  });
  const sockets = new Set<Socket>();
  server.server.on("connection", (socket: Socket) => sockets.add(socket));
  // who gives up in the midst of a handshake is no error of the test
  server.on("error", () => {});
  await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(resolve)));
  const address = server.server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  const endAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return { port: address.port, taken, asked, endAll };
}
