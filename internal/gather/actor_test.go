// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"testing"

	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/stamp"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func by(user string, groups ...string) admission.Request {
	return admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
		Namespace: "shop", Name: "shop", UserInfo: authenticationv1.UserInfo{Username: user, Groups: groups},
	}}
}

// byDelegation is a power as the delegation of that number gives it.
func byDelegation(source string, power access.Power) policy.Power {
	return policy.Power{Power: power, Source: "spec.rank.delegations[" + source + "] of BackOffice shop/shop"}
}

func TestDelegationsGivePower(t *testing.T) {
	office := testkit.Office(
		"shop", "shop",
		testkit.Delegates(0, testkit.ServiceAccount("argocd", "controller")), testkit.Giving("*"),
		testkit.Delegates(4, testkit.Group("leads"), testkit.Person("lea")), testkit.InFamilies("x"),
		testkit.Delegates(7, testkit.Person("lea")), testkit.Giving("stock", "orders"), testkit.OfTypes(v1alpha1.AccountStaff),
		testkit.Delegates(9, testkit.Person("leads"), testkit.Group("lea")),
		testkit.Delegates(8, testkit.Group("system:serviceaccounts:ci")),
		testkit.OnOffice(func(o *v1alpha1.BackOffice) { // the schema demands a rank
			o.Spec.Rank.Delegations = append(o.Spec.Rank.Delegations, v1alpha1.Delegation{Subjects: []v1alpha1.DelegationSubject{testkit.Person("rankless")}})
		}),
		testkit.Delegates(1, v1alpha1.DelegationSubject{Kind: v1alpha1.SubjectServiceAccount, Name: "argocd:controller"}), // and a namespace
	)
	testkit.Stamp(office, "root", nil)
	everything := access.Content{{Path: "*", Level: access.Write}}
	four := byDelegation("1", access.Power{Rank: 4, Families: []string{"x"}})
	seven := byDelegation("2", access.Power{Rank: 7, AccountTypes: []string{"Staff"}, Permissions: access.Content{
		{Path: "orders", Level: access.Write}, {Path: "stock", Level: access.Write},
	}})
	for sentence, c := range map[string]struct {
		req  admission.Request
		want []policy.Power
	}{
		"nobody":                              {by("bob", "staff"), nil},
		"a user by name, in every delegation": {by("lea"), []policy.Power{four, seven}},
		"a user by group":                     {by("bob", "staff", "leads"), []policy.Power{four}},
		"a user and a group of the same name": {by("leads"), []policy.Power{byDelegation("3", access.Power{Rank: 9})}},
		"a service account": {
			by("system:serviceaccount:argocd:controller"), []policy.Power{byDelegation("0", access.Power{Permissions: everything})},
		},
		"a service account by the group of its namespace": {
			by("system:serviceaccount:ci:runner", "system:serviceaccounts", "system:serviceaccounts:ci"),
			[]policy.Power{byDelegation("4", access.Power{Rank: 8})},
		},
		"one of another namespace":         {by("system:serviceaccount:default:controller"), nil},
		"a delegation without rank":        {by("rankless"), nil},
		"a service account with no of its": {by("system:serviceaccount::argocd:controller"), nil},
		"case counts":                      {by("LEA"), nil},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			actor, err := Admission{}.Actor(t.Context(), c.req.UserInfo, office)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(actor.Powers).To(Equal(c.want))
			g.Expect(actor.Name).To(Equal(c.req.UserInfo.Username))
			g.Expect(actor.Groups).To(Equal(c.req.UserInfo.Groups))
		})
	}
}

func TestWhatGivesNobodyPower(t *testing.T) {
	delegating := func() *v1alpha1.BackOffice {
		return testkit.Office("shop", "shop", testkit.Delegates(0, testkit.Person("lea")))
	}
	tampered := delegating()
	testkit.Stamp(tampered, "root", nil)
	tampered.Spec.Rank.Delegations[0].Subjects = append(tampered.Spec.Rank.Delegations[0].Subjects, testkit.Person("eve"))
	silent := testkit.Office("shop", "shop")
	testkit.Stamp(silent, "root", nil)
	for sentence, office := range map[string]*v1alpha1.BackOffice{
		"no back office":                      nil,
		"one that says nothing about rank":    silent,
		"one that was not admitted":           delegating(),
		"one that was changed past admission": tampered,
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			actor, err := Admission{Gatherer: Gatherer{Reader: broken{}}}.Actor(t.Context(), by("lea").UserInfo, office)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(actor.Powers).To(BeEmpty())
		})
	}
}

func TestAuthors(t *testing.T) {
	office := testkit.Office(
		"shop", "shop",
		testkit.Delegates(3, testkit.Person("ann")), testkit.InFamilies("x"),
		testkit.Delegates(4, testkit.ServiceAccount("ci", "runner")),
		testkit.Delegates(6, testkit.Group("system:serviceaccounts:ci")),
		testkit.Delegates(7, testkit.Group("leads")),
	)
	testkit.Stamp(office, "root", nil)
	unstamped := office.DeepCopy()
	unstamped.Annotations = nil
	two := access.Power{Rank: 2}
	three, four, six := access.Power{Rank: 3, Families: []string{"x"}}, access.Power{Rank: 4}, access.Power{Rank: 6}
	for sentence, c := range map[string]struct {
		stamp  stamp.Stamp
		office *v1alpha1.BackOffice
		want   []access.Power
	}{
		"who was judged has what the stamp tells":              {stamp.Stamp{User: "ann", Power: []access.Power{two}}, office, []access.Power{two}},
		"who was not has what the name has now":                {stamp.Stamp{User: "ann", Unjudged: true}, office, []access.Power{three}},
		"a service account is in the group of its namespace":   {stamp.Stamp{User: "system:serviceaccount:ci:runner", Unjudged: true}, office, []access.Power{four, six}},
		"another one of that namespace, too":                   {stamp.Stamp{User: "system:serviceaccount:ci:other", Unjudged: true}, office, []access.Power{six}},
		"who is called like one without a name is none":        {stamp.Stamp{User: "system:serviceaccount:ci", Unjudged: true}, office, nil},
		"nor one with an empty name":                           {stamp.Stamp{User: "system:serviceaccount:ci:", Unjudged: true}, office, nil},
		"nor a person whose name has a colon":                  {stamp.Stamp{User: "ci:runner", Unjudged: true}, office, nil},
		"nobody is in another group by name":                   {stamp.Stamp{User: "leads", Unjudged: true}, office, nil},
		"as long as there is no back office nobody has any":    {stamp.Stamp{User: "ann", Unjudged: true}, nil, nil},
		"a back office that is not admitted gives nobody any":  {stamp.Stamp{User: "ann", Unjudged: true}, unstamped, nil},
		"and takes nothing from who was judged":                {stamp.Stamp{User: "ann", Power: []access.Power{two}}, unstamped, []access.Power{two}},
		"what an unjudged stamp claims counts, and is checked": {stamp.Stamp{User: "bob", Unjudged: true, Power: []access.Power{two}}, office, []access.Power{two}},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			u := testkit.User("u", "shop")
			s := c.stamp
			s.ID, s.At, s.Sets, s.Hash = "id", 42, []string{"uid"}, stamp.Hash(u)
			testkit.Carry(u, s)
			a := author(u, c.office)
			g.Expect(a).To(Equal(policy.Author{
				Known: true, Name: s.User, At: 42, Judged: !s.Unjudged, Powers: c.want, Sets: []types.UID{"uid"},
			}))
			u.Spec.Login = "changed"
			g.Expect(author(u, c.office)).To(Equal(policy.Author{}), "a stamp that does not fit tells nothing")
		})
	}
	NewWithT(t).Expect(author(testkit.User("u", "shop"), office)).To(Equal(policy.Author{}), "no stamp tells nothing")
}
