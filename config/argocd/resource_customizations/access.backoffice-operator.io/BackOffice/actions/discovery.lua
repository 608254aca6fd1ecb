local annotations = obj.metadata.annotations or {}
local suspended = annotations["access.backoffice-operator.io/suspend"] ~= nil
local going = obj.metadata.deletionTimestamp ~= nil

local actions = {}

-- Nothing is granted until it is resumed; blocking, revoking, expiry and deletion go on.
actions["suspend"] = {
  ["disabled"] = going or suspended,
  ["displayName"] = "Suspend granting",
  ["iconClass"] = "fa fa-fw fa-pause-circle",
  ["params"] = {{["name"] = "reason"}}
}

-- What spec.suspend suspends is resumed in Git.
actions["resume"] = {
  ["disabled"] = going or not suspended,
  ["displayName"] = "Resume granting",
  ["iconClass"] = "fa fa-fw fa-play-circle"
}

actions["reconcile"] = {
  ["displayName"] = "Reconcile",
  ["iconClass"] = "fa fa-fw fa-redo"
}

return actions
