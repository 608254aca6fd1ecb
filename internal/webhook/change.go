// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"slices"

	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/stamp"
)

// change is a creation or an update as far as the stamp is concerned. The mutating webhook decides by it what becomes of the stamp, and the
// validating one what it accepts.
type change struct {
	operator  bool // The operator itself asks.
	collector bool // The garbage collector asks.
	created   bool
	dying     bool // The old object is being deleted.
	office    bool // The object is a BackOffice.
	same      bool // Nothing that a stamp covers changes.
	fits      bool // The old object's stamp fits it.
	wanting   bool // The old object's status says that its stamp is missing, or was not enough.
	disowned  bool // Of what a stamp covers, only owner references change, and none is new.

	before stamp.Stamp // of the old object, where it fits
	was    string      // the annotation of the old object
	hash   string      // of the new object
}

// changeOf looks at a request for a change of old to obj; old is nil on creation. Self is the operator's user name.
func changeOf(user authenticationv1.UserInfo, self string, old, obj client.Object) change {
	c := change{hash: stamp.Hash(obj), operator: user.Username == self, collector: gather.IsGarbageCollector(user), created: old == nil}
	_, c.office = obj.(*v1alpha1.BackOffice)
	if old == nil {
		return c
	}
	hash := stamp.Hash(old)
	c.same, c.was = c.hash == hash, annotationOf(old)
	c.dying = !old.GetDeletionTimestamp().IsZero()
	c.wanting = wanting(old)
	if s, ok := stamp.Of(old); ok && s.Hash == hash {
		c.fits, c.before = true, s
	}
	c.disowned = c.collector && disowned(old, obj, hash)
	return c
}

// treatment is what becomes of the stamp.
type treatment string

const (
	// carried: the annotation is what it was, present or absent, whatever the request says.
	carried treatment = "carried"
	// renewed: a new stamp.
	renewed treatment = "renewed"
	// renewedByPower: a new stamp where the requester has any power, else carried.
	renewedByPower treatment = "renewed by power"
	// rehashed: the old stamp, for the object as it is now.
	rehashed treatment = "rehashed"
)

// treatment decides what becomes of the stamp.
func (c change) treatment() treatment {
	switch {
	case c.created:
		return renewed
	case c.operator, c.same && c.dying, c.same && c.fits && !c.wanting:
		return carried
	case c.same && c.office: // admission asks for the verb escalate, and for no power
		return renewed
	case c.same: // not admitted, or not with enough power: this is the way out
		return renewedByPower
	case c.disowned:
		return rehashed
	default:
		return renewed
	}
}

// rehash is the old stamp for the new object. One that did not fit stays as it is: it fits no better.
func (c change) rehash() string {
	if !c.fits {
		return c.was
	}
	s := c.before
	s.Hash = c.hash
	return s.String()
}

// vouched tells whether somebody was judged for all that the old object hands out, with the sets that it names now. What nobody was judged for
// is handed out by whoever changes the object next.
func (c change) vouched(sets []types.UID) bool {
	unknown := func(uid types.UID) bool { return !slices.Contains(c.before.Sets, string(uid)) }
	return c.fits && !c.before.Unjudged && !c.wanting && !slices.ContainsFunc(sets, unknown)
}

// annotationOf is the value of the stamp; empty where there is none.
func annotationOf(o metav1.Object) string { return o.GetAnnotations()[v1alpha1.AnnotationAdmitted] }

// wanting tells whether the operator has said that an object's stamp is missing, or was not enough.
func wanting(o client.Object) bool {
	conditions := o.(interface{ GetConditions() *[]metav1.Condition }).GetConditions() // as all our kinds have
	ready := meta.FindStatusCondition(*conditions, v1alpha1.ConditionReady)
	if ready == nil || ready.Status != metav1.ConditionFalse {
		return false
	}
	switch ready.Reason {
	case v1alpha1.ReasonNotAdmitted, v1alpha1.ReasonNotAuthorized, v1alpha1.ReasonSubjectsRefused:
		return true
	}
	return false
}

// disowned tells whether obj is old with fewer owner references: what the garbage collector writes. It may also let go of blockOwnerDeletion.
func disowned(old, obj client.Object, hash string) bool {
	for _, owner := range obj.GetOwnerReferences() {
		if !owns(old, owner) {
			return false
		}
	}
	owned := obj.DeepCopyObject().(client.Object)
	owned.SetOwnerReferences(old.GetOwnerReferences())
	return stamp.Hash(owned) == hash
}

// owns tells whether an object has an owner reference, blockOwnerDeletion aside.
func owns(o client.Object, owner metav1.OwnerReference) bool {
	return slices.ContainsFunc(o.GetOwnerReferences(), func(known metav1.OwnerReference) bool {
		return known.UID == owner.UID && known.APIVersion == owner.APIVersion && known.Kind == owner.Kind && known.Name == owner.Name
	})
}
