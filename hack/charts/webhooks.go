// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
)

const (
	webhooksSource = "config/webhook/manifests.yaml"
	// uninstall is the webhook that is asked before the operator is taken away. It has to answer whatever the values say of the others, and it
	// looks at objects in the operator's own namespace.
	uninstall    = "uninstall.access.backoffice-operator.io"
	installed    = "backoffice-operator"
	installation = "backoffice-operator-system"
)

const webhooksHead = `apiVersion: admissionregistration.k8s.io/v1
kind: %s
metadata:
  name: {{ include "backoffice-operator.fullname" . }}-%s
  labels:
    {{- include "backoffice-operator.labels" . | nindent 4 }}
  {{- if eq .Values.certificates.provider "CertManager" }}
  annotations:
    cert-manager.io/inject-ca-from: {{ .Release.Namespace }}/{{ include "backoffice-operator.fullname" . }}-serving-cert
  {{- end }}
webhooks:
`

// webhooks writes the template of the webhook configurations.
func webhooks() error {
	list, err := readOne(webhooksSource)
	if err != nil {
		return err
	}
	items, _ := list["items"].([]any)
	if len(items) != 2 {
		return fmt.Errorf("%s: %d items and not two", webhooksSource, len(items))
	}
	var content []string
	for _, item := range items {
		o := object(item.(map[string]any))
		var part strings.Builder
		fmt.Fprintf(&part, webhooksHead, o["kind"], o.name())
		for _, w := range o["webhooks"].([]any) {
			entry, err := webhookEntry(w.(map[string]any))
			if err != nil {
				return err
			}
			part.WriteString(entry)
		}
		content = append(content, part.String())
	}
	return write("templates/webhooks.yaml", webhooksSource, strings.Join(content, "---\n"))
}

func webhookEntry(w map[string]any) (string, error) {
	service, ok := w["clientConfig"].(map[string]any)["service"].(map[string]any)
	if !ok {
		return "", fmt.Errorf("%s: the webhook %s has no service", webhooksSource, w["name"])
	}
	service["name"], service["namespace"], service["port"] = markFullname+"-webhook-service", markNamespace, 443
	for _, c := range w["matchConditions"].([]any) {
		condition := c.(map[string]any)
		condition["expression"] = strings.ReplaceAll(condition["expression"].(string),
			"'system:serviceaccount:"+installation+":"+installed+"-controller-manager'",
			"'system:serviceaccount:"+markNamespace+":"+markServiceAccount+"'")
	}
	if w["name"] == uninstall {
		labels := w["objectSelector"].(map[string]any)["matchLabels"].(map[string]any)
		labels["access.backoffice-operator.io/uninstall"] = markFullname
		entry, err := text([]any{w})
		return "{{- if .Values.uninstallProtection.enabled }}\n" + entry + recordEntry + "{{- end }}\n", err
	}
	w["failurePolicy"], w["timeoutSeconds"] = markFailurePolicy, markTimeout
	entry, err := text([]any{w})
	return entry + `  {{- with include "backoffice-operator.namespaceSelector" . }}
  namespaceSelector:
    {{- . | nindent 4 }}
  {{- end }}
`, err
}

// recordEntry keeps Helm from noting that it is uninstalling what it may not uninstall: it notes that before its hook is refused, and would
// neither upgrade nor repair the release afterwards. A refused note is no error to Helm. The manager sees the record, and reads nothing of it.
const recordEntry = `- name: release.uninstall.access.backoffice-operator.io
  admissionReviewVersions:
  - v1
  clientConfig:
    service:
      name: {{ include "backoffice-operator.fullname" . }}-webhook-service
      namespace: {{ .Release.Namespace }}
      path: /uninstall
      port: 443
  rules:
  - apiGroups:
    - ""
    apiVersions:
    - v1
    operations:
    - UPDATE
    resources:
    - configmaps
    - secrets
    scope: Namespaced
  namespaceSelector:
    matchLabels:
      kubernetes.io/metadata.name: {{ .Release.Namespace }}
  objectSelector:
    matchLabels:
      owner: helm
      name: {{ .Release.Name }}
  matchConditions:
  - name: an-uninstallation-is-noted
    expression: object.metadata.labels[?'status'] == optional.of('uninstalling') && oldObject.metadata.labels[?'status'] == optional.of('deployed')
  failurePolicy: Ignore
  matchPolicy: Equivalent
  sideEffects: None
  timeoutSeconds: 10
`
