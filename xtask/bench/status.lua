-- wrk's load: each request asks how far one of many tasks is.
local token, tasks = os.getenv("TOKEN"), tonumber(os.getenv("TASKS"))
local head = { ["Authorization"] = "Bearer " .. token }
request = function()
  local path = string.format("/task-status/%032x", math.random(tasks))
  return wrk.format("GET", path, head)
end
