// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// The identities. What RBAC permits is not modelled: all of them may try everything.
var (
	root   = identity{name: "root"}                                        // rank 0, may give everything
	argo   = identity{name: "system:serviceaccount:argocd:app-controller"} // likewise; it applies what teams write, and so is held by ceilings
	lead   = identity{name: "lea", groups: []string{"leads"}}              // rank 5 of one family, may give orders
	clerk  = identity{name: "clerk"}                                       // rank 10, may bind existing sets
	agent  = identity{name: "agent"}                                       // rank 2 for affiliates, rank 10 for staff, may give everything
	keeper = identity{name: "keeper"}                                      // rank 2 of another family, may give stock
	ann    = identity{name: "ann@shop.example"}                            // what the user has who names it
	bob    = identity{name: "bob@shop.example"}                            // likewise
	binder = identity{name: "system:serviceaccount:beta:binder"}           // a service account, rank 5, may bind existing sets
	local  = identity{name: "local"}                                       // rank 2, may give everything, on the data of one entity
	duo    = identity{name: "duo"}                                         // rank 2 and may give orders; rank 10 and may give everything
	nobody = identity{name: "nobody"}                                      // nothing
	owner  = identity{name: "owner"}                                       // the verb escalate: writes BackOffices
	// firefighter has the verb escalate, and breaks the glass.
	firefighter = identity{name: "firefighter"}
)

// actors are those who write objects of a back office, the more often the nearer to the front.
var actors = []identity{root, clerk, lead, local, argo, agent, keeper, binder, ann, duo, nobody, bob, firefighter, owner}

func grant(rank int32, to v1alpha1.DelegationSubject, permissions ...string) v1alpha1.Delegation {
	return v1alpha1.Delegation{Subjects: []v1alpha1.DelegationSubject{to}, Rank: new(rank), Permissions: permissions}
}

func ofFamily(d v1alpha1.Delegation, family string) v1alpha1.Delegation {
	d.Families = []string{family}
	return d
}

func ofType(d v1alpha1.Delegation, t v1alpha1.AccountType) v1alpha1.Delegation {
	d.AccountTypes = []v1alpha1.AccountType{t}
	return d
}

func onData(d v1alpha1.Delegation, filters ...v1alpha1.Filter) v1alpha1.Delegation {
	d.Filters = filters
	return d
}

// delegations are those that a back office may have.
var delegations = []v1alpha1.Delegation{
	grant(0, testkit.Person("root"), "*"),
	grant(0, testkit.ServiceAccount("argocd", "app-controller"), "*"),
	ofFamily(grant(5, testkit.Group("leads"), "orders"), v1alpha1.DefaultRankFamily),
	grant(10, testkit.Person("clerk")),
	ofType(grant(2, testkit.Person("agent"), "*"), v1alpha1.AccountAffiliate),
	ofType(grant(10, testkit.Person("agent"), "*"), v1alpha1.AccountStaff),
	ofFamily(grant(2, testkit.Person("keeper"), "stock"), "depot"),
	grant(5, testkit.ServiceAccount("beta", "binder")),
	grant(2, testkit.Person("duo"), "orders"),
	grant(10, testkit.Person("duo"), "*"),
	onData(grant(2, testkit.Person("local"), "*"), testkit.Only(entities, "de")),
}

func ceiling(rank int32, permissions ...string) *v1alpha1.Ceiling {
	return &v1alpha1.Ceiling{Rank: new(rank), Permissions: permissions}
}

// admissions are the entries of namespaces that a back office may have.
var admissions = []v1alpha1.NamespaceAdmission{
	{Names: []string{"alpha"}, Ceiling: ceiling(2, "orders", "users")},
	{Selector: testkit.Binding("", "", testkit.ForLabels("tier", "gold")).Spec.Selector, AccountTypes: []v1alpha1.AccountType{v1alpha1.AccountStaff}},
	{Names: []string{"beta"}, Ceiling: ceiling(5)},
	{Names: []string{"alpha", "beta"}, Ceiling: ceiling(5, "*")},
	{Names: []string{"alpha"}},
}

// office is a back office with all delegations, which admits alpha up to rank 2, and beta by its label.
func office(mods ...testkit.Mod) *v1alpha1.BackOffice {
	o := testkit.Office("shop", "shop", append([]testkit.Mod{testkit.SelfService(managing)}, mods...)...)
	o.Spec.FilterDimensions = []v1alpha1.FilterDimension{{Name: entities}}
	o.Spec.Rank.Delegations = delegations
	o.Spec.Namespaces = admissions[:2]
	return o
}
