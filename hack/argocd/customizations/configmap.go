// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package customizations

import (
	"bytes"
	"fmt"
	"strings"
)

// configMapHead is how the ConfigMap begins. It names no labels: it is a patch of the one that Argo CD's installation has.
const configMapHead = `# What Argo CD's ConfigMap argocd-cm needs for health and actions of our kinds. docs/argocd.md tells how to apply it.
# Generated from resource_customizations: (cd hack/argocd && go test ./customizations -update).
apiVersion: v1
kind: ConfigMap
metadata:
  name: argocd-cm
  namespace: argocd
data:
`

// ConfigMap is an argocd-cm with these customizations. A wildcard is not possible in its keys, so that what holds for all kinds is repeated.
func (c Customizations) ConfigMap() ([]byte, error) {
	out := bytes.NewBufferString(configMapHead)
	for _, kind := range Kinds {
		script, err := c.health(kind)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(out, "  resource.customizations.health.%s_%s: |\n%s", Group, kind, indented(script, 4))
	}
	for _, kind := range Kinds {
		script, err := c.discovery(kind)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(out, "  resource.customizations.actions.%s_%s: |\n    discovery.lua: |\n%s    definitions:\n", Group, kind, indented(script, 6))
		actions, err := c.actions(kind)
		if err != nil {
			return nil, err
		}
		for _, action := range actions {
			script, err := c.action(kind, action)
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(out, "    - name: %s\n      action.lua: |\n%s", action, indented(script, 8))
		}
	}
	return out.Bytes(), nil
}

// indented is a script as a block of YAML.
func indented(script string, by int) string {
	var out strings.Builder
	for line := range strings.SplitSeq(strings.TrimRight(script, "\n"), "\n") {
		if line != "" {
			out.WriteString(strings.Repeat(" ", by) + line)
		}
		out.WriteByte('\n')
	}
	return out.String()
}
