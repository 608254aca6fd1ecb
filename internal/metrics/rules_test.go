// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/yaml"

	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

const root = "../.."

// promtool runs promtool in config/prometheus.
func promtool(t *testing.T, arguments ...string) {
	t.Helper()
	path, err := exec.LookPath("promtool")
	NewWithT(t).Expect(err).NotTo(HaveOccurred(), "hack/promtool/install.sh installs it")
	cmd := exec.CommandContext(t.Context(), path, arguments...)
	cmd.Dir = filepath.Join(root, "config", "prometheus")
	out, err := cmd.CombinedOutput()
	NewWithT(t).Expect(err).NotTo(HaveOccurred(), string(out))
}

func TestAlertsAreWellFormed(t *testing.T) {
	promtool(t, "check", "rules", "--lint-fatal", "rules.yaml")
}

func TestAlertsFireAndAreSilent(t *testing.T) {
	promtool(t, "test", "rules", "rules_test.yaml")
	g := NewWithT(t)
	var tests struct{ Tests []struct{ Name string } }
	g.Expect(yaml.Unmarshal(content(t, "config/prometheus/rules_test.yaml"), &tests)).To(Succeed())
	var names []string
	for _, test := range tests.Tests {
		names = append(names, test.Name)
	}
	for _, a := range testkit.PrometheusAlerts(t, root) {
		g.Expect(names).To(ContainElements(a.Alert+" fires", a.Alert+" is silent"))
	}
}

func TestEachAlertHasASectionOfTheRunbookAndEachSectionAnAlert(t *testing.T) {
	g := NewWithT(t)
	var sections []string
	for _, heading := range regexp.MustCompile(`(?m)^### (BackOffice\w+)$`).FindAllStringSubmatch(string(content(t, "docs/runbook.md")), -1) {
		sections = append(sections, heading[1])
	}
	var alerts []string
	for _, a := range testkit.PrometheusAlerts(t, root) {
		alerts = append(alerts, a.Alert)
		g.Expect(a.Annotations["runbook_url"]).To(Equal(
			"https://github.com/backoffice-operator/backoffice-operator/blob/main/docs/runbook.md#" + strings.ToLower(a.Alert)))
		g.Expect(a.Labels["severity"]).To(BeElementOf("critical", "warning", "info"), a.Alert)
	}
	g.Expect(sections).To(ConsistOf(alerts))
}

func TestTheDashboardsExpressionsAreWellFormed(t *testing.T) {
	var b strings.Builder
	b.WriteString("groups:\n- name: dashboard\n  rules:\n")
	for i, e := range testkit.DashboardExpressions(t, root) {
		e = strings.NewReplacer("$__rate_interval", "5m", "$namespace", ".*", "$back_office_namespace", ".*", "$back_office", ".*").Replace(e)
		fmt.Fprintf(&b, "  - record: panel:%d\n    expr: %q\n", i, e)
	}
	path := filepath.Join(t.TempDir(), "dashboard.yaml")
	NewWithT(t).Expect(os.WriteFile(path, []byte(b.String()), 0o600)).To(Succeed())
	promtool(t, "check", "rules", "--lint-fatal", path)
}

// use is how an expression uses a metric: by its name, and with conditions on its labels.
var use = regexp.MustCompile(`\b(backoffice_operator_[a-z_]+)(\{[^}]*\})?`)

func TestRulesAndDashboardUseMetricsAndLabelsThatThereAre(t *testing.T) {
	g, has := NewWithT(t), described()
	target := []string{"namespace", "pod", "le"} // of Prometheus and its histograms
	var used []string
	for _, e := range append(testkit.DashboardExpressions(t, root), testkit.AlertExpressions(t, root)...) {
		for _, m := range use.FindAllStringSubmatch(e, -1) {
			name := m[1]
			for _, suffix := range []string{"_bucket", "_sum", "_count"} {
				if _, is := has[name]; !is {
					name = strings.TrimSuffix(m[1], suffix)
				}
			}
			g.Expect(has).To(HaveKey(name), e)
			used = append(used, name)
			for _, label := range regexp.MustCompile(`(\w+)(=~|!~|!=|=)"`).FindAllStringSubmatch(m[2], -1) {
				g.Expect(append(target, has[name]...)).To(ContainElement(label[1]), e)
			}
		}
		for _, by := range regexp.MustCompile(`by \(([^)]*)\)`).FindAllStringSubmatch(e, -1) {
			names := target
			for _, m := range use.FindAllStringSubmatch(e, -1) {
				names = append(names, labelsOf(has, m[1])...)
			}
			for label := range strings.SplitSeq(by[1], ", ") {
				if !strings.Contains(e, "controller_runtime_") && !strings.Contains(e, "workqueue_") {
					g.Expect(names).To(ContainElement(label), e)
				}
			}
		}
	}
	slices.Sort(used)
	g.Expect(slices.Compact(used)).To(ConsistOf(slices.Collect(maps.Keys(has))), "a metric that nobody looks at")
}

func labelsOf(has map[string][]string, name string) []string {
	for _, suffix := range []string{"", "_bucket", "_sum", "_count"} {
		if labels, is := has[strings.TrimSuffix(name, suffix)]; is {
			return labels
		}
	}
	return nil
}

func TestTheRuleOfThePrometheusOperatorHasTheseGroups(t *testing.T) {
	const path = "config/prometheus/prometheus_rule.yaml"
	rules := string(content(t, "config/prometheus/rules.yaml"))
	var b strings.Builder
	b.WriteString("# The groups of rules.yaml. UPDATE=1 go test ./internal/metrics writes it.\napiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\n" +
		"metadata:\n  name: controller-manager\n  labels:\n    control-plane: controller-manager\nspec:\n")
	for line := range strings.Lines(rules[strings.Index(rules, "groups:"):]) {
		b.WriteString("  " + line)
	}
	isOrBecomes(t, path, b.String())
}

func TestTheListOfMetricsIsComplete(t *testing.T) {
	const path, begin, end = "docs/metrics.md", "<!-- the list: begin -->\n", "<!-- the list: end -->"
	page := string(content(t, path))
	before, rest, found := strings.Cut(page, begin)
	NewWithT(t).Expect(found).To(BeTrue())
	_, after, found := strings.Cut(rest, end)
	NewWithT(t).Expect(found).To(BeTrue())
	var b strings.Builder
	b.WriteString(before + begin + "| Metric | Labels | What it is |\n|---|---|---|\n")
	has := described()
	for _, d := range descs() {
		d := parsed(d)
		labels := ""
		for i, l := range has[d.name] {
			labels += map[bool]string{true: "", false: ", "}[i == 0] + "`" + l + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", d.name, labels, d.help)
	}
	b.WriteString(end + after)
	isOrBecomes(t, path, b.String())
}

// isOrBecomes compares a file of the repository with what it should be, and writes it with UPDATE=1.
func isOrBecomes(t *testing.T, path, want string) {
	t.Helper()
	if os.Getenv("UPDATE") != "" {
		NewWithT(t).Expect(os.WriteFile(filepath.Join(root, path), []byte(want), 0o644)).To(Succeed())
	}
	NewWithT(t).Expect(string(content(t, path))).To(Equal(want), "run it with UPDATE=1")
}

func content(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, path))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return b
}

type description struct {
	name, help string
	labels     []string
}

var descText = regexp.MustCompile(`^Desc\{fqName: "([^"]*)", help: "(.*)", unit: "[^"]*", constLabels: \{\}, variableLabels: \{([^}]*)\}\}$`)

func parsed(d *prometheus.Desc) description {
	m := descText.FindStringSubmatch(d.String())
	is := description{name: m[1], help: strings.ReplaceAll(m[2], `\"`, `"`)}
	if m[3] != "" {
		is.labels = strings.Split(m[3], ",")
	}
	return is
}

func descs() (all []*prometheus.Desc) {
	for _, c := range collectors {
		found := make(chan *prometheus.Desc, 100)
		c.Describe(found)
		close(found)
		for d := range found {
			all = append(all, d)
		}
	}
	return all
}

// described are the labels of all metrics by name.
func described() map[string][]string {
	has := map[string][]string{}
	for _, d := range descs() {
		p := parsed(d)
		has[p.name] = p.labels
	}
	return has
}
