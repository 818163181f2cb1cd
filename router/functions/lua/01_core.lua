-- What one call works with, set by `register` before the body runs. `redis.call` does not exist while loading.
local call, prefix, now, reply

local NOT_APPLIED, APPLIED, MORE = 0, 1, 2

local CLASSES = { 'voice', 'chat', 'message' }
local VOICE = 1
local TOP_LEVEL = 10

local GRACE_MS = 2000      -- later than SQL, see SQL_GRACE_MS
local EXCLUDED_MS = 30000  -- who declined or did not answer is not asked again for so long
local MOST_EXCLUDED = 16
local PREFERRED_MS = 10000 -- longest reservation for who served this citizen last
local DIRECT_MS = 20000    -- longest reservation for an agent chosen by a person
local PARSED_TEXTS = 5000  -- parsed texts kept in memory

-- Workspaces that were rebuilt since this server started. Kept outside of the data on purpose: a restart or a failover
-- may have lost the last second, fences among it, so it closes every workspace until the next rebuild.
local opened, building = {}, {}

-- Lua's own conversion loses digits above 10^14, and that of `redis.call` is slow: times and scores travel as text.
local function whole(number)
  return string.format('%d', number)
end

local function filled(text)
  return text and text ~= '' and text or nil
end

local function memo(parse)
  local known, size = {}, 0
  return function(text)
    local value = known[text]
    if not value then
      if size >= PARSED_TEXTS then known, size = {}, 0 end
      value = parse(text)
      known[text], size = value, size + 1
    end
    return value
  end
end

local function emit(...)
  local effect = table.concat({ ... }, '|')
  local id = call('XADD', prefix .. 'ev', '*', 'e', effect)
  reply[#reply + 1] = id .. '|' .. effect
end

-- A call has one argument: its fields, each ended by a unit separator. The client packs that ten times faster.
local function fields_of(text)
  local fields, size = {}, 0
  for field in string.gmatch(text, '([^\31]*)\31') do
    size = size + 1
    fields[size] = field
  end
  return fields
end

local function expose(name, body)
  redis.register_function(NAMES .. name, function(keys, packed)
    local args = fields_of(packed[1])
    call, prefix, reply = redis.call, keys[1] .. ':', { APPLIED }
    now = tonumber(args[1])
    return body(args)
  end)
end

-- A function of daily business: refused until the workspace was rebuilt, also after somebody flushed the data.
local function register(name, body)
  expose(name, function(args)
    if not opened[prefix] or call('EXISTS', prefix .. 'epoch') == 0 then
      return redis.error_reply('AXDREBUILD this workspace has to be rebuilt from SQL first')
    end
    local result = body(args) or APPLIED
    if type(result) == 'table' then return result end
    reply[1] = result
    return reply
  end)
end
