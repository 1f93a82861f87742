-- What one holder has leased, by limit and counter; and what its former selves had leased when they expired, which counts as spent already ("paid"). The
-- same gateway goes on spending both, not knowing which is which, so that every amount it charges uses up what is paid first: it was charged then. In a sliding window that is so
-- for what had begun when it was closed, which the field "at" in front of its name tells.
local function open_leases(key)
    return { key = key, amounts = {}, changed = {}, is_there = redis.call('EXISTS', key) == 1 }
end

local function field_of(limit, counter)
    local field = counter.fields[limit]
    if not field then
        field = limit .. ' ' .. counter.key
        counter.fields[limit] = field
    end
    return field
end

local function lease_of(leases, field)
    if not leases.amounts[field] then
        leases.amounts[field] = leases.is_there and tonumber(redis.call('HGET', leases.key, field) or 0) or 0
    end
    return leases.amounts[field]
end

local function change_lease(leases, field, change)
    leases.amounts[field] = lease_of(leases, field) + change
    leases.changed[field] = true
end

-- Takes as much of the amount as the lease has, and answers how much that was.
local function take_lease(leases, field, amount)
    local taken = math.min(amount, lease_of(leases, field))
    if taken > 0 then
        change_lease(leases, field, -taken)
    end
    return taken
end

local function write_leases(leases)
    for field in pairs(leases.changed) do
        if leases.amounts[field] > 0 then
            redis.call('HSET', leases.key, field, text(leases.amounts[field]))
        else
            redis.call('HDEL', leases.key, field)
        end
    end
end
