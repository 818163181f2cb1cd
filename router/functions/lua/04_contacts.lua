-- Contacts: c:<id> packed record. A waiting contact is in exactly one sorted set by score: q:<signature> (state 'q'), or
-- kept:<agent> while it is kept for a preferred agent (state 'r'). Offered ('o'), active ('a') and wrap-up ('w') are in none.
-- dl holds at most one deadline for each contact: the next thing that time does to it, also in `due`.
local contacts = {}

function contacts.load(id)
  local record = call('GET', prefix .. 'c:' .. id)
  return record and cmsgpack.unpack(record) or nil
end

function contacts.write(contact)
  call('SET', prefix .. 'c:' .. contact.id, cmsgpack.pack(contact))
end

function contacts.delete(contact)
  call('DEL', prefix .. 'c:' .. contact.id)
  if contact.due then call('ZREM', prefix .. 'dl', contact.id) end
end

function contacts.signature(contact)
  return plan_of(contact.plan).stages[contact.step + 1].signature
end

function contacts.class_index(contact)
  return plan_of(contact.plan).index
end

function contacts.excludes(contact, agent_id)
  return contact.excluded ~= nil and (contact.excluded[agent_id] or 0) > now
end

-- Only the last few who refused are remembered: the list is bounded, and asking again is better than not asking.
function contacts.exclude(contact, agent_id)
  local excluded, size, oldest = contact.excluded or {}, 0, nil
  for agent, until_ms in pairs(excluded) do
    size = size + 1
    if not oldest or until_ms < excluded[oldest] then oldest = agent end
  end
  if size >= MOST_EXCLUDED then excluded[oldest] = nil end
  excluded[agent_id] = now + EXCLUDED_MS
  contact.excluded = excluded
end

function contacts.forget_past_exclusions(contact)
  local left
  for agent, until_ms in pairs(contact.excluded or {}) do
    if until_ms > now then
      left = left or {}
      left[agent] = until_ms
    end
  end
  contact.excluded = left
end

function contacts.schedule(contact, due)
  if due then
    call('ZADD', prefix .. 'dl', whole(due), contact.id)
  elseif contact.due then
    call('ZREM', prefix .. 'dl', contact.id)
  end
  contact.due = due
end

-- The next moment at which waiting on changes something.
local function next_due(contact)
  local following = plan_of(contact.plan).stages[contact.step + 2]
  local due = following and contact.since + following.after_ms or nil
  if contact.state == 'r' and (not due or contact.until_ms < due) then due = contact.until_ms end
  for _, until_ms in pairs(contact.excluded or {}) do
    if not due or until_ms < due then due = until_ms end
  end
  return due
end

local function await(contact, state)
  contact.state, contact.agent, contact.fence = state, nil, nil
  contacts.schedule(contact, next_due(contact))
  contacts.write(contact)
end

function contacts.queue(contact)
  local signature = contacts.signature(contact)
  await(contact, 'q')
  local score = whole(contact.score)
  call('ZADD', prefix .. 'q:' .. signature.id, score, contact.id)
  call('ZADD', prefix .. 'hd', 'LT', score, signature.id)
end

function contacts.keep(contact)
  await(contact, 'r')
  call('ZADD', prefix .. 'kept:' .. contact.preferred, whole(contact.score), contact.id)
  call('HINCRBY', prefix .. 'kept', contacts.signature(contact).queue, 1)
end

-- Takes a waiting contact out of where it waits.
function contacts.leave(contact)
  local signature = contacts.signature(contact)
  if contact.state == 'r' then
    call('ZREM', prefix .. 'kept:' .. contact.preferred, contact.id)
    call('HINCRBY', prefix .. 'kept', signature.queue, -1)
  elseif contact.state == 'q' then
    local key, heads = prefix .. 'q:' .. signature.id, prefix .. 'hd'
    call('ZREM', key, contact.id)
    local head = call('ZRANGE', key, '0', '0', 'WITHSCORES')
    if head[1] then
      call('ZADD', heads, head[2], signature.id)
    else
      call('ZREM', heads, signature.id)
    end
  end
end
