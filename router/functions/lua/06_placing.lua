-- Putting a contact where it belongs now, and giving a freed agent the next one.

local function levels_text(agent, signature)
  local skills, list = skills_of(agent.skills), {}
  for index, requirement in ipairs(signature.requirements) do
    list[index] = requirement[1] .. ':' .. (skills[requirement[1]] or 0)
  end
  return table.concat(list, ',')
end

-- Text, because `tostring` keeps 14 digits only.
local function next_fence()
  return string.format('%.0f', call('INCR', prefix .. 'fence'))
end

-- Reserves the agent for the contact. The caller saves the agent.
local function offer(contact, agent, found_by, free)
  local signature, plan = contacts.signature(contact), plan_of(contact.plan)
  local expires = now + plan.ring_ms
  contact.state, contact.agent, contact.fence = 'o', agent.id, next_fence()
  contacts.schedule(contact, expires + GRACE_MS)
  contacts.write(contact)
  agent.used[plan.index] = agent.used[plan.index] + 1
  agent.pending, agent.idle = contact.id, now
  emit('O', contact.id, agent.id, contact.fence, whole(now), whole(expires), matching.eligible_count(signature), free, found_by,
    signature.strategy, levels_text(agent, signature), whole(now - contact.since), whole(contact.score), contact.step,
    contact.preferred == agent.id and 1 or 0)
end

local function moved(contact, kind)
  emit('M', contact.id, kind, contact.step, contacts.signature(contact).queue)
end

-- Relaxation and overflow that are due.
local function apply_steps(contact)
  local following = plan_of(contact.plan).stages[contact.step + 2]
  while following and contact.since + following.after_ms <= now do
    local queue = contacts.signature(contact).queue
    contact.step = contact.step + 1
    moved(contact, queue == following.signature.queue and 'relaxed' or 'overflowed')
    following = plan_of(contact.plan).stages[contact.step + 2]
  end
end

-- Ends a reservation: the contact goes back to who transferred it, else to everybody.
local function drop_preferred(contact)
  if contact.back then
    contact.preferred, contact.until_ms, contact.direct, contact.back = contact.back, now + PREFERRED_MS, true, nil
    moved(contact, 'returned')
  else
    if contact.state == 'r' or contact.direct then moved(contact, 'preferred_expired') end
    contact.preferred, contact.direct = nil, nil
  end
end

local function may_keep(contact, agent)
  return agent and agent.presence == 'ready' and agent.capacity[contacts.class_index(contact)] > 0 and contact.until_ms > now
    and not contacts.excludes(contact, agent.id)
    and (contact.direct or meets(skills_of(agent.skills), contacts.signature(contact)))
end

-- Offers to the preferred agent or keeps the contact for them; false when the contact is for everybody.
local function place_preferred(contact)
  while contact.preferred do
    local agent = agents.load(contact.preferred)
    if may_keep(contact, agent) then
      if agent.listed[contacts.class_index(contact)] then
        offer(contact, agent, 'contact', 1)
        agents.save(agent)
      else
        contacts.keep(contact)
      end
      return true
    end
    drop_preferred(contact)
  end
  return false
end

-- For a contact that is in no sorted set: offers it or lets it wait at its place.
local function place(contact)
  contacts.forget_past_exclusions(contact)
  apply_steps(contact)
  if place_preferred(contact) then return end
  local agent, free = matching.agent_for(contact)
  if agent then
    offer(contact, agent, 'contact', free)
    agents.save(agent)
  else
    contacts.queue(contact)
  end
end

-- After anything that may have freed the agent: the one place where an agent becomes free, so that the contact with the
-- lowest score is asked for first. Whoever gives back a contact first writes the agent, then places the contact, then
-- settles the agent.
local function settle(agent)
  if not agent then return end
  local contact = matching.contact_for(agent)
  if contact then
    contacts.leave(contact)
    offer(contact, agent, 'agent', 1)
  end
  agents.save(agent)
end

-- Ends the hold of a contact on its agent's slot. The caller writes or settles the agent.
local function release(contact)
  local agent = agents.load(contact.agent)
  if not agent then return nil end
  local index = contacts.class_index(contact)
  agent.used[index] = math.max(0, agent.used[index] - 1)
  if agent.pending == contact.id then agent.pending = nil end
  return agent
end

-- Takes back a pending offer; the contact is then in no sorted set.
local function withdraw(contact, reason)
  local agent = release(contact)
  emit('W', contact.id, contact.agent, contact.fence, reason)
  return agent
end
