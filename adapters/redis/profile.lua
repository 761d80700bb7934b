-- Replace hot profiles, each unless a newer one is there.
-- KEYS the hashes; ARGV[1] seconds to live; then for each key: its seq, and JSON [name, value, name, value ...]
-- or an empty text: there is no such profile any more.
local call, decode = redis.call, cjson.decode
for i, key in ipairs(KEYS) do
  local seq, packed = ARGV[2 * i], ARGV[2 * i + 1]
  local known = call('HGET', key, 'seq')
  if not known or tonumber(known) <= tonumber(seq) then
    if known then
      call('DEL', key)
    end
    if packed ~= '' then
      call('HSET', key, 'seq', seq, unpack(decode(packed)))
      call('EXPIRE', key, ARGV[1])
    end
  end
end
return #KEYS
