// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"k8s.io/apimachinery/pkg/types"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

func TestBindingAuthorized(t *testing.T) {
	boss := testkit.Set("boss", "shop", testkit.Rank(1), testkit.OnSet(func(s *v1alpha1.PermissionSet) { s.UID = "now" }))
	judged := func(powers ...access.Power) Author {
		return Author{Known: true, Judged: true, Powers: powers, Sets: []types.UID{"before"}}
	}
	unjudged := func(powers ...access.Power) Author { return Author{Known: true, Powers: powers} }
	by := func(author Author, subjects ...Subject) BindingInput {
		return BindingInput{New: testkit.Binding("b", "shop", testkit.ToSet("boss")), NewSet: boss, Office: office(), Author: author, Subjects: subjects}
	}
	granting := func(in BindingInput, entries ...string) BindingInput {
		in.New.Spec.Grants = testkit.Binding("b", "shop", testkit.Grants(entries...)).Spec.Grants
		return in
	}
	vouched, nowhere, waiting := judged(), by(unjudged()), by(unjudged())
	vouched.Sets = []types.UID{"other", "now"}
	forged := vouched
	forged.Judged = false
	nowhere.Office, waiting.NewSet = nil, nil
	ann := func(accountType v1alpha1.AccountType, protection ...Need) Subject {
		return Subject{Name: "ann", AccountType: accountType, Protection: protection}
	}
	strong, weak := access.Power{Rank: 1}, access.Power{Rank: 2}
	staff := access.Power{Rank: 1, AccountTypes: []string{"Staff"}}
	withStock := access.Power{Rank: 1, Permissions: ContentOf([]string{"stock"})}
	weakStock := access.Power{Rank: 2, Permissions: ContentOf([]string{"stock"})}
	const wayOut = "; somebody with the power has to apply it again, or to annotate it with access.backoffice-operator.io/reconcile-requested-at=<time>"
	const at, later, early = "Refuse NotAuthorized spec", ", which appeared afterwards" + wayOut, ", and did so before the BackOffice was there" + wayOut
	refused := func(what string) []string {
		return []string{at + ": Forbidden: whoever applied this may not hand out set shop/boss to " + what}
	}
	const tooWeak = at + `.permissionSetRef: Forbidden: whoever applied this may not hand out set shop/boss, of rank 1 in family "default"`
	const ungiven = at + ".grants: Forbidden: whoever applied this may not give stock Write with set shop/boss"
	ruleCases[BindingInput]{
		"who was judged for the set":                       {by(vouched), nil},
		"a list of sets without a judgement is none":       {by(forged), []string{tooWeak + early}},
		"without a back office, or without the set":        {nowhere, nil},
		"the set is still to come":                         {waiting, nil},
		"where nobody is known, Admitted tells":            {by(Author{}), nil},
		"who may hand it out, whenever it came":            {by(judged(weak, strong)), nil},
		"and who may not, when another took its place":     {by(judged(weak)), []string{tooWeak + later}},
		"nor when it came before the back office":          {by(unjudged(weak)), []string{tooWeak + early}},
		"with power in other families only":                {by(judged(access.Power{Families: []string{"x"}})), []string{tooWeak + later}},
		"whoever may hand it out has the grants":           {granting(by(judged(withStock)), "stock=Write"), nil},
		"not another of the author's powers":               {granting(by(judged(strong, weakStock)), "stock=Write"), []string{ungiven + later}},
		"nor where there was no back office":               {granting(by(unjudged(strong)), "stock=Write"), []string{ungiven + early}},
		"to accounts of the types of its power":            {by(judged(staff), ann(v1alpha1.AccountStaff)), nil},
		"and of no other":                                  {by(judged(staff), ann(v1alpha1.AccountAPI)), refused("ann" + later)},
		"unless another power is for them":                 {by(judged(staff, strong), ann(v1alpha1.AccountAPI)), nil},
		"one that also has the grants":                     {granting(by(judged(access.Power{Rank: 1, AccountTypes: []string{"Staff"}, Permissions: withStock.Permissions}, strong), ann(v1alpha1.AccountAPI)), "stock=Write"), refused("ann" + later)},
		"stronger users were judged at admission":          {by(judged(strong), ann(v1alpha1.AccountStaff, through("hq", "x", 0))), nil},
		"but not where there was no back office":           {by(unjudged(strong), ann(v1alpha1.AccountStaff, through("hq", "x", 0))), refused("ann" + early)},
		"unless the author may touch them":                 {by(unjudged(strong), ann(v1alpha1.AccountStaff, through("hq", "x", 1))), nil},
		"as accounts of their types":                       {by(unjudged(strong, access.Power{AccountTypes: []string{"API"}}), ann(v1alpha1.AccountStaff, through("hq", "x", 0))), refused("ann" + early)},
		"users who were changed since are not this rule's": {by(unjudged(strong), Subject{Name: "ann", Author: Author{Known: true, At: 9}}), nil},
	}.run(t, BindingAuthorized)
}
