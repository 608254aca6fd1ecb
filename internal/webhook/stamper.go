// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"context"
	"slices"

	admissionv1 "k8s.io/api/admission/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/stamp"
)

// stamper writes the admission stamp, and the operator's finalizer on objects that stay, so that no deletion can be missed and the controllers
// need not write it. It refuses nothing: it runs before the schema and before the rules, which do.
type stamper struct {
	facts gather.Admission
	self  string
}

// Handle implements admission.Handler.
func (s stamper) Handle(ctx context.Context, req admission.Request) admission.Response {
	blank, known := blanks[req.Kind.Kind]
	if !known || req.Operation != admissionv1.Create && req.Operation != admissionv1.Update {
		return admission.Allowed("")
	}
	old, obj, err := decoded(req, blank)
	if err != nil {
		return admission.Allowed("") // the schema refuses it
	}
	value, err := s.annotation(ctx, req, old, obj)
	if err != nil {
		log.FromContext(ctx).Error(err, "Not stamped: the request will be refused")
		return admission.Allowed("")
	}
	return admission.Patched("", append(finalize(old, obj), annotate(obj, value)...)...)
}

// annotation is the value that the object is to have; empty for none.
func (s stamper) annotation(ctx context.Context, req admission.Request, old, obj client.Object) (string, error) {
	c := changeOf(req.UserInfo, s.self, old, obj)
	treatment := c.treatment()
	if treatment == carried {
		return c.was, nil
	}
	if treatment == rehashed {
		return c.rehash(), nil
	}
	made, err := s.stamp(ctx, req, old, obj)
	if err != nil {
		return "", err
	}
	if treatment == renewedByPower && len(made.Power) == 0 {
		return c.was, nil
	}
	made.Hash = c.hash
	if c.fits && sameRank(old, obj) && !bypassesMore(old, obj) {
		made.At = c.before.At
	}
	return made.String(), nil
}

// stamp says who asks, with which power, and which of the sets that the object names are there.
func (s stamper) stamp(ctx context.Context, req admission.Request, old, obj client.Object) (stamp.Stamp, error) {
	user := req.UserInfo.Username
	ref, sets := references(obj)
	if ref == nil {
		return stamp.New(user, nil, ""), nil
	}
	office, err := s.facts.Office(ctx, *ref, obj.GetNamespace())
	if err != nil {
		return stamp.Stamp{}, err
	}
	if office == nil {
		made := stamp.New(user, nil, "")
		made.Unjudged = true
		return made, nil
	}
	actor, err := s.facts.Actor(ctx, req.UserInfo, office)
	if err != nil {
		return stamp.Stamp{}, err
	}
	broken := len(actor.Powers) == 0 && gather.AsksToBreakGlass(user, old, obj)
	if broken { // whether that may be is for the validating webhook to ask
		actor.Powers = []policy.Power{gather.BrokenGlass()}
	}
	made := stamp.New(user, plain(actor.Powers), "")
	made.BreakGlass = broken
	made.Sets, err = s.existing(ctx, office, obj.GetNamespace(), sets)
	return made, err
}

// existing returns the UIDs of those sets that an object of the namespace may name and that exist.
func (s stamper) existing(ctx context.Context, office *v1alpha1.BackOffice, namespace string, refs []v1alpha1.PermissionSetReference) ([]string, error) {
	var uids []string
	for _, ref := range refs {
		name := ref.In(namespace)
		if name.Namespace != namespace && name.Namespace != office.Namespace {
			continue
		}
		set, err := s.facts.Set(ctx, ref, namespace)
		if err != nil {
			return nil, err
		}
		if set != nil && set.Spec.BackOfficeRef.In(set.Namespace) == client.ObjectKeyFromObject(office) && !slices.Contains(uids, string(set.UID)) {
			uids = append(uids, string(set.UID))
		}
	}
	return uids, nil
}

// references returns the BackOffice that an object belongs to, nil for a BackOffice, and the sets that it names.
func references(o client.Object) (*v1alpha1.BackOfficeReference, []v1alpha1.PermissionSetReference) {
	switch o := o.(type) {
	case *v1alpha1.BackOfficeUser:
		return &o.Spec.BackOfficeRef, nil
	case *v1alpha1.PermissionSet:
		return &o.Spec.BackOfficeRef, o.Spec.Extends
	case *v1alpha1.RoleBinding:
		return &o.Spec.BackOfficeRef, []v1alpha1.PermissionSetReference{o.Spec.PermissionSetRef}
	}
	return nil, nil
}

// sameRank tells whether the objects are sets of one rank in one family: its time is when that was last considered.
func sameRank(old, obj client.Object) bool {
	before, ok := old.(*v1alpha1.PermissionSet)
	if !ok {
		return false
	}
	after, ok := obj.(*v1alpha1.PermissionSet)
	return ok && before.EffectiveRank() == after.EffectiveRank() && before.EffectiveFamily() == after.EffectiveFamily()
}

// bypassesMore tells whether a set bypasses filters which it did not bypass: whoever lets it do so considers who holds it.
func bypassesMore(old, obj client.Object) bool {
	before, ok := old.(*v1alpha1.PermissionSet)
	if !ok {
		return false
	}
	after, ok := obj.(*v1alpha1.PermissionSet)
	return ok && len(policy.SetInput{Old: before, New: after}.Bypasses()) > 0
}

// plain are the powers without where they come from.
func plain(powers []policy.Power) []access.Power {
	var all []access.Power
	for _, p := range powers {
		all = append(all, p.Power)
	}
	return all
}
