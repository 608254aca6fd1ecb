local actions = {}

-- Looks again, also at an object which nobody stands behind: it is admitted anew, with the power of whoever runs this.
actions["reconcile"] = {
  ["displayName"] = "Reconcile",
  ["iconClass"] = "fa fa-fw fa-redo"
}

return actions
