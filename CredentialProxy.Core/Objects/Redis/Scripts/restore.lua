-- Puts back whose objects are, and how far those have come who said so, while owners are rebuilt. It may be done any number of times.
-- KEYS: 1 epoch, then three for each object, as in change.lua, and one for each number.
-- ARGV: 1 the epoch with its state, 4 the caller's clock, 5 how long a number is kept, 6 how many objects, then for each its owner, since when it is and when it is forgotten; and the numbers.
-- Answers: done.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
    return { 'late' }
end
local clock, objects = tonumber(ARGV[4]), tonumber(ARGV[6])
for i = 0, objects - 1 do
    local key, at = 2 + 3 * i, 7 + 3 * i
    local keep = tonumber(ARGV[at + 2]) - clock
    if keep > 0 then
        redis.call('HSET', KEYS[key + 1], 'owner', ARGV[at], 'ends', ARGV[at + 2])
        redis.call('PEXPIRE', KEYS[key + 1], keep)
        redis.call('SET', KEYS[key + 2], ARGV[at + 2], 'PX', keep)
        redis.call('ZADD', KEYS[key], ARGV[at + 1], KEYS[key + 1] .. ' ' .. KEYS[key + 2])
        if keep > redis.call('PTTL', KEYS[key]) then
            redis.call('PEXPIRE', KEYS[key], keep)
        end
    end
end
for i = 2 + 3 * objects, #KEYS do
    -- The last of its changes may have been none, and then nobody but Redis has its number.
    local number = math.max(tonumber(redis.call('GET', KEYS[i]) or 0), tonumber(ARGV[5 + i]))
    redis.call('SET', KEYS[i], number, 'PX', ARGV[5])
end
return { 'done' }
