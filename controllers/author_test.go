// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/stamp"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// author is who applies the objects of a spec, with the power by which the webhook, which this suite does not have, would admit them. Nil is
// nobody: then objects are written as they are, as if the webhooks were not there.
type author struct {
	user   string
	powers []access.Power
}

// somebody may do everything.
var somebody = &author{"somebody", []access.Power{testkit.Unlimited()}}

// by is this world in the hands of another author.
func (w *world) by(user string, powers ...access.Power) *world {
	other := *w
	other.author = &author{user, powers}
	return &other
}

// behind is this world in the hands of somebody who gets past the webhooks.
func (w *world) behind() *world {
	other := *w
	other.author = nil
	return &other
}

// admit does to an object what the mutating webhook does; before is nil on creation.
func (a *author) admit(before, o client.Object) {
	GinkgoHelper()
	if _, ours := o.(interface{ SetObservedGeneration(int64) }); !ours || a == nil {
		return
	}
	if before != nil {
		if was, fits := stamp.Fitting(before); fits && was.Hash == stamp.Hash(o) {
			testkit.Carry(o, was)
			return
		}
	}
	a.stamp(before, o)
}

// stamp writes a new stamp.
func (a *author) stamp(before, o client.Object) {
	GinkgoHelper()
	s := testkit.Stamp(o, a.user, a.powers, namedSets(o)...)
	old, isSet := before.(*v1alpha1.PermissionSet)
	if !isSet {
		return
	}
	set := o.(*v1alpha1.PermissionSet)
	was, fits := stamp.Fitting(old)
	if fits && old.EffectiveRank() == set.EffectiveRank() && old.EffectiveFamily() == set.EffectiveFamily() {
		s.At = was.At // its rank was considered then
		testkit.Carry(o, s)
	}
}

// namedSets are the sets that an object names and that exist.
func namedSets(o client.Object) (sets []*v1alpha1.PermissionSet) {
	GinkgoHelper()
	var names []types.NamespacedName
	switch o := o.(type) {
	case *v1alpha1.RoleBinding:
		names = append(names, o.Spec.PermissionSetRef.In(o.Namespace))
	case *v1alpha1.PermissionSet:
		for _, ref := range o.Spec.Extends {
			names = append(names, ref.In(o.Namespace))
		}
	}
	for _, name := range names {
		set := &v1alpha1.PermissionSet{}
		err := admin.Get(ctx, name, set)
		Expect(client.IgnoreNotFound(err)).To(Succeed())
		if err == nil {
			sets = append(sets, set)
		}
	}
	return sets
}

// readmit has an object admitted anew as it is, as the webhook does where somebody asks for it.
func (w *world) readmit(o client.Object) {
	GinkgoHelper()
	Expect(admin.Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
	before := o.DeepCopyObject().(client.Object)
	w.author.stamp(before, o)
	Expect(admin.Patch(ctx, o, client.MergeFrom(before))).To(Succeed())
	w.seen(o)
}
