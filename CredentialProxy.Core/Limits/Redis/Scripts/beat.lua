-- A holder's heartbeat, or its end.
-- KEYS: as holders.lua. ARGV: 1 epoch, 4 the holder, 5 lifetime of a holder, 6 whether it ends, 7 the mark that it knows, 8 how long that is kept. KEYS: 5 its mark.
-- Answers: done and the holders to close.
if redis.call('GET', KEYS[1]) ~= ARGV[1] or tonumber(redis.call('GET', KEYS[5]) or 0) < tonumber(ARGV[7]) then
    return { 'lost' }
end
if not redis.call('ZSCORE', KEYS[2], ARGV[4]) then
    return { 'fenced' }
end
-- Of a gateway that lives it is never forgotten: it would seem to have been lost.
redis.call('PEXPIRE', KEYS[5], ARGV[8])
local lifetime = tonumber(ARGV[5])
if ARGV[6] == '1' then
    fence(ARGV[4])
else
    redis.call('ZADD', KEYS[2], now + lifetime, ARGV[4])
end
return { 'done', unpack(sweep(lifetime)) }
