-- Puts back what counters hold, while accounts are rebuilt. It may be done any number of times.
-- KEYS: 1 epoch, from 2 on the counters.
-- ARGV: 1 the epoch with its state, from 4 on for each counter spent, overrun, leased, how long it is kept (0 for ever), and whether its window slides: then what is spent of it stays.
-- Answers: done.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
    return { 'late' }
end

local at = 4
for i = 2, #KEYS do
    local spent, overrun, leased, keep = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
    if ARGV[at + 4] == '0' then
        redis.call('HSET', KEYS[i], 'spent', spent, 'overrun', overrun, 'leased', leased)
    else
        redis.call('HSET', KEYS[i], 'leased', leased)
    end
    if keep ~= '0' and leased == '0' then
        redis.call('PEXPIRE', KEYS[i], keep)
    else
        redis.call('PERSIST', KEYS[i])
    end
    at = at + 5
end
return { 'done' }
