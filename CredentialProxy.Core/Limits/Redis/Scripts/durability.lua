-- Whether Redis is set up to keep what it has answered. One that does not let INFO be called is believed.
-- KEYS: 1 epoch, which leads a call to the node that has the accounts.
-- Answers: done and the name of each setting that is wrong.
local function says(section, line)
    local told = redis.pcall('INFO', section)
    return type(told) == 'string' and string.find(told, line, 1, true) ~= nil
end

local wrong = { 'done' }
if says('persistence', 'aof_enabled:0') then
    wrong[#wrong + 1] = 'appendonly'
end
if says('memory', 'maxmemory_policy:') and not says('memory', 'maxmemory_policy:noeviction') then
    wrong[#wrong + 1] = 'maxmemory-policy'
end
return wrong
