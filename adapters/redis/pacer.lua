-- The pace of one bot. Time is an argument; nothing here expires or is random.
-- KEYS[1] hash: rate (messages/s), next (first free slot), halt, cut (last cut), at (rate valid at), group (a
--         group's 429 is remembered until), granted. KEYS[2] sorted set: chat -> free again at. All in ms.
-- ARGV[1] op, ARGV[2] now, ARGV[3] limits as JSON, then by op:
--   grant: horizon ms, chats ...     -> {ask again at or 0, slot of each chat or 0 ...}
--   limited: chat, wait ms           -> {halt until}
--   status                           -> {rate in thousandths, halt, granted}
local op, now, lim = ARGV[1], tonumber(ARGV[2]), cjson.decode(ARGV[3])
local names = {'rate', 'next', 'halt', 'cut', 'at', 'group', 'granted'}
local kept, s = redis.call('HMGET', KEYS[1], unpack(names)), {}
for i, name in ipairs(names) do s[name] = tonumber(kept[i] or '0') end

-- Empty, or left by a clock that was far ahead: nothing is known, so begin with silence and slowly.
if s.rate == 0 or s.next > now + lim.lost_ms then
  s.rate, s.next, s.at = lim.start / 2, now + lim.silence_ms, now
end
-- Without a 429 a cut heals by time; above the start only messages that went well earn more (see grant).
if s.rate < lim.start then
  s.rate = math.min(lim.start, s.rate + lim.heal * math.max(0, now - s.at) / 1000)
end
s.at = math.max(s.at, now)

local function save()
  local pairs_ = {}
  for _, name in ipairs(names) do
    pairs_[#pairs_ + 1] = name
    pairs_[#pairs_ + 1] = string.format('%.6f', s[name])
  end
  redis.call('HSET', KEYS[1], unpack(pairs_))
end

local function free_at(chat)
  return tonumber(redis.call('ZSCORE', KEYS[2], chat) or '0')
end

if op == 'status' then
  return {math.floor(s.rate * 1000 + 0.5), math.ceil(s.halt), s.granted}
end

if op == 'limited' then
  local chat, till = ARGV[4], now + tonumber(ARGV[5])
  local alone = tonumber(chat) < 0 and now >= s.group
  if tonumber(chat) < 0 then
    redis.call('ZADD', KEYS[2], math.max(free_at(chat), till), chat)
    s.group = math.max(s.group, till)
  end
  if not alone then
    -- Refusals of messages that were under way together are one event and cut once.
    if now >= s.halt and now >= s.cut + lim.event_ms then
      s.rate, s.cut = math.max(lim.floor, s.rate * lim.keep), now
    end
    s.halt = math.max(s.halt, till)
    s.at, till = math.max(s.at, s.halt), s.halt
  end
  save()
  return {math.ceil(till)}
end

redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
local horizon, reply, again = now + tonumber(ARGV[4]), {0}, nil
local slot = math.max(now, s.next, s.halt)
for i = 5, #ARGV do
  local chat, free = ARGV[i], free_at(ARGV[i])
  local wait = nil
  if free > slot then
    wait = free
  elseif slot > horizon then
    wait = slot - tonumber(ARGV[4])
  end
  if wait then
    again = math.min(again or wait, wait)
    reply[#reply + 1] = 0
  else
    local at = math.ceil(slot)
    reply[#reply + 1] = at
    redis.call('ZADD', KEYS[2], at + (tonumber(chat) < 0 and lim.group_gap_ms or lim.chat_gap_ms), chat)
    s.granted = s.granted + 1
    if s.rate >= lim.start then s.rate = math.min(lim.ceiling, s.rate + lim.earn) end
    slot = slot + 1000 / s.rate
    s.next = slot
  end
end
save()
reply[1] = math.ceil(again or 0)
return reply
