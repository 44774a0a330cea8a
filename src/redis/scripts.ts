/**
 * The steps that Redis does atomically. All times are Redis's own, in milliseconds: the clocks of the replicas need not
 * agree. An invalidation is a DEL, which works also when memory is full; a lease that cannot be set then only lets
 * readers fill entries that the release invalidates again.
 */

import { EPOCH_LENGTH } from "./epoch.ts";

/** KEYS leases…, tokens…  ARGV writer, lease. Invalidates and leases every scope. */
export const LEASE = `
local n = #KEYS / 2
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
for i = 1, n do redis.call('DEL', KEYS[n + i]) end
for i = 1, n do
  redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now - 1)
  redis.call('ZADD', KEYS[i], now + ARGV[2], ARGV[1])
  redis.call('PEXPIRE', KEYS[i], ARGV[2])
end
return now`;

/** KEYS leases…, tokens…  ARGV writer. Invalidates every scope and ends the writer's lease. */
export const RELEASE = `
local n = #KEYS / 2
for i = 1, n do
  redis.call('DEL', KEYS[n + i])
  redis.call('ZREM', KEYS[i], ARGV[1])
end
return 1`;

/**
 * KEYS token of the user, of the owner, their leases  ARGV epoch, random, life of the user's token, of the owner's.
 * The tokens, made where they are missing or of another epoch; none while either scope is leased. And the time.
 */
export const TAKE = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
for i = 3, 4 do
  if redis.call('ZCOUNT', KEYS[i], now, '+inf') > 0 then return {false, false, now} end
end
local tokens = {}
for i = 1, 2 do
  local token = redis.call('GET', KEYS[i])
  if not token or string.sub(token, 1, #ARGV[1]) ~= ARGV[1] then
    token = ARGV[1] .. ':' .. ARGV[2]
    redis.call('SET', KEYS[i], token, 'PX', ARGV[2 + i])
  end
  tokens[i] = token
end
return {tokens[1], tokens[2], now}`;

/** KEYS any  INFO, of the server that has the key. */
export const INFO = `return redis.call('INFO', 'server', 'replication')`;

/** The server's epoch, as `epochIn` (epoch.ts) reads it. */
const EPOCH = `
local info = redis.call('INFO', 'server', 'replication')
local run, replication = string.match(info, 'run_id:(%w+)'), string.match(info, 'master_replid:(%w+)')
local epoch = string.sub(redis.sha1hex(run .. replication), 1, ${EPOCH_LENGTH})`;

/**
 * KEYS follower  ARGV replica, life of its claim, life of all, progress or '', its epoch, the progress before or ''.
 * Whether the replica follows the changes now, and how far they are read, which is kept where it is of this epoch; and the
 * time and the epoch. A replica that slept while another one read on does not lead: it would undo what that one kept.
 */
export const LEAD = `${EPOCH}
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local replica = redis.call('HGET', KEYS[1], 'replica')
local left = tonumber(redis.call('HGET', KEYS[1], 'until') or 0) - now
-- a claim that lasts for longer is from before the clock was set back
local leads = replica == ARGV[1] or left <= 0 or left > tonumber(ARGV[2])
if ARGV[4] ~= '' and (redis.call('HGET', KEYS[1], 'progress') or '') ~= ARGV[6] then leads = false end
if leads then
  redis.call('HSET', KEYS[1], 'replica', ARGV[1], 'until', now + ARGV[2])
  if ARGV[5] == epoch then redis.call('HSET', KEYS[1], 'progress', ARGV[4]) end
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return {leads and 1 or 0, redis.call('HGET', KEYS[1], 'progress'), now, epoch}`;

/**
 * KEYS mark  ARGV epoch, end, value. Writes the watch mark, unless the server's data is no longer of that epoch. One that
 * has ended already is not written: it would take away a later one.
 */
export const MARK = `${EPOCH}
local t = redis.call('TIME')
if epoch ~= ARGV[1] or t[1] * 1000 + math.floor(t[2] / 1000) >= tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[1], ARGV[3], 'PXAT', ARGV[2])
return 1`;
