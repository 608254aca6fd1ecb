// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package customizations

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/argoproj/argo-cd/gitops-engine/pkg/health"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

var update = flag.Bool("update", false, "write what is generated instead of comparing it")

// root is the source tree, from this package.
const root = "../../.."

var scripts = Open(root)

// healthTests is a health_test.yaml, and actionTests an action_test.yaml, as Argo CD's own tests read them.
type healthTests struct {
	Tests []struct {
		InputPath    string              `json:"inputPath"`
		HealthStatus health.HealthStatus `json:"healthStatus"`
	} `json:"tests"`
}

type actionTests struct {
	DiscoveryTests []struct {
		InputPath string   `json:"inputPath"`
		Result    []Action `json:"result"`
	} `json:"discoveryTests"`
	ActionTests []struct {
		Action             string            `json:"action"`
		InputPath          string            `json:"inputPath"`
		ExpectedOutputPath string            `json:"expectedOutputPath"`
		Parameters         map[string]string `json:"parameters"`
	} `json:"actionTests"`
}

func TestHealthIsWhatHealthTestYAMLSays(t *testing.T) {
	g := NewWithT(t)
	var tests healthTests
	folder := filepath.Join(scripts.folder, wildcard)
	g.Expect(load(filepath.Join(folder, "health_test.yaml"), &tests)).To(Succeed())
	inputs, err := filepath.Glob(filepath.Join(folder, "testdata", "*.yaml"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(tests.Tests).To(HaveLen(len(inputs)), "every object of testdata has one test")
	for _, test := range tests.Tests {
		t.Run(test.InputPath, func(t *testing.T) {
			g := NewWithT(t)
			status, err := scripts.GetResourceHealth(object(t, filepath.Join(folder, test.InputPath)))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(*status).To(Equal(test.HealthStatus))
		})
	}
}

func TestActionsAreWhatActionTestYAMLSays(t *testing.T) {
	for _, kind := range Kinds {
		g := NewWithT(t)
		var tests actionTests
		folder := filepath.Join(scripts.folder, kind, "actions")
		g.Expect(load(filepath.Join(folder, "action_test.yaml"), &tests)).To(Succeed())
		g.Expect(tests.DiscoveryTests).NotTo(BeEmpty())
		for _, test := range tests.DiscoveryTests {
			t.Run(kind+" offers for "+test.InputPath, func(t *testing.T) {
				g := NewWithT(t)
				offered, err := scripts.Discover(object(t, filepath.Join(folder, test.InputPath)))
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(offered).To(ConsistOf(test.Result))
			})
		}
		tested := map[string]bool{}
		for _, test := range tests.ActionTests {
			tested[test.Action] = true
			t.Run(kind+" "+test.Action+" of "+test.InputPath, func(t *testing.T) {
				g := NewWithT(t)
				changed, err := scripts.Act(object(t, filepath.Join(folder, test.InputPath)), test.Action, test.Parameters)
				g.Expect(err).NotTo(HaveOccurred())
				settle(t, changed)
				g.Expect(changed.Object).To(Equal(object(t, filepath.Join(folder, test.ExpectedOutputPath)).Object))
			})
		}
		actions, err := scripts.actions(kind)
		g.Expect(err).NotTo(HaveOccurred())
		for _, action := range actions {
			g.Expect(tested).To(HaveKey(action), "action of "+kind+" without a test")
		}
	}
}

// settle checks the moments that an action writes, and puts the one of Argo CD's own tests in their place.
func settle(t *testing.T, o *unstructured.Unstructured) {
	t.Helper()
	g := NewWithT(t)
	annotations := o.GetAnnotations()
	for name, value := range annotations {
		reason, moment, found := strings.Cut(value, " in Argo CD at ")
		switch {
		case strings.HasSuffix(name, "-requested-at"):
			moment = value
		case !found:
			continue
		}
		at, err := time.Parse(time.RFC3339, moment)
		g.Expect(err).NotTo(HaveOccurred())
		if time.Since(at).Abs() > time.Minute {
			continue // it was there before
		}
		const never = "0001-01-01T00:00:00Z"
		annotations[name] = never
		if found {
			annotations[name] = reason + " in Argo CD at " + never
		}
	}
	if annotations != nil {
		o.SetAnnotations(annotations)
	}
}

func TestScriptsHaveNoMoreThanArgoCDGivesThem(t *testing.T) {
	for name, test := range map[string]struct{ script, refusal string }{
		"no string library":        {`return {a = string.format("x")}`, "attempt to index a non-table object(nil)"},
		"no method of a string":    {`local s = "x" return {a = s:upper()}`, "attempt to index a non-table object(string)"},
		"no files":                 {`return {a = io.open("/etc/passwd")}`, "attempt to index a non-table object(nil)"},
		"no environment":           {`local os = require("os") return {a = os.getenv("HOME")}`, "attempt to call a non-function object"},
		"no script without an end": {`while true do end`, "context deadline exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			var result map[string]any
			NewWithT(t).Expect(run(test.script, &unstructured.Unstructured{}, nil, &result)).To(MatchError(ContainSubstring(test.refusal)))
		})
	}
}

func TestTheConfigMapIsGeneratedFromTheScripts(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(root, "config", "argocd", "argocd-cm.yaml")
	generated, err := scripts.ConfigMap()
	g.Expect(err).NotTo(HaveOccurred())
	if *update {
		g.Expect(os.WriteFile(path, generated, 0o644)).To(Succeed())
	}
	written, err := os.ReadFile(path)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(written)).To(Equal(string(generated)), "stale: (cd hack/argocd && go test ./customizations -update)")
}

// TestTheConfigMapHoldsTheScripts reads it as Argo CD's settings do.
func TestTheConfigMapHoldsTheScripts(t *testing.T) {
	g := NewWithT(t)
	var config struct {
		Data map[string]string `json:"data"`
	}
	content, err := os.ReadFile(filepath.Join(root, "config", "argocd", "argocd-cm.yaml"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(yaml.Unmarshal(content, &config)).To(Succeed())
	g.Expect(config.Data).To(HaveLen(2 * len(Kinds)))
	for _, kind := range Kinds {
		script, err := scripts.health(kind)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(config.Data["resource.customizations.health."+Group+"_"+kind]).To(Equal(script))

		var actions struct {
			Discovery   string `json:"discovery.lua"`
			Definitions []struct {
				Name   string `json:"name"`
				Action string `json:"action.lua"`
			} `json:"definitions"`
		}
		g.Expect(yaml.UnmarshalStrict([]byte(config.Data["resource.customizations.actions."+Group+"_"+kind]), &actions)).To(Succeed())
		discovery, err := scripts.discovery(kind)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(actions.Discovery).To(Equal(discovery))
		names, err := scripts.actions(kind)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(actions.Definitions).To(HaveLen(len(names)))
		for _, definition := range actions.Definitions {
			script, err := scripts.action(kind, definition.Name)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(definition.Action).To(Equal(script))
		}
	}
}

func load(path string, into any) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return yaml.UnmarshalStrict(content, into)
}

// object reads a manifest as Argo CD's tests do: numbers are float64.
func object(t *testing.T, path string) *unstructured.Unstructured {
	t.Helper()
	o := map[string]any{}
	NewWithT(t).Expect(load(path, &o)).To(Succeed())
	return &unstructured.Unstructured{Object: o}
}
