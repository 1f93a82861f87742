-- Writes objects of the directory, all or none, unless a newer projection has begun.
-- KEYS: 1 fence, 2 version, 3 mark, 4 sequence, 5 changes, from 6 on the objects of each kind.
-- ARGV: 1 number of this projection, 2 a new mark or empty, 3 whether this is its last part, 4 entries of the log to keep, 5 what is to be told of it or empty,
-- 6 the channel, from 7 on three for each object: its kind, counted from 0, its id, and its document or empty for none.
-- Answers: done; or stale, and nothing is written.
if tonumber(ARGV[1]) < tonumber(redis.call('GET', KEYS[1]) or '0') then
    return { 'stale' }
end
redis.call('SET', KEYS[1], ARGV[1])
for i = 7, #ARGV, 3 do
    local objects = KEYS[6 + tonumber(ARGV[i])]
    if ARGV[i + 2] == '' then
        redis.call('HDEL', objects, ARGV[i + 1])
    else
        redis.call('HSET', objects, ARGV[i + 1], ARGV[i + 2])
    end
end
if ARGV[5] ~= '' then
    local entry = redis.call('INCR', KEYS[4])
    redis.call('XADD', KEYS[5], 'MAXLEN', '~', ARGV[4], entry .. '-0', 'c', ARGV[5])
end
if ARGV[3] == '1' then
    redis.call('SET', KEYS[2], ARGV[1])
    if ARGV[2] ~= '' then
        redis.call('SET', KEYS[3], ARGV[2])
    end
end
redis.call('PUBLISH', ARGV[6], ARGV[1])
return { 'done' }
