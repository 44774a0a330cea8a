/** Secrets in files, on the real process: keys that are read again at SIGHUP, and a file that is bad keeps those from before. */
import { randomUUID } from "node:crypto";
import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { connection, environmentOf } from "../../support/engine.ts";
import { ownFolder } from "../../support/own-folder.ts";
import { listening, startMain } from "../../support/process.ts";

const QUESTION = {
  subject: { type: "user", id: "tom" },
  action: { name: "view" },
  resource: { type: "plant", id: "7" },
};
const OLD = "the-old-key-of-the-files";
const NEW = "the-new-key-of-the-files";
const SECRET = "a secret of more than thirty-two characters";

const keys = (...all: object[]) => JSON.stringify(all);
const key = (text: string, more: object = {}) => ({ name: "app", scopes: ["check"], key: text, ...more });

function put(folder: string, name: string, text: string, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode });
  chmodSync(path, mode);
  return path;
}

/** The process with this environment, on a store of its own. */
const main = (env: Record<string, string>) =>
  startMain({ ...environmentOf(connection()), OPENFGA_STORE: `keys ${randomUUID()}`, ...env });

async function statusOf(url: string, presented: string): Promise<number> {
  const headers = { Authorization: `Bearer ${presented}`, "Content-Type": "application/json" };
  return (await fetch(`${url}/access/v1/evaluation`, { method: "POST", headers, body: JSON.stringify(QUESTION) }))
    .status;
}

test("SIGHUP reads the keys again, and an invalid file changes nothing", async () => {
  const folder = ownFolder();
  const SERVICE_KEYS_FILE = put(folder, "keys.json", `${keys(key(OLD))}\n`);
  const service = main({
    SERVICE_KEYS_FILE,
    INVITATION_SECRET_FILE: put(folder, "secret", `${SECRET}\r\n`),
    CONCORDAT_FOLDER: folder,
  });
  const url = await listening(service);
  expect([await statusOf(url, OLD), await statusOf(url, NEW)]).toEqual([200, 401]);

  // both, while the one is changed for the other
  put(folder, "keys.json", keys(key(OLD), key(NEW)));
  service.child.kill("SIGHUP");
  await service.printed(/keys_read.*\["app","app"\]/);
  expect([await statusOf(url, OLD), await statusOf(url, NEW)]).toEqual([200, 200]);

  put(folder, "keys.json", keys(key(NEW, { name: "changed" })));
  service.child.kill("SIGHUP");
  await service.printed(/keys_read.*\["changed"\]/);
  expect([await statusOf(url, OLD), await statusOf(url, NEW)]).toEqual([401, 200]);

  for (const [bad, why] of [
    ["no JSON", /must be a JSON list/],
    ["[]", /with at least one key/],
    [keys(key(OLD, { scopes: [] })), /entry 0\.scopes/],
    [keys(key(OLD, { types: ["plnt"] })), /the model has no type plnt/],
    [keys(key(OLD, { name: "doctor" })), /entry 0\.name/],
    ["", /is empty/],
  ] as const) {
    put(folder, "keys.json", bad);
    service.child.kill("SIGHUP");
    await service.printed(new RegExp(`keys_not_read.*${why.source}`));
    expect([await statusOf(url, OLD), await statusOf(url, NEW)]).toEqual([401, 200]);
  }
  rmSync(SERVICE_KEYS_FILE);
  service.child.kill("SIGHUP");
  await service.printed(/keys_not_read.*ENOENT/);
  expect(await statusOf(url, NEW)).toBe(200);

  service.child.kill("SIGTERM");
  expect(await service.ended).toBe(0);
  for (const secret of [OLD, NEW, SECRET]) expect(service.output()).not.toContain(secret);
});

test("without a file SIGHUP ends the process, as when its terminal closes", async () => {
  const service = main({ SERVICE_KEYS: keys(key(OLD)), INVITATION_SECRET: SECRET, CONCORDAT_FOLDER: ownFolder() });
  await listening(service);
  service.child.kill("SIGHUP");
  expect(await service.ended).toBe(0);
});

test("a file that others may read gives a warning; a file beside its variable and a bound unknown to the model are refused", async () => {
  const folder = ownFolder();
  const file = put(folder, "keys.json", keys(key(OLD)), 0o644);
  const base = { INVITATION_SECRET: SECRET, CONCORDAT_FOLDER: folder };
  const open = main({ ...base, SERVICE_KEYS_FILE: file });
  await open.printed(/"warn.*|"level":40.*SERVICE_KEYS_FILE: others than its owner may read or write/);
  await listening(open);

  const both = main({ ...base, SERVICE_KEYS_FILE: file, SERVICE_KEYS: keys(key(OLD)) });
  expect(await both.ended).toBe(1);
  expect(both.output()).toMatch(/^SERVICE_KEYS_FILE: SERVICE_KEYS is set too/m);

  const misspelled = main({ ...base, SERVICE_KEYS: keys(key(OLD, { permissions: ["can_veiw"] })) });
  expect(await misspelled.ended).toBe(1);
  expect(misspelled.output()).toMatch(/^SERVICE_KEYS: app: the model has no permission can_veiw$/m);
  for (const { output } of [open, both, misspelled]) expect(output()).not.toContain(OLD);
});
