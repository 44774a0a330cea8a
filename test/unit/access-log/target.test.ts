/** Which texts of ACCESS_LOG name a target; another is refused when the configuration is read, and throws nothing. */
import { expect, test } from "vitest";
import { settingsOf } from "../../../src/access-log/postgres/connect.ts";
import { readLogTarget } from "../../../src/domain/access-log/target.ts";
import { withStartKeys } from "../../../src/start/keys.ts";
import { ownFolder } from "../../support/own-folder.ts";

test("a folder and a collector are named by URLs", () => {
  expect(readLogTarget("file:///var/log/concordat%20here")).toEqual({
    kind: "file",
    folder: "/var/log/concordat here",
  });
  expect(readLogTarget("https://u:p%40@collector.example/intake")).toMatchObject({ kind: "http" });
});

test("a database of PostgreSQL is named by a URL, and how its connections are encrypted", () => {
  for (const text of ["postgres://u:p%40@db.example:6432/log", "postgresql://db/log?sslmode=verify-full"])
    expect(readLogTarget(text)).toMatchObject({ kind: "postgres" });
  const settings = (text: string) => settingsOf(new URL(text));
  expect(settings("postgres://u%40x:p%2F@db.example:6432/the%20log")).toMatchObject({
    ...{ user: "u@x", password: "p/", host: "db.example", port: 6432, database: "the log", ssl: false },
  });
  expect(settings("postgres://u@[::1]/log?sslmode=disable")).toMatchObject({ host: "::1", port: 5432, ssl: false });
  expect(settings("postgres://u@h/log?sslmode=require").ssl).toEqual({ rejectUnauthorized: false });
  expect(settings("postgres://u@h/log?sslmode=verify-full").ssl).toEqual({ rejectUnauthorized: true });
});

test.each([
  "",
  "files",
  "file://folder/a",
  "file:///",
  "file:///a%zz",
  "https://a%zz:b@h/",
  "https://h/#part",
  "ftp://h/",
  "postgres:///log",
  "postgres://h",
  "postgres://h/",
  "postgres://h/a/b",
  "postgres://h/a%zz",
  "postgres://%2Fvar%2Frun/log",
  "postgres://h:99999/log",
  "postgres://h/log#part",
  "postgres://h/log?sslmode=prefer",
  "postgres://h/log?sslmode=disable&sslmode=require",
  "postgres://h/log?user=u",
])("%s names none", (text) => {
  expect(readLogTarget(text)).toBeUndefined();
});

test("npm start writes files where nothing else is set", () => {
  const folder = ownFolder();
  expect(withStartKeys({}, folder).env.ACCESS_LOG).toBe("file");
  expect(withStartKeys({ ACCESS_LOG: "" }, folder).env.ACCESS_LOG).toBe("file");
  expect(withStartKeys({ ACCESS_LOG: "off" }, folder).env.ACCESS_LOG).toBe("off");
});
