{{- define "gvList" -}}
<!-- Written by hack/docs.sh from the types in api/v1alpha1. -->
# API reference

Every field of every kind, from the code. [kinds/](kinds/README.md) says what they are for, with examples, conditions and refusals.
{{ range . }}
{{ template "gvDetails" . }}
{{- end }}
{{- end -}}
