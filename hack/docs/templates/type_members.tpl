{{- define "type_members" -}}
{{- if eq .Name "metadata" -}}
Name, labels and annotations, as of every object.
{{- else -}}
{{ template "line" .Doc }}
{{- end -}}
{{- end -}}

{{- /* A comment in one line of a table: paragraphs keep a break. */ -}}
{{- define "line" -}}
{{- $text := regexReplaceAll "\\n\\s*\\n" (trim . | replace "<" "&lt;") "<br />" -}}
{{- regexReplaceAll "\\s*\\n\\s*" $text " " | replace "|" "\\|" -}}
{{- end -}}

{{- /* What the schema demands. That a field is optional goes without saying; CEL rules say themselves what they want; an enumeration has its own type. */ -}}
{{- define "limits" -}}
{{- $before := .before -}}
{{- range .rules -}}
{{- if not (regexMatch "^(Optional|Schemaless|Type|Enum|(items:)?XValidation):" .) -}}
{{ $before }}{{ . | replace "Required: {}" "required" | replace "1e+06" "1000000" | replace "1e+07" "10000000" | replace "|" "\\|" }}
{{- $before = "; " -}}
{{- end -}}
{{- end -}}
{{- end -}}
