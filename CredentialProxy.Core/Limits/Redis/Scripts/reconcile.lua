-- Frees what is leased of a counter and held by nobody.
-- KEYS: 1 epoch, 2 the counter, 3 holders, 4 holders fenced and not yet closed, from 5 on the leases of all of them.
-- ARGV: 1 the epoch, 4 how long the counter is kept when nothing is leased, 0 for always, from 5 on the holders whose leases KEYS has, in their order.
-- Answers: done and what was freed, or again when there is a holder that the caller did not know of.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
    return { 'lost' }
end

local known = {}
for i = 5, #ARGV do
    known[ARGV[i]] = true
end
for key = 3, 4 do
    for _, holder in ipairs(redis.call('ZRANGE', KEYS[key], 0, -1)) do
        if not known[holder] then
            return { 'again' }
        end
    end
end

local held, ending = 0, ' ' .. KEYS[2]
for i = 5, #KEYS do
    local leases = redis.call('HGETALL', KEYS[i])
    for at = 1, #leases, 2 do
        if string.sub(leases[at], -#ending) == ending then
            held = held + tonumber(leases[at + 1])
        end
    end
end
local leased = tonumber(redis.call('HGET', KEYS[2], 'leased') or 0)
if leased <= held then
    return { 'done', '0' }
end
redis.call('HSET', KEYS[2], 'leased', string.format('%.0f', held))
-- While something was leased it was kept for good.
if held == 0 and ARGV[4] ~= '0' then
    redis.call('PEXPIRE', KEYS[2], ARGV[4])
end
return { 'done', string.format('%.0f', leased - held) }
