-- Drives one kind of request; what to send comes by the environment:
--   BENCH_TOKEN, BENCH_METHOD, BENCH_BODY with "%d" where the record's id goes (1 to BENCH_IDS)
-- The request is put together once for each length of an id: the client shares the cores with what it measures.
local method = os.getenv("BENCH_METHOD") or "GET"
local template = os.getenv("BENCH_BODY") or ""
local ids = tonumber(os.getenv("BENCH_IDS") or "1000")
local headers = {
  ["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN"),
  ["Content-Type"] = "application/json",
  ["Accept"] = "application/json",
}
local n = 0
local fixed
local around = {}

function init()
  if not template:find("%%d") then
    fixed = wrk.format(method, nil, headers, template ~= "" and template or nil)
    return
  end
  for digits = 1, #tostring(ids) do
    local mark = string.rep("@", digits)
    local whole = wrk.format(method, nil, headers, (template:gsub("%%d", mark)))
    local from, to = whole:find(mark, 1, true)
    around[digits] = { whole:sub(1, from - 1), whole:sub(to + 1) }
  end
end

function request()
  if fixed then return fixed end
  n = n % ids + 1
  local id = tostring(n)
  local parts = around[#id]
  return parts[1] .. id .. parts[2]
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"micros":%d,"p50":%d,"p90":%d,"p99":%d,"max":%d,"errors":%d,"bytes":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(90),
    latency:percentile(99), latency.max, e.connect + e.read + e.write + e.status + e.timeout, summary.bytes))
end
