// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

var midday = time.Date(2026, time.November, 21, 12, 0, 0, 0, time.UTC)

// bornAt is a binding of a set, created at a second.
func bornAt(second int64, name, set string, mods ...testkit.Mod) *v1alpha1.RoleBinding {
	return testkit.Binding(name, "shop", append(mods, testkit.ToSet(set), func(o client.Object) {
		o.SetCreationTimestamp(metav1.Unix(second, 0))
		o.SetUID(types.UID("uid-" + name))
	})...)
}

func TestSurplus(t *testing.T) {
	ended := testkit.Until(midday)
	later := testkit.From(midday.Add(time.Hour))
	going := func(o client.Object) { o.SetDeletionTimestamp(&metav1.Time{Time: midday}) }
	fresh := testkit.Binding("fresh", "shop", testkit.ToSet("c"))
	bindings := func(b ...*v1alpha1.RoleBinding) []*v1alpha1.RoleBinding { return b }
	for sentence, c := range map[string]struct {
		bindings []*v1alpha1.RoleBinding
		limit    int
		want     []string
	}{
		"none":                                   {nil, 1, nil},
		"as many as there may be":                {bindings(bornAt(1, "x", "a"), bornAt(2, "y", "b")), 2, nil},
		"the youngest is too many":               {bindings(bornAt(2, "y", "b"), bornAt(1, "x", "a")), 1, []string{"y"}},
		"all that are younger are":               {bindings(bornAt(3, "z", "c"), bornAt(2, "y", "b"), bornAt(1, "x", "a")), 1, []string{"y", "z"}},
		"of the same second the UID decides":     {bindings(bornAt(1, "y", "b"), bornAt(1, "x", "a")), 1, []string{"y"}},
		"a set twice is one set":                 {bindings(bornAt(1, "x", "a"), bornAt(2, "y", "b"), bornAt(3, "z", "a")), 1, []string{"y"}},
		"the same name elsewhere is another set": {bindings(bornAt(1, "x", "a"), bornAt(2, "y", "hq/a")), 1, []string{"y"}},
		"one that has ended does not count":      {bindings(bornAt(1, "x", "a", ended), bornAt(2, "y", "b")), 1, nil},
		"one that is yet to begin does":          {bindings(bornAt(1, "x", "a", later), bornAt(2, "y", "b")), 1, []string{"y"}},
		"one that is being deleted does not":     {bindings(bornAt(1, "x", "a", going), bornAt(2, "y", "b")), 1, nil},
		"one that is not stored is the youngest": {bindings(fresh, bornAt(9, "x", "a")), 1, []string{"fresh"}},
	} {
		t.Run(sentence, func(t *testing.T) {
			var got []string
			for _, b := range Surplus(c.bindings, c.limit, midday) {
				got = append(got, b.Name)
			}
			NewWithT(t).Expect(got).To(Equal(c.want))
		})
	}
}

func TestSurplusLeavesTheListAsItIs(t *testing.T) {
	g := NewWithT(t)
	list := []*v1alpha1.RoleBinding{bornAt(2, "y", "b"), bornAt(1, "x", "a", testkit.Until(midday)), bornAt(0, "w", "c")}
	Surplus(list, 1, midday)
	g.Expect([]string{list[0].Name, list[1].Name, list[2].Name}).To(Equal([]string{"y", "x", "w"}))
}

// limited is a back office whose users may hold this many sets.
func limited(sets int32) *v1alpha1.BackOffice {
	return office(testkit.Rules(func(p *v1alpha1.Policy) { p.PermissionSetsPerUser = &sets }))
}

func TestSetLimit(t *testing.T) {
	g := NewWithT(t)
	g.Expect(SetLimit(nil)).To(BeZero())
	g.Expect(SetLimit(office())).To(BeZero())
	g.Expect(SetLimit(office(testkit.Rules(func(*v1alpha1.Policy) {})))).To(BeZero())
	g.Expect(SetLimit(limited(3))).To(Equal(3))
}

func TestUserWithinSetLimit(t *testing.T) {
	ruleCases[UserInput]{
		"no more than it may hold": {UserInput{Office: limited(1)}, nil},
		"more than it may hold": {UserInput{Office: limited(1), Surplus: []string{"y", "z"}}, []string{
			"Warn PolicyViolated spec: Forbidden: spec.policy.permissionSetsPerUser of BackOffice shop/shop permits 1: what bindings y, z hand out is withheld from " +
				"this user until another binding goes",
		}},
	}.run(t, UserWithinSetLimit)
}

func TestBindingWithinSetLimit(t *testing.T) {
	ruleCases[BindingInput]{
		"nobody has more": {BindingInput{Office: limited(2)}, nil},
		"somebody would have more": {BindingInput{Office: limited(2), Crowded: []string{"ann", "bob"}}, []string{
			"Warn PolicyViolated spec: Forbidden: spec.policy.permissionSetsPerUser of BackOffice shop/shop permits 2: with this, ann, bob would hold more, and " +
				"what their youngest bindings hand out is withheld from them until another binding goes",
		}},
	}.run(t, BindingWithinSetLimit)
}
