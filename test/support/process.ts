/** The service as a process on the run's engine, in a store of its own: for what only a process shows. */
import { randomBytes, randomUUID } from "node:crypto";
import { connection, environmentOf } from "./engine.ts";
import { ownFolder } from "./own-folder.ts";
import { type Program, start } from "./program.ts";
import { KEYS } from "./service.ts";

export type ServiceProcess = Program & {
  url: string;
  /** The lines of its log with that event. */
  logged(event: string): Record<string, unknown>[];
  /** What `/readyz` answers. */
  readiness(): Promise<{ status: number; body: Record<string, unknown> }>;
};

type Environment = Record<string, string>;

/** `node src/main.ts` on a port of the system's choice, with nothing in its environment but `env`. */
export function startMain(
  env: Environment,
  args: readonly string[] = [],
  options: { ipc?: boolean; stdout?: "ignore" } = {},
): Program {
  return start(process.execPath, ["src/main.ts", ...args], { ...options, env: { PORT: "0", ...env } });
}

/** Waits until it listens, and gives the address. */
export async function listening({ printed }: Program): Promise<string> {
  return (await printed(/Concordat listens on (http:\S+)/))[1] ?? "";
}

/** The environment of a service on the run's engine, with the keys of the tests and a store and a folder of its own. */
export function serviceEnvironment(): Environment {
  const keys = Object.entries(KEYS).map(([name, key]) => {
    return { name, key, scopes: name === "all" ? ["check", "manage", "admin"] : [name] };
  });
  return {
    ...environmentOf(connection()),
    OPENFGA_STORE: `process ${randomUUID()}`,
    CONCORDAT_FOLDER: ownFolder(),
    INVITATION_SECRET: randomBytes(32).toString("hex"),
    SERVICE_KEYS: JSON.stringify(keys),
  };
}

/** Starts such a service and waits until it listens; `flags` are Node's. It ends with the test. */
export async function startProcess(env: Environment = {}, flags: readonly string[] = []): Promise<ServiceProcess> {
  const program = start(process.execPath, [...flags, "src/main.ts"], {
    env: { PORT: "0", ...serviceEnvironment(), ...env },
  });
  const url = await listening(program);
  const logged = (event: string) =>
    program
      .output()
      .split("\n")
      .filter((line) => line.startsWith("{") && line.endsWith("}"))
      .map((line) => JSON.parse(line))
      .filter((line) => line.event === event);
  const readiness = async () => {
    const reply = await fetch(`${url}/readyz`);
    return { status: reply.status, body: (await reply.json()) as Record<string, unknown> };
  };
  return { ...program, url, logged, readiness };
}
