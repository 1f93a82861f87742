-- Notes whose objects are and forgets objects, each change once. A caller numbers its changes, one after the other; the number that is kept for it says how far it has come. A lower one than
-- it knows means that something was lost. What belongs to another already stays that one's. While owners are put back changes go into the stream alone: who came first is decided there.
-- KEYS: 1 epoch, 2 the caller's number, 3 the stream of changes, from 4 on three for each change: the owner's objects by age, whose the object is, that it is this owner's.
-- ARGV: 1 the epoch, with its state while owners are put back; 4 the caller's clock, 5 most objects of an owner, 6 most entries of the stream, 7 the caller, 8 its number as it knows it, 0 where
--       it says again what may be lost, 9 its number after this call, 10 how long that is kept, 11 the number of the first change, from 12 on six for each: owner, provider, kind, id, since when
--       it is the owner's, when it is forgotten, 0 for at once.
-- Answers: done, the last entry of the stream and the first, empty for none, and which changes, from 0, were of what is another's; full; or lost.
local epoch, clock, first = ARGV[1], tonumber(ARGV[4]), tonumber(ARGV[11])
local count = (#ARGV - 11) / 6
if redis.call('GET', KEYS[1]) ~= epoch then
    return { 'lost' }
end
local number = tonumber(redis.call('GET', KEYS[2]) or 0)
if number < tonumber(ARGV[8]) then
    return { 'lost' }
end
local is_put_back = string.find(epoch, ':', 1, true)
if count > 0 and not is_put_back and redis.call('XLEN', KEYS[3]) >= tonumber(ARGV[6]) then
    return { 'full' }
end

local function is_of_another(claim, owner)
    local held = redis.call('HMGET', claim, 'owner', 'ends')
    return held[1] and held[1] ~= owner and tonumber(held[2]) > clock
end

local function remember(all, claim, mine, owner, since, ends)
    local keep = tonumber(ends) - clock
    if keep <= 0 then
        return
    end
    redis.call('HSET', claim, 'owner', owner, 'ends', ends)
    redis.call('PEXPIRE', claim, keep)
    redis.call('SET', mine, ends, 'PX', keep)
    redis.call('ZADD', all, 'NX', since, claim .. ' ' .. mine)
    if keep > redis.call('PTTL', all) then
        redis.call('PEXPIRE', all, keep)
    end
end

local function forget(all, claim, mine, owner)
    redis.call('DEL', mine)
    redis.call('ZREM', all, claim .. ' ' .. mine)
    if redis.call('HGET', claim, 'owner') == owner then
        redis.call('DEL', claim)
    end
end

-- The oldest beyond what one may have, a few at a time; the rest with the next calls.
local function trim(all, owner)
    local many = math.min(redis.call('ZCARD', all) - tonumber(ARGV[5]), 100)
    if many > 0 then
        local oldest = redis.call('ZPOPMIN', all, many)
        for i = 1, #oldest, 2 do
            local claim, mine = string.match(oldest[i], '^(%S+) (%S+)$')
            forget(all, claim, mine, owner)
        end
    end
end

local taken, grown = {}, {}
for i = 0, count - 1 do
    local key, at = 4 + 3 * i, 12 + 6 * i
    local all, claim, mine, owner, since, ends = KEYS[key], KEYS[key + 1], KEYS[key + 2], ARGV[at], ARGV[at + 4], ARGV[at + 5]
    local is_taken = ends ~= '0' and not is_put_back and is_of_another(claim, owner)
    if is_taken then
        taken[#taken + 1] = tostring(i)
    elseif first + i > number then
        if not is_put_back and ends == '0' then
            forget(all, claim, mine, owner)
        elseif not is_put_back then
            remember(all, claim, mine, owner, since, ends)
            grown[all] = owner
        end
        redis.call('XADD', KEYS[3], '*', 'by', ARGV[7], 'number', first + i, 'owner', owner, 'provider', ARGV[at + 1], 'kind', ARGV[at + 2], 'id', ARGV[at + 3],
            'since', since, 'ends', ends, 'again', is_put_back and '1' or '0')
    end
end
for all, owner in pairs(grown) do
    trim(all, owner)
end
if tonumber(ARGV[9]) > 0 then
    redis.call('SET', KEYS[2], math.max(number, tonumber(ARGV[9])), 'PX', ARGV[10])
end

local function id_of(entries)
    return entries[1] and entries[1][1] or ''
end
return { 'done', id_of(redis.call('XREVRANGE', KEYS[3], '+', '-', 'COUNT', 1)), id_of(redis.call('XRANGE', KEYS[3], '-', '+', 'COUNT', 1)), unpack(taken) }
