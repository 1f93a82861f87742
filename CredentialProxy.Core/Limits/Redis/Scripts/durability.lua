-- How Redis is set up, as far as it keeps what it has answered. INFO tells, which managed services let be called where they forbid CONFIG.
-- KEYS: 1 epoch, which leads a call to the node that has the accounts.
-- Answers: done, its version, what it evicts by, and 1 or 0 for whether it appends to a file. What it does not tell is empty.
local function told(section, name)
    local lines = redis.pcall('INFO', section)
    return type(lines) == 'string' and string.match(lines, name .. ':([^\r\n]*)') or ''
end

return { 'done', told('server', 'redis_version'), told('memory', 'maxmemory_policy'), told('persistence', 'aof_enabled') }
