/** Every key and value in Redis in words, for people who look into it: docs/reference/cache-keys.md is printed from it. cache-keys.ts makes and reads them. */

/** Every key and value, field by field. Another form of a value takes another letter: two versions may run side by side. */
export const GRAMMAR = {
  "e:{<store id>}:<model id>:<n>:<user>:<n>:<permission>:<resource>": {
    is: "an entry: a cached decision",
    fields: {
      "store id":
        "its last 12 characters: several stores may use one Redis; a hash tag, so that all keys of a store are in one slot of a Cluster",
      "model id":
        "its last 8 characters, 40 random bits: answers of one model are no answers of another; it belongs to one store",
      n: "length of the field behind it in UTF-16 units, so that no field can pretend to be the next",
      user: "`anna` of `user:anna`",
      permission: "`view` of `can_view`",
      resource: "`plant:7`",
    },
    value:
      "1 or 0 for the answer; the randoms of the user's and the owner's token, 12 characters each; `valid_until` on the clock of the process, and Redis's time when its tokens were taken, in milliseconds, 7 characters of base64url each; the owner's id; when known, behind a space the access path: nothing more for own people, else cooperation, space, share",
    ends: "the TTL after its tokens were taken; without a mark it counts for `CACHE_UNWATCHED_SECONDS` of it",
  },
  "s:{<store id>}:<seal>:<n>:<user>:<n>:<permission>:<resource>": {
    is: "a sealed entry, where `CACHE_SECRET` is set",
    fields: {
      seal: "8 characters of a MAC of the model's id: entries of another model or under another secret are never found",
      "store id, n, user, permission, resource": "as above",
    },
    value:
      "22 characters of a MAC (SHA-512/256 keyed with the secret, 128 bits) over the first part of both tokens, the rest of the value, and the key; then a value as above",
    ends: "as above",
  },
  "t:{<store id>}:<scope>": {
    is: "a token: it is current until something about the scope is written",
    fields: {
      "store id": "as above",
      scope: "`user:anna` or `organization:sunward`",
    },
    value:
      "`<epoch>:<random>`: 10 characters of a hash of the server's run id and replication id, so that nothing outlives a restart or a failover; 72 random bits, so that no value comes back",
    ends: "a day after it was made, a user's two TTLs and a minute; deleted by every writer",
  },
  "l:{<store id>}:<scope>": {
    is: "leases: who is writing about the scope",
    fields: { "store id": "as above", scope: "as above" },
    value: "sorted set of writer → deadline in milliseconds on Redis's clock; a writer removes only itself",
    ends: "ten seconds after the last writer began",
  },
  "w:{<store id>}": {
    is: "the watch mark: the follower has read the changes, and what they reach is invalidated",
    fields: { "store id": "as above" },
    value:
      "`<epoch>:<since>:<bound>`: Redis's time from which on every change was read, and the follower's `CACHE_UNWATCHED_SECONDS`, both in milliseconds; an entry that was filled before that time does not count by the mark, nor any at a process with a smaller bound",
    ends: "half of `CACHE_UNWATCHED_SECONDS` after Redis's time before the poll",
  },
  "f:{<store id>}": {
    is: "the follower: which replica follows the changes in OpenFGA",
    fields: { "store id": "as above" },
    value:
      "hash of `replica`, `until`, Redis's time at which its claim ends, ten seconds after it last said so, and `progress`, JSON: how far the changes are read",
    ends: "an hour after the claim was last renewed",
  },
  "r:{<store id>}:<limit>:<subject>": {
    is: "a count of requests, by rate limit",
    fields: {
      "store id": "as above",
      limit: "`writes-user`",
      subject: "the key's name, or the id of a user or organization",
    },
    value: "requests in this window",
    ends: "a minute after the first of them",
  },
  "c:{<store id>}:<digest>": {
    is: "a session of the console",
    fields: { "store id": "as above", digest: "SHA-256 of the id in the cookie" },
    value:
      "JSON of who signed in and when, encrypted for this key (AES-256-GCM, with a key made of `INVITATION_SECRET`): nobody without it reads, makes or changes one",
    ends: "when it was idle for `CONSOLE_IDLE_MINUTES`, at last after `CONSOLE_SESSION_HOURS`; deleted at the sign-out",
  },
  "i:{<store id>}:<hash>": {
    is: "which sessions are of somebody, to end them",
    fields: { "store id": "as above", hash: "SHA-256 of the person, or of the provider and its subject or session" },
    value: "sorted set of digest → when the session began, in milliseconds; at most 50, of which the oldest end",
    ends: "`CONSOLE_SESSION_HOURS` after one of them was last used",
  },
  "o:{<store id>}:<hash>": {
    is: "that the answer of a provider, or its logout token, was used",
    fields: { "store id": "as above", hash: "SHA-256 of what was used" },
    value: "1",
    ends: "ten or twenty minutes after that",
  },
  "v:{<store id>}:<issuer>": {
    is: "revocations: whose sessions an issuer revoked",
    fields: { "store id": "as above", issuer: "its name in `ISSUERS`" },
    value: "stream of `user` and `before`, in seconds: tokens of then or earlier are refused",
    ends: "a day and five minutes after the last of them; of an issuer that has 100 000 within that time no more are taken",
  },
  "j:{<store id>}:<issuer>": {
    is: "an issuer's security events that were taken",
    fields: { "store id": "as above", issuer: "as above" },
    value: "sorted set of the SHA-256 of an event's `jti`, in base64url → when it was taken, in milliseconds",
    ends: "seven days and five minutes after the last of them; of an issuer that has 100 000 within that time no more are taken",
  },
} as const;
