// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var _ = Describe("A user in YAML", func() {
	It("becomes a login that works, by a name that cannot be changed", Label("T-02", "A-06"), func() {
		w := newWorld()
		ann := testkit.User("ann", w.namespace, testkit.Login("Ann.Martin"))
		w.settle(testkit.Office("shop", w.namespace), ann)
		Expect(ann).To(testkit.HaveCondition(v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady))
		Expect(ann.Status.Login).To(Equal("Ann.Martin"))
		Expect(ann.Status.State).To(Equal(v1alpha1.StateActive))
		Expect(ann.Status.Binding.Name).To(Equal("ann-credentials"))
		Expect(w.logsIn(ann)).To(BeTrue())

		ann.Spec.Login = "anna"
		Expect(admin.Update(ctx, ann)).To(MatchError(ContainSubstring("login is immutable: create a new BackOfficeUser")))
	})
})
