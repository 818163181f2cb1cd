-- Agents: a:<id> hash; lv:<skill>:<level> bitmap of the agents with at least this level; id:<class> idle agents by idle
-- time; ib:<class> the same as a bitmap. Bits and members are dense numbers, na maps them back to ids.
local agents = {}

function agents.load(id)
  local v = call('HMGET', prefix .. 'a:' .. id,
    'n', 'presence', 'cap1', 'cap2', 'cap3', 'used1', 'used2', 'used3', 'pending', 'legs', 'idle', 'free', 'skills', 'kept')
  if not v[1] then return nil end
  return {
    id = id, number = v[1], presence = v[2],
    capacity = { tonumber(v[3]), tonumber(v[4]), tonumber(v[5]) },
    used = { tonumber(v[6]), tonumber(v[7]), tonumber(v[8]) },
    pending = filled(v[9]), legs = tonumber(v[10]), idle = tonumber(v[11]), listed = v[12], skills_text = v[13],
    kept = tonumber(v[14]),
  }
end

-- The one rule of what may be offered: one pending offer at a time; on a call, in its wrap-up, or on a leg of their own
-- nobody gets anything new; text does not block a call.
function agents.is_free(agent, index)
  return agent.presence == 'ready' and not agent.pending and agent.legs == 0
    and (index == VOICE or agent.used[VOICE] == 0) and agent.used[index] < agent.capacity[index]
end

function agents.is_listed(agent, index)
  return string.sub(agent.listed, index, index) == '1'
end

local function list_idle(agent, index, class, free, was_free)
  if free then
    call('ZADD', prefix .. 'id:' .. class, agent.idle, agent.number)
  else
    call('ZREM', prefix .. 'id:' .. class, agent.number)
  end
  if free ~= was_free then call('SETBIT', prefix .. 'ib:' .. class, agent.number, free and 1 or 0) end
end

-- Writes what changes in daily business. Not listed as idle by this: nobody finds the agent before `save`.
function agents.write(agent)
  call('HSET', prefix .. 'a:' .. agent.id, 'presence', agent.presence, 'pending', agent.pending or '', 'legs', agent.legs,
    'used1', agent.used[1], 'used2', agent.used[2], 'used3', agent.used[3], 'idle', agent.idle, 'free', agent.listed)
end

-- Lists the agent where slots are free, and writes.
function agents.save(agent)
  local marks = {}
  for index, class in ipairs(CLASSES) do
    local free = agents.is_free(agent, index)
    local was_free = agents.is_listed(agent, index)
    if free or was_free then list_idle(agent, index, class, free, was_free) end
    marks[index] = free and '1' or '0'
  end
  agent.listed = table.concat(marks)
  agents.write(agent)
end

function agents.release(agent, index)
  if agent.used[index] > 0 then agent.used[index] = agent.used[index] - 1 end
end

local function set_levels(number, skill, level)
  for step = 1, TOP_LEVEL do
    call('SETBIT', prefix .. 'lv:' .. skill .. ':' .. step, number, level >= step and 1 or 0)
  end
end

function agents.set_skills(agent, text)
  local old, new = skills_of(agent.skills_text), skills_of(text)
  for skill in pairs(old) do
    if not new[skill] then set_levels(agent.number, skill, 0) end
  end
  for skill, level in pairs(new) do
    if old[skill] ~= level then set_levels(agent.number, skill, level) end
  end
  agent.skills_text = text
  call('HSET', prefix .. 'a:' .. agent.id, 'skills', text)
end

function agents.set_capacity(agent, voice, chat, message)
  agent.capacity = { tonumber(voice), tonumber(chat), tonumber(message) }
  call('HSET', prefix .. 'a:' .. agent.id, 'cap1', voice, 'cap2', chat, 'cap3', message)
end

function agents.create(id)
  local number = whole(call('INCR', prefix .. 'agents') - 1)
  call('HSET', prefix .. 'na', number, id)
  call('HSET', prefix .. 'a:' .. id, 'n', number, 'kept', 0)
  return {
    id = id, number = number, presence = 'offline', capacity = { 0, 0, 0 }, used = { 0, 0, 0 }, legs = 0, idle = 0,
    listed = '000', skills_text = '', kept = 0,
  }
end

-- Legs (dial-out, consult) are a set, so that repeating a call changes nothing.
function agents.set_leg(agent, leg, busy)
  local key = prefix .. 'lg:' .. agent.id
  call(busy and 'SADD' or 'SREM', key, leg)
  agent.legs = call('SCARD', key)
end
