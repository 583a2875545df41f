-- wrk's load: each request signs the next user in, from an address of its own.
local users, password = tonumber(os.getenv("USERS")), os.getenv("PASSWORD")
local head = { ["Content-Type"] = "application/x-www-form-urlencoded", ["Cookie"] = os.getenv("COOKIE") }
local count = tonumber(os.getenv("FIRST"))
request = function()
  count = count + 1
  local rest = math.floor(count / 250)
  head["X-Forwarded-For"] = "10." .. math.floor(rest / 250) % 250 .. "." .. rest % 250 .. "." .. count % 250
  local body = "tenant=default&name=user." .. count % users .. "&password=" .. password .. "&nonce=" .. os.getenv("NONCE")
  return wrk.format("POST", "/signin", head, body)
end
