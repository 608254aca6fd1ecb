// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"cmp"
	"slices"
	"time"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

const (
	none  = "None"
	read  = "Read"
	write = "Write"
)

// labels is the labels' hash of the users that user builds.
const labels = "labels-1"

func meta(uid string) store.Meta {
	return store.Meta{UID: uid, Namespace: "default", Name: uid, Generation: 1}
}

func office(changes ...func(*store.Office)) store.Office {
	return modified(store.Office{Meta: meta("office-uid"), MaxUsers: store.NoLimit, MaxAdministrators: store.NoLimit}, changes)
}

// user is an account that may log in; its UID is its login.
func user(login string, changes ...func(*store.User)) store.User {
	return modified(store.User{
		Meta: meta(login), Login: login, AccountType: "Employee", State: store.StateActive, InForce: true, LabelsHash: labels,
	}, changes)
}

// set is a set in force; its UID is its key. It inherits from nothing but itself.
func set(key string, changes ...func(*store.PermissionSet)) store.PermissionSet {
	return modified(store.PermissionSet{
		Meta: meta(key), SetKey: key, InForce: true, Ancestors: []store.Ancestor{{UID: key}},
	}, changes)
}

// binding hands a set to users whose labels are those of user.
func binding(name, setUID string, users []string, changes ...func(*store.RoleBinding)) store.RoleBinding {
	b := store.RoleBinding{Meta: meta(name), PermissionSetUID: setUID, InForce: true}
	for _, uid := range users {
		b.Subjects = append(b.Subjects, store.Subject{UserUID: uid, LabelsHash: labels})
	}
	return modified(b, changes)
}

func modified[R any](r R, changes []func(*R)) R {
	for _, change := range changes {
		change(&r)
	}
	return r
}

// The modifiers of users.

// withUID makes it another object, which wants the same login.
func withUID(uid string) func(*store.User) {
	return func(u *store.User) { u.UID, u.Name = uid, uid }
}

// remade makes it the object that was lost and made anew: it has the former one's name.
func remade(uid string) func(*store.User) { return func(u *store.User) { u.UID = uid } }

func inState(state string) func(*store.User) { return func(u *store.User) { u.State = state } }
func ofType(accountType string) func(*store.User) {
	return func(u *store.User) { u.AccountType = accountType }
}

func atGeneration(generation int64) func(*store.User) {
	return func(u *store.User) { u.Generation = generation }
}

func withLabels(hash string) func(*store.User) { return func(u *store.User) { u.LabelsHash = hash } }
func held(u *store.User)                       { u.Held, u.HoldReason = true, "on holiday" }
func withheld(u *store.User)                   { u.InForce = false }

// bound says which bindings the user saw, all at generation 1.
func bound(bindings ...string) func(*store.User) {
	return func(u *store.User) {
		for _, uid := range bindings {
			u.Bindings = append(u.Bindings, store.Bound{BindingUID: uid, Generation: 1})
		}
	}
}

func withEmail(address string) func(*store.User) { return func(u *store.User) { u.Email = address } }

// limited says what narrows all that the user has.
func limited(filters ...store.Filter) func(*store.User) {
	return func(u *store.User) { u.Filters = filters }
}

// The modifiers of sets.

// grants adds an entry.
func grants(path, level string) func(*store.PermissionSet) {
	return func(s *store.PermissionSet) {
		s.Entries = append(s.Entries, store.Entry{Path: path, Level: level})
		slices.SortFunc(s.Entries, func(a, b store.Entry) int { return cmp.Compare(a.Path, b.Path) })
	}
}

func denies(paths ...string) func(*store.PermissionSet) {
	return func(s *store.PermissionSet) { s.Deny = paths }
}

// inherits adds an ancestor.
func inherits(uid string, distance int) func(*store.PermissionSet) {
	return func(s *store.PermissionSet) {
		s.Ancestors = append(s.Ancestors, store.Ancestor{UID: uid, Distance: distance})
		slices.SortFunc(s.Ancestors, func(a, b store.Ancestor) int { return cmp.Compare(a.UID, b.UID) })
	}
}

func forTypes(types ...string) func(*store.PermissionSet) {
	return func(s *store.PermissionSet) { s.AccountTypes = types }
}

func bypasses(dimensions ...string) func(*store.PermissionSet) {
	return func(s *store.PermissionSet) { s.Bypass = dimensions }
}

// otherSet makes it another object, which wants the same key.
func otherSet(s *store.PermissionSet) { s.UID, s.Name = "other", "other" }

func setWithheld(s *store.PermissionSet) { s.InForce = false }

// The modifiers of bindings.

func bindingWithheld(b *store.RoleBinding) { b.InForce = false }

func window(notBefore, expiresAt time.Time) func(*store.RoleBinding) {
	return func(b *store.RoleBinding) { b.NotBefore, b.ExpiresAt = notBefore, expiresAt }
}

// gives adds a grant of the binding's own.
func gives(path, level string) func(*store.RoleBinding) {
	return func(b *store.RoleBinding) {
		b.Grants = append(b.Grants, store.Entry{Path: path, Level: level})
		slices.SortFunc(b.Grants, func(a, b store.Entry) int { return cmp.Compare(a.Path, b.Path) })
	}
}

// takes says what the binding denies.
func takes(paths ...string) func(*store.RoleBinding) {
	return func(b *store.RoleBinding) { b.Deny = paths }
}

// narrowed says what narrows that which the binding gives.
func narrowed(filters ...store.Filter) func(*store.RoleBinding) {
	return func(b *store.RoleBinding) { b.Filters = filters }
}

func bindingAt(generation int64) func(*store.RoleBinding) {
	return func(b *store.RoleBinding) { b.Generation = generation }
}

// The modifiers of offices.

func maxUsers(n int) func(*store.Office) { return func(o *store.Office) { o.MaxUsers = n } }

func maxAdministrators(n int) func(*store.Office) {
	return func(o *store.Office) { o.MaxAdministrators = n }
}

func catalog(paths ...string) func(*store.Office) { return func(o *store.Office) { o.Catalog = paths } }

func dimensions(names ...string) func(*store.Office) {
	return func(o *store.Office) { o.Dimensions = names }
}

func neverReuse(o *store.Office) { o.NeverReuse = true }

// The filters.

const (
	readWrite = "ReadWrite"
	readOnly  = "ReadOnly"
)

// only lets some values of a dimension through.
func only(dimension string, values ...string) store.Filter {
	return store.Filter{Dimension: dimension, Mode: "Only", Access: readWrite, Values: values}
}

// ofMode is a filter without lists.
func ofMode(mode, dimension string) store.Filter {
	return store.Filter{Dimension: dimension, Mode: mode, Access: readWrite}
}
