// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// exacting is a back office that demands much.
func exacting() *v1alpha1.BackOffice {
	return office(
		testkit.Dimensions(v1alpha1.FilterDimension{Name: "entities", DefaultRequired: true, Values: []string{"a", "b"}}),
		testkit.Catalog("orders"),
		testkit.OnOffice(func(o *v1alpha1.BackOffice) { o.Spec.Settings = []v1alpha1.Setting{{Name: "panel"}} }),
		testkit.Rules(func(p *v1alpha1.Policy) {
			p.Email = &v1alpha1.EmailPolicy{AllowedDomains: []string{"shop.example"}, Required: true}
			p.TwoFactor, p.Filters = v1alpha1.DemandRequired, v1alpha1.DemandRequired
		}),
	)
}

func TestUserChainsSayWhatTheBackOfficeDemands(t *testing.T) {
	g := NewWithT(t)
	member := Author{Known: true, Judged: true}
	in := UserInput{
		New: testkit.User("ann", "shop", testkit.Profile(v1alpha1.Profile{Email: "ann@x.example", Language: "qq"}), testkit.Setting("x", "y"),
			testkit.Filters(testkit.Only("brands", "x"), testkit.Only("entities", "a", "c"), testkit.Everything("regions"))),
		Office: exacting(), Terms: Terms{Admitted: true}, Author: member, Actor: almighty,
		Restricted: []HeldSet{{"b", "shop/s", []v1alpha1.AccountType{apiType}}},
		Surplus:    []string{"b"},
		SameEmail:  []types.NamespacedName{{Namespace: "shop", Name: "anna"}},
	}
	const address, phone, setting = "Refuse PolicyViolated spec.profile.email", "Refuse PolicyViolated spec.profile.phone", "Refuse SettingUnknown spec.settings[x]"
	filters := []string{
		"Refuse FilterUnknown spec.filters[0].dimension", "Refuse FilterUnknown spec.filters[2].dimension",
		"Refuse FilterUnknown spec.filters[1].values[1]", "Refuse PolicyViolated spec.filters[1].default",
	}
	facts := append([]string{address, phone, setting}, filters...)
	g.Expect(findings(UserWithdrawal.Evaluate(in))).To(Equal(facts))
	g.Expect(findings(UserStanding.Evaluate(in))).To(Equal(facts))
	g.Expect(findings(UserAdmission.Evaluate(in))).To(Equal([]string{
		address, phone, "Refuse PolicyViolated spec.profile.language", setting, filters[0], filters[1], filters[2], filters[3],
		"Warn AccessChanges spec.filters[2].mode", "Warn AccountTypeNotPermitted spec.accountType", "Warn PolicyViolated spec", "Warn EmailTaken spec.profile.email",
	}))
	in.Old = in.New
	g.Expect(FieldErrors(UserAdmission.Evaluate(in))).To(BeEmpty(), "nothing gets worse")

	in.Old, in.New = nil, testkit.User("ann", "shop", testkit.Profile(v1alpha1.Profile{Phone: "+4822"}))
	const unfiltered = "FiltersRequired spec.filters"
	g.Expect(findings(UserWithdrawal.Evaluate(in))).To(Equal([]string{address, "Refuse " + unfiltered}))
	g.Expect(findings(UserStanding.Evaluate(in))).To(Equal([]string{address, "Refuse " + unfiltered}))
	g.Expect(findings(UserAdmission.Evaluate(in))).To(ContainElements(address, "Warn "+unfiltered))
}

func TestBindingChainsSayWhatTheBackOfficeDemands(t *testing.T) {
	g := NewWithT(t)
	in := BindingInput{
		New: testkit.Binding("b", "shop", testkit.ToSet("s"), testkit.ForUsers("bob"), testkit.Grants("stock"),
			testkit.Filters(testkit.Only("entities", "a", "c"), testkit.Everything("brands"))),
		NewSet: testkit.Set("s", "shop"), NewTypes: []v1alpha1.AccountType{staffType}, Users: []TypedUser{{"bob", apiType}}, Crowded: []string{"bob"},
		Office: exacting(), Terms: Terms{Admitted: true}, Author: Author{Known: true, Judged: true, Sets: []types.UID{""}}, Actor: almighty,
	}
	facts := []string{
		"Refuse FilterUnknown spec.filters[1].dimension", "Refuse FilterUnknown spec.filters[0].values[1]", "Refuse PolicyViolated spec.filters[0].default",
		"Refuse PermissionUnknown spec.grants[0].path",
	}
	g.Expect(findings(BindingWithdrawal.Evaluate(in))).To(Equal(facts))
	g.Expect(findings(BindingStanding.Evaluate(in))).To(Equal(facts))
	g.Expect(findings(BindingAdmission.Evaluate(in))).To(Equal([]string{
		"Refuse AccountTypeNotPermitted spec.subjects", facts[0], facts[1], facts[2], "Warn AccessChanges spec.filters[1].mode", facts[3], "Warn PolicyViolated spec",
	}))
	in.Old, in.OldSet, in.OldTypes = in.New, in.NewSet, in.NewTypes
	g.Expect(FieldErrors(BindingAdmission.Evaluate(in))).To(BeEmpty(), "nothing gets worse")
}

func TestSetChainsKeepWhatIsProtected(t *testing.T) {
	g := NewWithT(t)
	old, obj := testkit.Set("s", "shop", testkit.Protected()), testkit.Set("s", "shop", testkit.Protected(), testkit.Extends("a"))
	in := changeOf(old, obj, testkit.Set("a", "shop")).by(almighty)
	in.Terms, in.Author = Terms{Admitted: true}, Author{Known: true, Judged: true, Sets: []types.UID{""}}
	const kept, unprotected = "Refuse SetProtected spec", "Refuse SetProtected spec.extends[0]"
	g.Expect(findings(SetAdmission.Evaluate(in))).To(Equal([]string{kept, unprotected}))
	g.Expect(findings(SetStanding.Evaluate(in))).To(Equal([]string{unprotected}))
	g.Expect(findings(SetWithdrawal.Evaluate(in))).To(Equal([]string{unprotected}))
	g.Expect(findings(SetDeletion.Evaluate(changeOf(old, nil).by(almighty)))).To(Equal([]string{"Refuse SetProtected spec.protected"}))
}

func TestSubjectChainSaysWhichSetsAUserMayHold(t *testing.T) {
	g := NewWithT(t)
	in := SubjectInput{User: Author{Known: true, At: 1}, AccountType: apiType, Types: []v1alpha1.AccountType{staffType}, Surplus: true, SetLimit: 1}
	g.Expect(findings(SubjectStanding.Evaluate(in))).To(Equal([]string{
		"Refuse NotAuthorized spec", "Refuse AccountTypeNotPermitted spec", "Refuse PolicyViolated spec",
	}))
}
