-- The pace of one bot. Time is an argument; nothing here expires or is random.
-- KEYS[1] hash of numbers. For all: halt, cut (last cut), group (a group's 429 is remembered until), granted.
--         For the free lane, and with a 'p' before the name for the paid one: rate (messages/s), next (first
--         free slot), at (rate valid at), knew (rate that was too much), until (so long that is believed).
-- KEYS[2] sorted set: chat -> free again at. All times in ms.
-- ARGV[1] op, ARGV[2] now, ARGV[3] limits as JSON, then by op:
--   grant: horizon ms, lane (free or paid), chats ...  -> {ask again at or 0, slot of each chat or 0 ...}
--   limited: chat, wait ms                             -> {halt until}
--   status                                             -> {free and paid rate in thousandths, halt, granted}
local op, now, lim = ARGV[1], tonumber(ARGV[2]), cjson.decode(ARGV[3])
local names = {'halt', 'cut', 'group', 'granted', 'rate', 'next', 'at', 'knew', 'until',
  'prate', 'pnext', 'pat', 'pknew', 'puntil'}
local kept, s = redis.call('HMGET', KEYS[1], unpack(names)), {}
for i, name in ipairs(names) do s[name] = tonumber(kept[i] or '0') end

local free = {p = '', start = lim.start, ceiling = lim.ceiling}
local paid = {p = 'p', start = lim.paid_rate, ceiling = lim.paid_rate}

-- Just below the rate that was refused while that is remembered, else where a bot starts.
local function top(lane)
  if now < s[lane.p .. 'until'] then return math.min(lane.start, lim.below * s[lane.p .. 'knew']) end
  return lane.start
end

local function freshen(lane)
  local rate, next_, at = lane.p .. 'rate', lane.p .. 'next', lane.p .. 'at'
  -- Empty, or left by a clock that was far ahead: nothing is known, so begin with silence and slowly.
  if s[rate] == 0 or s[next_] > now + lim.lost_ms then
    s[rate], s[next_], s[at] = lane.start / 2, now + lim.silence_ms, now
  end
  s[rate] = math.min(s[rate], lane.ceiling)
  -- Without a 429 a cut heals by time; above the start only messages that went well earn more (see grant).
  if s[rate] < top(lane) then
    local healed = lim.heal * lane.start / lim.start * math.max(0, now - s[at]) / 1000
    s[rate] = math.min(top(lane), s[rate] + healed)
  end
  s[at] = math.max(s[at], now)
end

local function save()
  local pairs_ = {}
  for _, name in ipairs(names) do
    pairs_[#pairs_ + 1] = name
    pairs_[#pairs_ + 1] = string.format('%.17g', s[name])
  end
  redis.call('HSET', KEYS[1], unpack(pairs_))
end

local function cut(lane, till)
  local rate = s[lane.p .. 'rate']
  s[lane.p .. 'knew'], s[lane.p .. 'until'] = rate, till + lim.memory_ms
  s[lane.p .. 'rate'] = math.max(lim.floor, rate * lim.keep)
end

freshen(free)
if lim.paid_rate > 0 then freshen(paid) end

if op == 'status' then
  local thousandths = function(rate) return math.floor(rate * 1000 + 0.5) end
  return {thousandths(s.rate), thousandths(lim.paid_rate > 0 and s.prate or 0), math.ceil(s.halt), s.granted}
end

if op == 'limited' then
  local chat, till = ARGV[4], now + tonumber(ARGV[5])
  local alone = tonumber(chat) < 0 and now >= s.group
  if tonumber(chat) < 0 then
    local till_now = tonumber(redis.call('ZSCORE', KEYS[2], chat) or '0')
    redis.call('ZADD', KEYS[2], math.max(till_now, till), chat)
    s.group = math.max(s.group, till)
  end
  if not alone then
    -- Refusals of messages that were under way together are one event. It cuts the lanes that were in use.
    if now >= s.halt and now >= s.cut + lim.event_ms then
      local paid_runs = lim.paid_rate > 0 and s.pnext >= now - lim.event_ms
      if paid_runs then cut(paid, till) end
      if not paid_runs or s.next >= now - lim.event_ms then cut(free, till) end
      s.cut = now
    end
    s.halt = math.max(s.halt, till)
    s.at, s.pat, till = math.max(s.at, s.halt), math.max(s.pat, s.halt), s.halt
  end
  save()
  return {math.ceil(till)}
end

local lane = ARGV[5] == 'paid' and paid or free
local rate, next_ = lane.p .. 'rate', lane.p .. 'next'
local chats, booked = {}, {}
for i = 6, #ARGV do chats[#chats + 1] = ARGV[i] end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
local busy = redis.call('ZMSCORE', KEYS[2], unpack(chats))
local ahead = tonumber(ARGV[4])
local horizon, reply, again = now + ahead, {0}, nil
local slot = math.max(now, s[next_], s.halt)
for i, chat in ipairs(chats) do
  local free_at, wait = tonumber(busy[i] or '0'), nil
  if free_at > slot then
    wait = free_at
  elseif slot > horizon then
    wait = slot - ahead
  end
  if wait then
    again = math.min(again or wait, wait)
    reply[#reply + 1] = 0
  else
    local at = math.ceil(slot)
    reply[#reply + 1] = at
    booked[#booked + 1] = at + (tonumber(chat) < 0 and lim.group_gap_ms or lim.chat_gap_ms)
    booked[#booked + 1] = chat
    s.granted = s.granted + 1
    if s[rate] >= lane.start and now >= s[lane.p .. 'until'] then
      s[rate] = math.min(lane.ceiling, s[rate] + lim.earn)
    end
    slot = slot + 1000 / s[rate]
    s[next_] = slot
  end
end
if #booked > 0 then redis.call('ZADD', KEYS[2], unpack(booked)) end
save()
reply[1] = math.ceil(again or 0)
return reply
