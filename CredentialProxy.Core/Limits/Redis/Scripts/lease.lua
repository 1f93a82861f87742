-- Gives back and leases.
-- KEYS: 1 epoch, 2 holders, 3 the holder's leases, 4 what is paid, 5 the last answer to its instance, 6 the caller's mark, from 7 on the counters.
-- ARGV: 4 holder, 5 number of the call, 6 the clock skew that is borne, 7 how long the answer is kept, 8 the mark that the caller knows, 9 number of counters, from 10 on three
--       for each; number of returns, for each counter, limit, amount and whether what is paid may be spent later; number of requests, for each counter, limit, need, want.
-- Answers: done, for each request granted, spent, leased and when it frees, and the caller's mark.
local number = tonumber(ARGV[5])
if is_lost() or has_forgotten(KEYS[6], ARGV[8]) then
    return { 'lost' }
end

-- A call whose outcome its caller doesn't know is asked again. Before everything else: it may have been done before its holder expired.
local last = redis.call('GET', KEYS[5])
if last then
    local last_number, answer = string.match(last, '^(%d+) (.*)$')
    if tonumber(last_number) == number then
        return { 'done', answer, ARGV[8] }
    end
    -- An attempt that was given up long ago and arrives only now.
    if tonumber(last_number) > number then
        return { 'stale' }
    end
end
if not redis.call('ZSCORE', KEYS[2], ARGV[4]) then
    return { 'fenced' }
end
-- The caller says which calendar window it is in. Where its clock is wrong, it would spend of a window that is over or has not begun.
local skew = tonumber(ARGV[3]) - now
if math.abs(skew) > tonumber(ARGV[6]) then
    return { 'skewed', text(skew) }
end

local count = tonumber(ARGV[9])
local counters = read_counters(count, 7, 10)
local leases, paid = open_leases(KEYS[3]), open_leases(KEYS[4])
local at = 10 + 3 * count

-- What is paid is of use to nobody but its holder, which may still spend it; others are given what is not. Of what goes on at present nothing may be spent later.
local function give_back(counter, limit, amount, is_kept)
    local field = field_of(limit, counter)
    if not is_kept then
        amount = amount - take_lease(paid, field, amount)
    end
    local freed = take_lease(leases, field, amount)
    take_lease(paid, field, amount - freed)
    counter.leased = counter.leased - freed
    counter.dirty = true
end

-- When so much of what is spent has left a sliding window that at most this much is; by the caller's clock, 0 for never.
local function frees_at(counter, spent, most)
    if counter.length == 0 or most < 0 then
        return 0
    end
    local starts = {}
    for start in pairs(counter.buckets) do
        if start >= counter.present - counter.length then
            starts[#starts + 1] = start
        end
    end
    table.sort(starts)
    for _, start in ipairs(starts) do
        spent = spent - counter.buckets[start]
        if spent <= most then
            return start + counter.length + counter.bucket - drift
        end
    end
    return 0
end

-- The rule of LeaseRules: the need whole, and of what stays free after it up to a quarter ahead of need.
local function grant(counter, limit, need, want)
    local limit_amount = tonumber(limit)
    local spent = spent_in_window(counter, counter.present)
    local spare = limit_amount - spent - counter.leased - need
    if spare < 0 then
        return 0, spent, counter.leased, frees_at(counter, spent, limit_amount - counter.leased - need)
    end
    local granted = need + math.min(want - need, math.floor(spare / 4))
    change_lease(leases, field_of(limit, counter), granted)
    counter.leased = counter.leased + granted
    counter.dirty = true
    return granted, spent, counter.leased, 0
end

for _ = 1, tonumber(ARGV[at]) do
    give_back(counters[tonumber(ARGV[at + 1])], ARGV[at + 2], tonumber(ARGV[at + 3]), ARGV[at + 4] == '1')
    at = at + 4
end
at = at + 1

local answers = {}
for _ = 1, tonumber(ARGV[at]) do
    local granted, spent, leased, frees = grant(counters[tonumber(ARGV[at + 1])], ARGV[at + 2], tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4]))
    answers[#answers + 1] = text(granted) .. ' ' .. text(spent) .. ' ' .. text(leased) .. ' ' .. text(frees)
    at = at + 4
end

local answer = table.concat(answers, ' ')
write_counters(counters)
write_leases(leases)
write_leases(paid)
redis.call('SET', KEYS[5], ARGV[5] .. ' ' .. answer, 'PX', ARGV[7])
return { 'done', answer, set_mark(KEYS[6], ARGV[7]) }
