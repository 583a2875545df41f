-- wrk's load: each request adds the next users to the organization of the key.
local key, size, all = os.getenv("KEY"), tonumber(os.getenv("SIZE")), tonumber(os.getenv("ALL"))
local pin = os.getenv("PIN") == "1" and ',"pin":{"code":true,"allowed":false}' or ""
local head = { ["Content-Type"] = "application/json", ["key"] = key }
local count = 0
request = function()
  local users = {}
  for n = 1, size do
    users[n] = '{"user":{"username":"user.' .. (count % all) .. '"},"groups":["dev"]' .. pin .. "}"
    count = count + 1
  end
  local body = '{"users":[' .. table.concat(users, ",") .. "]}"
  return wrk.format("PUT", "/urac/admin/users/invite", head, body)
end
