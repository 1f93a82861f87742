-- Goes on from one state of rebuilding to the next, and at its end opens the accounts.
-- KEYS: 1 epoch, 2 when rebuilding began, 3 holders, 4 when anybody's heart last beat. ARGV: 1 the epoch with its state, 4 the same with the next state, 5 lifetime of a holder.
-- Answers: done.
local now = now_ms()
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
    return { 'late' }
end
redis.call('SET', KEYS[1], ARGV[4])
if not string.find(ARGV[4], ':', 1, true) then
    redis.call('DEL', KEYS[2])
    redis.call('SET', KEYS[4], now)
    -- Whoever held something before gets a new life, to come back or to be closed.
    for _, holder in ipairs(redis.call('ZRANGE', KEYS[3], 0, -1)) do
        redis.call('ZADD', KEYS[3], now + tonumber(ARGV[5]), holder)
    end
end
return { 'done' }
