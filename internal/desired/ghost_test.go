// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package desired_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/desired"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestAGhostIsTheAccountAsARuleWouldWithholdIt(t *testing.T) {
	for sentence, filters := range map[string][]v1alpha1.Filter{
		"without filters": nil,
		"narrowed": {
			testkit.Only("entities", "pl", "de, at"), testkit.Owned("contacts"),
			{Dimension: "campaigns", Mode: v1alpha1.FilterTagged, Tags: []string{"b", "a"}},
			{Dimension: "sales", Mode: v1alpha1.FilterOnly, Groups: []string{"b", "a"}, Default: "x"},
			{Dimension: "stock", Mode: v1alpha1.FilterAll, Access: v1alpha1.FilterReadOnly},
			{Dimension: "all", Mode: v1alpha1.FilterAll},
			{Dimension: "none", Mode: v1alpha1.FilterNone},
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			u := user(testkit.Email("ann@shop.example"), testkit.IPs("203.0.113.7"), testkit.Labels("team", "support"), testkit.Filters(filters...), stamped("a-3"))
			bindings := []*v1alpha1.RoleBinding{binding(known("b-2", 7)), binding(known("b-1", 9))}

			record, admission := desired.Ghost(desired.User(u, bindings, desired.InForce))
			g.Expect(record).To(Equal(desired.User(u, bindings, desired.Withheld)))
			withheld := desired.UserAdmission(u, desired.Withheld, nil)
			g.Expect(admission.Gives).To(Equal(withheld.Gives))
			g.Expect(admission.Actor).To(BeEmpty(), "nobody has asked for it")
			g.Expect(store.EndsSessions(store.Difference(desired.UserAdmission(u, desired.InForce, nil).Gives, admission.Gives))).To(BeTrue())
		})
	}
}

func TestResetIssuedBefore(t *testing.T) {
	g := NewWithT(t)
	office := testkit.Office("shop", "sales")
	g.Expect(desired.ResetIssuedBefore(office)).To(BeZero())
	office.Spec.Credentials = &v1alpha1.CredentialPolicy{}
	g.Expect(desired.ResetIssuedBefore(office)).To(BeZero())
	at := metav1.Date(2026, time.November, 21, 1, 2, 3, 4, time.FixedZone("CET", 3600))
	office.Spec.Credentials.ResetIssuedBefore = &at
	g.Expect(desired.ResetIssuedBefore(office)).To(Equal(time.Date(2026, time.November, 21, 0, 2, 3, 0, time.UTC)), "as the store keeps it")
}
