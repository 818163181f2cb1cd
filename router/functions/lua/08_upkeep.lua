-- Time and healing: deadlines, putting one contact to what SQL says, building a workspace anew.

-- Ring no answer: the contact has its place (or another agent) before anybody hears of the agent's pause.
local function expire(contact)
  emit('X', contact.id, contact.agent, contact.fence)
  local agent = release(contact)
  local was_ready = agent.presence == 'ready'
  if was_ready then agent.presence = 'not_ready' end
  agents.write(agent)
  contacts.exclude(contact, agent.id)
  place(contact)
  if was_ready then emit('P', agent.id, 'no_answer', whole(now)) end
end

-- A waiting contact whose time came: relaxed, overflowed, no longer kept, or free for somebody again.
local function advance(contact)
  contacts.leave(contact)
  place(contact)
end

-- args: now, limit
register('tick', function(args)
  local limit = tonumber(args[2])
  local due = call('ZRANGE', prefix .. 'dl', '-inf', args[1], 'BYSCORE', 'LIMIT', 0, limit + 1)
  for index = 1, limit < #due and limit or #due do
    local contact = contacts.load(due[index])
    if not contact then
      call('ZREM', prefix .. 'dl', due[index])
    elseif contact.state == 'o' then
      expire(contact)
    else
      advance(contact)
    end
  end
  return #due > limit and MORE or APPLIED
end)

local TRUTH_ARGS = CONTACT_ARGS + 4 -- and placement, agent, fence, expires
local HELD = { offered = 'o', active = 'a', wrap_up = 'w' }

-- Puts a contact that is in no set to offered, active or wrap-up, taking the agent's slot.
local function hold(contact, state, agent, fence, expires)
  local index = contacts.class_index(contact)
  contact.state, contact.agent, contact.fence = state, agent.id, fence
  agent.used[index] = agent.used[index] + 1
  if state == 'o' then
    agent.pending = agent.pending or contact.id
    contacts.schedule(contact, expires + GRACE_MS)
  end
  contacts.write(contact)
end

local function detach(old, agent_id, fence)
  contacts.leave(old)
  contacts.delete(old)
  if not string.find('oaw', old.state, 1, true) then return end
  local agent
  if old.state == 'o' and (old.agent ~= agent_id or old.fence ~= fence) then
    agent = withdraw(old, 'sync')
  else
    agent = release(old)
  end
  if agent then agents.write(agent) end
end

-- args: now, contact..., placement, agent, fence, expires
register('sync', function(args)
  local contact, old, at = described(args, 2), contacts.load(args[2]), 2 + CONTACT_ARGS
  local state, agent = HELD[args[at]], agents.load(args[at + 1])
  if old then
    detach(old, args[at + 1], args[at + 2])
    contact.excluded = old.excluded
    agent = agents.load(args[at + 1])
  end
  if state and agent then
    hold(contact, state, agent, args[at + 2], tonumber(args[at + 3]))
    agents.write(agent)
  elseif args[at] ~= 'gone' then
    place(contact)
  end
  if old and old.agent then settle(agents.load(old.agent)) end
  if agent then settle(agents.load(agent.id)) end
end)

-- Rebuild: `close`, empty the keys, `begin`, batches of `load_agents` and `load_contacts`, `open` until it answers APPLIED.
-- In between the workspace refuses daily business.
local function rebuilding(name, body)
  expose(name, function(args)
    if building[prefix] ~= args[2] then return redis.error_reply('AXDREBUILD another rebuild has begun') end
    reply[1] = body(args) or APPLIED
    return reply
  end)
end

expose('close', function()
  opened[prefix], building[prefix] = nil, nil
  call('DEL', prefix .. 'epoch')
  return reply
end)

-- args: now, epoch, first fence
expose('begin', function(args)
  building[prefix], written_plans[prefix] = args[2], nil
  call('SET', prefix .. 'fence', args[3])
  return reply
end)

-- args: now, epoch, agents...
rebuilding('load_agents', function(args)
  for at = 3, #args, AGENT_ARGS do
    local agent = put_agent(args, at)
    agent.presence = args[at + 5]
    agents.write(agent)
    call('RPUSH', prefix .. 'unsettled', agent.id)
  end
end)

-- Nobody is listed as idle before `open`: loading decides nothing, so it keeps the order.
local function wait(contact)
  apply_steps(contact)
  if contact.preferred and may_keep(contact, agents.load(contact.preferred)) then
    contacts.keep(contact)
  else
    contact.preferred = nil
    contacts.queue(contact)
  end
end

local function load_contact(args, at)
  local contact, placement = described(args, at), at + CONTACT_ARGS
  local state, agent = HELD[args[placement]], agents.load(args[placement + 1])
  if state and agent then
    hold(contact, state, agent, args[placement + 2], tonumber(args[placement + 3]))
    agents.write(agent)
  else
    wait(contact)
  end
end

-- args: now, epoch, contacts...
rebuilding('load_contacts', function(args)
  for at = 3, #args, TRUTH_ARGS do
    if call('EXISTS', prefix .. 'c:' .. args[at]) == 0 then load_contact(args, at) end
  end
end)

-- args: now, epoch, limit
rebuilding('open', function(args)
  for _, id in ipairs(call('LPOP', prefix .. 'unsettled', args[3]) or {}) do settle(agents.load(id)) end
  if call('EXISTS', prefix .. 'unsettled') == 1 then return MORE end
  call('SET', prefix .. 'epoch', args[2])
  opened[prefix], building[prefix] = args[2], nil
end)
