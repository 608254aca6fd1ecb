local os = require("os")
local reason = actionParams["reason"]
if reason == nil or reason == "" then
  reason = "put on hold in Argo CD at " .. os.date("!%Y-%m-%dT%XZ")
end
if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
obj.metadata.annotations["access.backoffice-operator.io/hold"] = reason
return obj
