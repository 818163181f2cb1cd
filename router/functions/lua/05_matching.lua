-- Who for whom. The work of one decision is bounded: bitmaps are intersected, then a few of the longest idle are looked at,
-- and only where many could take it and none of them is among these, some are sampled.
local FEW, SAMPLE = 16, 8
local LAST_WALKED = '7'
local FEW_HEADS, MANY_HEADS = 8, 32
local matching = {}

-- Small numbers as text, kept.
local small = memo(whole)

local draw = 1
local function next_draw(bound)
  draw = (draw * 16807) % 2147483647
  return draw % bound
end

-- Keys of the bitmaps of those who meet the signature, every level raised to at least `floor`.
local function level_keys(signature, floor)
  local keys = {}
  for index, requirement in ipairs(signature.requirements) do
    local level = requirement[2] > floor and requirement[2] or floor
    keys[index] = prefix .. 'lv:' .. requirement[1] .. ':' .. level
  end
  return keys
end

local function count_eligible(signature)
  local keys = level_keys(signature, 1)
  if #keys == 0 then return call('HLEN', prefix .. 'na') end
  if #keys == 1 then return call('BITCOUNT', keys[1]) end
  call('BITOP', 'AND', prefix .. 'tmp', unpack(keys))
  return call('BITCOUNT', prefix .. 'tmp')
end

function matching.eligible_count(signature)
  local counts = eligible_counts[prefix] or {}
  eligible_counts[prefix] = counts
  local count = counts[signature.requirements_text] or count_eligible(signature)
  counts[signature.requirements_text] = count
  return count
end

-- Bitmap of the free agents of the class, without those whom the contact excludes.
local function free_agents(contact)
  local key = prefix .. 'ib:' .. contacts.signature(contact).class
  if not contact.excluded then return key end
  local copy = prefix .. 'tmp:free'
  call('BITOP', 'AND', copy, key)
  for id in pairs(contact.excluded) do
    local agent = agents.load(id)
    if agent then call('SETBIT', copy, agent.number, 0) end
  end
  return copy
end

local function intersect(target, free, signature, floor)
  if #signature.requirements == 0 then return free end
  call('BITOP', 'AND', target, free, unpack(level_keys(signature, floor)))
  return target
end

-- Halves the range of levels, from the lowest that is required, until only those of the highest level are left.
local function best_level(found, free, signature)
  local spare, low, high = prefix .. 'tmp:best', signature.lowest, TOP_LEVEL
  while low < high do
    local middle = low + high + 1
    middle = (middle - middle % 2) / 2
    intersect(spare, free, signature, middle)
    if call('BITPOS', spare, 1) >= 0 then
      found, spare, low = spare, found, middle
    else
      high = middle - 1
    end
  end
  return found
end

local function listed_bits(bits, count)
  local numbers, position = {}, -1
  for index = 1, count do
    position = call('BITPOS', bits, 1, position + 1, -1, 'BIT')
    if position < 0 then break end
    numbers[index] = position
  end
  return numbers
end

local function sampled_bits(bits)
  local numbers, size = {}, call('STRLEN', bits) * 8
  for index = 1, SAMPLE do
    local position = call('BITPOS', bits, 1, next_draw(size), -1, 'BIT')
    if position < 0 then position = call('BITPOS', bits, 1) end
    numbers[index] = position
  end
  return numbers
end

local function longest_idle(bits, idle_key, count)
  if count == 1 then return call('BITPOS', bits, 1) end
  for _, number in ipairs(call('ZRANGE', idle_key, '0', LAST_WALKED)) do
    if call('GETBIT', bits, number) == 1 then return number end
  end
  local numbers = count <= FEW and listed_bits(bits, count) or sampled_bits(bits)
  local best, best_idle
  for index, idle in ipairs(call('ZMSCORE', idle_key, unpack(numbers))) do
    idle = tonumber(idle)
    if not best_idle or idle < best_idle then best, best_idle = numbers[index], idle end
  end
  return best
end

-- The agent who should have this contact now, and how many could; nil when nobody can.
function matching.agent_for(contact)
  local signature = contacts.signature(contact)
  local idle_key = prefix .. 'id:' .. signature.class
  if call('ZCARD', idle_key) == 0 then return nil, 0 end
  local free = free_agents(contact)
  local found = intersect(prefix .. 'tmp', free, signature, 1)
  local count = call('BITCOUNT', found)
  if count == 0 then return nil, 0 end
  local remaining = count
  if signature.strategy == 'best' and count > 1 and #signature.requirements > 0 then
    found = best_level(found, free, signature)
    remaining = call('BITCOUNT', found)
  end
  local number = longest_idle(found, idle_key, remaining)
  return agents.load(call('HGET', prefix .. 'na', number)), count
end

-- First contact of a sorted set that this agent may have; with `limit` only below that score. The second answer is true
-- when the sets that follow in score order cannot have a better one.
local function first_open(key, agent, free, limit)
  for start = 0, FEW - 1 do
    local id = call('ZRANGE', key, small(start), small(start))[1]
    local contact = id and contacts.load(id)
    if not contact or (limit and contact.score >= limit) then return nil, start == 0 end
    if free[contacts.class_index(contact)] and not contacts.excludes(contact, agent.id) then
      return contact, start == 0
    end
  end
end

-- The waiting contact with the lowest score that this agent can take now: kept for the agent, or found by walking the
-- heads in score order, up to the first that the agent may have.
function matching.contact_for(agent)
  local free = { agents.is_free(agent, 1), agents.is_free(agent, 2), agents.is_free(agent, 3) }
  if not (free[1] or free[2] or free[3]) then return nil end
  local skills, start, size, asked, heads = skills_of(agent.skills), 0, FEW_HEADS, nil, nil
  local best = first_open(prefix .. 'kept:' .. agent.id, agent, free)
  repeat
    heads = call('ZRANGE', prefix .. 'hd', small(start), small(start + size - 1))
    for _, id in ipairs(heads) do
      local signature = signature_of(id)
      if free[signature.index] and meets(skills, signature) then
        local contact, last = first_open(prefix .. 'q:' .. id, agent, free, best and best.score)
        best = contact or best
        if last then return best end
      end
    end
    asked, start, size = size, start + size, MANY_HEADS
  until #heads < asked
  return best
end
