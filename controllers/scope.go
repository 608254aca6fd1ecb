// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/types"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/desired"
	"github.com/backoffice-operator/backoffice-operator/internal/flow"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/stamp"
	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// member is the part of a reconcile's memory that users, bindings and sets have in common: the back office they belong to.
type member struct {
	object flow.Object
	kind   store.Kind
	ref    v1alpha1.BackOfficeReference
	// office is nil when there is none; set by resolveOffice.
	office *v1alpha1.BackOffice
	// conn is the store, nil while there is none; set by resolveOffice.
	conn *connection
	// unwatched says that the back office lies in a namespace that is not looked into: whether there is one is not known; set by resolveOffice.
	unwatched bool
	// closed is why the back office grants nothing new, nil where it does; set by connect for an object that the store holds: that may be cut off.
	closed error
	// waits is why something of the object is not in force, while the back office is suspended; set by lower.
	waits error
}

func (m *member) common() *member { return m }

func (m *member) key() store.Key { return store.Key{Kind: m.kind, UID: string(m.object.GetUID())} }

// officeName is the back office that the object refers to, whether it exists or not.
func (m *member) officeName() types.NamespacedName { return m.ref.In(m.object.GetNamespace()) }

// belonging is the memory of a reconcile of an object that belongs to a back office.
type belonging interface{ common() *member }

// resolveOffice finds the back office and its store; while the object is deleted neither has to be there.
func resolveOffice[S belonging](b *Base) flow.Step[S] {
	return func(ctx context.Context, s S) (err error) {
		m := s.common()
		m.conn = b.Connections.get(m.officeName())
		m.unwatched = !b.Gather.Watched.Watch(m.officeName().Namespace)
		m.office, err = b.Gather.Office(ctx, m.ref, m.object.GetNamespace())
		return err
	}
}

// connect makes sure that there is a back office that grants something, and a store to write to. What the store holds already goes on where
// nothing new is granted: access may be taken away.
func connect[S belonging](_ context.Context, s S) error {
	m := s.common()
	if m.unwatched {
		return m.outOfSight("nothing of this object takes effect")
	}
	if m.office == nil {
		return flow.Wait{Reason: v1alpha1.ReasonReferenceNotFound, Message: fmt.Sprintf("BackOffice %s does not exist (yet)", m.officeName())}
	}
	closed := m.closing()
	if m.conn != nil && m.conn.known.Has(m.key()) {
		m.closed = closed
		return nil
	}
	if closed == nil && m.suspends() && m.kind != store.KindRoleBinding { // which may deny something
		return m.suspended(newWaits)
	}
	return closed
}

// outOfSight is the outcome for an object whose back office is another operator's, or nobody's.
func (m *member) outOfSight(consequence string) error {
	return flow.Stall{
		Reason: v1alpha1.ReasonReferenceNotPermitted,
		Message: fmt.Sprintf("BackOffice %s lies in a namespace that this operator does not watch: %s. Refer to a BackOffice of a namespace that it watches, "+
			"or add the namespace to its --watch-namespaces", m.officeName(), consequence),
	}
}

// closing is why the back office grants nothing new, nil where it does.
func (m *member) closing() error {
	notReady := func(why string) error {
		return flow.Wait{Reason: v1alpha1.ReasonBackOfficeNotReady, Message: fmt.Sprintf("BackOffice %s %s", m.officeName(), why)}
	}
	switch {
	case !m.office.DeletionTimestamp.IsZero():
		return notReady("is being deleted and grants nothing new")
	case m.conn == nil && hasStatus(m.object): // after a restart, what was in force still is
		return flow.Later{}
	case m.conn == nil:
		return notReady("is not connected to its store yet")
	case m.conn.credence.admits(m.office):
		return nil
	case wasInForce(m.object): // and still is
		return flow.Later{}
	}
	return notReady("is not admitted and grants nothing new; see its conditions")
}

// hasStatus tells whether the status is about the object as it is.
func hasStatus(o flow.Object) bool {
	for _, c := range *o.GetConditions() {
		if c.Type == v1alpha1.ConditionReady {
			return c.ObservedGeneration == o.GetGeneration()
		}
	}
	return false
}

// wasJudged tells whether the webhook saw the back office of an object: the store may know the object then.
func wasJudged(o flow.Object) bool {
	s, stamped := stamp.Of(o)
	return stamped && !s.Unjudged
}

// withdrawable is what a finalizer needs: nil and a store, or the outcome that tells why the object has to stay or may go.
//
// An object whose BackOffice is gone, or which people let go by the orphan annotation, goes without the store. Everything else waits for
// the store: access that nobody looks after any more may not stay behind.
func withdrawable(m *member) error {
	_, orphan := m.object.GetAnnotations()[v1alpha1.AnnotationOrphan]
	switch {
	case orphan, m.office == nil && m.conn == nil && (!m.unwatched || !wasJudged(m.object)):
		return flow.Release{}
	case m.unwatched: // the namespace was watched once
		return m.outOfSight(fmt.Sprintf("the store, which may still grant what this object says, has to withdraw it first. "+
			"To let the object go and leave the store as it is, annotate it with %s=<reason>", v1alpha1.AnnotationOrphan))
	case m.conn == nil:
		return withdrawal(flow.Wait{
			Reason:  v1alpha1.ReasonBackOfficeNotReady,
			Message: fmt.Sprintf("the store has to withdraw this object first, and BackOffice %s is not connected to it", m.officeName()),
		})
	}
	return withdrawal(m.conn.available())
}

// withdraw takes the record of an object that is being deleted out of the store, and lets the object go.
func withdraw(ctx context.Context, m *member) error {
	if m.object.GetDeletionTimestamp().IsZero() {
		return nil
	}
	if err := withdrawable(m); err != nil {
		return err
	}
	if err := m.conn.submit(ctx, store.Remove{Key: m.key()}); err != nil {
		return withdrawal(err)
	}
	return flow.Release{}
}

// withdrawal is the outcome of a deletion that the store answered with err.
func withdrawal(err error) error {
	out := outcome(err)
	if wait, ok := out.(flow.Wait); ok { //nolint:errorlint // Made right here.
		wait.Message += fmt.Sprintf(". To let the object go and leave the store as it is, annotate it with %s=<reason>", v1alpha1.AnnotationOrphan)
		return wait
	}
	return out
}

// verdict is what the rules say of an object that stands: whether it is in force, and the outcome when it is not.
func verdict(violations []policy.Violation) (desired.Force, error) {
	refused := refusals(violations)
	if len(refused) == 0 {
		return desired.InForce, nil
	}
	reason, message := policy.Summary(refused)
	if reason == v1alpha1.ReasonReferenceNotFound { // it heals when the object appears
		return desired.Withheld, flow.Wait{Reason: reason, Message: message}
	}
	return desired.Withheld, flow.Stall{Reason: reason, Message: message}
}

// refusals are the violations that withhold an object.
func refusals(violations []policy.Violation) []policy.Violation {
	return slices.DeleteFunc(slices.Clone(violations), func(v policy.Violation) bool { return v.Severity != policy.Refuse })
}
