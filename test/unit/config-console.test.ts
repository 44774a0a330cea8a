/** The console's part of the environment: off unless it is switched on, and on only where its cookies are safe. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readConfig } from "../../src/config.ts";
import { withStartKeys } from "../../src/start/keys.ts";
import { ownFolder } from "../support/own-folder.ts";

const ENOUGH = {
  SERVICE_KEYS: JSON.stringify([{ name: "app", scopes: ["check"], key: "a-key-of-the-tests-1" }]),
  INVITATION_SECRET: "a secret of more than thirty-two characters",
};
const PROVIDER = JSON.stringify({ name: "idp", issuer: "https://id.example", client_id: "console" });

const messageFor = (env: NodeJS.ProcessEnv): string => {
  try {
    readConfig({ ...ENOUGH, ...env });
    return "";
  } catch (error) {
    return (error as Error).message;
  }
};

test("the console is off, and its sessions have their limits", () => {
  const config = readConfig(ENOUGH);
  expect(config).toMatchObject({ CONSOLE: false, CONSOLE_IDLE_MINUTES: 30, CONSOLE_SESSION_HOURS: 8, providers: [] });
});

test.each([
  { PUBLIC_URL: "https://concordat.example" },
  { PUBLIC_URL: "https://concordat.example/" },
  { PUBLIC_URL: "http://localhost:3000" },
  {},
])("it can be switched on over TLS, and on this machine: %j", (env) => {
  expect(messageFor({ ...env, CONSOLE: "on" })).toBe("");
});

test.each([
  { PUBLIC_URL: "http://concordat.example" },
  { PUBLIC_URL: "https://concordat.example/base" },
  { HOST: "10.0.0.1" },
])("it cannot be elsewhere: %j", (env) => {
  expect(messageFor({ ...env, CONSOLE: "on" })).toMatch(/^CONSOLE: needs a PUBLIC_URL/);
  expect(messageFor(env)).toBe("");
});

test("a provider needs the console and an address that it sends browsers back to", () => {
  const PUBLIC_URL = "https://concordat.example";
  const config = readConfig({ ...ENOUGH, PUBLIC_URL, CONSOLE: "on", CONSOLE_OIDC: PROVIDER });
  expect(config.providers.map(({ name }) => name)).toEqual(["idp"]);
  expect(messageFor({ PUBLIC_URL, CONSOLE_OIDC: PROVIDER })).toBe("CONSOLE_OIDC: needs CONSOLE=on");
  expect(messageFor({ CONSOLE: "on", CONSOLE_OIDC: PROVIDER })).toMatch(/^CONSOLE_OIDC: needs PUBLIC_URL/);
  expect(messageFor({ PUBLIC_URL, CONSOLE: "on", CONSOLE_OIDC: "{}" })).toMatch(/^CONSOLE_OIDC: entry 0\.name/);
});

test("whoever may frame the console is named by an origin", () => {
  const framed = (text: string) => readConfig({ ...ENOUGH, CONSOLE_FRAME_ANCESTORS: text }).CONSOLE_FRAME_ANCESTORS;
  expect(framed("https://a.example, http://localhost:8080")).toEqual(["https://a.example", "http://localhost:8080"]);
  for (const text of ["*", "a.example", "https://a.example/x", "https:", "'self'", "https://a.example; script-src *"])
    expect(messageFor({ CONSOLE_FRAME_ANCESTORS: text }), text).toMatch(/^CONSOLE_FRAME_ANCESTORS/);
});

test("`npm start` switches it on where it is reached on this machine, and nowhere else", async () => {
  const folder = ownFolder();
  const startedWith = (env: NodeJS.ProcessEnv) => withStartKeys(env, folder).env.CONSOLE;
  expect([startedWith({}), startedWith({ HOST: "127.0.0.1" })]).toEqual(["on", "on"]);
  expect(startedWith({ CONSOLE: "off" })).toBe("off");
  // whose people are tried by what is kept beside the key, on a store of this machine alone
  const { consoleSecret } = withStartKeys({}, folder);
  expect(consoleSecret).toMatch(/^[\w-]{32}$/);
  expect(statSync(join(folder, "console-secret")).mode & 0o777).toBe(0o600);
  for (const env of [{ OPENFGA_API_URL: "http://127.0.0.1:8080" }, { SERVICE_KEYS: "[]" }])
    expect(withStartKeys(env, folder).consoleSecret).toBeUndefined();
  for (const env of [{ PUBLIC_URL: "http://10.0.0.1:3000" }, { HOST: "0.0.0.0" }])
    expect(startedWith(env)).toBeUndefined();
});
