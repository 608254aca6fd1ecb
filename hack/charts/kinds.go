// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

const kindHead = `{{- if .Values.crds.enabled }}
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: %s
  labels:
    {{- include "backoffice-operator.labels" . | nindent 4 }}
    {{- if .Values.uninstallProtection.enabled }}
    access.backoffice-operator.io/uninstall: {{ include "backoffice-operator.fullname" . }}
    {{- end }}
  annotations:
%s    {{- if .Values.crds.keep }}
    helm.sh/resource-policy: keep
    {{- end }}
spec:
%s{{- end }}
`

// kinds writes one template for each of our kinds.
func kinds() error {
	sources, err := filepath.Glob("config/crd/bases/*.yaml")
	if err != nil {
		return err
	}
	if len(sources) == 0 {
		return fmt.Errorf("no kinds in config/crd/bases: run this in the root of the repository")
	}
	for _, source := range sources {
		o, err := readOne(source)
		if err != nil {
			return err
		}
		annotations, err := text(o.metadata()["annotations"])
		if err != nil {
			return err
		}
		spec, err := text(o["spec"])
		if err != nil {
			return err
		}
		plural, _, _ := strings.Cut(o.name(), ".")
		content := fmt.Sprintf(kindHead, o.name(), indent(annotations, 4), indent(spec, 2))
		if err := write("templates/crds/"+plural+".yaml", source, content); err != nil {
			return err
		}
	}
	return nil
}
