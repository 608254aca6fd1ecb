{{/* Names. Everything bears the full name as a prefix. */}}
{{- define "backoffice-operator.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 36 | trimSuffix "-" }}
{{- end }}

{{- define "backoffice-operator.fullname" -}}
{{- $name := include "backoffice-operator.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 36 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 36 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 36 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "backoffice-operator.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (printf "%s-controller-manager" (include "backoffice-operator.fullname" .)) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "backoffice-operator.image" -}}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) }}
{{- end }}
{{- end }}

{{/* Labels of everything, and of the pods alone. */}}
{{- define "backoffice-operator.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/name: backoffice-operator
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: backoffice-operator
{{- end }}

{{- define "backoffice-operator.selectorLabels" -}}
app.kubernetes.io/name: backoffice-operator
app.kubernetes.io/instance: {{ .Release.Name }}
control-plane: controller-manager
{{- end }}

{{/* The manager, as the subject of a binding. */}}
{{- define "backoffice-operator.subject" -}}
- kind: ServiceAccount
  name: {{ include "backoffice-operator.serviceAccountName" . }}
  namespace: {{ .Release.Namespace }}
{{- end }}

{{/* Only the namespaces that the operator looks at, for webhooks. */}}
{{- define "backoffice-operator.namespaceSelector" -}}
{{- if .Values.watchNamespaces }}
matchExpressions:
- key: kubernetes.io/metadata.name
  operator: In
  values: {{ .Values.watchNamespaces | sortAlpha | uniq | toJson }}
{{- end }}
{{- end }}

{{/* Refuses combinations that cannot work, all at once, each with the way out. */}}
{{- define "backoffice-operator.check" -}}
{{- $problems := list }}
{{- with .Values }}
{{- if and (gt (int .replicas) 1) .sqlite.enabled }}
{{- $problems = append $problems "`replicas` may not be greater than 1 while `sqlite.enabled` is true, for a file of SQLite has one writer: put every back office on PostgreSQL and set `sqlite.enabled=false`, or leave one replica" }}
{{- end }}
{{- if and (gt (int .replicas) 1) (not .leaderElection.enabled) }}
{{- $problems = append $problems "`replicas` may not be greater than 1 without `leaderElection.enabled`, for only one manager may work at a time: set `leaderElection.enabled=true`" }}
{{- end }}
{{- if and .leaderElection.enabled .sqlite.enabled }}
{{- $problems = append $problems "`leaderElection.enabled` and `sqlite.enabled` may not both be true, for a manager that is one of several refuses embedded stores: set `sqlite.enabled=false`, or leave `leaderElection.enabled=false`" }}
{{- end }}
{{- if and .rbac.namespaced (not .watchNamespaces) }}
{{- $problems = append $problems "`rbac.namespaced` needs `watchNamespaces`: name the namespaces in which the manager gets its rights, or set `rbac.namespaced=false`" }}
{{- end }}
{{- if and .certificates.issuerRef (ne .certificates.provider "CertManager") }}
{{- $problems = append $problems "`certificates.issuerRef` is an issuer of cert-manager: set `certificates.provider=CertManager`, or leave `certificates.issuerRef` out" }}
{{- end }}
{{- if and .certificates.issuerRef (not .certificates.issuerRef.name) }}
{{- $problems = append $problems "`certificates.issuerRef.name` must be given: name an issuer of cert-manager, or leave `certificates.issuerRef` out" }}
{{- end }}
{{- if and (not .metrics.enabled) .metrics.serviceMonitor.enabled }}
{{- $problems = append $problems "`metrics.serviceMonitor.enabled` needs `metrics.enabled`: set `metrics.enabled=true`" }}
{{- end }}
{{- if and .sqlite.existingClaim (not .sqlite.enabled) }}
{{- $problems = append $problems "`sqlite.existingClaim` is not used while `sqlite.enabled` is false: set `sqlite.enabled=true`, or leave `sqlite.existingClaim` out" }}
{{- end }}
{{- if and (not .serviceAccount.create) (not .serviceAccount.name) }}
{{- $problems = append $problems "`serviceAccount.name` must be given where `serviceAccount.create` is false, for the webhooks exempt the manager by its name" }}
{{- end }}
{{- end }}
{{- if $problems }}
{{- fail (printf "these values cannot work:\n- %s" (join "\n- " $problems)) }}
{{- end }}
{{- end }}
