// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// random draws inputs as nobody would write them: facts that are missing, or do not fit each other.
type random struct{ *rapid.T }

var (
	somePaths    = []string{"orders", "orders/refund", "stock", "stock/items", "*"}
	someFamilies = []string{"", "x", "z"}
	someTypes    = []v1alpha1.AccountType{"", v1alpha1.AccountStaff, v1alpha1.AccountAPI, "unknown"}
	someSets     = []string{"shop/s", "shop/t", "team/s", "team/t", "gone/s"}
	someUIDs     = []types.UID{"", "1", "2"}
)

func (r random) maybe(what string) bool { return rapid.Bool().Draw(r.T, what) }

func (r random) rank() *int32 {
	if rapid.IntRange(0, 9).Draw(r.T, "no rank") == 0 {
		return nil
	}
	return new(rapid.Int32Range(0, 4).Draw(r.T, "rank"))
}

func one[T any](r random, of []T, what string) T { return rapid.SampledFrom(of).Draw(r.T, what) }

func some[T comparable](r random, of []T, what string) []T {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(of), 0, min(3, len(of)), rapid.ID[T]).Draw(r.T, what)
}

func (r random) permissions() []v1alpha1.Permission {
	var list []v1alpha1.Permission
	for _, path := range some(r, somePaths, "permissions") {
		list = append(list, v1alpha1.Permission{Path: path, Level: one(r, []v1alpha1.Level{"", "None", "Read", "Write"}, "level")})
	}
	return list
}

func (r random) office() *v1alpha1.BackOffice {
	if rapid.IntRange(0, 9).Draw(r.T, "no office") == 0 {
		return nil
	}
	return office(testkit.Catalog(some(r, somePaths, "catalogue")...), r.rules())
}

func (r random) terms() Terms {
	t := Terms{Admitted: r.maybe("admitted"), AccountTypes: some(r, someTypes, "types"), Sources: []string{"spec.namespaces[0]"}}
	if r.maybe("ceiling") {
		t.Rank, t.Permissions = new(rapid.Int32Range(0, 4).Draw(r.T, "ceiling")), ContentOf(some(r, somePaths, "ceiling permits"))
	}
	return t
}

func (r random) power() access.Power {
	p := access.Power{Rank: rapid.Int32Range(0, 4).Draw(r.T, "power"), Families: some(r, someFamilies, "families")}
	for _, t := range some(r, someTypes, "of types") {
		p.AccountTypes = append(p.AccountTypes, string(t))
	}
	p.Permissions = contentOf(r.permissions())
	return p
}

func (r random) powers() []Power {
	var powers []Power
	for range rapid.IntRange(0, 3).Draw(r.T, "powers") {
		powers = append(powers, Power{Power: r.power()})
	}
	return powers
}

func (r random) actor() Actor {
	actor := lea(r.powers()...)
	actor.Escalation = one(r, []Escalation{EscalationNotAsked, EscalationPermitted, EscalationRefused}, "escalation")
	actor.BreakGlass = r.maybe("break glass")
	return actor
}

func (r random) author() Author {
	a := Author{Known: r.maybe("known"), Judged: r.maybe("judged"), At: rapid.Int64Range(0, 3).Draw(r.T, "at"), Sets: some(r, someUIDs, "author's sets")}
	for _, p := range r.powers() {
		a.Powers = append(a.Powers, p.Power)
	}
	return a
}

func (r random) protection() Protection {
	var p Protection
	for _, family := range some(r, someFamilies, "protected in") {
		p = append(p, through("hq", family, rapid.Int32Range(0, 4).Draw(r.T, "protection")))
	}
	return p
}

func (r random) annotations() testkit.Mod {
	if !r.maybe("annotated") {
		return testkit.Annotations()
	}
	return testkit.Annotations(v1alpha1.AnnotationBreakGlass, one(r, []string{"", "fire"}, "reason"))
}

func (r random) set(name string) *v1alpha1.PermissionSet {
	namespace, name, _ := strings.Cut(name, "/")
	return testkit.Set(name, namespace, testkit.InOffice(one(r, []string{"shop/shop", "desk"}, "set's office")), r.annotations(),
		testkit.Family(one(r, someFamilies, "family")), testkit.Extends(some(r, someSets, "extends")...), testkit.Deny(some(r, somePaths, "deny")...),
		testkit.OnSet(func(s *v1alpha1.PermissionSet) {
			s.UID, s.Spec.Rank, s.Spec.Permissions, s.Spec.Protected = one(r, someUIDs, "UID"), r.rank(), r.permissions(), r.maybe("protected")
		}))
}

func (r random) maybeSet() *v1alpha1.PermissionSet {
	if r.maybe("no set") {
		return nil
	}
	return r.set(one(r, someSets, "set"))
}

func (r random) user() *v1alpha1.BackOfficeUser {
	return testkit.User("ann", "team", testkit.InOffice("shop/shop"), testkit.AccountType(one(r, someTypes, "type")), r.annotations(), r.person(), r.filters(),
		testkit.IPs(some(r, []string{"203.0.113.7", "*", "rubbish", ""}, "networks")...))
}

func (r random) binding() *v1alpha1.RoleBinding {
	return testkit.Binding("b", "team", testkit.InOffice("shop/shop"), testkit.ToSet(one(r, someSets, "to set")), r.annotations(),
		testkit.ForUsers(some(r, []string{"ann", "bob"}, "subjects")...), testkit.Denies(some(r, somePaths, "denies")...), r.filters(),
		testkit.OnBinding(func(b *v1alpha1.RoleBinding) {
			b.Spec.Grants = r.permissions()
			if r.maybe("selector") {
				b.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{one(r, []string{"team", "-"}, "key"): "a"}}
			}
			if r.maybe("expires") {
				b.Spec.ExpiresAt = &metav1.Time{}
			}
		}))
}

// states draws the old and the new object; one at least is not nil.
func states[T any](r random, draw func() *T) (old, obj *T) {
	switch one(r, []string{"create", "change", "touch", "delete"}, "operation") {
	case "create":
		return nil, draw()
	case "change":
		return draw(), draw()
	case "delete":
		return draw(), nil
	default:
		o := draw()
		return o, o
	}
}

func (r random) userInput() UserInput {
	in := UserInput{
		Office: r.office(), Terms: r.terms(), Author: r.author(), OldProtection: r.protection(), NewProtection: r.protection(), Actor: r.actor(),
		Freed: ContentOf(some(r, somePaths, "freed")),
	}
	in.Old, in.New = states(r, r.user)
	for _, list := range []*[]types.NamespacedName{&in.SameLogin, &in.SameKubernetesUser} {
		if r.maybe("taken") {
			*list = []types.NamespacedName{{Name: "bob"}}
		}
	}
	in.FullQuotas = some(r, []string{"users"}, "quotas")
	return r.aboutUser(in)
}

func (r random) bindingInput() BindingInput {
	in := BindingInput{
		Office: r.office(), Terms: r.terms(), Author: r.author(), OldSet: r.maybeSet(), NewSet: r.maybeSet(), Actor: r.actor(),
		OldInherited: some(r, somePaths, "inherited"), NewInherited: some(r, somePaths, "inherits"), MissingSubjects: some(r, []string{"bob"}, "missing"),
	}
	in.Old, in.New = states(r, r.binding)
	for _, name := range some(r, []string{"ann", "bob", "eve"}, "touched") {
		in.Subjects = append(in.Subjects, Subject{Name: name, AccountType: one(r, someTypes, "type"), Protection: r.protection(), Author: r.author()})
		in.Beneath = append(in.Beneath, Beneath{Name: name})
	}
	return r.aboutBinding(in)
}

func (r random) setInput() SetInput {
	name := one(r, someSets, "name")
	in := SetInput{Office: r.office(), Terms: r.terms(), Author: r.author(), Holders: staff(r.protection()...), Actor: r.actor()}
	in.Old, in.New = states(r, func() *v1alpha1.PermissionSet { return r.set(name) })
	if r.maybe("read") {
		in.Sets = map[string]*v1alpha1.PermissionSet{}
		for _, other := range some(r, someSets, "sets") {
			in.Sets[other] = r.maybeSet()
		}
	}
	for _, ancestry := range []*access.Ancestry{&in.OldAncestry, &in.NewAncestry} {
		ancestry.Missing, ancestry.Cycle = some(r, someSets, "missing"), some(r, someSets, "cycle")
		for _, id := range some(r, someSets, "ancestors") {
			if ancestry.Distance == nil {
				ancestry.Distance = map[string]int{}
			}
			ancestry.Distance[id] = rapid.IntRange(0, 3).Draw(r.T, "distance")
		}
	}
	if r.maybe("same key") {
		in.SameKey = []types.NamespacedName{{Name: "t"}}
	}
	return in
}
