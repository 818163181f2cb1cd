-- The events of daily business, one function each. Arguments begin with now_ms.

local CONTACT_ARGS = 9 -- id, plan, score, since, step, preferred, until, direct, back

local function described(args, at)
  local plan = intern_plan(args[at + 1])
  local contact = {
    id = args[at], plan = plan.id, score = tonumber(args[at + 2]), since = tonumber(args[at + 3]),
    step = math.min(tonumber(args[at + 4]), #plan.stages - 1), state = '', preferred = filled(args[at + 5]), direct = args[at + 7] == '1' or nil,
    back = filled(args[at + 8]),
  }
  if contact.preferred then
    local latest = now + (contact.direct and DIRECT_MS or PREFERRED_MS)
    local asked = tonumber(args[at + 6])
    contact.until_ms = asked < latest and asked or latest
  end
  return contact
end

local function enqueue(args)
  if call('EXISTS', prefix .. 'c:' .. args[2]) == 1 then return NOT_APPLIED end
  place(described(args, 2))
end

-- The contact of a call (contact, agent, fence) if it is in this state and the fence is the last one.
local function held(args, states)
  local contact = contacts.load(args[2])
  if contact and string.find(states, contact.state, 1, true) and contact.agent == args[3] and contact.fence == args[4] then
    return contact
  end
end

local function accept(args)
  local contact = held(args, 'oa')
  if not contact then return NOT_APPLIED end
  if contact.state == 'a' then return end
  contact.state = 'a'
  contacts.schedule(contact, nil)
  contacts.write(contact)
  local agent = agents.load(contact.agent)
  agent.pending = nil
  settle(agent)
end

local function decline(args)
  local contact = held(args, 'o')
  if not contact then return NOT_APPLIED end
  agents.write(release(contact))
  contacts.exclude(contact, contact.agent)
  place(contact)
  settle(agents.load(args[3]))
end

local function finish(contact)
  contacts.delete(contact)
  local agent = release(contact)
  if agent then
    agent.idle = now
    settle(agent)
  end
end

-- args[5] '1': a wrap-up begins that keeps the slot, until `done` comes again.
local function done(args)
  local contact = held(args, 'aw')
  if not contact then return NOT_APPLIED end
  if args[5] == '1' then
    contact.state = 'w'
    contacts.write(contact)
  else
    finish(contact)
  end
end

local function park(args)
  local contact = held(args, 'a')
  if not contact then return NOT_APPLIED end
  finish(contact)
end

local function cancel(args)
  local contact = contacts.load(args[2])
  if not contact or not string.find('qro', contact.state, 1, true) then return NOT_APPLIED end
  contacts.leave(contact)
  contacts.delete(contact)
  if contact.state == 'o' then settle(withdraw(contact, 'cancelled')) end
end

-- args: now, from agent, fence, contact... The contact is placed before the agent who gives it away gets the next one.
local function transfer(args)
  local from, contact = args[2], described(args, 4)
  local held_contact = held({ now, contact.id, from, args[3] }, 'aw')
  if not held_contact then return NOT_APPLIED end
  local agent = release(held_contact)
  contacts.delete(held_contact)
  if agent then
    agent.idle = now
    agents.write(agent)
  end
  if contact.back ~= from then contacts.exclude(contact, from) end
  place(contact)
  settle(agents.load(from))
end

-- A contact that still waits gets another description (priority, queue, skills, preferred agent).
local function requeue(args)
  local contact = described(args, 2)
  local old = contacts.load(contact.id)
  if not old or not string.find('qro', old.state, 1, true) then return NOT_APPLIED end
  contacts.leave(old)
  contacts.delete(old)
  contact.excluded = old.excluded
  local agent = old.state == 'o' and withdraw(old, 'requeued')
  if agent then agents.write(agent) end
  place(contact)
  if agent then settle(agents.load(agent.id)) end
end

local function known_agent(args)
  return agents.load(args[2]) or error({ err = 'AXDAGENT unknown agent ' .. args[2] })
end

local function occupy(args)
  local agent = known_agent(args)
  local own = call('SISMEMBER', prefix .. 'lg:' .. agent.id, args[3]) == 1
  if not own and (agent.legs > 0 or agent.used[VOICE] > 0) then return NOT_APPLIED end
  agents.set_leg(agent, args[3], true)
  agents.save(agent)
end

local function vacate(args)
  local agent = known_agent(args)
  agents.set_leg(agent, args[3], false)
  agent.idle = now
  settle(agent)
end

local function set_presence(agent, presence)
  if presence == 'ready' and agent.presence ~= 'ready' then agent.idle = now end
  agent.presence = presence
end

local function presence(args)
  local agent = known_agent(args)
  set_presence(agent, args[3])
  if agent.pending and (args[3] == 'offline' or args[3] == 'lost') then
    local contact = contacts.load(agent.pending)
    agents.write(agent)
    agents.write(withdraw(contact, args[3]))
    place(contact)
    agent = agents.load(agent.id)
  end
  settle(agent)
end

-- args: now, agent, skills, voice, chat, message
local function skills(args)
  local agent = known_agent(args)
  agents.set_skills(agent, args[3])
  agents.set_capacity(agent, args[4], args[5], args[6])
  settle(agent)
end

local AGENT_ARGS = 8 -- id, skills, voice, chat, message, presence, idle, legs

local function put_agent(args, at)
  local agent = agents.load(args[at]) or agents.create(args[at])
  agents.set_skills(agent, args[at + 1])
  agents.set_capacity(agent, args[at + 2], args[at + 3], args[at + 4])
  for leg in string.gmatch(args[at + 7], '[^,]+') do agents.set_leg(agent, leg, true) end
  local idle = tonumber(args[at + 6])
  if idle > agent.idle then agent.idle = idle end
  return agent
end

-- Introduces an agent or brings one up to date; slots in use stay in use.
local function agent(args)
  local described_agent = put_agent(args, 2)
  agents.write(described_agent)
  return presence({ args[1], args[2], args[7] })
end

register('enqueue', enqueue)
register('wake', enqueue)
register('accept', accept)
register('decline', decline)
register('done', done)
register('park', park)
register('cancel', cancel)
register('transfer', transfer)
register('requeue', requeue)
register('occupy', occupy)
register('vacate', vacate)
register('presence', presence)
register('skills', skills)
register('agent', agent)
