-- Every gateway counts its calls that changed something, and so do the accounts for it. When they have counted fewer than it has, they have gone back in time: a file
-- that lost its end, or a replica that lagged. Other gateways' calls can't hide that, for each has a count of its own.
local function has_forgotten(key, mark)
    return tonumber(redis.call('GET', key) or 0) < tonumber(mark)
end

local function set_mark(key, keep)
    local mark = redis.call('INCR', key)
    redis.call('PEXPIRE', key, keep)
    return text(mark)
end

-- A counter without what all of them begin with, as the stream names it.
local function name_of(key)
    return string.sub(key, #KEYS[1] + 4)
end
