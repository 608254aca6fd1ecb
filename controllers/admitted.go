// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"sync"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
	"github.com/backoffice-operator/backoffice-operator/internal/gather"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/stamp"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// applyAgain is the way out for an object behind which nobody stands, or nobody with enough power. The webhook admits it anew.
const applyAgain = "somebody with the power has to apply it again, or to annotate it with " + v1alpha1.AnnotationReconcileRequestedAt + "=<time>"

// credence remembers whether somebody stands behind the BackOffice, which every reconcile of its objects asks. It is safe for concurrent use.
type credence struct {
	mu sync.Mutex
	// version is the resourceVersion of the BackOffice that id and fits are about.
	version, id string
	fits        bool
	// denied is a stamp of which the store says that it belongs to another BackOffice.
	denied string
}

// admits tells whether the BackOffice carries a stamp of its own that fits it.
func (c *credence) admits(office *v1alpha1.BackOffice) bool { return c.examine(office) == nil }

// examine is nil where the BackOffice carries a stamp of its own that fits it, else the outcome for it.
func (c *credence) examine(office *v1alpha1.BackOffice) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.version != office.ResourceVersion {
		s, fits := stamp.Fitting(office)
		c.version, c.id, c.fits = office.ResourceVersion, s.ID, fits
	}
	switch {
	case !c.fits:
		return flow.Stall{
			Reason: v1alpha1.ReasonNotAdmitted,
			Message: "it carries no admission stamp that fits it: it was written, changed or restored while the webhooks were not there. Its objects " +
				"get nothing new, and what is revoked is revoked; " + applyAgain,
		}
	case c.id == c.denied:
		return copied()
	}
	return nil
}

// deny records that a stamp belongs to another BackOffice.
func (c *credence) deny(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.denied = id
}

// copied is the outcome for an object whose stamp the store knows as that of another one.
func copied() error {
	return flow.Stall{
		Reason:  v1alpha1.ReasonNotAdmitted,
		Message: "its admission stamp belongs to another object, of which this one is a copy; " + applyAgain,
	}
}

// retract takes back what the store holds of an object whose admission it does not accept. withheld is the record of the object while it is not
// in force.
func (m *member) retract(ctx context.Context, withheld store.Put) error {
	if !m.conn.known.Has(m.key()) || m.conn.known.Holds(withheld.Record) {
		return nil
	}
	withheld.Revoking, withheld.Admission.Actor = true, "" // nobody has asked for this
	return outcome(m.conn.submit(ctx, withheld))
}

// wasInForce tells whether the object, as it is now, was in force when it was last looked at.
func wasInForce(o flow.Object) bool {
	switch o := o.(type) {
	case *v1alpha1.BackOfficeUser:
		return gather.HasAccess(o) && o.Status.ObservedGeneration == o.Generation
	case *v1alpha1.RoleBinding:
		return gather.BindingWasInForce(o)
	}
	return gather.WasInForce(*o.GetConditions(), o.GetGeneration())
}

// byFacts tells whether an object is withheld by nothing but rules about facts that others may have changed for many objects at once.
func byFacts(standing, withdrawal []policy.Violation) bool {
	broken := len(refusals(standing))
	return broken > 0 && broken == len(refusals(withdrawal))
}

// mayWithhold asks whether an object may be withheld for facts that others have changed: one that was in force, by leave of the brake. The policy
// of a BackOffice that grants nothing new withholds nothing either.
func (b *Base) mayWithhold(ctx context.Context, m *member) (bool, error) {
	switch {
	case m.closed != nil:
		return false, m.closed
	case !wasInForce(m.object):
		return true, nil
	}
	return m.conn.brake.permits(ctx, b.Gather, m.office)
}
