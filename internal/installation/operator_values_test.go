// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package installation

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// everything are values that turn on all that is optional and can be together with a volume for SQLite.
const everything = `
image: {digest: "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}
watchNamespaces: [team-b, team-a]
certificates: {provider: CertManager}
metrics:
  readers: [{namespace: monitoring, name: prometheus}]
  serviceMonitor: {enabled: true}
  prometheusRule: {enabled: true}
  dashboard: {enabled: true}
networkPolicy: {enabled: true}
tracing: {endpoint: "http://collector.monitoring:4318"}
`

// replicated are values of an installation with two managers.
const replicated = `
replicas: 2
leaderElection: {enabled: true}
sqlite: {enabled: false}
`

// render renders the operator's chart by a helm.
func render(program, content string, arguments ...string) (string, error) {
	return run(program, append([]string{
		"template", operatorRelease, chart("backoffice-operator"), "--namespace", operatorNamespace, "--kube-version", "1.36.0", "--values", values(content),
	}, arguments...)...)
}

var _ = Describe("values of the chart backoffice-operator", func() {
	It("pass helm's linter, the strict one", func() {
		for _, program := range []string{helm4, helm3} {
			for _, content := range []string{"", everything, replicated} {
				out, err := run(program, "lint", "--strict", "--kube-version", "1.36.0", chart("backoffice-operator"), "--values", values(content))
				Expect(err).NotTo(HaveOccurred(), out)
			}
		}
	})

	DescribeTable("become the objects of the golden files, with Helm 4 and Helm 3", func(content, golden string) {
		out, err := render(helm4, content)
		Expect(err).NotTo(HaveOccurred())
		usual := map[string]string{}
		if content != "" {
			byDefault, err := render(helm4, "")
			Expect(err).NotTo(HaveOccurred())
			usual = readable(documents(byDefault))
		}
		equalFile(difference(readable(documents(out)), usual), golden)
		old, err := render(helm3, content)
		Expect(err).NotTo(HaveOccurred())
		Expect(readable(documents(old))).To(Equal(readable(documents(out))))
		again, err := render(helm4, content)
		Expect(err).NotTo(HaveOccurred())
		Expect(again).To(Equal(out), "nothing in it is made by chance")
	},
		Entry("by default", "", "operator-default.golden.yaml"),
		Entry("with all that is optional", everything, "operator-everything.golden.yaml"),
		Entry("with two managers", replicated, "operator-replicated.golden.yaml"),
		Entry("in two namespaces alone", "{watchNamespaces: [team-b, team-a], rbac: {namespaced: true}}", "operator-namespaced.golden.yaml"),
		Entry("without all that can be left out", `
crds: {enabled: false}
rbac: {create: false}
serviceAccount: {create: false, name: mine}
uninstallProtection: {enabled: false}
metrics: {enabled: false}
flowSchema: {enabled: false}
sqlite: {existingClaim: mine}
`, "operator-least.golden.yaml"),
	)

	It("bring our kinds as they are generated", func() {
		out, err := render(helm4, "")
		Expect(err).NotTo(HaveOccurred())
		sources, err := filepath.Glob(filepath.Join(root, "config", "crd", "bases", "*.yaml"))
		Expect(err).NotTo(HaveOccurred())
		Expect(sources).To(HaveLen(4))
		shipped := map[string]any{}
		for _, o := range documents(out) {
			if o.GetKind() == "CustomResourceDefinition" {
				shipped[o.GetName()] = o.Object["spec"]
				Expect(o.GetAnnotations()).To(HaveKeyWithValue("helm.sh/resource-policy", "keep"))
			}
		}
		for _, source := range sources {
			content, err := os.ReadFile(source)
			Expect(err).NotTo(HaveOccurred())
			o := documents(string(content))[0]
			Expect(shipped).To(HaveKeyWithValue(o.GetName(), o.Object["spec"]), "go run ./hack/charts brings it up to date")
		}
	})

	DescribeTable("that cannot work are refused with the way out", func(content string, messages ...string) {
		out, err := render(helm4, content)
		Expect(err).To(HaveOccurred())
		for _, message := range messages {
			Expect(out).To(ContainSubstring(message))
		}
	},
		Entry("two managers and a file", "{replicas: 2, leaderElection: {enabled: true}}",
			"`replicas` may not be greater than 1 while `sqlite.enabled` is true", "set `sqlite.enabled=false`",
			"`leaderElection.enabled` and `sqlite.enabled` may not both be true"),
		Entry("two managers of which none leads, told together with what else is wrong", "{replicas: 2, rbac: {namespaced: true}}",
			"set `leaderElection.enabled=true`", "`rbac.namespaced` needs `watchNamespaces`"),
		Entry("an issuer that nobody asks", "{certificates: {issuerRef: {name: x}}}", "set `certificates.provider=CertManager`"),
		Entry("an issuer without a name", "{certificates: {provider: CertManager, issuerRef: {kind: Issuer}}}", "`certificates.issuerRef.name` must be given"),
		Entry("a monitor of nothing", "{metrics: {enabled: false, serviceMonitor: {enabled: true}}}", "set `metrics.enabled=true`"),
		Entry("a claim for no store", "{sqlite: {enabled: false, existingClaim: x}}", "set `sqlite.enabled=true`"),
		Entry("a service account without a name", "{serviceAccount: {create: false}}", "`serviceAccount.name` must be given"),
		Entry("a value that is not there", "{replicaCount: 2}", "additional properties 'replicaCount' not allowed"),
		Entry("a value deep down that is not there", "{metrics: {serviceMonitor: {enable: true}}}", "additional properties 'enable' not allowed"),
		Entry("a policy that the API server does not know", "{webhooks: {failurePolicy: Maybe}}", "'Fail', 'Ignore'"),
		Entry("a digest that is none", "{image: {digest: latest}}", "does not match pattern"),
	)

	It("are each in the schema with a description, and each has an effect", func() {
		content, err := os.ReadFile(filepath.Join(chart("backoffice-operator"), "values.yaml"))
		Expect(err).NotTo(HaveOccurred())
		defaults, schema := map[string]any{}, map[string]any{}
		Expect(yaml.UnmarshalStrict(content, &defaults)).To(Succeed())
		content, err = os.ReadFile(filepath.Join(chart("backoffice-operator"), "values.schema.json"))
		Expect(err).NotTo(HaveOccurred())
		Expect(json.Unmarshal(content, &schema)).To(Succeed())
		described := leaves(schema, "")
		Expect(slices.Sorted(maps.Keys(changes))).To(Equal(described), "the table of changes has every value of the schema")
		for _, path := range described {
			value := any(defaults)
			for name := range strings.SplitSeq(path, ".") {
				Expect(value).To(HaveKey(name), "%s of the schema is not in values.yaml", path)
				value = value.(map[string]any)[name]
			}
			change := changes[path]
			before, err := render(helm4, everything, change.with...)
			Expect(err).NotTo(HaveOccurred())
			after, err := render(helm4, everything, append(change.with, "--set-json", path+"="+change.to)...)
			Expect(err).NotTo(HaveOccurred())
			Expect(after).NotTo(Equal(before), "%s has no effect", path)
		}
	})
})

// readable are objects as a person compares them, by kind and name: without what is generated from other files, and is compared there.
func readable(objects []*unstructured.Unstructured) map[string]string {
	GinkgoHelper()
	found := map[string]string{}
	for _, o := range objects {
		switch o.GetKind() {
		case "CustomResourceDefinition":
			continue
		case "PrometheusRule":
			o.Object["spec"] = "of config/prometheus/rules.yaml"
		case "ConfigMap":
			if o.Object["data"] != nil {
				o.Object["data"] = "of config/prometheus/dashboard.json"
			}
		}
		content, err := yaml.Marshal(o.Object)
		Expect(err).NotTo(HaveOccurred())
		key := o.GetKind() + " " + o.GetNamespace() + "/" + o.GetName()
		Expect(found).NotTo(HaveKey(key), "it is there twice")
		found[key] = string(content)
	}
	return found
}

// difference is what is not as usual.
func difference(got, usual map[string]string) string {
	var text strings.Builder
	for _, key := range slices.Sorted(maps.Keys(usual)) {
		if _, is := got[key]; !is {
			text.WriteString("# without " + key + "\n")
		}
	}
	for _, key := range slices.Sorted(maps.Keys(got)) {
		if got[key] != usual[key] {
			text.WriteString("---\n" + got[key])
		}
	}
	return text.String()
}

// leaves are the paths of the values that have a description, sorted.
func leaves(schema map[string]any, path string) (found []string) {
	properties, _ := schema["properties"].(map[string]any)
	for name, child := range properties {
		if path == "" && name == "global" { // Helm's own
			continue
		}
		child, at := child.(map[string]any), strings.TrimPrefix(path+"."+name, ".")
		if child["description"] != nil {
			found = append(found, at)
		} else {
			below := leaves(child, at)
			Expect(below).NotTo(BeEmpty(), "%s has no description", at)
			found = append(found, below...)
		}
	}
	slices.Sort(found)
	return found
}
