-- Turns what was leased into spent and leaves the usage records, each request id once.
-- KEYS: 1 epoch, 2 the holder's leases, 3 what is paid, 4 the stream of usage records, 5 the caller's mark, from 6 on the counters, then the keys that have the ids of settled requests.
-- ARGV: 4 how long the mark is kept, 5 the mark that the caller knows, 6 the caller, 7 number of counters, from 8 on three for each; then how long ids are kept, the number of places that are
--       charged, and for each whether it is an excess, counter and limit; then for each settlement its id, its record, and packed the number of the key that is to have its id and its charges: for
--       each its place, amount and bucket by the caller's steady clock.
-- Answers: done, the caller's mark, the last entry of the stream that may hold any of it, and the first entry that there is, before which everything is kept elsewhere.
if is_lost() or has_forgotten(KEYS[5], ARGV[5]) then
    return { 'lost' }
end

-- As RedisSettling packs: a 32-bit integer in front, and for a charge another and two doubles, which carry integers up to 2^53 exactly.
local HEAD, HEAD_BYTES, CHARGE, CHARGE_BYTES = '<I4', 4, 'I4dd', 20
-- Ids looked at in one call: well under what Lua's stack holds.
local AT_ONCE = 1000

local count = tonumber(ARGV[7])
local counters = read_counters(count, 6, 8)
local leases, paid = open_leases(KEYS[2]), open_leases(KEYS[3])
local at = 8 + 3 * count
local keep = ARGV[at]
at = at + 1

local places = {}
for i = 1, tonumber(ARGV[at]) do
    local counter, limit = counters[tonumber(ARGV[at + 2])], ARGV[at + 3]
    places[i] = { is_excess = ARGV[at + 1] == '1', counter = counter, limit = tonumber(limit), field = field_of(limit, counter) }
    at = at + 3
end
at = at + 1

-- What is charged for good goes into the stream as well, for the day on which these accounts are lost. Sliding windows are over sooner than that could matter.
local function note(changes, counter, spent, overrun)
    if counter.length == 0 and spent + overrun > 0 then
        local change = changes[counter]
        if change then
            change[1], change[2] = change[1] + spent, change[2] + overrun
        else
            changes[counter] = { spent, overrun }
        end
    end
end

-- In a sliding window what is paid counted when it was closed: it pays for what had begun by then.
local function is_paid(place, bucket)
    local counter = place.counter
    if counter.length == 0 then
        return true
    end
    if not place.closed then
        place.closed = paid.is_there and tonumber(redis.call('HGET', paid.key, 'at ' .. place.field) or 0) or 0
    end
    return bucket <= place.closed + counter.bucket
end

local function charge(changes, place, amount, start)
    local counter = place.counter
    local bucket, beyond, from_lease = bucket_of(counter, start), amount, 0
    if not place.is_excess then
        local is_covered = is_paid(place, bucket)
        if is_covered then
            beyond = beyond - take_lease(paid, place.field, beyond)
        end
        from_lease = take_lease(leases, place.field, beyond)
        beyond = beyond - from_lease
        -- Its holder has used it up all the same: what both together hold is what the holder has left.
        if not is_covered then
            take_lease(paid, place.field, beyond)
        end
    end
    -- What goes from leased to spent changes nothing in their sum, so that what the limit has left is known before.
    local from_limit = 0
    if beyond > 0 then
        local left = place.limit - spent_in_window(counter, bucket) - counter.leased
        from_limit = math.min(beyond, math.max(0, left))
    end
    counter.leased = counter.leased - from_lease
    counter.overrun = math.min(counter.overrun + beyond - from_limit, MAX)
    spend(counter, bucket, from_lease + from_limit)
    note(changes, counter, from_lease + from_limit, beyond - from_limit)
end

local function charge_all(changes, packed)
    local charges = (#packed - HEAD_BYTES) / CHARGE_BYTES
    local read = { struct.unpack('<' .. string.rep(CHARGE, charges), packed, HEAD_BYTES + 1) }
    for i = 1, 3 * charges, 3 do
        charge(changes, places[read[i]], read[i + 1], read[i + 2])
    end
end

local function entry_of(record, mark, changes)
    local entry = { 'record', record, 'by', ARGV[6], 'mark', mark }
    for counter, change in pairs(changes) do
        counter.name = counter.name or '+' .. name_of(counter.key)
        entry[#entry + 1] = counter.name
        entry[#entry + 1] = string.format('%.0f %.0f', change[1], change[2])
    end
    return entry
end

-- By the key that has its id once it is settled.
local requests, ids = {}, {}
for i = at, #ARGV, 3 do
    local key = KEYS[5 + count + struct.unpack(HEAD, ARGV[i + 2])]
    requests[#requests + 1] = { key = key, id = ARGV[i], record = ARGV[i + 1], packed = ARGV[i + 2] }
    ids[key] = ids[key] or {}
    table.insert(ids[key], ARGV[i])
end

local known = {}
for key, some in pairs(ids) do
    for first = 1, #some, AT_ONCE do
        local last = math.min(first + AT_ONCE - 1, #some)
        for i, is_settled in ipairs(redis.call('HMGET', key, unpack(some, first, last))) do
            known[some[first + i - 1]] = is_settled and true or nil
        end
    end
end

local taken = {}
for _, request in ipairs(requests) do
    if not known[request.id] then
        known[request.id] = true
        local record, changes = request.record, {}
        charge_all(changes, request.packed)
        taken[#taken + 1] = { request.key, request.id, record, changes }
    end
end

local mark = #taken > 0 and set_mark(KEYS[5], ARGV[4]) or ARGV[5]
local settled, last = {}
for _, new in ipairs(taken) do
    local key, id, record, changes = unpack(new)
    settled[key] = settled[key] or {}
    table.insert(settled[key], id)
    table.insert(settled[key], '')
    last = redis.call('XADD', KEYS[4], '*', unpack(entry_of(record, mark, changes)))
end
for key, some in pairs(settled) do
    for first = 1, #some, 2 * AT_ONCE do
        redis.call('HSET', key, unpack(some, first, math.min(first + 2 * AT_ONCE - 1, #some)))
    end
    redis.call('PEXPIRE', key, keep)
end
write_counters(counters)
write_leases(leases)
write_leases(paid)
local first = redis.call('XRANGE', KEYS[4], '-', '+', 'COUNT', 1)[1]
if first and not last then
    last = redis.call('XREVRANGE', KEYS[4], '+', '-', 'COUNT', 1)[1][1]
end
return { 'done', mark, last or '', first and first[1] or '' }
