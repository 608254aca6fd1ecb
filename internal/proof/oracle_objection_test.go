// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"slices"
	"time"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

func typeOf(u *v1alpha1.BackOfficeUser) v1alpha1.AccountType {
	if u.Spec.AccountType == "" {
		return v1alpha1.AccountStaff
	}
	return u.Spec.AccountType
}

// objectionToUser is why a user may have nothing at all now; empty where it may.
func (o oracle) objectionToUser(u *version) string {
	m, name := u.memo.(*userMemo), officeRef(u.obj)
	office := o.office(name)
	_, onHold := u.obj.GetAnnotations()[v1alpha1.AnnotationHold]
	switch state := user(u).Spec.State; {
	case o.past(m.memory):
		return "the user was written past admission"
	case office == nil:
		return "nobody with the right to do so made the back office"
	case u.obj.GetDeletionTimestamp() != nil, onHold, state != "" && state != v1alpha1.StateActive:
		return "the user is blocked or going"
	case !o.powersNow(m.author, name).concern(typeOf(user(u))):
		return "whoever changed the user last has no power over accounts of its type"
	}
	b := o.boundsOf(office, u.name.Namespace)
	switch {
	case !b.admitted:
		return "the namespace is not admitted"
	case !b.accepts(typeOf(user(u))):
		return "the namespace may not have accounts of this type"
	}
	return ""
}

// objectionToHolding is why a user may have nothing by a binding now.
func (o oracle) objectionToHolding(h held, u *version) string {
	m := h.binding.memo.(*bindingMemo)
	switch {
	case o.past(m.memory):
		return "the binding was written past admission"
	case h.set == nil:
		return "the set does not exist or may not be referred to"
	case !o.within(binding(h.binding)):
		return "it is not the time of the binding"
	case !o.permits(h.set, typeOf(user(u))):
		return "the set is for accounts of other types"
	}
	office := o.office(officeRef(u.obj))
	if strange(office, binding(h.binding)) {
		return "the binding grants what the catalogue does not have"
	}
	b := o.boundsOf(office, u.name.Namespace)
	if b.capped && needOf(set(h.set)).rank < b.rank {
		return "the set is beyond the ceiling"
	}
	return o.objectionToHands(h, u)
}

// strange tells whether a binding grants what a closed catalogue has not: neither an entry, nor what stands above one. What the owner of the back office
// withholds by that denies nothing either, as beyond a ceiling.
func strange(office *v1alpha1.BackOffice, b *v1alpha1.RoleBinding) bool {
	return len(office.Spec.PermissionCatalog) > 0 && slices.ContainsFunc(b.Spec.Grants, func(p v1alpha1.Permission) bool {
		return !slices.ContainsFunc(office.Spec.PermissionCatalog, func(entry string) bool { return covers(p.Path, entry) })
	})
}

func (o oracle) within(b *v1alpha1.RoleBinding) bool {
	from, until := b.Spec.NotBefore, b.Spec.ExpiresAt
	return (from == nil || !o.now.Before(from.Time)) && (until == nil || o.now.Before(until.Time))
}

// objectionToHands is why those through whose hands a set came to a user might not give it.
func (o oracle) objectionToHands(h held, u *version) string {
	m, um := h.binding.memo.(*bindingMemo), u.memo.(*userMemo)
	office, accountType := officeRef(u.obj), typeOf(user(u))
	now := needOf(set(h.set))
	then, seen := m.judged[h.set.obj.GetUID()]
	if !seen {
		then = now
	}
	binder, toucher := o.powersNow(m.author, office), o.powersNow(um.author, office)
	considered := m.at
	if ranked := h.set.memo.(*setMemo).ranked; seen && ranked.After(considered) {
		considered = ranked
	}
	switch {
	case !binder.reach(then):
		return "whoever bound the set may not hand it out"
	case um.at.After(considered) && !toucher.reachFor(now, accountType):
		return "whoever changed the user after that may not hand the set out to such an account"
	case !um.at.After(m.at) && o.mistyped(h, u, binder, then):
		return "whoever bound the set may not hand it out to such an account"
	}
	return ""
}

// mistyped tells whether an author had no power over the accounts of a user's type when it bound a set to it.
func (o oracle) mistyped(h held, u *version, binder powers, then need) bool {
	m := h.binding.memo.(*bindingMemo)
	if _, seen := m.judged[h.set.obj.GetUID()]; seen {
		return slices.Contains(m.mistyped, u.obj.GetUID())
	}
	return !binder.reachFor(then, typeOf(user(u)))
}

// protection is what it takes to touch a user: the needs of all sets that bindings hand to it, as far as its namespace may hand them out.
func (o oracle) protection(u *version) []need {
	office := o.office(officeRef(u.obj))
	if office == nil {
		return nil
	}
	b := o.boundsOf(office, u.name.Namespace)
	var needs []need
	for _, h := range o.bindings(u) {
		if s := o.referred(h, binding(h).Spec.PermissionSetRef); s != nil {
			needs = append(needs, b.cap(needOf(set(s))))
		}
	}
	return needs
}

// touches tells whether somebody with these powers may touch a user.
func (o oracle) touches(by powers, u *version) bool {
	accountType := typeOf(user(u))
	for _, n := range o.protection(u) {
		if !by.reachFor(n, accountType) {
			return false
		}
	}
	return by.concern(accountType)
}

// moment is the oracle for a state of the cluster.
func moment(v *view, now time.Time) oracle { return oracle{view: v, now: now} }
