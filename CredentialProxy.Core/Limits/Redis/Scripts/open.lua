-- Enters a new holder, in place of what it was before.
-- KEYS: as holders.lua. ARGV: 1 the epoch that is known, empty for none; 4 a new epoch for empty accounts, 5 the holder, 6 what it was before, empty for
-- nothing, 7 lifetime of a holder, 8 whether empty accounts may be begun with,
-- 9 the caller's mark. KEYS: 5 its mark.
-- Answers: done, the epoch, and the holders to close.
local epoch = redis.call('GET', KEYS[1])
if ARGV[1] ~= '' and epoch ~= ARGV[1] or not epoch and ARGV[8] == '0' or epoch and string.find(epoch, ':', 1, true) then
    return { 'lost' }
end
if tonumber(redis.call('GET', KEYS[5]) or 0) < tonumber(ARGV[9]) then
    return { 'lost' }
end
if not epoch then
    epoch = '1-' .. ARGV[4]
    redis.call('SET', KEYS[1], epoch)
end
if ARGV[6] ~= '' then
    fence(ARGV[6])
end
local lifetime = tonumber(ARGV[7])
redis.call('ZADD', KEYS[2], now + lifetime, ARGV[5])
return { 'done', epoch, unpack(sweep(lifetime)) }
