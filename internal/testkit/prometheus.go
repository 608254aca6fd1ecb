// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package testkit

import (
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/onsi/gomega"
	"github.com/onsi/gomega/types"
	"sigs.k8s.io/yaml"
)

// PrometheusAlert is an alert of config/prometheus/rules.yaml.
type PrometheusAlert struct {
	Alert, Expr         string
	Labels, Annotations map[string]string
}

// PrometheusAlerts are those of the repository at root.
func PrometheusAlerts(t types.GomegaTestingT, root string) (alerts []PrometheusAlert) {
	g := gomega.NewWithT(t)
	b, err := os.ReadFile(filepath.Join(root, "config", "prometheus", "rules.yaml")) //nolint:gosec // A file of the repository.
	g.Expect(err).NotTo(gomega.HaveOccurred())
	var rules struct {
		Groups []struct{ Rules []PrometheusAlert }
	}
	g.Expect(yaml.Unmarshal(b, &rules)).To(gomega.Succeed())
	for _, group := range rules.Groups {
		alerts = append(alerts, group.Rules...)
	}
	g.Expect(alerts).NotTo(gomega.BeEmpty())
	return alerts
}

// AlertExpressions are what the alerts ask Prometheus.
func AlertExpressions(t types.GomegaTestingT, root string) (expressions []string) {
	for _, a := range PrometheusAlerts(t, root) {
		expressions = append(expressions, a.Expr)
	}
	return expressions
}

// DashboardExpressions are what the panels of config/prometheus/dashboard.json ask Prometheus.
func DashboardExpressions(t types.GomegaTestingT, root string) (expressions []string) {
	g := gomega.NewWithT(t)
	b, err := os.ReadFile(filepath.Join(root, "config", "prometheus", "dashboard.json")) //nolint:gosec // A file of the repository.
	g.Expect(err).NotTo(gomega.HaveOccurred())
	var dashboard struct {
		Panels []struct{ Targets []struct{ Expr string } }
	}
	g.Expect(json.Unmarshal(b, &dashboard)).To(gomega.Succeed())
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			expressions = append(expressions, target.Expr)
		}
	}
	g.Expect(expressions).NotTo(gomega.BeEmpty())
	return expressions
}
