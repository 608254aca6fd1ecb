// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"cmp"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// stateNone is that of a user of whom the store has nothing.
const stateNone = "None"

// Why users are not in force who are not to be; for the others it is a reason of their conditions.
const (
	whyHeld    = "Held"
	whyState   = "State"
	whyPending = "Pending"
)

// member is a set or a binding.
type member struct {
	kind string
	name types.NamespacedName
}

// standing is what is kept of any object.
type standing struct {
	of *place
	// notReady is the reason of Ready where that is False.
	notReady symbol
	// expires is when a binding ends, in seconds since 1970; 0: it does not.
	expires int64
}

// user is what is kept of a user, in 80 bytes with its name. Times are seconds since 1970, 0 where there is none.
type user struct {
	of                                       *place
	issued, nextRotation                     int64
	notReady, state, why, source, invitation symbol
}

// office is what is kept of a BackOffice.
type office struct {
	notReady  string
	store     string
	suspended bool
	// waiting is how many users wait for a new password after all have been reset.
	waiting int32
	// ghosts says that the store has accounts without an object.
	ghosts bool
}

func (o *Objects) office(b *v1alpha1.BackOffice) {
	name := client.ObjectKeyFromObject(b)
	is := office{notReady: unreadiness(b.Status.Conditions), store: string(b.Status.StoreKind)}
	is.suspended = meta.IsStatusConditionTrue(b.Status.Conditions, v1alpha1.ConditionSuspended)
	if connected := meta.FindStatusCondition(b.Status.Conditions, v1alpha1.ConditionStoreConnected); connected != nil {
		is.ghosts = connected.Reason == v1alpha1.ReasonAccountsWithoutObject
	}
	if c := b.Status.Credentials; c != nil && c.Reset != nil {
		is.waiting = c.Reset.Remaining
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.offices[name] = is
	expect(name)
}

func (o *Objects) officeGone(name types.NamespacedName) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.offices, name)
	forget(name)
}

func (o *Objects) user(u *v1alpha1.BackOfficeUser) {
	name := client.ObjectKeyFromObject(u)
	why, unready := whyNotInForce(u), unreadiness(u.Status.Conditions)
	o.mu.Lock()
	defer o.mu.Unlock()
	is := user{
		of:       o.places.take(u.Spec.BackOfficeRef.In(u.Namespace)),
		notReady: o.symbols.of(unready), state: o.symbols.of(cmp.Or(string(u.Status.State), stateNone)), why: o.symbols.of(why),
	}
	if c := u.Status.Credential; c != nil {
		is.source, is.issued, is.nextRotation = o.symbols.of(c.Source), unix(c.IssuedAt), unix(c.NextRotationTime)
		if c.Invitation != nil {
			is.invitation = o.symbols.of(string(c.Invitation.State))
		}
	}
	o.places.leave(o.users[name].of)
	o.users[name] = is
}

func (o *Objects) userGone(name types.NamespacedName) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.places.leave(o.users[name].of)
	delete(o.users, name)
}

func (o *Objects) set(s *v1alpha1.PermissionSet) {
	o.member(member{kindSet, client.ObjectKeyFromObject(s)}, s.Spec.BackOfficeRef, s.Status.Conditions, 0)
}

func (o *Objects) binding(b *v1alpha1.RoleBinding) {
	o.member(member{kindBinding, client.ObjectKeyFromObject(b)}, b.Spec.BackOfficeRef, b.Status.Conditions, unix(b.Spec.ExpiresAt))
}

func (o *Objects) member(m member, ref v1alpha1.BackOfficeReference, conditions []metav1.Condition, expires int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	is := standing{o.places.take(ref.In(m.name.Namespace)), o.symbols.of(unreadiness(conditions)), expires}
	o.places.leave(o.members[m].of)
	o.members[m] = is
}

func (o *Objects) setGone(name types.NamespacedName) { o.memberGone(member{kindSet, name}) }

func (o *Objects) bindingGone(name types.NamespacedName) { o.memberGone(member{kindBinding, name}) }

func (o *Objects) memberGone(m member) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.places.leave(o.members[m].of)
	delete(o.members, m)
}

// unreadiness is the reason of Ready where that is False, and empty elsewhere.
func unreadiness(conditions []metav1.Condition) string {
	if ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady); ready != nil && ready.Status == metav1.ConditionFalse {
		return ready.Reason
	}
	return ""
}

// whyNotInForce says why an account is not in force: what somebody has asked for comes first. It is empty where the account is.
func whyNotInForce(u *v1alpha1.BackOfficeUser) string {
	switch {
	case u.Status.State == v1alpha1.StateActive:
		return ""
	case u.Held():
		return whyHeld
	case u.EffectiveState() != v1alpha1.StateActive:
		return whyState
	}
	for _, condition := range []string{v1alpha1.ConditionPolicyAccepted, v1alpha1.ConditionSynced, v1alpha1.ConditionReady} {
		if c := meta.FindStatusCondition(u.Status.Conditions, condition); c != nil && c.Status == metav1.ConditionFalse {
			return c.Reason
		}
	}
	return whyPending
}

func unix(t *metav1.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// expiresSoon is how long before its end a binding is said to expire.
const expiresSoon = 24 * time.Hour

// overdueAfter is how late a rotation is before it counts as overdue: rotations are spread, and carried out when it is their turn.
const overdueAfter = 15 * time.Minute
