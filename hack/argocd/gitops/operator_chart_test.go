// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"fmt"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// The names of the chart's webhook configurations.
const (
	mutatingName   = "backoffice-operator-mutating-webhook-configuration"
	validatingName = "backoffice-operator-validating-webhook-configuration"
)

// TestTheOperatorsChartIsInSyncAfterTheManagerWroteTheAuthority is about the chart's own objects; the cluster is one of its own, because its
// webhooks call a Service that nobody serves.
func TestTheOperatorsChartIsInSyncAfterTheManagerWroteTheAuthority(t *testing.T) {
	g := NewWithT(t)
	other, err := Start(t.Context(), t.TempDir())
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { NewWithT(t).Expect(other.Stop()).To(Succeed()) })
	g.Expect(bindClusterAdmin(t.Context(), other)).To(Succeed())
	controller, err := NewController(other, scripts)
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(controller.Close)

	const namespace = "backoffice-operator-system"
	app := Application{Name: "operator", Manifests: append(parsed(t, []byte("apiVersion: v1\nkind: Namespace\nmetadata: {name: "+namespace+"}")),
		rendered(t, filepath.Join(root, "config", "charts", "backoffice-operator"), namespace)...)}
	inSync := func() ([]string, error) {
		found, err := controller.Compare(app)
		if err != nil {
			return nil, err
		}
		return found.OutOfSync(), nil
	}
	for _, app.Mode = range Modes { // as an installation that changes its way
		authority := []byte(fmt.Sprintf("-----BEGIN CERTIFICATE-----\n%s", app.Mode))
		g.Expect(controller.Sync(limited(t), app, Begin())).To(Succeed(), string(app.Mode))
		writeAuthority(t, other, authority)
		g.Eventually(inSync, patient, often).Should(BeEmpty(), string(app.Mode))
		g.Expect(controller.Sync(limited(t), app, Begin())).To(Succeed(), string(app.Mode))
		g.Expect(authorities(t, other)).To(HaveEach(authority), "%s leaves what the manager wrote", app.Mode)
		g.Eventually(inSync, patient, often).Should(BeEmpty(), string(app.Mode))
	}
}

// writeAuthority does to the webhook configurations of the chart what the manager does.
func writeAuthority(t *testing.T, c *Cluster, authority []byte) {
	t.Helper()
	g := NewWithT(t)
	admission := kubernetes.NewForConfigOrDie(c.Admin).AdmissionregistrationV1()
	mutating, err := admission.MutatingWebhookConfigurations().Get(t.Context(), mutatingName, metav1.GetOptions{})
	g.Expect(err).NotTo(HaveOccurred())
	for i := range mutating.Webhooks {
		mutating.Webhooks[i].ClientConfig.CABundle = authority
	}
	_, err = admission.MutatingWebhookConfigurations().Update(t.Context(), mutating, metav1.UpdateOptions{FieldManager: "manager"})
	g.Expect(err).NotTo(HaveOccurred())
	validating, err := admission.ValidatingWebhookConfigurations().Get(t.Context(), validatingName, metav1.GetOptions{})
	g.Expect(err).NotTo(HaveOccurred())
	for i := range validating.Webhooks {
		validating.Webhooks[i].ClientConfig.CABundle = authority
	}
	_, err = admission.ValidatingWebhookConfigurations().Update(t.Context(), validating, metav1.UpdateOptions{FieldManager: "manager"})
	g.Expect(err).NotTo(HaveOccurred())
}

// authorities are those of all webhooks of the chart.
func authorities(t *testing.T, c *Cluster) (found [][]byte) {
	t.Helper()
	g := NewWithT(t)
	admission := kubernetes.NewForConfigOrDie(c.Admin).AdmissionregistrationV1()
	mutating, err := admission.MutatingWebhookConfigurations().Get(t.Context(), mutatingName, metav1.GetOptions{})
	g.Expect(err).NotTo(HaveOccurred())
	for _, w := range mutating.Webhooks {
		found = append(found, w.ClientConfig.CABundle)
	}
	validating, err := admission.ValidatingWebhookConfigurations().Get(t.Context(), validatingName, metav1.GetOptions{})
	g.Expect(err).NotTo(HaveOccurred())
	for _, w := range validating.Webhooks {
		found = append(found, w.ClientConfig.CABundle)
	}
	g.Expect(found).NotTo(BeEmpty())
	return found
}
