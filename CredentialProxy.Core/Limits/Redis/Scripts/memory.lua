-- How much memory Redis uses, and how much it may.
-- KEYS: 1 epoch, which leads a call to the node that has the accounts.
-- Answers: done, the bytes in use and the bytes that may be used, 0 for no bound; or unknown of one that does not let INFO be called.
local told = redis.pcall('INFO', 'memory')
if type(told) ~= 'string' then
    return { 'unknown' }
end
return { 'done', string.match(told, 'used_memory:(%d+)') or '0', string.match(told, 'maxmemory:(%d+)') or '0' }
