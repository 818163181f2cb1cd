-- Plans say how a contact is served: class, strategy, ring time and stages (requirements over waiting time). Each stage
-- has a signature: contacts of one signature ask for the same and wait in one sorted set. Ids are hashes of the text, so
-- what is parsed once stays true in every workspace.

-- 'skill:level,skill:level' -> { {skill, level}, ... }
local requirements_of = memo(function(text)
  local list = {}
  for skill, level in string.gmatch(text, '([^:,]+):(%d+)') do
    list[#list + 1] = { skill, tonumber(level) }
  end
  return list
end)

-- The same text as a map.
local skills_of = memo(function(text)
  local map = {}
  for skill, level in string.gmatch(text, '([^:,]+):(%d+)') do map[skill] = tonumber(level) end
  return map
end)

local function short_hash(text)
  return string.sub(redis.sha1hex(text), 1, 16)
end

local function class_index(class)
  for index, name in ipairs(CLASSES) do
    if name == class then return index end
  end
end

local function lowest_level(requirements)
  local lowest = TOP_LEVEL
  for _, requirement in ipairs(requirements) do lowest = math.min(lowest, requirement[2]) end
  return lowest
end

-- 'class|strategy|queue|requirements'
local parse_signature = memo(function(text)
  local class, strategy, queue, requirements_text = string.match(text, '^(%a+)|([%a_]+)|([^|]*)|([^|]*)$')
  local requirements = requirements_of(requirements_text)
  return {
    id = short_hash(text), text = text, class = class, index = class_index(class), strategy = strategy, queue = queue,
    requirements_text = requirements_text, requirements = requirements, lowest = lowest_level(requirements),
  }
end)

-- 'class|strategy|ring_ms;after_ms|queue|requirements;...'
local parse_plan = memo(function(text)
  local class, strategy, ring_ms, rest = string.match(text, '^(%a+)|([%a_]+)|(%d+)(;.*)$')
  local plan = { id = short_hash(text), class = class, index = class_index(class), ring_ms = tonumber(ring_ms), stages = {} }
  for after_ms, queue, requirements in string.gmatch(rest, ';(%d+)|([^|;]*)|([^|;]*)') do
    local signature = parse_signature(table.concat({ class, strategy, queue, requirements }, '|'))
    plan.stages[#plan.stages + 1] = { after_ms = tonumber(after_ms), signature = signature }
  end
  return plan
end)

-- Plans that are written already, by workspace; forgotten when a rebuild begins.
local written_plans = {}

local function intern_plan(text)
  local plan, written = parse_plan(text), written_plans[prefix] or {}
  if not written[plan.id] then
    written_plans[prefix], written[plan.id] = written, true
    call('HSET', prefix .. 'pd', plan.id, text)
    for _, stage in ipairs(plan.stages) do
      local signature = stage.signature
      call('HSET', prefix .. 'sd', signature.id, signature.text)
      call('SADD', prefix .. 'sq:' .. signature.queue, signature.id)
      call('SADD', prefix .. 'queues', signature.queue)
    end
  end
  return plan
end

local plan_of = memo(function(id) return parse_plan(call('HGET', prefix .. 'pd', id)) end)
local signature_of = memo(function(id) return parse_signature(call('HGET', prefix .. 'sd', id)) end)

local function meets(skills, signature)
  local requirements = signature.requirements
  for index = 1, #requirements do
    local requirement = requirements[index]
    if (skills[requirement[1]] or 0) < requirement[2] then return false end
  end
  return true
end
