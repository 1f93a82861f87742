-- Removes what owners that are put back had left, while nobody writes.
-- KEYS: 1 epoch, from 2 on what is removed. ARGV: 1 the epoch with its state.
-- Answers: done.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
    return { 'late' }
end
for i = 2, #KEYS do
    redis.call('UNLINK', KEYS[i])
end
return { 'done' }
