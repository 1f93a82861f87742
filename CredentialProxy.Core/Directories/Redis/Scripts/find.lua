-- Finds tokens.
-- KEYS: 1 mark, 2 ids by hash, 3 tokens by id. ARGV: for each token h and its hash, or i and its id.
-- Answers: done, and for each its document, empty for none; or lost, when the directory is not there.
if redis.call('EXISTS', KEYS[1]) == 0 then
    return { 'lost' }
end
local answer = { 'done' }
for i = 1, #ARGV, 2 do
    local id = ARGV[i + 1]
    if ARGV[i] == 'h' then
        id = redis.call('HGET', KEYS[2], id)
    end
    answer[#answer + 1] = id and redis.call('HGET', KEYS[3], id) or ''
end
return answer
