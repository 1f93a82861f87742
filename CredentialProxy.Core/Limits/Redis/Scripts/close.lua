-- Closes leases of a holder that is fenced. How much of them it had passed on to a provider can't be known: all of it counts as spent, in a sliding window
-- as spent now. What was open at the same moment is open no more. What was closed is remembered as paid, for accounts that come late.
-- KEYS: 1 epoch, 2 those fenced and not yet closed, 3 the holder's leases, 4 what is paid, 5 the stream of usage records, from 6 on the counters.
-- ARGV: 4 holder, 5 how long what is paid is remembered, 6 number of counters, from 7 on three for each; then for each lease its counter, its limit and
--       whether nothing of it is ever spent.
-- Answers: done and how many leases are left.
if is_lost() then
    return { 'lost' }
end
-- Somebody else was faster.
if not redis.call('ZSCORE', KEYS[2], ARGV[4]) then
    return { 'done', '0' }
end

local count = tonumber(ARGV[6])
local counters = read_counters(count, 6, 7)
local leases, paid = open_leases(KEYS[3]), open_leases(KEYS[4])
local at = 7 + 3 * count
local closed, moments = { 'closed', ARGV[4] }, {}
for i = at, #ARGV, 3 do
    local counter = counters[tonumber(ARGV[i])]
    local field = field_of(ARGV[i + 1], counter)
    local amount = take_lease(leases, field, MAX)
    if amount > 0 then
        counter.leased = math.max(0, counter.leased - amount)
        counter.dirty = true
        if ARGV[i + 2] == '0' then
            spend(counter, counter.present, amount)
            if counter.length == 0 then
                closed[#closed + 1] = '+' .. ARGV[i + 1] .. ' ' .. name_of(counter.key)
                closed[#closed + 1] = text(amount)
            end
        end
        change_lease(paid, field, amount)
        if counter.length > 0 then
            moments[#moments + 1] = 'at ' .. field
            moments[#moments + 1] = text(counter.present)
        end
    end
end

if #closed > 2 then
    redis.call('XADD', KEYS[5], '*', unpack(closed))
end
write_counters(counters)
write_leases(leases)
write_leases(paid)
if #moments > 0 then
    redis.call('HSET', KEYS[4], unpack(moments))
end
redis.call('PEXPIRE', KEYS[4], ARGV[5])
local left = redis.call('HLEN', KEYS[3])
if left == 0 then
    redis.call('ZREM', KEYS[2], ARGV[4])
end
return { 'done', text(left) }
