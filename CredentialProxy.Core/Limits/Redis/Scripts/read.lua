-- Reads counters.
-- KEYS: 1 epoch, from 2 on the counters. ARGV: 4 number of counters, from 5 on three for each.
-- Answers: done and, for each counter, spent and leased.
if is_lost() then
    return { 'lost' }
end

local states = {}
for _, counter in ipairs(read_counters(tonumber(ARGV[4]), 2, 5)) do
    states[#states + 1] = text(spent_in_window(counter, counter.present)) .. ' ' .. text(counter.leased)
end
return { 'done', table.concat(states, ' ') }
