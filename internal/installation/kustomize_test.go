// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package installation

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

var _ = Describe("config/default and the chart with default values", func() {
	It("install the same", func() {
		rendered, err := render(helm4, "")
		Expect(err).NotTo(HaveOccurred())
		charted, plain := essence(documents(rendered)), essence(documents(kubectl("kustomize", filepath.Join(root, "config", "default"))))
		for _, key := range slices.Sorted(maps.Keys(charted)) {
			if want, both := plain[key]; both {
				Expect(charted[key]).To(Equal(want), key)
			}
		}
		Expect(missing(plain, charted)).To(ConsistOf(
			"Namespace /backoffice-operator-system", // helm makes it where it is asked to
			// The chart has them with leaderElection.enabled.
			"Role backoffice-operator-system/backoffice-operator-leader-election-role",
			"RoleBinding backoffice-operator-system/backoffice-operator-leader-election-rolebinding",
		))
		Expect(missing(charted, plain)).To(ConsistOf("ConfigMap backoffice-operator-system/backoffice-operator-uninstall"), "helm's hook")
	})
})

func missing(from, in map[string]string) (keys []string) {
	for key := range from {
		if _, there := in[key]; !there {
			keys = append(keys, key)
		}
	}
	return keys
}

// essence are objects without what tells one tool's from another's, and without what says no more than the API server's defaults.
func essence(objects []*unstructured.Unstructured) map[string]string {
	GinkgoHelper()
	found := map[string]string{}
	for _, o := range objects {
		key := o.GetKind() + " " + o.GetNamespace() + "/" + o.GetName()
		unstructured.RemoveNestedField(o.Object, "automountServiceAccountToken") // the pod's own says it
		labels := o.GetLabels()
		maps.DeleteFunc(labels, func(name, _ string) bool {
			return strings.HasPrefix(name, "app.kubernetes.io/") || strings.HasPrefix(name, "helm.sh/")
		})
		unstructured.RemoveNestedField(o.Object, "metadata", "labels")
		if len(labels) > 0 {
			o.SetLabels(labels)
		}
		annotations := o.GetAnnotations()
		delete(annotations, "helm.sh/resource-policy")
		unstructured.RemoveNestedField(o.Object, "metadata", "annotations")
		if len(annotations) > 0 {
			o.SetAnnotations(annotations)
		}
		strip(o.Object)
		content, err := yaml.Marshal(o.Object)
		Expect(err).NotTo(HaveOccurred())
		found[key] = string(content)
	}
	return found
}

// ofTheTool are arguments that mean the same in both: the namespace, and what is the manager's default.
var ofTheTool = regexp.MustCompile(`^--(namespace=|webhook-port=9443$|zap-log-level=info$|zap-encoder=json$)`)

// strip leaves the essence of a value of YAML, at any depth.
func strip(value any) {
	switch v := value.(type) {
	case map[string]any:
		delete(v, "app.kubernetes.io/instance")
		if v["port"] == int64(443) && v["path"] != nil || v["port"] == float64(443) && v["path"] != nil {
			delete(v, "port")
		}
		if v["protocol"] == "TCP" {
			delete(v, "protocol")
		}
		if v["divisor"] == "0" {
			delete(v, "divisor")
		}
		for name, child := range v {
			strip(child)
			list, is := child.([]any)
			switch {
			case name == "image":
				v[name] = "the image"
			case is && (name == "args" || name == "env" || name == "webhooks" || name == "rules"):
				v[name] = sorted(slices.DeleteFunc(list, additional))
			}
		}
	case []any:
		for _, child := range v {
			strip(child)
		}
	}
}

// additional tells what only one of the two has, with the same effect.
func additional(value any) bool {
	switch v := value.(type) {
	case string:
		return ofTheTool.MatchString(v)
	case map[string]any:
		return v["name"] == "POD_NAMESPACE" || v["name"] == "release.uninstall.access.backoffice-operator.io"
	}
	return false
}

func sorted(list []any) []any {
	GinkgoHelper()
	text := func(v any) string {
		content, err := json.Marshal(v)
		Expect(err).NotTo(HaveOccurred())
		return string(content)
	}
	return slices.SortedFunc(slices.Values(list), func(a, b any) int { return strings.Compare(text(a), text(b)) })
}
