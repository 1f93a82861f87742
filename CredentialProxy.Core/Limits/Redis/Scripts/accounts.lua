-- Counters and leases as one call sees them: read once, changed in memory, written together at the end. So a call that fails half way has written
-- nothing. Amounts are integers up to 2^53 - 1, which Lua's numbers carry exactly; sums that could go beyond are cut off there.
--
-- Every script gets: ARGV[1] the epoch, ARGV[2] the caller's steady clock and ARGV[3] its wall clock, both in Unix milliseconds.
local MAX = 9007199254740991
local now = now_ms()

-- What the caller's steady clock lacks to ours. Its buckets are told by that clock; only their age counts here.
local drift = now - tonumber(ARGV[2])

-- Not tostring: Lua would write large amounts with an exponent.
local function text(amount)
    return string.format('%.0f', amount)
end

local function is_lost()
    return redis.call('GET', KEYS[1]) ~= ARGV[1]
end

-- A counter is a hash: leased, overrun, and what is spent, which in a sliding window is a field for each bucket, named by its first millisecond. In a
-- lifetime or calendar window the length is 0 and spent is one field.
local function read_counter(key, length, bucket, keep)
    local counter = { key = key, length = length, bucket = bucket, keep = keep, spent = 0, leased = 0, overrun = 0, buckets = {}, changed = {}, fields = {} }
    local stored = redis.call('HGETALL', key)
    for i = 1, #stored, 2 do
        local field, amount = stored[i], tonumber(stored[i + 1])
        if field == 'spent' or field == 'leased' or field == 'overrun' then
            counter[field] = amount
        else
            counter.buckets[tonumber(field)] = amount
        end
    end
    if length > 0 then
        counter.present = now - now % bucket
    end
    return counter
end

-- Adds to what is spent: in a sliding window in the bucket that begins at start.
local function spend(counter, start, amount)
    counter.dirty = true
    if counter.length == 0 then
        counter.spent = counter.spent + amount
    elseif amount > 0 then
        counter.buckets[start] = (counter.buckets[start] or 0) + amount
        counter.changed[start] = true
    end
end

-- Buckets in the future come from a clock since set back: they count from now on instead. Those that count in no window any more are forgotten; twice the
-- window, since a request settled late looks at the windows around its own bucket.
local function tidy_buckets(counter)
    local ahead = 0
    for start, amount in pairs(counter.buckets) do
        if start > counter.present or start < counter.present - 2 * counter.length then
            ahead = ahead + (start > counter.present and amount or 0)
            counter.buckets[start] = nil
            counter.changed[start] = true
        end
    end
    if ahead > 0 then
        spend(counter, counter.present, ahead)
    end
end

-- Reads count counters: their keys from KEYS[key] on, their length, bucket and time to keep from ARGV[at] on.
local function read_counters(count, key, at)
    local counters = {}
    for i = 0, count - 1 do
        local counter = read_counter(KEYS[key + i], tonumber(ARGV[at + 3 * i]), tonumber(ARGV[at + 3 * i + 1]), ARGV[at + 3 * i + 2])
        if counter.length > 0 then
            tidy_buckets(counter)
        end
        counters[i + 1] = counter
    end
    return counters
end

-- What is spent in the window that ends with the bucket at start; later buckets count too.
local function spent_in_window(counter, start)
    if counter.length == 0 then
        return counter.spent
    end
    local spent = 0
    for bucket, amount in pairs(counter.buckets) do
        if bucket >= start - counter.length then
            spent = spent + amount
        end
    end
    return spent
end

-- Our bucket for one that began at start by the caller's steady clock: rounded up, so that nothing leaves its window early.
local function bucket_of(counter, start)
    if counter.length == 0 then
        return 0
    end
    local latest = start + drift + counter.bucket - 1
    return math.min(latest - latest % counter.bucket, counter.present)
end

local function write_counter(counter)
    local fields, gone = { 'leased', text(counter.leased) }, {}
    local is_empty = counter.leased == 0 and counter.overrun == 0 and counter.spent == 0 and next(counter.buckets) == nil
    if is_empty then
        redis.call('DEL', counter.key)
        return
    end
    if counter.overrun > 0 then
        fields[#fields + 1] = 'overrun'
        fields[#fields + 1] = text(counter.overrun)
    end
    if counter.length == 0 then
        fields[#fields + 1] = 'spent'
        fields[#fields + 1] = text(counter.spent)
    end
    for start in pairs(counter.changed) do
        if counter.buckets[start] then
            fields[#fields + 1] = text(start)
            fields[#fields + 1] = text(counter.buckets[start])
        else
            gone[#gone + 1] = text(start)
        end
    end
    if #gone > 0 then
        redis.call('HDEL', counter.key, unpack(gone))
    end
    redis.call('HSET', counter.key, unpack(fields))
    -- What is leased is never forgotten; its end, one way or another, comes by here again.
    if counter.keep ~= '0' then
        if counter.leased > 0 then
            redis.call('PERSIST', counter.key)
        else
            redis.call('PEXPIRE', counter.key, counter.keep)
        end
    end
end

local function write_counters(counters)
    for _, counter in ipairs(counters) do
        if counter.dirty then
            write_counter(counter)
        end
    end
end
