// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package devcluster

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

func TestTheInstalledUserIsThatOfTheShippedServiceAccount(t *testing.T) {
	g := NewWithT(t)
	root, err := Repository()
	g.Expect(err).NotTo(HaveOccurred())
	var kustomization struct{ Namespace, NamePrefix string }
	content, err := os.ReadFile(filepath.Join(root, "config", "default", "kustomization.yaml"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(yaml.Unmarshal(content, &kustomization)).To(Succeed())
	account := &corev1.ServiceAccount{}
	g.Expect(read(filepath.Join(root, "config", "rbac", "service_account.yaml"), account)).To(Succeed())
	g.Expect(installedUser).To(Equal("system:serviceaccount:" + kustomization.Namespace + ":" + kustomization.NamePrefix + account.Name))
}

func TestEveryWebhookHasTheSameConditionsAndSparesTheManager(t *testing.T) {
	g := NewWithT(t)
	root, err := Repository()
	g.Expect(err).NotTo(HaveOccurred())
	endpoint, err := NewEndpoint(t.TempDir())
	g.Expect(err).NotTo(HaveOccurred())
	objects, err := Admission(root, endpoint)
	g.Expect(err).NotTo(HaveOccurred())
	mutating, validating := objects[0].(*admissionv1.MutatingWebhookConfiguration).Webhooks, objects[1].(*admissionv1.ValidatingWebhookConfiguration).Webhooks
	g.Expect(mutating).To(HaveLen(1))
	g.Expect(validating).To(HaveLen(5))
	conditions := mutating[0].MatchConditions
	g.Expect(conditions[0].Expression).To(Equal("request.userInfo.username != '" + ManagerUser + "'"))
	for _, w := range validating {
		if w.Name == "uninstall.access.backoffice-operator.io" {
			g.Expect(w.MatchConditions[0]).To(Equal(conditions[0])) // it judges no object of ours
		} else {
			g.Expect(w.MatchConditions).To(Equal(conditions))
		}
		g.Expect(*w.FailurePolicy).To(Equal(admissionv1.Fail))
		g.Expect(*w.ClientConfig.URL).To(HavePrefix("https://127.0.0.1:"))
	}
	for _, c := range conditions {
		g.Expect(strings.Contains(c.Expression, installedUser)).To(BeFalse())
	}
}

func TestConditionsThatSpareNobodyAreAnError(t *testing.T) {
	err := exempt([]admissionv1.MatchCondition{{Expression: "true"}})
	NewWithT(t).Expect(err).To(MatchError("no match condition names " + installedUser))
}
