// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package testkit_test

import (
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestHaveCondition(t *testing.T) {
	g := NewWithT(t)
	u := testkit.User("ann", "shop")
	meta.SetStatusCondition(&u.Status.Conditions, metav1.Condition{Type: "Ready", Status: "False", Reason: "LoginTaken", Message: "taken"})
	matches := testkit.HaveCondition("Ready", metav1.ConditionFalse, "LoginTaken")
	g.Expect(u).To(matches)
	g.Expect(u).NotTo(testkit.HaveCondition("Ready", metav1.ConditionTrue, "LoginTaken"))
	g.Expect(u).NotTo(testkit.HaveCondition("Ready", metav1.ConditionFalse, "QuotaExceeded"))
	g.Expect(testkit.User("bob", "shop")).NotTo(matches)

	differs := testkit.HaveCondition("Ready", metav1.ConditionTrue, "Ready")
	g.Expect(differs.Match(u)).To(BeFalse())
	g.Expect(differs.FailureMessage(u)).To(Equal("Expected\n    Ready=False LoginTaken: taken\nto have Ready=True Ready"))
}
