-- wrk's load: each request guesses a password of the next user, all from one address.
local users = tonumber(os.getenv("USERS"))
local head = { ["Content-Type"] = "application/x-www-form-urlencoded", ["Cookie"] = os.getenv("COOKIE"), ["X-Forwarded-For"] = "192.0.2.66" }
local count = 0
request = function()
  count = count + 1
  local body = "tenant=default&name=user." .. count % users .. "&password=guess+number+" .. count .. "&nonce=" .. os.getenv("NONCE")
  return wrk.format("POST", "/signin", head, body)
end
