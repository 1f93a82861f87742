-- Counts a holder as dead that has leases and is neither alive nor counted as dead.
-- KEYS: 1 epoch, 2 the holder's leases, 3 holders, 4 holders fenced and not yet closed.
-- ARGV: 1 the epoch, 4 the holder.
-- Answers: done when it is one, or none.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
    return { 'lost' }
end
if redis.call('EXISTS', KEYS[2]) == 0 or redis.call('ZSCORE', KEYS[3], ARGV[4]) or redis.call('ZSCORE', KEYS[4], ARGV[4]) then
    return { 'none' }
end
redis.call('ZADD', KEYS[4], 0, ARGV[4])
return { 'done' }
