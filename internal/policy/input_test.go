// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"

	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// Before is the input with the facts about the old object in place of those about the new one.
func TestBefore(t *testing.T) {
	g := NewWithT(t)
	ann, bob := testkit.User("ann", "shop"), testkit.User("ann", "shop", testkit.KubernetesUser("bob@shop"))
	same := []types.NamespacedName{{Namespace: "shop", Name: "bob"}}
	_, ok := UserInput{New: ann}.before()
	g.Expect(ok).To(BeFalse(), "there was nothing")
	before, ok := UserInput{Old: ann, New: bob, SameKubernetesUser: same, FullQuotas: []string{"users"}}.before()
	g.Expect(ok).To(BeTrue())
	g.Expect(before).To(Equal(UserInput{Old: ann, New: ann, FullQuotas: []string{"users"}}), "who names the new identity tells nothing of the old one")
	before, _ = UserInput{Old: bob, New: bob, SameKubernetesUser: same}.before()
	g.Expect(before.SameKubernetesUser).To(Equal(same))

	old, obj := testkit.Binding("b", "shop", testkit.ToSet("s")), testkit.Binding("b", "shop", testkit.ToSet("z"))
	_, ok = BindingInput{New: obj}.before()
	g.Expect(ok).To(BeFalse())
	bound, ok := BindingInput{Old: old, New: obj, OldSet: testkit.Set("s", "shop"), NewSet: testkit.Set("z", "shop")}.before()
	g.Expect(ok).To(BeTrue())
	g.Expect(bound.New).To(Equal(old))
	g.Expect(bound.NewSet).To(Equal(bound.OldSet))

	was, is := testkit.Set("s", "shop", testkit.Permissions("orders")), testkit.Set("s", "shop")
	_, ok = SetInput{New: is}.before()
	g.Expect(ok).To(BeFalse())
	set, ok := SetInput{Old: was, New: is, OldAncestry: access.Ancestry{Missing: []string{"a"}}, Sets: setsOf(is)}.before()
	g.Expect(ok).To(BeTrue())
	g.Expect(set.New).To(Equal(was))
	g.Expect(set.NewAncestry).To(Equal(set.OldAncestry))
	g.Expect(texts(set.rights(set.New).Gives)).To(Equal([]string{"orders Read"}), "the set as it was, whatever is among the others")
}

func TestRightsOfASet(t *testing.T) {
	g := NewWithT(t)
	was, is := testkit.Set("s", "shop", testkit.Extends("base"), testkit.Permissions("orders")), testkit.Set("s", "shop", testkit.Deny("export"))
	base := testkit.Set("base", "shop", testkit.Permissions("stock"))
	in := SetInput{Old: was, New: is, Sets: setsOf(is, base)}
	g.Expect(texts(in.rights(in.Old).Gives)).To(Equal([]string{"orders Read", "stock Read"}))
	g.Expect(in.rights(in.New)).To(Equal(access.Rights{Deny: []string{"export"}}))
	g.Expect(in.rights(nil)).To(BeZero(), "a set that is not there")
	g.Expect(in.Sets["shop/s"]).To(BeIdenticalTo(is), "the facts are as they were")
	g.Expect(texts(SetInput{New: was}.rights(was).Gives)).To(Equal([]string{"orders Read"}), "without facts about others")
}
