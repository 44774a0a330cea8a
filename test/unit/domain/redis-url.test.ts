/** What a REDIS_URL names is read as other clients read it, and what is wrong with one is said without a part of it. */
import { describe, expect, test } from "vitest";
import { passwordsIn, readRedisUrl } from "../../../src/domain/redis-url.ts";

const at = (host: string, port: number) => ({ host, port });

describe("a REDIS_URL", () => {
  test.each([
    "redis://host",
    "rediss://concordat:p%40ss@host:6380/3",
    "redis://:ab=+%2F@[::1]:6379/2",
    "REDIS://h?family=6",
  ])("%s names one server, and is given on as it is", (url) => {
    expect(readRedisUrl(url)).toEqual({ kind: "server", url });
  });

  test("of Sentinels names the master they watch, whom to ask, and the users of either", () => {
    expect(readRedisUrl("redis+sentinel://a,b:1,[::1]:2/main")).toEqual({
      kind: "sentinel",
      addresses: [at("a", 26_379), at("b", 1), at("::1", 2)],
      tls: false,
      name: "main",
      db: 0,
      credentials: {},
      askedCredentials: {},
    });
    const url = "rediss+sentinel://us%3Aer:p%40%2F%3F@a/my%20main/4?sentinel_username=w&sentinel_password=1%262+%252B";
    expect(readRedisUrl(url)).toMatchObject({
      tls: true,
      name: "my main",
      db: 4,
      credentials: { username: "us:er", password: "p@/?" },
      askedCredentials: { username: "w", password: "1&2+%2B" },
    });
  });

  test("of a Cluster names its nodes, which are asked as the same user", () => {
    const credentials = { password: "p" };
    const addresses = [at("a", 6379), at("10.0.0.2", 7000)];
    for (const path of ["", "/", "/0"])
      expect(readRedisUrl(`rediss+cluster://:p@a,10.0.0.2:7000${path}`)).toEqual({
        ...{ kind: "cluster", addresses, tls: true, name: "", db: 0 },
        ...{ credentials, askedCredentials: credentials },
      });
  });

  const SECRET = "a-secret";
  test.each([
    ["no URL", "localhost:6379", /^must be a URL: `redis:\/\/host:6379`, `redis\+sentinel/],
    ["another scheme", `redis-sentinel://:${SECRET}@a/main`, /^must be a URL/],
    ["a fragment", `redis://:${SECRET}@host#0`, /^must be a URL/],
    ["several hosts and no group", `redis://:${SECRET}@a,b`, /begin it with `redis\+sentinel:\/\/` or `redis\+cluster/],
    ["a path that is no database", `redis://:${SECRET}@host/cache`, /no path but the number of a database/],
    ["a port that is none", `redis+cluster://:${SECRET}@a:6379,b:66000`, /as host 2 .*port up to 65535/],
    ["port 0", `redis+cluster://:${SECRET}@a:0`, /as host 1/],
    ["an empty host", `redis+sentinel://:${SECRET}@a,/main`, /as host 2/],
    ["a slash in the password", `redis+sentinel://:x/${SECRET}@a/main`, /percent-encoded/],
    ["an @ in the password", `redis+sentinel://:${SECRET}%@a/main`, /percent-encoded/],
    ["a user without a password", `redis+cluster://${SECRET}@a`, /`user:password@` or `:password@`/],
    ["no master", `redis+sentinel://:${SECRET}@a,b`, /must name the master .* `\/mymaster`/],
    ["a database that is no number", `redis+sentinel://:${SECRET}@a/main/x`, /must name the master/],
    ["another query", `redis+sentinel://a/main?sentinelPassword=${SECRET}`, /no query but `sentinel_username` and/],
    ["a query twice", `redis+sentinel://a/main?sentinel_password=${SECRET}&sentinel_password=b`, /each once/],
    ["a Sentinel's user alone", `redis+sentinel://a/main?sentinel_username=${SECRET}`, /no `sentinel_password`/],
    ["a database of a Cluster", `redis+cluster://:${SECRET}@a/1`, /database 0 alone/],
    ["a query of a Cluster", `redis+cluster://a?password=${SECRET}`, /must have no query/],
    ["a host twice", `redis+cluster://:${SECRET}@a,a:6379`, /host 2 twice/],
  ])("with %s is refused with what to write, and nothing of it is repeated", (_, url, problem) => {
    const read = readRedisUrl(url);
    expect(read).toEqual({ problem: expect.stringMatching(problem) });
    expect(JSON.stringify(read)).not.toContain(SECRET);
  });

  test("has passwords that are known as they are sent, to be left out of messages", () => {
    expect(passwordsIn("redis://:p%40ss@host")).toEqual(["p@ss"]);
    expect(passwordsIn("redis+sentinel://u:a@h/m?sentinel_password=b%25")).toEqual(["a", "b%"]);
    expect(passwordsIn("redis://host")).toEqual([]);
    expect(passwordsIn("http://:p@host")).toEqual([]);
  });
});
