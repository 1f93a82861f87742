-- Holders live as long as their heartbeat. One that expires is fenced first and its leases are closed after that, some at a time (close.lua), so that
-- one who held very much keeps nobody waiting.
-- KEYS: 1 epoch, 2 holders by the moment at which they expire, 3 those fenced and not yet closed, 4 when anybody's heart last beat.
local now = now_ms()

local function fence(holder)
    if redis.call('ZREM', KEYS[2], holder) == 1 then
        redis.call('ZADD', KEYS[3], now, holder)
    end
end

-- Fences who has expired, and answers everybody who is to be closed.
local function sweep(lifetime)
    local seen = tonumber(redis.call('GET', KEYS[4]) or now)
    -- Nobody's heart has beaten for longer than between two beats: it was Redis that was away, not they. Who was alive then gets a new life.
    if now - seen > lifetime / 2 then
        for _, holder in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], seen, '+inf')) do
            redis.call('ZADD', KEYS[2], now + lifetime, holder)
        end
    end
    redis.call('SET', KEYS[4], now)
    for _, holder in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now)) do
        fence(holder)
    end
    return redis.call('ZRANGE', KEYS[3], 0, -1)
end
