-- Forgets what is spent of counters in lifetime or calendar windows; what is leased of them stays.
-- KEYS: 1 epoch, 2 the stream of usage records, from 3 on the counters. ARGV: 4 number of counters, from 5 on three for each.
-- Answers: done.
if is_lost() then
    return { 'lost' }
end

local counters = read_counters(tonumber(ARGV[4]), 3, 5)
-- What is kept elsewhere of what was spent must be forgotten there, too, or it would be back when these accounts are rebuilt.
local entry = { 'reset', '' }
for _, counter in ipairs(counters) do
    if counter.spent > 0 then
        entry[#entry + 1] = '+' .. name_of(counter.key)
        entry[#entry + 1] = text(counter.spent)
        counter.spent = 0
        counter.dirty = true
    end
end
write_counters(counters)
if #entry > 2 then
    redis.call('XADD', KEYS[2], '*', unpack(entry))
end
return { 'done' }
