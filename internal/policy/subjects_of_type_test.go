// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

const (
	staffType = v1alpha1.AccountStaff
	apiType   = v1alpha1.AccountAPI
)

func TestHeldBy(t *testing.T) {
	for sentence, c := range map[string]struct {
		sets []*v1alpha1.PermissionSet
		want []v1alpha1.AccountType
	}{
		"a set for all":                {[]*v1alpha1.PermissionSet{testkit.Set("s", "shop")}, nil},
		"a set for some, in its order": {[]*v1alpha1.PermissionSet{testkit.Set("s", "shop", testkit.HeldBy(staffType, apiType))}, []v1alpha1.AccountType{staffType, apiType}},
		"an inherited set narrows, however far": {[]*v1alpha1.PermissionSet{
			testkit.Set("s", "shop", testkit.Extends("a")), testkit.Set("a", "shop", testkit.Extends("b")), testkit.Set("b", "shop", testkit.HeldBy(apiType)),
		}, []v1alpha1.AccountType{apiType}},
		"both narrow": {[]*v1alpha1.PermissionSet{
			testkit.Set("s", "shop", testkit.Extends("a"), testkit.HeldBy(staffType, apiType)), testkit.Set("a", "shop", testkit.HeldBy(v1alpha1.AccountAffiliate, apiType)),
		}, []v1alpha1.AccountType{apiType}},
		"what they do not have in common is nothing": {[]*v1alpha1.PermissionSet{
			testkit.Set("s", "shop", testkit.Extends("a"), testkit.HeldBy(staffType)), testkit.Set("a", "shop", testkit.HeldBy(apiType)),
		}, []v1alpha1.AccountType{noAccountType}},
		"an heir does not narrow": {[]*v1alpha1.PermissionSet{
			testkit.Set("s", "shop"), testkit.Set("heir", "shop", testkit.Extends("s"), testkit.HeldBy(apiType)),
		}, nil},
		"what is missing does not": {[]*v1alpha1.PermissionSet{testkit.Set("s", "shop", testkit.Extends("gone"))}, nil},
	} {
		t.Run(sentence, func(t *testing.T) {
			in := changeOf(nil, c.sets[0], c.sets[1:]...)
			NewWithT(t).Expect(HeldBy(in.NewAncestry, in.Sets)).To(Equal(c.want))
		})
	}
}

func TestSubjectsOfType(t *testing.T) {
	held := func(types []v1alpha1.AccountType, users ...TypedUser) BindingInput {
		return BindingInput{
			New: testkit.Binding("b", "shop", testkit.ForUsers("ann", "bob")), NewSet: testkit.Set("s", "shop"), NewTypes: types, Users: users,
		}
	}
	staffOnly := []v1alpha1.AccountType{staffType, v1alpha1.AccountAdministrator}
	ann, bob := TypedUser{"ann", staffType}, TypedUser{"bob", apiType}
	eve := TypedUser{"eve", apiType}
	missing := held(staffOnly, bob)
	missing.NewSet = nil
	const refused, warned = "Refuse AccountTypeNotPermitted spec.subjects: Forbidden: ", "Warn AccountTypeNotPermitted spec.selector: Forbidden: "
	const some = "set shop/s may be held by accounts of type Staff, Administrator, and not by "
	ruleCases[BindingInput]{
		"a set for all":                    {held(nil, ann, bob), nil},
		"a set that is not there":          {missing, nil},
		"those who may":                    {held(staffOnly, ann), nil},
		"one who is named, and may not":    {held(staffOnly, ann, bob), []string{refused + some + "bob (API): remove them, or bind a set that they may hold"}},
		"one who is selected, and may not": {held(staffOnly, ann, eve), []string{warned + some + "eve (API), who do not get it"}},
		"both": {held(staffOnly, bob, eve), []string{
			refused + some + "bob (API): remove them, or bind a set that they may hold", warned + some + "eve (API), who do not get it",
		}},
		"a set that nobody may hold": {held([]v1alpha1.AccountType{noAccountType}, ann), []string{
			refused + "set shop/s may be held by no account: its accountTypes and those of the sets that it inherits from have none in common, and not by ann (Staff): " +
				"remove them, or bind a set that they may hold",
		}},
	}.run(t, SubjectsOfType)
}

func TestSubjectsOfTypeRefuseWhomTheChangeAdds(t *testing.T) {
	g := NewWithT(t)
	binding := func(names ...string) *v1alpha1.RoleBinding {
		return testkit.Binding("b", "shop", testkit.ForUsers(names...))
	}
	in := BindingInput{
		Old: binding("ann"), New: binding("ann"), OldSet: testkit.Set("s", "shop"), NewSet: testkit.Set("s", "shop"),
		OldTypes: []v1alpha1.AccountType{staffType}, NewTypes: []v1alpha1.AccountType{staffType}, Users: []TypedUser{{"ann", apiType}, {"bob", apiType}},
	}
	rule := changed[BindingInput](SubjectsOfType)
	refusals := func() []string { return findings(rule(in))[:1] }
	g.Expect(refusals()).To(Equal([]string{"Warn AccountTypeNotPermitted spec.subjects"}), "who was named before stays, whatever the set says by now")
	in.New = binding("ann", "bob")
	g.Expect(refusals()).To(Equal([]string{"Refuse AccountTypeNotPermitted spec.subjects"}), "nobody comes along")
	in.New, in.OldTypes = binding("ann"), nil
	g.Expect(refusals()).To(Equal([]string{"Refuse AccountTypeNotPermitted spec.subjects"}), "nor another set, which she may not hold")
}
