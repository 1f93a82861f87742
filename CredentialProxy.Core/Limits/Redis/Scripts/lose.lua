-- Told by a gateway or a control plane that finds accounts which are not what it knows: finds out what they are, and begins to rebuild them when they have gone back or are gone.
-- The epoch is a number that rises with each rebuilding, and a name: <number>-<name>. While they are rebuilt it has a word in front: rebuilding (gateways say what they hold)
-- or loading (nobody says anything any more). Every other script refuses then, for it finds another epoch than its caller knows.
-- KEYS: 1 epoch, 2 the caller's mark, 3 when rebuilding began, 4 holders.
-- ARGV: 1 the epoch that the caller knows, empty for none; 4 the mark that it knows, 5 a name for a new epoch, 6 the holder that it has told of, 7 lifetime of a holder, 8 whether it
--       knows by itself that something was forgotten.
-- Answers: open, rebuilding or loading, and the epoch.
local now = now_ms()

local function number_of(epoch)
    return tonumber(string.match(epoch, '^(%d+)%-') or 0)
end

local function rebuild(number)
    local epoch = string.format('%d', number) .. '-' .. ARGV[5]
    redis.call('SET', KEYS[1], 'rebuilding:' .. epoch)
    redis.call('SET', KEYS[3], now)
    return { 'rebuilding', epoch }
end

local present = redis.call('GET', KEYS[1]) or ''
local known = number_of(ARGV[1])
local state, under_way = string.match(present, '^(%a+):(.*)$')
if state then
    -- Begun by somebody who did not know how far they had come before.
    if number_of(under_way) <= known then
        return rebuild(known + 1)
    end
    if redis.call('ZSCORE', KEYS[4], ARGV[6]) then
        redis.call('ZADD', KEYS[4], now + tonumber(ARGV[7]), ARGV[6])
    end
    return { state, under_way }
end
if present ~= '' then
    local is_behind = ARGV[8] == '1' or tonumber(redis.call('GET', KEYS[2]) or 0) < tonumber(ARGV[4])
    if ARGV[1] == '' or number_of(present) > known or (present == ARGV[1] and not is_behind) then
        return { 'open', present }
    end
end
return rebuild(math.max(number_of(present), known) + 1)
