-- Forgets what is spent of counters in lifetime or calendar windows; what is leased of them stays.
-- KEYS: 1 epoch, from 2 on the counters. ARGV: 4 number of counters, from 5 on three for each.
-- Answers: done.
if is_lost() then
    return { 'lost' }
end

local counters = read_counters(tonumber(ARGV[4]), 2, 5)
for _, counter in ipairs(counters) do
    if counter.spent > 0 then
        counter.spent = 0
        counter.dirty = true
    end
end
write_counters(counters)
return { 'done' }
