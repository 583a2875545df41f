-- wrk's load: each request invites a new address.
local token, run = os.getenv("TOKEN"), os.getenv("RUN")
local count = 0
request = function()
  count = count + 1
  local body = '{"invitedEmail":"u' .. run .. "x" .. count .. '@example.com","inviter":"The night team"}'
  local head = { ["Content-Type"] = "application/json", ["Authorization"] = "Bearer " .. token }
  return wrk.format("POST", "/v1/userInvitations", head, body)
end
