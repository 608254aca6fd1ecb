if obj.metadata.annotations ~= nil then
  obj.metadata.annotations["access.backoffice-operator.io/hold"] = nil
end
return obj
