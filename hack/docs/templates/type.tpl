{{- define "type" -}}
{{- if markdownShouldRenderType . }}
### {{ .Name }}

{{ .Doc }}
{{- if .IsAlias }} A {{ markdownRenderTypeLink .UnderlyingType }}{{ template "limits" dict "rules" .Validation "before" ": " "kind" "alias" }}.
{{- end }}
{{ with .SortedReferences }}
In {{ range $i, $type := . }}{{ if $i }}, {{ end }}{{ markdownRenderTypeLink $type }}{{ end }}.
{{ end }}
{{- if .Members }}
| Field | Type | Description | Limits |
|---|---|---|---|
{{- if .GVK }}
| `apiVersion` | string | `{{ .GVK.Group }}/{{ .GVK.Version }}` | |
| `kind` | string | `{{ .GVK.Kind }}` | |
{{- end }}
{{- range .Members }}
| `{{ .Name }}` | {{ markdownRenderType .Type }} | {{ template "type_members" . }} |{{ template "limits" dict "rules" .Validation "before" " " }} |
{{- end }}
{{ end }}
{{- if .EnumValues }}
{{- range .EnumValues }}
- `{{ .Name }}`{{ with .Doc }}: {{ template "line" (regexReplaceAll "^[A-Z]\\w+ " . "") }}{{ end }}
{{- end }}
{{ end }}
{{- end }}
{{- end -}}
