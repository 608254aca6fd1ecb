local annotations = obj.metadata.annotations or {}
local held = annotations["access.backoffice-operator.io/hold"] ~= nil
local going = obj.metadata.deletionTimestamp ~= nil

local status = obj.status or {}
local credential = status.credential or {}
local credentials = obj.spec.credentials or {}

local actions = {}

-- A new password in the Secret; the old one is valid beside it until the grace period ends. There is nothing to rotate but a generated password.
actions["rotate"] = {
  ["disabled"] = going or credential.source ~= "Generated" or credential.delivered == true,
  ["displayName"] = "Rotate password",
  ["iconClass"] = "fa fa-fw fa-key"
}

-- Blocks the account at once, whatever Git says.
actions["hold"] = {
  ["disabled"] = going or held,
  ["displayName"] = "Hold",
  ["iconClass"] = "fa fa-fw fa-user-lock",
  ["params"] = {{["name"] = "reason"}}
}

actions["release"] = {
  ["disabled"] = going or not held,
  ["displayName"] = "Release from hold",
  ["iconClass"] = "fa fa-fw fa-user-check"
}

-- Every password that has been issued is invalid at once, and sessions end.
actions["reset"] = {
  ["disabled"] = going or credentials.source == "None" or status.state == "Deactivated",
  ["displayName"] = "Reset password at once",
  ["iconClass"] = "fa fa-fw fa-ban"
}

-- Looks again, also at an object which nobody stands behind: it is admitted anew, with the power of whoever runs this.
actions["reconcile"] = {
  ["displayName"] = "Reconcile",
  ["iconClass"] = "fa fa-fw fa-redo"
}

return actions
