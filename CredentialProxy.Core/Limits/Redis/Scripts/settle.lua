-- Turns what was leased into spent and leaves the usage records, each request id once.
-- KEYS: 1 epoch, 2 the holder's leases, 3 what is paid, 4 the stream of usage records, from 5 on the counters, then a marker for each settlement.
-- ARGV: 4 how long a marker is kept, 5 number of counters, from 6 on three for each; then for each settlement its record, the number of its charges,
--       and for each whether it is an excess, counter, limit, amount and bucket by the caller's steady clock.
-- Answers: done.
if is_lost() then
    return { 'lost' }
end

local count = tonumber(ARGV[5])
local counters = read_counters(count, 5, 6)
local leases, paid = open_leases(KEYS[2]), open_leases(KEYS[3])
local at = 6 + 3 * count

local function charge(is_excess, counter, limit, amount, start)
    local bucket, beyond, from_lease = bucket_of(counter, start), amount, 0
    if not is_excess then
        local field = field_of(limit, counter)
        beyond = beyond - take_lease(paid, field, beyond)
        from_lease = take_lease(leases, field, beyond)
        beyond = beyond - from_lease
    end
    -- What goes from leased to spent changes nothing in their sum, so that what the limit has left is known before.
    local from_limit = 0
    if beyond > 0 then
        local left = tonumber(limit) - spent_in_window(counter, bucket) - counter.leased
        from_limit = math.min(beyond, math.max(0, left))
    end
    counter.leased = counter.leased - from_lease
    counter.overrun = math.min(counter.overrun + beyond - from_limit, MAX)
    spend(counter, bucket, from_lease + from_limit)
end

local taken = {}
for i = 5 + count, #KEYS do
    local marker, record, charges = KEYS[i], ARGV[at], tonumber(ARGV[at + 1])
    at = at + 2
    local is_new = not taken[marker] and redis.call('EXISTS', marker) == 0
    for _ = 1, charges do
        if is_new then
            charge(ARGV[at] == '1', counters[tonumber(ARGV[at + 1])], ARGV[at + 2], tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4]))
        end
        at = at + 5
    end
    if is_new then
        taken[marker] = true
        taken[#taken + 1] = { marker, record }
    end
end

for _, new in ipairs(taken) do
    redis.call('SET', new[1], '', 'PX', ARGV[4])
    redis.call('XADD', KEYS[4], '*', 'record', new[2])
end
write_counters(counters)
write_leases(leases)
write_leases(paid)
return { 'done' }
