-- Reads what has changed.
-- KEYS: 1 mark, 2 sequence, 3 changes. ARGV: 1 the last entry that is known, 2 how many to answer at most.
-- Answers: done, the mark or empty, the number of the last entry there is, and for each entry after the known one its id and what it tells.
local answer = { 'done', redis.call('GET', KEYS[1]) or '', redis.call('GET', KEYS[2]) or '0' }
for _, entry in ipairs(redis.call('XRANGE', KEYS[3], '(' .. ARGV[1] .. '-0', '+', 'COUNT', ARGV[2])) do
    answer[#answer + 1] = entry[1]
    answer[#answer + 1] = entry[2][2]
end
return answer
