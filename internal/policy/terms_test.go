// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"math"
	"testing"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestTermsOf(t *testing.T) {
	selecting := func(entry v1alpha1.NamespaceAdmission, pairs ...string) testkit.Mod {
		entry.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{}}
		for i := 0; i+1 < len(pairs); i += 2 {
			entry.Selector.MatchLabels[pairs[i]] = pairs[i+1]
		}
		return testkit.AdmitsAs(entry)
	}
	upTo := func(r int32, paths ...string) v1alpha1.NamespaceAdmission {
		return v1alpha1.NamespaceAdmission{Ceiling: &v1alpha1.Ceiling{Rank: &r, Permissions: paths}}
	}
	types := func(types ...v1alpha1.AccountType) testkit.Mod {
		return testkit.AdmitsAs(v1alpha1.NamespaceAdmission{Names: []string{"team"}, AccountTypes: types})
	}
	all := func(r *int32, sources ...string) Terms { return Terms{Admitted: true, Rank: r, Sources: sources} }
	within := func(t Terms, paths ...string) Terms {
		t.Permissions = ContentOf(paths)
		return t
	}
	const first, second = "spec.namespaces[0]", "spec.namespaces[1]"
	for sentence, c := range map[string]struct {
		office    *v1alpha1.BackOffice
		namespace string
		want      Terms
	}{
		"its own namespace is implied, without a ceiling": {office(testkit.AdmitsUpTo(4, "shop")), "shop", Terms{Admitted: true}},
		"nobody is admitted":                              {office(), "team", Terms{}},
		"another namespace is not":                        {office(testkit.Admits("other")), "team", Terms{}},
		"one that is named is":                            {office(testkit.Admits("other", "team")), "team", all(nil, first)},
		"one that is selected is":                         {office(selecting(v1alpha1.NamespaceAdmission{}, "team", "a")), "team", all(nil, first)},
		"one that is not selected is not":                 {office(selecting(v1alpha1.NamespaceAdmission{}, "team", "b")), "team", Terms{}},
		"an empty selector selects nothing":               {office(selecting(v1alpha1.NamespaceAdmission{})), "team", Terms{}},
		"a selector that cannot be read selects nothing":  {office(selecting(v1alpha1.NamespaceAdmission{}, "-", "a")), "team", Terms{}},
		"where both are given the selector decides":       {office(selecting(v1alpha1.NamespaceAdmission{Names: []string{"team"}}, "team", "b")), "team", Terms{}},
		"a ceiling":                     {office(testkit.AdmitsUpTo(4, "team", "orders")), "team", within(all(new(int32(4)), first), "orders")},
		"a ceiling without permissions": {office(testkit.AdmitsUpTo(4, "team")), "team", all(new(int32(4)), first)},
		"a ceiling without a rank lets nothing be handed out": {
			office(testkit.AdmitsAs(v1alpha1.NamespaceAdmission{Names: []string{"team"}, Ceiling: &v1alpha1.Ceiling{}})), "team", all(new(int32(math.MaxInt32)), first),
		},
		"an entry without a ceiling lifts none": {
			office(testkit.AdmitsUpTo(4, "team", "orders"), testkit.Admits("team")), "team", within(all(new(int32(4)), first, second), "orders"),
		},
		"whichever comes first": {
			office(testkit.Admits("team"), testkit.AdmitsUpTo(4, "team", "orders")), "team", within(all(new(int32(4)), first, second), "orders"),
		},
		"of several ceilings the lowest counts, and what all of them permit": {
			office(testkit.AdmitsUpTo(4, "team", "orders", "stock/items"), selecting(upTo(2, "orders/refund", "stock", "clients"), "team", "a")),
			"team", within(all(new(int32(4)), first, second), "orders/refund", "stock/items"),
		},
		"in whatever order": {
			office(selecting(upTo(2, "orders/refund", "stock", "clients"), "team", "a"), testkit.AdmitsUpTo(4, "team", "orders", "stock/items")),
			"team", within(all(new(int32(4)), first, second), "orders/refund", "stock/items"),
		},
		"everything and something is something": {
			office(testkit.AdmitsUpTo(4, "team", "*"), testkit.AdmitsUpTo(4, "team", "orders")), "team", within(all(new(int32(4)), first, second), "orders"),
		},
		"something and nothing is nothing": {
			office(testkit.AdmitsUpTo(4, "team", "*"), testkit.AdmitsUpTo(9, "team")), "team", all(new(int32(9)), first, second),
		},
		"account types": {
			office(types(v1alpha1.AccountStaff, v1alpha1.AccountAPI)), "team",
			Terms{Admitted: true, AccountTypes: []v1alpha1.AccountType{v1alpha1.AccountStaff, v1alpha1.AccountAPI}, Sources: []string{first}},
		},
		"account types that all entries permit": {
			office(types(v1alpha1.AccountStaff, v1alpha1.AccountAPI), types(v1alpha1.AccountAPI, v1alpha1.AccountAffiliate)), "team",
			Terms{Admitted: true, AccountTypes: []v1alpha1.AccountType{v1alpha1.AccountAPI}, Sources: []string{first, second}},
		},
		"no account type, where they have none in common": {
			office(types(v1alpha1.AccountStaff), types(v1alpha1.AccountAPI)), "team",
			Terms{Admitted: true, AccountTypes: []v1alpha1.AccountType{noAccountType}, Sources: []string{first, second}},
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			labels := map[string]string{"team": "a"}
			NewWithT(t).Expect(TermsOf(c.office, c.namespace, labels)).To(Equal(c.want))
		})
	}
}

func TestThirdListNeverBringsBackWhatTwoHaveNotInCommon(t *testing.T) {
	types := func(types ...v1alpha1.AccountType) testkit.Mod {
		return testkit.AdmitsAs(v1alpha1.NamespaceAdmission{Names: []string{"team"}, AccountTypes: types})
	}
	o := office(types(v1alpha1.AccountStaff), types(v1alpha1.AccountAPI), types(v1alpha1.AccountStaff, v1alpha1.AccountAPI))
	NewWithT(t).Expect(TermsOf(o, "team", nil).AccountTypes).To(Equal([]v1alpha1.AccountType{noAccountType}))
}

func TestTermsAreNotTheOfficesOwn(t *testing.T) {
	o := office(testkit.AdmitsUpTo(2, "team"), testkit.AdmitsUpTo(4, "team"))
	before := o.DeepCopy()
	*TermsOf(o, "team", nil).Rank = 0
	NewWithT(t).Expect(o).To(Equal(before))
}

func TestCapped(t *testing.T) {
	g := NewWithT(t)
	g.Expect(Terms{}.capped(through("b", "x", 0))).To(Equal(through("b", "x", 0)), "without a ceiling")
	g.Expect(ceiling(4).capped(through("b", "x", 0))).To(Equal(through("b", "x", 4)), "in every family")
	g.Expect(ceiling(4).capped(through("b", "x", 7))).To(Equal(through("b", "x", 7)), "a ceiling weakens nothing below it")
}
