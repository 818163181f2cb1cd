-- Agents: a:<id> packed record; lv:<skill>:<level> bitmap of the agents with at least this level; id:<class> idle agents
-- by idle time; ib:<class> the same as a bitmap. Bits and members are dense numbers, na maps them back to ids.
-- A record is read and written as a whole: that takes half the CPU of a hash with as many fields.
local agents = {}

-- How many have the skills, by requirements: counted once until skills change.
local eligible_counts = {}

-- In the record without names, which takes half the time again.
function agents.load(id)
  local record = call('GET', prefix .. 'a:' .. id)
  if not record then return nil end
  local r = cmsgpack.unpack(record)
  return {
    id = id, number = r[1], presence = r[2], pending = r[3] or nil, legs = r[4], idle = r[5], skills = r[6],
    capacity = { r[7], r[8], r[9] }, used = { r[10], r[11], r[12] }, listed = { r[13], r[14], r[15] },
  }
end

-- Not listed as idle by this: nobody finds the agent before `save`.
function agents.write(agent)
  local capacity, used, listed = agent.capacity, agent.used, agent.listed
  call('SET', prefix .. 'a:' .. agent.id, cmsgpack.pack({
    agent.number, agent.presence, agent.pending or false, agent.legs, agent.idle, agent.skills,
    capacity[1], capacity[2], capacity[3], used[1], used[2], used[3], listed[1], listed[2], listed[3],
  }))
end

-- The one rule of what may be offered: one pending offer at a time; on a call, in its wrap-up, or on a leg of their own
-- nobody gets anything new; text does not block a call.
function agents.is_free(agent, index)
  return agent.presence == 'ready' and not agent.pending and agent.legs == 0
    and (index == VOICE or agent.used[VOICE] == 0) and agent.used[index] < agent.capacity[index]
end

local function list_idle(agent, index, free)
  local class, was_free = CLASSES[index], agent.listed[index]
  if free then
    call('ZADD', prefix .. 'id:' .. class, whole(agent.idle), agent.number)
  elseif was_free then
    call('ZREM', prefix .. 'id:' .. class, agent.number)
  end
  if free ~= was_free then call('SETBIT', prefix .. 'ib:' .. class, agent.number, free and '1' or '0') end
  agent.listed[index] = free
end

-- Lists the agent where slots are free, and writes.
function agents.save(agent)
  for index in ipairs(CLASSES) do list_idle(agent, index, agents.is_free(agent, index)) end
  agents.write(agent)
end

local function set_levels(number, skill, level)
  eligible_counts[prefix] = nil
  for step = 1, TOP_LEVEL do
    call('SETBIT', prefix .. 'lv:' .. skill .. ':' .. step, number, level >= step and 1 or 0)
  end
end

function agents.set_skills(agent, text)
  local old, new = skills_of(agent.skills), skills_of(text)
  for skill in pairs(old) do
    if not new[skill] then set_levels(agent.number, skill, 0) end
  end
  for skill, level in pairs(new) do
    if old[skill] ~= level then set_levels(agent.number, skill, level) end
  end
  agent.skills = text
end

function agents.set_capacity(agent, voice, chat, message)
  agent.capacity = { tonumber(voice), tonumber(chat), tonumber(message) }
end

function agents.create(id)
  local number = whole(call('INCR', prefix .. 'agents') - 1)
  eligible_counts[prefix] = nil
  call('HSET', prefix .. 'na', number, id)
  return {
    id = id, number = number, presence = 'offline', capacity = { 0, 0, 0 }, used = { 0, 0, 0 }, legs = 0, idle = 0,
    listed = { false, false, false }, skills = '',
  }
end

-- Legs (dial-out, consult) are a set, so that repeating a call changes nothing.
function agents.set_leg(agent, leg, busy)
  local key = prefix .. 'lg:' .. agent.id
  call(busy and 'SADD' or 'SREM', key, leg)
  agent.legs = call('SCARD', key)
end
