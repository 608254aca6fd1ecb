{{- /*
Merges a map into another one, in place: maps are merged, null takes away what is there, all else replaces it, references as a whole.
Prints nothing. Takes a list: the map that is changed, the map that is merged.
*/ -}}
{{- define "backoffice-access.merge" -}}
{{- $into := index . 0 -}}
{{- range $key, $value := index . 1 -}}
{{- if kindIs "invalid" $value -}}
{{- $_ := unset $into $key -}}
{{- else if kindIs "map" $value -}}
{{- if or (hasSuffix "Ref" $key) (not (kindIs "map" (get $into $key))) -}}
{{- $_ := set $into $key dict -}}
{{- end -}}
{{- include "backoffice-access.merge" (list (get $into $key) $value) -}}
{{- else -}}
{{- $_ := set $into $key $value -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /*
The back office that is meant where an entry names none: defaults.backOfficeRef, else the only one of backOffices, else nothing. Prints YAML.
*/ -}}
{{- define "backoffice-access.backOfficeRef" -}}
{{- $ref := dict -}}
{{- include "backoffice-access.merge" (list $ref ((.Values.defaults | default dict).backOfficeRef | default dict)) -}}
{{- if not $ref -}}
{{- $names := list -}}
{{- range $name, $entry := .Values.backOffices -}}
{{- if not (kindIs "invalid" $entry) -}}
{{- $names = append $names $name -}}
{{- end -}}
{{- end -}}
{{- if eq (len $names) 1 -}}
{{- $_ := set $ref "name" (first $names) -}}
{{- end -}}
{{- end -}}
{{- toYaml $ref -}}
{{- end -}}

{{- /*
One object. Takes a dict: root; kind; map and defaults, the names of its maps in values; name; entry; wave; required, fields of spec without which
the API server would refuse it, and subjects, which are added to those of the entry.
*/ -}}
{{- define "backoffice-access.object" -}}
{{- $defaults := .root.Values.defaults | default dict -}}
{{- $spec := dict -}}
{{- include "backoffice-access.merge" (list $spec (dict "labels" ($defaults.labels | default dict) "annotations" ($defaults.annotations | default dict))) -}}
{{- if ne .kind "BackOffice" -}}
{{- $ref := include "backoffice-access.backOfficeRef" .root | fromYaml -}}
{{- if $ref -}}
{{- $_ := set $spec "backOfficeRef" $ref -}}
{{- end -}}
{{- end -}}
{{- include "backoffice-access.merge" (list $spec (get $defaults .defaults | default dict)) -}}
{{- include "backoffice-access.merge" (list $spec .entry) -}}
{{- $metadata := dict "labels" (dict
  "app.kubernetes.io/name" "backoffice-access"
  "app.kubernetes.io/instance" .root.Release.Name
  "app.kubernetes.io/managed-by" .root.Release.Service
) "annotations" dict -}}
{{- if (.root.Values.argocd | default dict).syncWaves -}}
{{- $_ := set $metadata.annotations "argocd.argoproj.io/sync-wave" (toString .wave) -}}
{{- end -}}
{{- include "backoffice-access.merge" (list $metadata (dict "labels" (get $spec "labels" | default dict) "annotations" (get $spec "annotations" | default dict))) -}}
{{- $spec = omit $spec "labels" "annotations" "roleBindings" -}}
{{- if .subjects -}}
{{- $_ := set $spec "subjects" (concat (get $spec "subjects" | default list) .subjects | uniq) -}}
{{- end -}}
{{- range .required -}}
{{- if not (hasKey $spec .) -}}
{{- fail (printf "%s.%s: %s is required: set it there, or for all in defaults.%s%s" $.map $.name . $.defaults
  (ternary "; the back office also in defaults.backOfficeRef" "" (eq . "backOfficeRef"))) -}}
{{- end -}}
{{- end -}}
apiVersion: access.backoffice-operator.io/v1alpha1
kind: {{ .kind }}
metadata:
  name: {{ .name | quote }}
  namespace: {{ .root.Release.Namespace | quote }}
  labels:
    {{- toYaml $metadata.labels | nindent 4 }}
  {{- with $metadata.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- toYaml $spec | nindent 2 }}
{{- end -}}

{{- /*
One object, as backoffice-access.object, in a List. Helm sends kinds in an order of its own: RoleBindings first, for Kubernetes' own kind of that
name, and kinds it does not know by the alphabet. A List comes after BackOffice and BackOfficeUser, so that sets and bindings find what they refer
to, and what the groups of whoever rolls out may do is judged at once. Helm's linter wants a name of
the List, which nobody else reads; what is to be kept is said on the List, too, into which Helm does not look.
*/ -}}
{{- define "backoffice-access.listed" -}}
{{- $object := include "backoffice-access.object" . -}}
apiVersion: v1
kind: List
metadata:
  name: {{ .name | quote }}
  {{- with get ((fromYaml $object).metadata.annotations | default dict) "helm.sh/resource-policy" }}
  annotations:
    helm.sh/resource-policy: {{ . | quote }}
  {{- end }}
items:
  -
    {{- $object | nindent 4 }}
{{- end -}}
