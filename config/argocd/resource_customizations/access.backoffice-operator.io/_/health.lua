-- Health of the kinds of access.backoffice-operator.io. Their conditions follow kstatus:
-- Ready says whether everything that spec asks for is in force; Reconciling and Stalled are present only while they are true.
-- https://github.com/backoffice-operator/backoffice-operator/blob/main/api/v1alpha1/conditions.go

local hs = {status = "Progressing", message = "waiting for the operator"}

-- A fresh object has observedGeneration -1.
if obj.status == nil or obj.status.conditions == nil or obj.status.observedGeneration ~= obj.metadata.generation then
  return hs
end

local conditions = {}
for _, condition in ipairs(obj.status.conditions) do
  conditions[condition.type] = condition
end

local function is(name, status)
  return conditions[name] ~= nil and conditions[name].status == status
end

local annotations = obj.metadata.annotations or {}
local hold = nil
if obj.kind == "BackOfficeUser" then
  hold = annotations["access.backoffice-operator.io/hold"]
end

if is("Stalled", "True") then
  -- Nothing goes on before somebody changes something; the message says what. That a withdrawal of access is held belongs here.
  hs.status = "Degraded"
  hs.message = conditions["Stalled"].message
elseif is("Suspended", "True") then
  -- A back office that grants nothing for now. It goes on revoking.
  hs.status = "Suspended"
  hs.message = conditions["Suspended"].message
elseif is("Ready", "False") and conditions["Ready"].reason == "Suspended" then
  -- A change that waits for the back office to be resumed.
  hs.status = "Suspended"
  hs.message = conditions["Ready"].message
elseif is("Ready", "True") and hold ~= nil then
  -- An account on hold is as somebody wants it to be. It is not Suspended: that would stop every sync that has waves, and with it revocations.
  hs.status = "Healthy"
  hs.message = "on hold: " .. hold
elseif is("Ready", "True") then
  hs.status = "Healthy"
  hs.message = conditions["Ready"].message
elseif conditions["Ready"] ~= nil then
  -- It heals by itself: a reference that does not exist yet, a store that does not answer.
  hs.message = conditions["Ready"].message
end
return hs
