// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package testkit

import (
	"context"
	"fmt"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
	"github.com/onsi/gomega/gcustom"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// HaveCondition matches an object of our kinds which has a condition of that type, status and reason.
func HaveCondition(conditionType string, status metav1.ConditionStatus, reason string) gomega.OmegaMatcher {
	return gcustom.MakeMatcher(func(o interface{ GetConditions() *[]metav1.Condition }) (bool, error) {
		c := meta.FindStatusCondition(*o.GetConditions(), conditionType)
		return c != nil && c.Status == status && c.Reason == reason, nil
	}).WithTemplate("Expected\n{{range .Actual.GetConditions}}    {{.Type}}={{.Status}} {{.Reason}}: {{.Message}}\n{{end}}{{.To}} have {{.Data}}",
		fmt.Sprintf("%s=%s %s", conditionType, status, reason))
}

// FreshNamespace creates a namespace for one spec.
func FreshNamespace(ctx context.Context, c client.Client) string {
	ginkgo.GinkgoHelper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "spec-"}}
	gomega.Expect(c.Create(ctx, namespace)).To(gomega.Succeed())
	return namespace.Name
}
