-- A gateway says what it holds, while accounts are rebuilt: some of its leases, and some of what it settled and Postgres may not have. Said twice it counts once.
-- KEYS: 1 epoch, 2 the stream of usage records, 3 holders, 4 holders fenced and not yet closed, 5 the holder's leases, 6 those of the holder it was before, 7 its mark,
--       8 the last answer to its instance, from 9 on for each settlement the key that has its id once it is settled.
-- ARGV: 1 the epoch with its state, 4 holder, 5 what it was before, 6 lifetime of a holder, 7 how long its mark is kept, 8 its mark, 9 how long ids are kept, 10 number of leases, then for each its
--       name and amount; then for each settlement its id, the number of values of its entry, and these.
-- Answers: done.
local now = now_ms()
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
    return { 'late' }
end

redis.call('ZADD', KEYS[3], now + tonumber(ARGV[6]), ARGV[4])
redis.call('ZREM', KEYS[3], ARGV[5])
redis.call('ZREM', KEYS[4], ARGV[5])
redis.call('DEL', KEYS[6])
-- What it was answered last and has not heard is not among what it says it holds. When it asks again, it must be given that anew.
redis.call('DEL', KEYS[8])
redis.call('SET', KEYS[7], ARGV[8], 'PX', ARGV[7])
local at = 11
for _ = 1, tonumber(ARGV[10]) do
    redis.call('HSET', KEYS[5], ARGV[at], ARGV[at + 1])
    at = at + 2
end
for i = 9, #KEYS do
    local id, entry, count = ARGV[at], {}, tonumber(ARGV[at + 1])
    for value = 1, count do
        entry[value] = ARGV[at + 1 + value]
    end
    redis.call('HSET', KEYS[i], id, '')
    redis.call('PEXPIRE', KEYS[i], ARGV[9])
    redis.call('XADD', KEYS[2], '*', unpack(entry))
    at = at + count + 2
end
return { 'done' }
