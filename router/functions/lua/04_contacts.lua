-- Contacts: c:<id> hash. A waiting contact is in exactly one sorted set by score: q:<signature> (state 'q'), or kept:<class>:<agent>
-- while it is kept for a preferred agent (state 'r'). Offered ('o'), active ('a') and wrap-up ('w') are in none. dl holds at
-- most one deadline for each contact: the next thing that time does to it.
local contacts = {}

local function parse_excluded(text)
  local map
  for agent, until_ms in string.gmatch(text or '', '([^=;]+)=(%d+)') do
    map = map or {}
    map[agent] = tonumber(until_ms)
  end
  return map
end

local function excluded_text(map)
  local list = {}
  for agent, until_ms in pairs(map or {}) do list[#list + 1] = agent .. '=' .. whole(until_ms) end
  return table.concat(list, ';')
end

function contacts.load(id)
  local v = call('HMGET', prefix .. 'c:' .. id,
    'state', 'plan', 'score', 'step', 'since', 'agent', 'fence', 'for', 'until', 'direct', 'back', 'not')
  if not v[1] then return nil end
  return {
    id = id, state = v[1], plan = plan_of(v[2]), score = v[3], step = tonumber(v[4]), since = tonumber(v[5]),
    agent = filled(v[6]), fence = filled(v[7]), preferred = filled(v[8]), until_ms = tonumber(v[9] or nil),
    direct = v[10] == '1', back = filled(v[11]), excluded = parse_excluded(v[12]), stored = true, reserved = v[8],
  }
end

function contacts.signature(contact)
  return contact.plan.stages[contact.step + 1].signature
end

-- Optional fields are written only where there is something, a waiting contact stays small.
function contacts.save(contact)
  local fields = { 'HSET', prefix .. 'c:' .. contact.id, 'state', contact.state, 'step', contact.step }
  local function put(name, value) fields[#fields + 1], fields[#fields + 2] = name, value end
  if not contact.stored then
    put('plan', contact.plan.id)
    put('score', contact.score)
    put('since', whole(contact.since))
  end
  if contact.agent then
    put('agent', contact.agent)
    put('fence', contact.fence)
  end
  if contact.preferred or contact.reserved then
    put('for', contact.preferred or '')
    put('until', whole(contact.until_ms or 0))
    put('direct', contact.direct and '1' or '0')
    put('back', contact.back or '')
  end
  if contact.touched then put('not', excluded_text(contact.excluded)) end
  call(unpack(fields))
  contact.stored = true
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
  contact.excluded, contact.touched = excluded, true
end

function contacts.forget_past_exclusions(contact)
  for agent, until_ms in pairs(contact.excluded or {}) do
    if until_ms <= now then contact.excluded[agent], contact.touched = nil, true end
  end
end

local function queue_key(signature)
  return prefix .. 'q:' .. signature.id
end

local function kept_key(contact)
  return prefix .. 'kept:' .. contact.plan.class .. ':' .. contact.preferred
end

-- The next moment at which waiting on changes something.
local function next_due(contact)
  local following = contact.plan.stages[contact.step + 2]
  local due = following and contact.since + following.after_ms
  if contact.state == 'r' and (not due or contact.until_ms < due) then due = contact.until_ms end
  for _, until_ms in pairs(contact.excluded or {}) do
    if not due or until_ms < due then due = until_ms end
  end
  return due
end

local function schedule(contact, had_deadline)
  local due = next_due(contact)
  if due then
    call('ZADD', prefix .. 'dl', whole(due), contact.id)
  elseif had_deadline then
    call('ZREM', prefix .. 'dl', contact.id)
  end
end

function contacts.queue(contact)
  local signature, had_deadline = contacts.signature(contact), contact.stored
  contact.state, contact.agent, contact.fence = 'q', nil, nil
  contacts.save(contact)
  call('ZADD', queue_key(signature), contact.score, contact.id)
  call('ZADD', prefix .. 'hd:' .. contact.plan.class, 'LT', contact.score, signature.id)
  schedule(contact, had_deadline)
end

local function count_kept(contact, change)
  call('HINCRBY', prefix .. 'a:' .. contact.preferred, 'kept', change)
  call('HINCRBY', prefix .. 'kept', contacts.signature(contact).queue, change)
end

function contacts.keep(contact)
  local had_deadline = contact.stored
  contact.state, contact.agent, contact.fence = 'r', nil, nil
  contacts.save(contact)
  call('ZADD', kept_key(contact), contact.score, contact.id)
  count_kept(contact, 1)
  schedule(contact, had_deadline)
end

-- Takes a waiting contact out of where it waits.
function contacts.leave(contact)
  if contact.state == 'r' then
    call('ZREM', kept_key(contact), contact.id)
    count_kept(contact, -1)
  elseif contact.state == 'q' then
    local signature = contacts.signature(contact)
    call('ZREM', queue_key(signature), contact.id)
    local head = call('ZRANGE', queue_key(signature), 0, 0, 'WITHSCORES')
    if head[1] then
      call('ZADD', prefix .. 'hd:' .. contact.plan.class, head[2], signature.id)
    else
      call('ZREM', prefix .. 'hd:' .. contact.plan.class, signature.id)
    end
  end
end

function contacts.delete(contact)
  call('DEL', prefix .. 'c:' .. contact.id)
  call('ZREM', prefix .. 'dl', contact.id)
end
