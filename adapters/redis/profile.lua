-- Replace one hot profile unless a newer one is there.
-- KEYS[1] the hash; ARGV[1] seq, ARGV[2] seconds to live, ARGV[3] JSON: [field, value, field, value ...]
local known = redis.call('HGET', KEYS[1], 'seq')
if known and tonumber(known) > tonumber(ARGV[1]) then
  return 0
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], unpack(cjson.decode(ARGV[3])))
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1
