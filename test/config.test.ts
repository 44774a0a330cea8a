/** The environment is read whole or not at all, and no secret gets into a message. */
import { createHash, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ConfigurationError, readConfig } from "../src/config.ts";
import { findKey } from "../src/domain/service-keys.ts";

const KEY = "a-key-of-the-tests-1";
const SECRET = "a secret of more than thirty-two characters";
const enough = {
  SERVICE_KEYS: JSON.stringify([{ name: "app", scopes: ["check"], key: KEY }]),
  INVITATION_SECRET: SECRET,
};

/** What a bad environment is told. */
function told(env: NodeJS.ProcessEnv): string {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  return "";
}

describe("what is enough", () => {
  test("keys and a secret are enough, the rest has defaults", () => {
    const config = readConfig(enough);
    expect(config).toMatchObject({
      HOST: "127.0.0.1",
      PORT: 3000,
      OPENFGA_STORE: "concordat",
      INVITATION_TTL_DAYS: 14,
    });
    expect(config.DISCLOSE_ORGANIZATIONS).toBe(true);
    expect(Object.isFrozen(config)).toBe(true);
  });

  test("an empty variable is an unset one", () => {
    expect(readConfig({ ...enough, PORT: "", OPENFGA_API_URL: "" }).PORT).toBe(3000);
    expect(told({ ...enough, SERVICE_KEYS: "" })).toContain("SERVICE_KEYS");
  });

  test("a key is found by itself or by its hash, and by nothing else", () => {
    const sha256 = createHash("sha256").update("another-key-of-the-tests").digest("hex");
    const keys = [...readConfig(enough).SERVICE_KEYS];
    expect(findKey(keys, KEY)?.name).toBe("app");
    expect(findKey(keys, `${KEY} `)).toBeUndefined();
    expect(findKey(keys, "")).toBeUndefined();
    const hashed = readConfig({ ...enough, SERVICE_KEYS: JSON.stringify([{ name: "h", scopes: ["admin"], sha256 }]) });
    expect(findKey(hashed.SERVICE_KEYS, "another-key-of-the-tests")?.name).toBe("h");
    expect(findKey(hashed.SERVICE_KEYS, sha256)).toBeUndefined();
  });
});

describe("what is wrong", () => {
  test("every problem is told at once, by the variable's name", () => {
    const message = told({
      PORT: "http",
      INVITATION_TTL_DAYS: "0",
      DISCLOSE_ORGANIZATIONS: "maybe",
      LOG_LEVEL: "loud",
    });
    for (const name of [
      "PORT",
      "INVITATION_TTL_DAYS",
      "DISCLOSE_ORGANIZATIONS",
      "LOG_LEVEL",
      "SERVICE_KEYS",
      "INVITATION_SECRET",
    ])
      expect(message).toContain(name);
  });

  test.each([
    ["no JSON", "key"],
    ["no list", "{}"],
    ["an empty list", "[]"],
    ["no scopes", JSON.stringify([{ name: "app", scopes: [], key: KEY }])],
    ["an unknown scope", JSON.stringify([{ name: "app", scopes: ["root"], key: KEY }])],
    ["a short key", JSON.stringify([{ name: "app", scopes: ["check"], key: "short" }])],
    ["a key with a space", JSON.stringify([{ name: "app", scopes: ["check"], key: `${KEY} x` }])],
    ["half a hash", JSON.stringify([{ name: "app", scopes: ["check"], sha256: "abc" }])],
    ["a key and a hash", JSON.stringify([{ name: "app", scopes: ["check"], key: KEY, sha256: "0".repeat(64) }])],
    ["one name twice", JSON.stringify(["x", "y"].map((end) => ({ name: "app", scopes: ["check"], key: KEY + end })))],
  ])("SERVICE_KEYS with %s is refused", (_, SERVICE_KEYS) => {
    expect(told({ ...enough, SERVICE_KEYS })).toContain("SERVICE_KEYS");
  });

  test("no message holds a key or a secret", () => {
    const short = JSON.stringify([{ name: "app", scopes: ["root"], key: KEY }]);
    expect(told({ SERVICE_KEYS: short, INVITATION_SECRET: "short-secret" })).not.toMatch(/a-key-of|short-secret/);
  });
});

describe("the key of the histories", () => {
  const folder = mkdtempSync(join(tmpdir(), "concordat-config-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const file = (text: string) => {
    const path = join(folder, "key");
    writeFileSync(path, text);
    return { ...enough, HISTORY_KEY_FILE: path };
  };
  const ed25519 = generateKeyPairSync("ed25519");
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = ed25519.privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  const publicPem = ed25519.publicKey.export({ format: "pem", type: "spki" }).toString();

  test("is read from its file, with the keys that only verify behind it", () => {
    expect(readConfig(file(pem)).HISTORY_KEY_FILE?.verifying.size).toBe(1);
    const older = generateKeyPairSync("ed25519").publicKey.export({ format: "pem", type: "spki" });
    expect(readConfig(file(pem + older)).HISTORY_KEY_FILE?.verifying.size).toBe(2);
    expect(readConfig(enough).HISTORY_KEY_FILE).toBeUndefined();
  });

  test("that is none is told by the variable's name, without a word of it", () => {
    const rsaPem = rsa.privateKey.export({ format: "pem", type: "pkcs8" }).toString();
    for (const text of [
      "",
      "a secret that is no key",
      publicPem,
      rsaPem,
      pem + rsaPem,
      pem.replace(/[A-Za-z]{5}/g, "x"),
    ]) {
      expect(told(file(text))).toMatch(/^HISTORY_KEY_FILE: must (begin with|hold) [^\n]*Ed25519/);
      expect(told(file(text))).not.toContain("secret");
    }
    expect(told({ ...enough, HISTORY_KEY_FILE: join(folder, "none") })).toBe(
      "HISTORY_KEY_FILE: cannot be read (ENOENT)",
    );
  });
});
