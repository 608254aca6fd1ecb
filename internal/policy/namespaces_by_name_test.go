// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
)

// selecting is an entry for the namespaces that a selector matches.
func selecting(labels map[string]string, mods ...func(*v1alpha1.NamespaceAdmission)) v1alpha1.NamespaceAdmission {
	entry := v1alpha1.NamespaceAdmission{Selector: &metav1.LabelSelector{MatchLabels: labels}}
	for _, mod := range mods {
		mod(&entry)
	}
	return entry
}

func TestNamespacesByName(t *testing.T) {
	admitting := func(entries ...v1alpha1.NamespaceAdmission) *v1alpha1.BackOffice {
		o := office()
		o.Spec.Namespaces = entries
		return o
	}
	named, byLabel := v1alpha1.NamespaceAdmission{Names: []string{"team"}}, selecting(map[string]string{"a": "b"})
	const message = " PolicyViolated spec.namespaces[1].selector: Forbidden: this operator watches some namespaces alone and reads no labels of namespaces: " +
		"the selector admits nobody. List the namespaces by names"
	ruleCases[OfficeInput]{
		"an operator that watches all takes selectors":      {OfficeInput{New: admitting(named, byLabel)}, nil},
		"one that watches some takes names":                 {OfficeInput{New: admitting(named), NamesAlone: true}, nil},
		"but no selectors":                                  {OfficeInput{New: admitting(named, byLabel), NamesAlone: true}, []string{"Refuse" + message}},
		"nor a selector that takes the place of another":    {OfficeInput{Old: admitting(selecting(map[string]string{"a": "c"})), New: admitting(named, byLabel), NamesAlone: true}, []string{"Refuse" + message}},
		"one that was there before does not block a change": {OfficeInput{Old: admitting(byLabel), New: admitting(named, byLabel), NamesAlone: true}, []string{"Warn" + message}},
		"a deletion": {OfficeInput{Old: admitting(byLabel), NamesAlone: true}, nil},
	}.run(t, NamespacesByName)
}

func TestTermsByName(t *testing.T) {
	lowered := func(rank int32) func(*v1alpha1.NamespaceAdmission) {
		return func(e *v1alpha1.NamespaceAdmission) { e.Ceiling = &v1alpha1.Ceiling{Rank: &rank} }
	}
	unlabelled := v1alpha1.NamespaceAdmission{Selector: &metav1.LabelSelector{
		MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: metav1.LabelSelectorOpDoesNotExist}},
	}}
	named := v1alpha1.NamespaceAdmission{Names: []string{"team"}}
	for name, c := range map[string]struct {
		namespace string
		entries   []v1alpha1.NamespaceAdmission
		want      Terms
	}{
		"its own namespace is implied":                               {"shop", []v1alpha1.NamespaceAdmission{selecting(nil, lowered(4))}, Terms{Admitted: true}},
		"a name admits":                                              {"team", []v1alpha1.NamespaceAdmission{named}, Terms{Admitted: true, Sources: []string{"spec.namespaces[0]"}}},
		"another name does not":                                      {"other", []v1alpha1.NamespaceAdmission{named}, Terms{}},
		"a selector that asks for no label admits nobody":            {"team", []v1alpha1.NamespaceAdmission{unlabelled}, Terms{}},
		"a selector beside the name of another namespace neither":    {"other", []v1alpha1.NamespaceAdmission{named, unlabelled}, Terms{}},
		"the ceiling of a selector that might match counts":          {"team", []v1alpha1.NamespaceAdmission{named, selecting(map[string]string{"a": "b"}, lowered(4))}, Terms{Admitted: true, Rank: new(int32(4)), Permissions: access.Content{}, Sources: []string{"spec.namespaces[0]", "spec.namespaces[1]"}}},
		"the ceiling of a name that does not match does not":         {"team", []v1alpha1.NamespaceAdmission{named, {Names: []string{"other"}, Ceiling: &v1alpha1.Ceiling{Rank: new(int32(4))}}}, Terms{Admitted: true, Sources: []string{"spec.namespaces[0]"}}},
		"the account types of a selector that might match are those": {"team", []v1alpha1.NamespaceAdmission{named, selecting(map[string]string{"a": "b"}, func(e *v1alpha1.NamespaceAdmission) { e.AccountTypes = []v1alpha1.AccountType{v1alpha1.AccountStaff} })}, Terms{Admitted: true, AccountTypes: []v1alpha1.AccountType{v1alpha1.AccountStaff}, Sources: []string{"spec.namespaces[0]", "spec.namespaces[1]"}}},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			o := office()
			o.Spec.Namespaces = c.entries
			got := TermsByName(o, c.namespace)
			if len(got.Permissions) == 0 {
				got.Permissions = nil
			}
			if len(c.want.Permissions) == 0 {
				c.want.Permissions = nil
			}
			g.Expect(got).To(Equal(c.want))
		})
	}
}
