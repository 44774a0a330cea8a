/**
 * What REDIS_URL names, pure: one server, the master that Sentinels watch, or the nodes of a Cluster. The forms are those
 * that other clients read (Redis-Sentinel-Url, Prefect, Pomerium). No message repeats a part of the URL, which may be a
 * password that was not encoded.
 */

export type Credentials = { username?: string; password?: string };
export type Address = { host: string; port: number };

/** Servers that are asked which one has the data: Sentinels, about the master of that name, or the nodes of a Cluster. */
export type RedisGroup = {
  kind: "sentinel" | "cluster";
  addresses: Address[];
  tls: boolean;
  name: string;
  db: number;
  /** For the server that has the data. */
  credentials: Credentials;
  /** For those that are asked which one it is. */
  askedCredentials: Credentials;
};

/** One server is connected to by its URL as it is. */
export type RedisTarget = { kind: "server"; url: string } | RedisGroup;

type Problem = { problem: string };

const URL_FORM = /^(redis|rediss)(?:\+(sentinel|cluster))?:\/\/(?:([^/?#]*)@)?([^/?#@]*)([^?#]*)(?:\?([^#]*))?$/i;
const FORMS =
  "must be a URL: `redis://host:6379`, `redis+sentinel://host:26379,host:26379/NAME` or `redis+cluster://host:6379,host:6379`; over TLS it begins with `rediss`";
const HOST = /^(\[[\da-f:.]+\]|[^\s[\]:]+)(?::(\d{1,5}))?$/i;
const ENCODED = "in a user or password all but letters and digits is percent-encoded, @ as `%40`";
const SENTINEL_QUERY = ["sentinel_username", "sentinel_password"];

/** What a URL names, or in words what is wrong with it and what to write. */
export function readRedisUrl(url: string): RedisTarget | Problem {
  const [, scheme, group, user, hosts = "", path = "", query = ""] = URL_FORM.exec(url) ?? [];
  if (scheme === undefined) return { problem: FORMS };
  const credentials = credentialsIn(user);
  if (credentials === undefined)
    return { problem: `must have \`user:password@\` or \`:password@\` before the hosts; ${ENCODED}` };
  const kind = group?.toLowerCase() as RedisGroup["kind"] | undefined;
  const addresses = addressesIn(hosts, kind === "sentinel" ? 26_379 : 6379);
  if (!Array.isArray(addresses)) return addresses;
  if (kind === undefined) return serverIn(url, addresses, path);
  const tls = scheme.toLowerCase() === "rediss";
  const about = kind === "sentinel" ? sentinelIn(path, query) : clusterIn(path, query, credentials);
  return "problem" in about ? about : { kind, addresses, tls, credentials, ...about };
}

/** Every password in a URL that can be read, as it is sent. */
export function passwordsIn(url: string): string[] {
  const target = readRedisUrl(url);
  if ("problem" in target) return [];
  const all =
    target.kind === "server" ? [credentialsIn(URL_FORM.exec(url)?.[3])] : [target.credentials, target.askedCredentials];
  return all.flatMap((one) => one?.password ?? []);
}

function serverIn(url: string, addresses: Address[], path: string): RedisTarget | Problem {
  if (addresses.length > 1)
    return { problem: "names several hosts: begin it with `redis+sentinel://` or `redis+cluster://`" };
  if (!URL.canParse(url)) return { problem: FORMS };
  if (!/^(\/\d*)?$/.test(path)) return { problem: "must have no path but the number of a database" };
  return { kind: "server", url };
}

type About = Pick<RedisGroup, "name" | "db" | "askedCredentials">;

function sentinelIn(path: string, query: string): About | Problem {
  const [, encoded, db = "0"] = /^\/([^/]+)(?:\/(\d{1,5}))?$/.exec(path) ?? [];
  const name = decode(encoded);
  if (!name)
    return {
      problem:
        "must name the master as the Sentinels do, behind the hosts: `/mymaster`, or with the number of a database `/mymaster/0`",
    };
  // a plus in a password is no space
  const asked = new URLSearchParams(query.replaceAll("+", "%2B"));
  const names = [...asked.keys()];
  if (names.some((one, at) => !SENTINEL_QUERY.includes(one) || names.indexOf(one) !== at))
    return { problem: `must have no query but ${SENTINEL_QUERY.map((one) => `\`${one}\``).join(" and ")}, each once` };
  const [username, password] = SENTINEL_QUERY.map((one) => asked.get(one) ?? "");
  if (username && !password) return { problem: "has a `sentinel_username` and no `sentinel_password`: add it" };
  return {
    name,
    db: Number(db),
    askedCredentials: { ...(username && { username }), ...(password && { password }) },
  };
}

function clusterIn(path: string, query: string, askedCredentials: Credentials): About | Problem {
  if (query !== "") return { problem: "must have no query: a Cluster needs none" };
  if (!/^\/?0?$/.test(path)) return { problem: "must have no path: a Cluster has database 0 alone" };
  return { name: "", db: 0, askedCredentials };
}

function addressesIn(hosts: string, defaultPort: number): Address[] | Problem {
  const addresses: Address[] = [];
  for (const [at, text] of hosts.split(",").entries()) {
    const [, host = "", digits] = HOST.exec(text) ?? [];
    const port = Number(digits ?? defaultPort);
    if (host === "" || port < 1 || port > 65_535)
      return {
        problem: `must have as host ${at + 1} a name, an IPv4 address or an IPv6 one in brackets, with a port up to 65535 or none; ${ENCODED}`,
      };
    const address = { host: host.replace(/^\[|\]$/g, ""), port };
    if (addresses.some((one) => one.host === address.host && one.port === port))
      return { problem: `names host ${at + 1} twice: each is asked once` };
    addresses.push(address);
  }
  return addresses;
}

/** None where there is no user; undefined where they cannot be read. */
function credentialsIn(user: string | undefined): Credentials | undefined {
  if (user === undefined) return {};
  const colon = user.indexOf(":");
  const username = decode(user.slice(0, Math.max(colon, 0)));
  const password = decode(user.slice(colon + 1));
  if (colon === -1 || username === undefined || !password) return undefined;
  return { ...(username !== "" && { username }), password };
}

function decode(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
