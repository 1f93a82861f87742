-- The one clock that all gateways share: Redis' own, in Unix milliseconds. Written in front of every other script.
local function now_ms()
    local time = redis.call('TIME')
    return time[1] * 1000 + math.floor(time[2] / 1000)
end
