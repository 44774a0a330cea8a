/** The environment is read whole or not at all, and no secret gets into a message. */
import { createHash, generateKeyPairSync } from "node:crypto";
import { chmodSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readConfig, urlOf } from "../../src/config.ts";
import { VARIABLES } from "../../src/config-variables.ts";
import { findKey } from "../../src/domain/service-keys.ts";
import { ConfigurationError } from "../../src/faults.ts";
import { SECRETS } from "../../src/secret-files.ts";
import { shareOf, workersOf } from "../../src/workers/worker.ts";
import { ownFolder } from "../support/own-folder.ts";

const NOW = () => new Date();

const KEY = "a-key-of-the-tests-1";
const SECRET = "a secret of more than thirty-two characters";
const APP = { name: "app", scopes: ["check"], key: KEY };
const enough = {
  SERVICE_KEYS: JSON.stringify([APP]),
  INVITATION_SECRET: SECRET,
};

/** The message for an invalid environment. */
function messageFor(env: NodeJS.ProcessEnv): string {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  return "";
}

describe("the smallest environment", () => {
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

  test("an engine of our own is asked as much at once as this machine's cores answer, and a server of its own more", () => {
    const own = readConfig(enough).OPENFGA_CONCURRENCY;
    expect(own).toBe(Math.max(8, 4 * availableParallelism()));
    expect(readConfig({ ...enough, OPENFGA_API_URL: "http://openfga:8080" }).OPENFGA_CONCURRENCY).toBe(128);
    expect(readConfig({ ...enough, OPENFGA_CONCURRENCY: "3" }).OPENFGA_CONCURRENCY).toBe(3);
  });

  test("users are taken out of the access log only where it is in files", () => {
    const days = { ...enough, ACCESS_LOG_PSEUDONYMIZE_DAYS: "90" };
    expect(readConfig({ ...days, ACCESS_LOG: "file" }).ACCESS_LOG_PSEUDONYMIZE_DAYS).toBe(90);
    for (const target of ["stdout", "https://collector.example/intake"])
      expect(messageFor({ ...days, ACCESS_LOG: target })).toMatch(
        /^ACCESS_LOG_PSEUDONYMIZE_DAYS: needs ACCESS_LOG in files/,
      );
    expect(messageFor({ ...days, ACCESS_LOG_PSEUDONYMIZE_DAYS: "0" })).toContain("ACCESS_LOG_PSEUDONYMIZE_DAYS");
  });

  test("an empty variable is an unset one", () => {
    expect(readConfig({ ...enough, PORT: "", OPENFGA_API_URL: "" }).PORT).toBe(3000);
    expect(messageFor({ ...enough, SERVICE_KEYS: "" })).toContain("SERVICE_KEYS");
  });

  test("a key is found by itself or by its hash, and by nothing else", () => {
    const sha256 = createHash("sha256").update("another-key-of-the-tests").digest("hex");
    const keys = [...readConfig(enough).SERVICE_KEYS];
    expect(findKey(keys, KEY, NOW)?.name).toBe("app");
    expect(findKey(keys, `${KEY} `, NOW)).toBeUndefined();
    expect(findKey(keys, "", NOW)).toBeUndefined();
    const hashed = readConfig({ ...enough, SERVICE_KEYS: JSON.stringify([{ name: "h", scopes: ["admin"], sha256 }]) });
    expect(findKey(hashed.SERVICE_KEYS, "another-key-of-the-tests", NOW)?.name).toBe("h");
    expect(findKey(hashed.SERVICE_KEYS, sha256, NOW)).toBeUndefined();
  });
});

describe("secrets in files", () => {
  const file = (text: string, mode = 0o600) => {
    const path = join(ownFolder(), "value");
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  };

  test("each secret may be read from a file, without the line end behind it", () => {
    const TEXTS: Record<string, string> = {
      SERVICE_KEYS: enough.SERVICE_KEYS,
      OPENFGA_API_TOKEN: "a token",
      REDIS_URL: "redis://:p@host:6379",
      INVITATION_SECRET: ` ${SECRET} `,
      SMTP_URL: "smtps://user:p@host",
    };
    const texts = Object.entries(TEXTS);
    const inFiles = (end: string) =>
      Object.fromEntries(texts.map(([name, text]) => [`${name}_FILE`, file(text + end)]));
    const { SERVICE_KEYS, ...rest } = TEXTS;
    for (const end of ["", "\n", "\r\n"]) {
      const config = readConfig(inFiles(end));
      expect(config).toMatchObject(rest);
      expect([config.SERVICE_KEYS[0]?.name, config.warnings]).toEqual(["app", []]);
    }
    expect(SECRETS.filter((name) => name in VARIABLES)).toEqual(expect.arrayContaining(Object.keys(TEXTS)));
  });

  test("a file beside its variable, a missing file and an empty one are refused by name", () => {
    expect(messageFor({ ...enough, INVITATION_SECRET_FILE: file("x") })).toMatch(
      /^INVITATION_SECRET_FILE: INVITATION_SECRET is set too/,
    );
    expect(messageFor({ ...enough, REDIS_URL_FILE: "/nowhere/at/all" })).toMatch(
      /^REDIS_URL_FILE: .* cannot be read: ENOENT$/m,
    );
    expect(messageFor({ ...enough, SMTP_URL_FILE: file("\n") })).toMatch(/^SMTP_URL_FILE: .* is empty$/m);
    const short = messageFor({ SERVICE_KEYS: enough.SERVICE_KEYS, INVITATION_SECRET_FILE: file("short-secret") });
    expect(short).toMatch(/^INVITATION_SECRET: must be at least 32/);
    expect(short).not.toContain("short-secret");
  });

  test("a file that others may read or write gives a warning", () => {
    const warnings = (mode: number) => readConfig({ ...enough, REDIS_URL_FILE: file("redis://h", mode) }).warnings;
    for (const mode of [0o600, 0o400, 0o640, 0o440]) expect(warnings(mode), mode.toString(8)).toEqual([]);
    for (const mode of [0o644, 0o604, 0o660, 0o666, 0o602])
      expect(warnings(mode), mode.toString(8)).toEqual([
        expect.stringMatching(/^REDIS_URL_FILE: others than its owner/),
      ]);
  });
});

describe("limits", () => {
  test("are one number for all, numbers by name, or off", () => {
    const limits = (text: string) => readConfig({ ...enough, RATE_LIMIT_WRITES_PER_MINUTE: text }).rateLimits.writes;
    expect(limits("5")).toEqual({ key: 5, user: 5, organization: 5 });
    expect(limits("key=6000, user=off,organization=7")).toEqual({ key: 6000, organization: 7 });
    for (const off of ["off", "0", "user=0"]) expect(limits(off)).toEqual({});
    const { checks, writes } = readConfig(enough).rateLimits;
    expect([checks, Object.keys(writes)]).toEqual([{}, ["key", "user", "organization"]]);
  });

  test.each(["x", "-1", "1.5", "key", "key=", "key=x", "keys=1", "key=1;user=2", "key=1,key=2"])(
    "%s is refused",
    (text) => {
      expect(messageFor({ ...enough, RATE_LIMIT_CHECKS_PER_MINUTE: text })).toMatch(/^RATE_LIMIT_CHECKS_PER_MINUTE: /);
    },
  );
});

describe("an invalid environment", () => {
  test("every problem is reported at once, by the variable's name", () => {
    const message = messageFor({
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
    ["one name three times", JSON.stringify(["x", "y", "z"].map((end) => ({ ...APP, key: KEY + end })))],
    ["one key twice", JSON.stringify([APP, { ...APP, name: "other" }])],
    ["a name of a service of our own", JSON.stringify([{ ...APP, name: "doctor" }])],
    ["the name that histories have for who signs them", JSON.stringify([{ ...APP, name: "sign" }])],
    ["another spelling of it", JSON.stringify([{ ...APP, name: "Scheduler" }])],
    ["no types", JSON.stringify([{ ...APP, types: [] }])],
    ["a relation for a permission", JSON.stringify([{ ...APP, permissions: ["viewer"] }])],
    ["an organization that is no id", JSON.stringify([{ ...APP, organizations: ["a:b"] }])],
    ["an end that is no date", JSON.stringify([{ ...APP, not_after: "tomorrow" }])],
    ["a misspelled bound", JSON.stringify([{ ...APP, organisations: ["sunward"] }])],
  ])("SERVICE_KEYS with %s is refused", (_, SERVICE_KEYS) => {
    expect(messageFor({ ...enough, SERVICE_KEYS })).toContain("SERVICE_KEYS");
  });

  test("ISSUERS that cannot be used are refused with their place, and without them there are none", () => {
    const issuer = { name: "idp", issuer: "https://id.example", audience: "https://c.example", unbound: ["people"] };
    const ISSUERS = (more: object) => JSON.stringify([{ ...issuer, ...more }]);
    expect(readConfig({ ...enough, ISSUERS: ISSUERS({ algorithms: ["RS256"] }) }).ISSUERS).toHaveLength(1);
    expect(messageFor({ ...enough, ISSUERS: ISSUERS({ algorithms: ["HS256"] }) })).toMatch(
      /^ISSUERS: entry 0\.algorithms\.0: must be some of RS256/m,
    );
    expect(readConfig(enough).ISSUERS).toBeUndefined();
  });

  test("no message holds a key or a secret", () => {
    const short = JSON.stringify([{ name: "app", scopes: ["root"], key: KEY }]);
    expect(messageFor({ SERVICE_KEYS: short, INVITATION_SECRET: "short-secret" })).not.toMatch(/a-key-of|short-secret/);
  });
});

/** The variables that a message names. */
const named = (env: NodeJS.ProcessEnv) => messageFor({ ...enough, ...env }).match(/^[A-Z_]+(?=:)/gm) ?? [];

describe("URLs and addresses", () => {
  test.each([
    ["REDIS_URL", "redis://host:6379"],
    ["REDIS_URL", "redis://:ab=+%2F@[::1]:6379/2"],
    ["REDIS_URL", "rediss://concordat:secret@redis.example:6380"],
    ["OPENFGA_API_URL", "http://127.0.0.1:8080"],
    ["OPENFGA_API_URL", "https://gateway.example/openfga"],
    ["PUBLIC_URL", "https://concordat.example/pdp"],
    ["INVITATION_URL", "https://app.example/join?from=mail#/invitations"],
    ["INVITATION_URL", "http://localhost:5173/join"],
    ["APP_URL", "https://app.example/{organization}/cooperations/{cooperation}?from=mail"],
    ["APP_URL", "https://app.example/#/cooperations/{cooperation}"],
    ["SMTP_URL", "smtp://user:password@mail.example:587?requireTLS=true"],
    ["SMTP_URL", "smtps://mail.example"],
    ["MAIL_NEWS", "on"],
    ["MAIL_PREFERENCES_URL", "https://app.example/#/me/mails?from=mail"],
    ["MAIL_FROM", "anna@example.org"],
    ["MAIL_FROM", "Concordat <concordat@localhost>"],
    ["MAIL_FROM", '"Sunward, Inc." <no-reply@m\u00fcller.example>'],
    ["HOST", "localhost"],
    ["HOST", "::1"],
    ["PORT", "0"],
  ])("%s=%s is accepted", (name, value) => {
    expect(named({ [name]: value })).toEqual([]);
  });

  test.each([
    ["REDIS_URL", "localhost:6379"],
    ["REDIS_URL", "127.0.0.1:6379"],
    ["REDIS_URL", "http://host:6379"],
    ["REDIS_URL", "redis:host:6379"],
    ["REDIS_URL", "redis:///0"],
    ["REDIS_URL", "redis://host:66000"],
    ["REDIS_URL", "redis://host/cache"],
    ["OPENFGA_API_URL", "localhost:8080"],
    ["OPENFGA_API_URL", "http:localhost:8080"],
    ["OPENFGA_API_URL", "grpc://localhost:8081"],
    ["OPENFGA_API_URL", "http://user:password@localhost:8080"],
    ["OPENFGA_API_URL", "http://localhost:8080?store=1"],
    ["PUBLIC_URL", "localhost:3000"],
    ["PUBLIC_URL", "ftp://concordat.example"],
    ["PUBLIC_URL", "https://concordat.example/#pdp"],
    ["INVITATION_URL", "javascript:alert(1)"],
    ["APP_URL", "javascript:alert('{cooperation}')"],
    ["APP_URL", "https://{organization}.app.example/"],
    ["APP_URL", "https://app.{cooperation}.example/"],
    ["APP_URL", "https://app.example/{user}"],
    ["APP_URL", "https://app.example/{cooperation"],
    ["APP_URL", "/cooperations/{cooperation}"],
    ["INVITATION_URL", "javascript://x/%0aalert(1)"],
    ["INVITATION_URL", "data:text/html,join"],
    ["INVITATION_URL", "/join"],
    ["SMTP_URL", "localhost:25"],
    ["SMTP_URL", "mail.example"],
    ["SMTP_URL", "https://mail.example"],
    ["MAIL_NEWS", "yes"],
    ["MAIL_PREFERENCES_URL", "mailto:list@app.example"],
    ["MAIL_FROM", "not an address"],
    ["MAIL_FROM", "Concordat"],
    ["MAIL_FROM", "a@b.example, c@d.example"],
    ["MAIL_FROM", "Anna <a@b.example> <c@d.example>"],
    ["MAIL_FROM", "a@b@c.example"],
    ["MAIL_FROM", "Anna\r\nBcc: c@d.example <a@b.example>"],
    ["HOST", "localhost:3000"],
    ["HOST", "http://localhost"],
    ["HOST", "[localhost]"],
  ])("%s=%j is refused by its name", (name, value) => {
    expect(named({ [name]: value })).toEqual([name]);
  });

  test("an IPv6 address is bound without brackets and written in a URL with them", () => {
    for (const HOST of ["::1", "[::1]"]) expect(readConfig({ ...enough, HOST }).HOST).toBe("::1");
    expect(urlOf("::1", 3000)).toBe("http://[::1]:3000");
    expect(urlOf("127.0.0.1", 3000)).toBe("http://127.0.0.1:3000");
  });

  test.each(["0.0.0.0", "0", "::", "[::]", "::0", "::ffff:0.0.0.0", "fe80::1%eth0"])(
    "HOST=%s, which nobody can call, needs a PUBLIC_URL",
    (HOST) => {
      expect(named({ HOST })).toEqual(["PUBLIC_URL"]);
      expect(named({ HOST, PUBLIC_URL: "https://concordat.example" })).toEqual([]);
    },
  );

  test("a wrong address is reported beside every other problem, and no URL with its password", () => {
    const REDIS_URL = "redis://:a-password@host/cache";
    expect(named({ HOST: "0.0.0.0", PORT: "x", REDIS_URL })).toEqual(["PORT", "REDIS_URL", "PUBLIC_URL"]);
    expect(messageFor({ ...enough, REDIS_URL })).not.toContain("a-password");
  });
});

describe("whole numbers", () => {
  test.each(["1e3", "0x50", "0b1", "010", "3000.0", "+3000", " 3000", "3000 ", "-1", "Infinity", "\u0663"])(
    "%j is refused, because it is not written in digits",
    (text) => {
      for (const name of ["PORT", "CACHE_TTL_SECONDS", "REDIS_TIMEOUT_MILLISECONDS"])
        expect(named({ [name]: text })).toEqual([name]);
    },
  );

  test("digits are accepted within their bounds only", () => {
    expect(readConfig({ ...enough, CACHE_TTL_SECONDS: "3600" }).CACHE_TTL_SECONDS).toBe(3600);
    for (const text of ["0", "3601"]) expect(named({ CACHE_TTL_SECONDS: text })).toEqual(["CACHE_TTL_SECONDS"]);
  });
});

describe("the history key", () => {
  const file = (text: string) => {
    const path = join(ownFolder(), "key");
    writeFileSync(path, text);
    return { ...enough, HISTORY_KEY_FILE: path };
  };
  const ed25519 = generateKeyPairSync("ed25519");
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = ed25519.privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  const publicPem = ed25519.publicKey.export({ format: "pem", type: "spki" }).toString();

  test("is read from its file, followed by the keys that only verify", () => {
    expect(readConfig(file(pem)).HISTORY_KEY_FILE?.verifying.size).toBe(1);
    const older = generateKeyPairSync("ed25519").publicKey.export({ format: "pem", type: "spki" });
    expect(readConfig(file(pem + older)).HISTORY_KEY_FILE?.verifying.size).toBe(2);
    expect(readConfig(enough).HISTORY_KEY_FILE).toBeUndefined();
  });

  test("is reported by the variable's name when it is no key, without a word of the file", () => {
    const rsaPem = rsa.privateKey.export({ format: "pem", type: "pkcs8" }).toString();
    for (const text of [
      "",
      "a secret that is no key",
      publicPem,
      rsaPem,
      pem + rsaPem,
      pem.replace(/[A-Za-z]{5}/g, "x"),
    ]) {
      expect(messageFor(file(text))).toMatch(/^HISTORY_KEY_FILE: must (begin with|hold) [^\n]*Ed25519/);
      expect(messageFor(file(text))).not.toContain("secret");
    }
    expect(messageFor({ ...enough, HISTORY_KEY_FILE: join(ownFolder(), "none") })).toBe(
      "HISTORY_KEY_FILE: cannot be read (ENOENT)",
    );
  });
});

describe("workers", () => {
  const REDIS_URL = "redis://host:6379";

  test("there is one unless it is said otherwise, and `auto` is one for each core where Redis is there to share", () => {
    const workers = (env: NodeJS.ProcessEnv) => workersOf(readConfig({ ...enough, ...env }));
    expect(workers({})).toBe(1);
    expect(workers({ REDIS_URL })).toBe(1);
    expect(workers({ WORKERS: "1" })).toBe(1);
    expect(workers({ WORKERS: "3", REDIS_URL })).toBe(3);
    expect(workers({ WORKERS: "auto", REDIS_URL })).toBe(availableParallelism());
    expect(workers({ WORKERS: "auto" })).toBe(1);
  });

  test("what they may take together is shared out among them: room for more clients than a part, and enough connections to OpenFGA, but never more than the whole", () => {
    const share = (WORKERS: string, set: NodeJS.ProcessEnv = {}) => {
      const ours = { CONNECTIONS_MAX: "1000", OPENFGA_CONNECTIONS: "32", OPENFGA_CONCURRENCY: "128", ...set };
      const env = { ...enough, REDIS_URL, WORKERS, ...ours };
      const { CONNECTIONS_MAX, OPENFGA_CONNECTIONS, OPENFGA_CONCURRENCY } = shareOf(readConfig(env));
      return [CONNECTIONS_MAX, OPENFGA_CONNECTIONS, OPENFGA_CONCURRENCY];
    };
    expect(share("1")).toEqual([1000, 32, 128]);
    expect(share("3")).toEqual([500, 11, 43]);
    expect(share("16")).toEqual([94, 8, 8]);
    expect(share("256")).toEqual([6, 8, 1]);
    expect(share("1", { OPENFGA_CONNECTIONS: "2", CONNECTIONS_MAX: "10" })).toEqual([10, 2, 128]);
    expect(share("3", { OPENFGA_CONNECTIONS: "2", CONNECTIONS_MAX: "10" })).toEqual([5, 2, 43]);
  });

  test("several without Redis are refused, and Redis may be named in a file", () => {
    expect(messageFor({ ...enough, WORKERS: "2" })).toMatch(/^WORKERS: more than one need REDIS_URL; .*$/);
    const file = join(ownFolder(), "redis");
    writeFileSync(file, REDIS_URL, { mode: 0o600 });
    expect(messageFor({ ...enough, WORKERS: "2", REDIS_URL_FILE: file })).toBe("");
    // the file's own problem is named alone
    expect(messageFor({ ...enough, WORKERS: "2", REDIS_URL_FILE: `${file}.none` })).not.toMatch(/^WORKERS/m);
  });

  test("what is no number of workers is refused by what it should be", () => {
    for (const WORKERS of ["0", "257", "two", "1.5", "-1", "AUTO"])
      expect(messageFor({ ...enough, REDIS_URL, WORKERS }), WORKERS).toBe(
        "WORKERS: must be `auto` or a whole number from 1 to 256, in digits",
      );
  });
});
