-- Notes that objects belong to an owner, all or none; what belongs to another already stays that one's.
-- KEYS: 1 the owner's objects by age, from 2 on two for each object: whose it is, and that it is this owner's.
-- ARGV: 1 the owner, 2 now, 3 most objects of an owner, from 4 on for each object when it is forgotten.
-- Answers: done, and the numbers of those that are another's, from 0.
local owner, now = ARGV[1], tonumber(ARGV[2])
local answer, keep = { 'done' }, 0
for i = 4, #ARGV do
    local claim, mine, ends = KEYS[2 * i - 6], KEYS[2 * i - 5], tonumber(ARGV[i])
    local held = redis.call('HMGET', claim, 'owner', 'ends')
    if held[1] and held[1] ~= owner and tonumber(held[2]) > now then
        answer[#answer + 1] = tostring(i - 4)
    else
        redis.call('HSET', claim, 'owner', owner, 'ends', ARGV[i])
        redis.call('PEXPIRE', claim, ends - now)
        redis.call('SET', mine, ARGV[i], 'PX', ends - now)
        redis.call('ZADD', KEYS[1], 'NX', now, claim .. ' ' .. mine)
        keep = math.max(keep, ends - now)
    end
end
if keep > redis.call('PTTL', KEYS[1]) then
    redis.call('PEXPIRE', KEYS[1], keep)
end
-- The oldest beyond what one may have, a few at a time; the rest with the next calls.
local many = math.min(redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[3]), 100)
if many > 0 then
    local oldest = redis.call('ZPOPMIN', KEYS[1], many)
    for i = 1, #oldest, 2 do
        local claim, mine = string.match(oldest[i], '^(%S+) (%S+)$')
        redis.call('DEL', mine)
        if redis.call('HGET', claim, 'owner') == owner then
            redis.call('DEL', claim)
        end
    end
end
return answer
