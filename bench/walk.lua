-- What wrk sends: the requests of a stream file, one after the other from an offset on, and from the beginning after the
-- last. Each is in the file as its length, the number 1 for an action and 0 for others, a line break and its bytes.
-- Arguments: the file, the offset, the count of threads, and for a timed run the seconds and how many requests belong
-- together. Each thread walks a part of the stream. At the end one line of JSON, times in microseconds.
--
-- A timed run has one thread for each connection, an offset that counts in each part, and measures every request by itself: a
-- thread alone knows which request a reply is for. Past the seconds a thread sends no more, once what belongs together has
-- been sent, and says so with a line `idle`. What is unanswered when wrk ends was waited for until then.

local requests, nth = {}, 0
local threads = {}

-- in the main state, for each thread before its init
function setup(thread)
  thread:set("number", #threads)
  threads[#threads + 1] = thread
end

-- the part of the file that is the nth of some equal ones
local function load(path, part, parts)
  local file = assert(io.open(path, "rb"))
  local all = {}
  local length, action = file:read("*n", "*n")
  while length do
    file:read(1)
    all[#all + 1] = { at = file:seek(), length = length, action = action }
    file:seek("cur", length)
    length, action = file:read("*n", "*n")
  end
  local size = math.floor(#all / parts)
  for n = part * size + 1, (part + 1) * size do
    file:seek("set", all[n].at)
    requests[#requests + 1] = { text = file:read(all[n].length), action = all[n].action }
  end
  file:close()
end

local function timed(seconds, together)
  local ffi = require("ffi")
  ffi.cdef [[ typedef struct { long seconds, nanoseconds; } instant; int clock_gettime(int, instant *); ]]
  local instant, MONOTONIC = ffi.new("instant"), 1
  local function now()
    ffi.C.clock_gettime(MONOTONIC, instant)
    return tonumber(instant.seconds) * 1e6 + tonumber(instant.nanoseconds) / 1e3
  end

  -- global, for the main state to read: times of checks and of actions, how many came in the seconds, how long it took
  -- until the last, whether one is open
  took, tookActions, inTime, elapsed, open = {}, {}, 0, 0, false
  local endsAt, startedAt, made = 0, 0, ""
  local sent = 0
  -- wrk asks the first thread for a request that it only looks at
  local isLooking = number == 0

  function request()
    if isLooking then
      isLooking = false
      return requests[1].text
    end
    nth = nth % #requests + 1
    sent = sent + 1
    startedAt, open = now(), true
    if endsAt == 0 then endsAt = startedAt + seconds * 1e6 end
    -- of the thing that the request before it made
    return (requests[nth].text:gsub("{id}", made, 1))
  end

  function response(_, headers)
    local at = now()
    local times = requests[nth].action == 1 and tookActions or took
    times[#times + 1] = at - startedAt
    open, elapsed = false, at - endsAt + seconds * 1e6
    if at <= endsAt then inTime = inTime + 1 end
    local location = headers["location"] or headers["Location"]
    if location then made = location:match("[^/]+$") end
    if at >= endsAt and sent % together == 0 then
      io.write("idle\n")
      io.flush()
      wrk.thread:stop()
    end
  end
end

function init(args)
  local from, parts, seconds, together = tonumber(args[2]), tonumber(args[3]), tonumber(args[4]), tonumber(args[5])
  load(args[1], number, parts)
  nth = (seconds and from or math.floor(from / parts)) % #requests
  if seconds then
    timed(seconds, together)
  else
    function request()
      nth = nth % #requests + 1
      return requests[nth].text
    end
  end
end

local LATE = 10e6

-- of all threads together; nil where none was measured
local function percentiles(name)
  local all = {}
  for _, thread in ipairs(threads) do
    for _, time in ipairs(thread:get(name) or {}) do all[#all + 1] = time end
  end
  table.sort(all)
  local late = 0
  for n = #all, 1, -1 do
    if all[n] > LATE then late = late + 1 end
  end
  local function at(part) return all[math.max(1, math.ceil(#all * part))] end
  return at(0.5), at(0.99), #all, late
end

local function whole(number) return number and string.format("%d", number) or "null" end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.timeout
  if threads[1]:get("inTime") == nil then
    io.write(string.format(
      '\n{"requests":%d,"answers":%d,"microseconds":%d,"p50":%d,"p99":%d,"refused":%d,"failed":%d}\n',
      summary.requests, summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
      errors.status, failed
    ))
    return
  end
  local p50, p99, checks, late = percentiles("took")
  local actionP50, actionP99, actions, lateActions = percentiles("tookActions")
  local inTime, open = 0, 0
  for _, thread in ipairs(threads) do
    inTime = inTime + thread:get("inTime")
    if thread:get("open") then open = open + 1 end
  end
  -- one after the other have no common end: they are counted until the last
  local isAlone = #threads == 1
  io.write(string.format(
    '\n{"requests":%d,"answers":%d,"elapsed":%s,"p50":%s,"p99":%s,"action_p50":%s,"action_p99":%s,"late":%d,"refused":%d,"failed":%d}\n',
    isAlone and checks + actions or inTime, checks + actions, whole(isAlone and threads[1]:get("elapsed") or nil), whole(p50), whole(p99), whole(actionP50), whole(actionP99), late + lateActions + open,
    errors.status, failed
  ))
end
