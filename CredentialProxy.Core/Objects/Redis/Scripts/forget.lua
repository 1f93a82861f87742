-- Forgets an object of an owner.
-- KEYS: 1 the owner's objects by age, 2 whose it is, 3 that it is this owner's. ARGV: 1 the owner.
redis.call('DEL', KEYS[3])
redis.call('ZREM', KEYS[1], KEYS[2] .. ' ' .. KEYS[3])
if redis.call('HGET', KEYS[2], 'owner') == ARGV[1] then
    redis.call('DEL', KEYS[2])
end
return { 'done' }
