-- Reading for boards, waiting citizens and the skills matrix. Answers are JSON where they are lists.

local function view(name, body)
  register(name, function(args)
    reply[2] = cjson.encode(body(args))
    return APPLIED
  end)
end

local function queue_signatures(queue)
  return call('SMEMBERS', prefix .. 'sq:' .. queue)
end

local function queue_stats(queue)
  local stats = { waiting = tonumber(call('HGET', prefix .. 'kept', queue) or 0), kept = 0 }
  stats.kept = stats.waiting
  local first_score, first
  for _, id in ipairs(queue_signatures(queue)) do
    local key = prefix .. 'q:' .. id
    stats.waiting = stats.waiting + call('ZCARD', key)
    local head = call('ZRANGE', key, 0, 0, 'WITHSCORES')
    if head[1] and (not first_score or tonumber(head[2]) < first_score) then first, first_score = head[1], tonumber(head[2]) end
  end
  stats.head_since_ms = first and contacts.load(first).since
  return stats
end

view('stats', function()
  local queues, idle = {}, {}
  for _, queue in ipairs(call('SMEMBERS', prefix .. 'queues')) do queues[queue] = queue_stats(queue) end
  for _, class in ipairs(CLASSES) do idle[class] = call('ZCARD', prefix .. 'id:' .. class) end
  return {
    queues = queues, idle = idle, agents = call('HLEN', prefix .. 'na'), deadlines = call('ZCARD', prefix .. 'dl'),
    unread_effects = call('XLEN', prefix .. 'ev'), epoch = tonumber(call('GET', prefix .. 'epoch')),
  }
end)

-- args: now, contact. Contacts ahead are those of the same queue with a lower score, whatever their requirements.
view('position', function(args)
  local contact = contacts.load(args[2])
  if not contact or not string.find('qr', contact.state, 1, true) then return false end
  local queue, ahead = contacts.signature(contact).queue, 0
  for _, id in ipairs(queue_signatures(queue)) do
    ahead = ahead + call('ZCOUNT', prefix .. 'q:' .. id, '-inf', '(' .. whole(contact.score))
  end
  return { queue_id = queue, ahead = ahead, step = contact.step, since_ms = contact.since }
end)

-- args: now, contact
view('contact', function(args)
  local contact = contacts.load(args[2])
  if not contact then return false end
  local waits = string.find('qr', contact.state, 1, true)
  return { state = contact.state, agent_id = not waits and contact.agent or nil, fence = waits and '0' or contact.fence,
    step = contact.step, preferred = contact.preferred, queue_id = contacts.signature(contact).queue,
    score_ms = contact.score }
end)

-- args: now, agent
view('load', function(args)
  local agent = agents.load(args[2])
  return agent and { presence = agent.presence, voice = agent.used[1], chat = agent.used[2], message = agent.used[3],
    pending = agent.pending, legs = agent.legs, free = agent.listed, idle_since_ms = agent.idle } or false
end)

-- args: now, requirements, limit
view('eligible', function(args)
  local signature = { requirements = requirements_of(args[2]) }
  local keys, ids = level_keys(signature, 1), {}
  if #keys == 0 then return call('HVALS', prefix .. 'na') end
  call('BITOP', 'AND', prefix .. 'tmp', unpack(keys))
  for index, number in ipairs(listed_bits(prefix .. 'tmp', tonumber(args[3]))) do
    ids[index] = call('HGET', prefix .. 'na', number)
  end
  return ids
end)

-- Every signature with somebody waiting.
view('signatures', function()
  local list = {}
  for index, id in ipairs(call('ZRANGE', prefix .. 'hd', 0, -1)) do
    local signature = signature_of(id)
    list[index] = { id = id, queue_id = signature.queue, class = signature.class,
      requirements = signature.requirements_text, waiting = call('ZCARD', prefix .. 'q:' .. id),
      eligible = matching.eligible_count(signature) }
  end
  return list
end)

-- args: now, signature, limit
view('waiting', function(args)
  return call('ZRANGE', prefix .. 'q:' .. args[2], 0, tonumber(args[3]) - 1)
end)
