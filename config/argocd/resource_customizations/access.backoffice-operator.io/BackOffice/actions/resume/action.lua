if obj.metadata.annotations ~= nil then
  obj.metadata.annotations["access.backoffice-operator.io/suspend"] = nil
end
return obj
